//! Which config keys each property of a resource depends on.
//!
//! A template may derive a property from any number of keys, by any expression. Instead of following expressions, each key is
//! changed once, and the parts that render differently are recorded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::resources;
use crate::config::Config;
use crate::product::ProductError;
use crate::template::Document;

/// Logical id → property or attribute → dotted keys. The property `""` represents the whole resource.
pub type KeyDependencies = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Items of a list that are left out one by one.
const MAX_ITEMS: usize = 20;

/// Finds the dependencies of all resources. Keys that would change the stack's name or target are left out, because they cannot
/// change in an existing stack.
pub fn key_dependencies(config: &Config) -> Result<KeyDependencies, ProductError> {
    let template = config.product.render_template(&config.derived.scope)?;
    let before = Document::parse(&config.path, &template).ok();
    let mut dependencies = KeyDependencies::new();
    for (key, other) in variants(config) {
        let same = |name: &str| other.derived.names.get(name) == config.derived.names.get(name);
        if !same("stack") || other.target != config.target {
            continue;
        }
        let Ok(template) = config.product.render_template(&other.derived.scope) else {
            continue;
        };
        let after = Document::parse(&config.path, &template).ok();
        for change in resources::compare(before.as_ref(), after.as_ref()) {
            let of_resource = dependencies.entry(change.logical_id).or_default();
            let mut properties = change.properties;
            if properties.is_empty() {
                properties.push(String::new());
            }
            for property in properties {
                of_resource.entry(property).or_default().insert(key.clone());
            }
        }
    }
    Ok(dependencies)
}

/// Each key of a config with other values for it.
pub(super) fn variants(config: &Config) -> impl Iterator<Item = (String, Config)> {
    let mut keys = Vec::new();
    leaves("", &config.values, &mut keys);
    keys.into_iter().flat_map(|key| {
        let others = with_others(config, &key).into_iter();
        others.map(move |other| (key.clone(), other))
    })
}

/// Dotted keys of all values. A list is one value, and so is an empty mapping.
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

/// The config with other values for a key. A value that gives no names is skipped.
fn with_others(config: &Config, key: &str) -> Vec<Config> {
    let pointer = key.replace('~', "~0").replace('/', "~1").replace('.', "/");
    let pointer = format!("/{pointer}");
    let Some(value) = config.values.pointer(&pointer) else {
        return Vec::new();
    };
    let others = match value {
        Value::Bool(value) => vec![json!(!value)],
        Value::Number(number) => vec![json!(number.as_i64().unwrap_or_default() + 1)],
        Value::String(text) => vec![json!(format!("{text}x"))],
        Value::Array(items) if items.is_empty() => vec![json!(["x"])],
        // Each item is left out once; for long lists, each half.
        Value::Array(items) if items.len() <= MAX_ITEMS => (0..items.len())
            .map(|gone| json!([&items[..gone], &items[gone + 1..]].concat()))
            .collect(),
        Value::Array(items) => {
            let (first, second) = items.split_at(items.len() / 2);
            vec![json!(first), json!(second)]
        }
        Value::Object(_) => vec![json!({"x": "x"})],
        Value::Null => vec![json!("x")],
    };
    let configs = others.into_iter().filter_map(|other| {
        let mut values = (*config.values).clone();
        *values.pointer_mut(&pointer)? = other;
        config.with_values(values)
    });
    configs.collect()
}
