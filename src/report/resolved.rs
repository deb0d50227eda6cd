//! The values of a config with those of its defaults and its product, and where each one comes from.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::config::{Config, flow};
use crate::diagnostic::Location;
use crate::model::RepoPath;
use crate::text::escape_invisible;

/// A value of a config.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResolvedValue {
    /// The keys that lead to the value.
    pub key: Vec<String>,
    /// A list is one value.
    pub value: Value,
    /// Where the value is set, in the config or its `_defaults.yaml`; `None` for a default of the product.
    pub location: Option<Location>,
}

/// All values, in the order of the config.
pub fn resolved_values(config: &Config) -> Vec<ResolvedValue> {
    let mut values = Vec::new();
    add(config, &mut Vec::new(), &config.values, &mut values);
    values
}

fn add(config: &Config, at: &mut Vec<String>, value: &Value, values: &mut Vec<ResolvedValue>) {
    if let Value::Object(entries) = value
        && !entries.is_empty()
    {
        for (key, value) in entries {
            at.push(key.clone());
            add(config, at, value, values);
            at.pop();
        }
        return;
    }
    let keys = || at.iter().map(String::as_str);
    let is_set = config.files.node(keys()).is_some();
    values.push(ResolvedValue {
        key: at.clone(),
        value: value.clone(),
        location: is_set.then(|| config.files.place(keys()).location()),
    });
}

/// The values as YAML. A comment names the source of each value that the config does not set itself.
pub fn resolved_yaml(config: &RepoPath, values: &[ResolvedValue]) -> String {
    let mut text = String::new();
    let mut open: &[String] = &[];
    for value in values {
        let Some((last, sections)) = value.key.split_last() else {
            continue;
        };
        let same = open
            .iter()
            .zip(sections)
            .take_while(|(a, b)| a == b)
            .count();
        for (depth, section) in sections.iter().enumerate().skip(same) {
            text.push_str(&format!(
                "{}{}:\n",
                "  ".repeat(depth),
                in_line(&section.as_str().into())
            ));
        }
        open = sections;
        let source = match &value.location {
            None => "  # default of the product".to_owned(),
            Some(place) if place.path == *config => String::new(),
            Some(place) => format!("  # {}:{}", place.path, place.span.start.line),
        };
        let indent = "  ".repeat(sections.len());
        text.push_str(&format!(
            "{indent}{}: {}{source}\n",
            in_line(&last.as_str().into()),
            in_line(&value.value)
        ));
    }
    escape_invisible(&text, true).into_owned()
}

/// A value or a key in one line, in quotes where YAML needs them.
fn in_line(value: &Value) -> String {
    flow(value).unwrap_or_else(|| value.to_string())
}
