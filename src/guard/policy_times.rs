//! Errors of the policy's windows and freezes that no schema finds.

use serde_json::Value;

use super::calendar::{Freeze, FreezeText, TimeFault, Window, WindowText};
use crate::config::{Node, ParsedFile};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;

/// The errors of a file that has the schema's structure. `values`: its values with defaults.
pub(super) fn time_problems(path: &RepoPath, bytes: &[u8], values: &Value) -> Vec<Diagnostic> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut add = |settings: Option<&Value>, node: Option<&Node>| {
        let (Some(settings), Some(node)) = (settings, node) else {
            return;
        };
        let faults = faults::<WindowText, Window>(settings, node, "windows");
        let faults = faults.chain(self::faults::<FreezeText, Freeze>(settings, node, "freeze"));
        problems.extend(faults.map(|(item, fault)| {
            let problem = Diagnostic::error(Code::PolicyInvalid, path, fault.to_string());
            problem.at(&file.source(), item.span_of([fault.key]))
        }));
    };
    add(values.get("defaults"), file.root.get("defaults"));
    let environments = values.get("environments").and_then(Value::as_object);
    let nodes = file.root.get("environments");
    for (name, settings) in environments.into_iter().flatten() {
        add(Some(settings), nodes.and_then(|nodes| nodes.get(name)));
    }
    problems.sort_by_key(|problem| problem.span.map(|span| span.start));
    problems
}

/// The faulty items of a list.
fn faults<'a, Text, Parsed>(
    settings: &'a Value,
    node: &'a Node,
    key: &str,
) -> impl Iterator<Item = (&'a Node, TimeFault)> + use<'a, Text, Parsed>
where
    Text: for<'de> serde::Deserialize<'de>,
    Parsed: TryFrom<Text, Error = TimeFault>,
{
    let values = settings.get(key).and_then(Value::as_array);
    let nodes = node.get(key).map_or(&[][..], Node::items);
    let items = values.into_iter().flatten().zip(nodes);
    items.filter_map(|(value, node)| {
        let text = Text::deserialize(value).ok()?;
        Some((node, Parsed::try_from(text).err()?))
    })
}
