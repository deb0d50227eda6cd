//! The keys of a product's configs.

use serde_json::{Value, json};

use crate::product::Product;

/// A key without keys below it.
#[derive(Clone, Debug)]
pub(super) struct ConfigKey {
    /// With dots.
    pub path: String,
    pub required: bool,
    pub schema: Value,
}

impl ConfigKey {
    /// In the order of the schema.
    pub fn all(product: &Product) -> Vec<Self> {
        let mut keys = Vec::new();
        collect(product.schema.document(), "", true, &mut keys);
        keys
    }

    /// The values of an enumeration, or both truth values; empty if the key is open.
    pub fn choices(&self) -> Vec<Value> {
        match self.schema["enum"].as_array() {
            Some(allowed) => allowed.clone(),
            None if self.has_type("boolean") => vec![json!(false), json!(true)],
            None => Vec::new(),
        }
    }

    /// Whether its values are listed. One of them is an answer, and not a placeholder.
    pub fn is_closed(&self) -> bool {
        !self.choices().is_empty()
    }

    pub fn has_type(&self, kind: &str) -> bool {
        match &self.schema["type"] {
            Value::Array(kinds) => kinds.iter().any(|known| known == kind),
            one => one == kind,
        }
    }

    /// A value that the schema accepts. It says nothing about the stack.
    pub fn placeholder(&self) -> Value {
        let first = |key: &str| self.schema[key].as_array()?.first().cloned();
        let is_free = self.has_type("string") && self.schema.get("pattern").is_none();
        let pattern = [first("enum"), is_free.then(|| json!("unknown"))];
        let example = first("examples").filter(|value| value != "");
        let mut known = pattern.into_iter().chain([example]).flatten();
        known.next().unwrap_or_else(|| match &self.schema["type"] {
            Value::String(kind) if kind == "boolean" => json!(false),
            Value::String(kind) if kind == "array" => json!([]),
            Value::String(kind) if kind == "object" => json!({}),
            Value::String(kind) if kind == "integer" => {
                self.schema.get("minimum").cloned().unwrap_or(json!(1))
            }
            _ => json!("unknown"),
        })
    }

    /// The key's title, or its path.
    pub fn title(&self) -> &str {
        self.schema["title"].as_str().unwrap_or(&self.path)
    }
}

fn collect(schema: &Value, above: &str, required: bool, keys: &mut Vec<ConfigKey>) {
    let listed = schema["required"].as_array();
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = match above {
            "" => name.clone(),
            above => format!("{above}.{name}"),
        };
        let mut listed = listed.into_iter().flatten();
        let required = required && listed.any(|key| key == name.as_str());
        match below.get("properties") {
            Some(_) => collect(below, &path, required, keys),
            None => keys.push(ConfigKey {
                path,
                required,
                schema: below.clone(),
            }),
        }
    }
}

/// The value of a key with dots.
pub(super) fn get<'a>(values: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(values, |at, key| at.get(key))
}

/// The same values with another one; without a value, the key is not set.
pub(super) fn with(values: &Value, path: &str, value: Option<&Value>) -> Value {
    let mut values = values.clone();
    let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut at = &mut values;
    for key in above.split('.').filter(|key| !key.is_empty()) {
        at = &mut at[key];
    }
    match (value, at.as_object_mut()) {
        (Some(value), _) => at[last] = value.clone(),
        (None, Some(entries)) => {
            entries.shift_remove(last);
        }
        (None, None) => {}
    }
    values
}
