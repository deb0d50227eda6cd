//! Which keys of a config each property of its resources depends on.
//!
//! A template may derive a property from any number of keys, by any expression. Instead of following expressions, every key is
//! changed once, and what renders differently is noted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::resources;
use crate::config::Config;
use crate::product::Failure;
use crate::template::Document;

/// Logical id → property or attribute → dotted keys. The property `""` stands for the resource as a whole.
pub type Influences = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Finds the influences on all resources. Keys that make another stack of it, or put it elsewhere, are left out: they are the same
/// as ever in a stack that exists.
pub fn influences(config: &Config) -> Result<Influences, Failure> {
    let template = config.product.render_template(&config.derived.scope)?;
    let before = Document::parse(&config.path, &template).ok();
    let mut keys = Vec::new();
    leaves("", &config.values, &mut keys);
    let mut influences = Influences::new();
    for key in keys {
        // A value that the template cannot take says nothing.
        let Some(other) = with_other(config, &key) else {
            continue;
        };
        let same = |name: &str| other.derived.names.get(name) == config.derived.names.get(name);
        if !same("stack") || other.target != config.target {
            continue;
        }
        let Ok(template) = config.product.render_template(&other.derived.scope) else {
            continue;
        };
        let after = Document::parse(&config.path, &template).ok();
        for change in resources::compare(before.as_ref(), after.as_ref()) {
            let of_resource = influences.entry(change.logical_id).or_default();
            let mut properties = change.properties;
            if properties.is_empty() {
                properties.push(String::new());
            }
            for property in properties {
                of_resource.entry(property).or_default().insert(key.clone());
            }
        }
    }
    Ok(influences)
}

/// Dotted keys of all values; a list is one value, and so is a mapping without keys.
fn leaves(at: &str, value: &Value, keys: &mut Vec<String>) {
    match value.as_object() {
        Some(object) if !object.is_empty() => {
            for (key, value) in object {
                let path = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                leaves(&path, value, keys);
            }
        }
        _ => keys.push(at.to_owned()),
    }
}

/// The config with another value under a key.
fn with_other(config: &Config, key: &str) -> Option<Config> {
    let mut values = config.values.clone();
    let pointer = format!(
        "/{}",
        key.replace('~', "~0").replace('/', "~1").replace('.', "/")
    );
    let value = values.pointer_mut(&pointer)?;
    *value = match &*value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(text) => json!(format!("{text}x")),
        Value::Array(items) if items.is_empty() => json!(["x"]),
        Value::Array(items) => json!(items[1..]),
        Value::Object(_) => json!({"x": "x"}),
        Value::Null => json!("x"),
    };
    config.with_values(values)
}
