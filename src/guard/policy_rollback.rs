//! Errors of the policy's rollback triggers that no schema finds.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::{Node, ParsedFile};
use crate::diagnostic::{Code, Diagnostic, Location};
use crate::model::RepoPath;
use crate::stack::MAX_TRIGGERS;
use crate::text::quote;

const KEY: &str = "rollback";

/// The errors of a file that has the schema's structure.
pub(super) fn rollback_problems(path: &RepoPath, bytes: &[u8], values: &Value) -> Vec<Diagnostic> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return Vec::new();
    };
    let environments = values.get("environments").and_then(Value::as_object);
    let nodes = file.root.get("environments");
    let of_environments = environments.into_iter().flatten();
    let of_environments = of_environments
        .map(|(name, settings)| (Some(settings), nodes.and_then(|nodes| nodes.get(name))));
    let of_defaults = (values.get("defaults"), file.root.get("defaults"));
    let all = [of_defaults].into_iter().chain(of_environments);
    let faulty = all.filter_map(|(settings, node)| {
        let problem = alarm_problem(path, settings?.get(KEY)?)?;
        let node: &Node = node?;
        Some(problem.at(&file.source(), node.span_of([KEY])))
    });
    faulty.collect()
}

/// Where a file writes its alarms, by ARN; the first place of each.
pub(super) fn alarm_places(path: &RepoPath, bytes: &[u8]) -> BTreeMap<String, Location> {
    let mut places = BTreeMap::new();
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return places;
    };
    let environments = file.root.get("environments").map_or(&[][..], Node::entries);
    let environments = environments.iter().map(|entry| &entry.value);
    for settings in environments.chain(file.root.get("defaults")) {
        let rollback = settings.get(KEY).into_iter();
        let lists = rollback.flat_map(|node| LISTS.map(|key| node.get(key)));
        for alarm in lists.flatten().flat_map(Node::items) {
            let location = Location {
                path: path.clone(),
                span: alarm.span,
            };
            let text = alarm.text().unwrap_or_default().to_owned();
            places.entry(text).or_insert(location);
        }
    }
    places
}

const LISTS: [&str; 2] = ["alarms", "composite-alarms"];

/// CloudFormation takes the list of a request as the whole one, so a request with a time alone would remove the alarms of a stack.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html>
fn alarm_problem(path: &RepoPath, settings: &Value) -> Option<Diagnostic> {
    let lists = LISTS
        .iter()
        .filter_map(|key| settings.get(key)?.as_array())
        .map(Vec::len);
    let lists: Vec<usize> = lists.collect();
    let count: usize = lists.iter().sum();
    if lists.is_empty() {
        let message = format!("`{KEY}` lists no alarms");
        let help = "add `alarms` or `composite-alarms`; `alarms: []` removes the alarms of the stacks at their next update";
        return Some(Diagnostic::error(Code::PolicyInvalid, path, message).with_help(help));
    }
    if count > MAX_TRIGGERS {
        let message = format!(
            "`{KEY}` lists {count} alarms; CloudFormation allows {MAX_TRIGGERS} for a stack"
        );
        return Some(Diagnostic::error(Code::PolicyInvalid, path, message));
    }
    let [metric, composite] = LISTS.map(|key| settings.get(key).and_then(Value::as_array));
    let twice = metric?
        .iter()
        .find(|alarm| composite.is_some_and(|all| all.contains(alarm)))?;
    let message = format!(
        "`alarms` and `composite-alarms` both list {}",
        quote(twice.as_str()?)
    );
    let help = "keep it in one list: an alarm has one type, and CloudFormation fails an operation with the other";
    Some(Diagnostic::error(Code::PolicyInvalid, path, message).with_help(help))
}
