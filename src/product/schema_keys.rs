//! What a product's JSON Schema says about a key.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::Schema;

/// What a schema says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// It has this key, or allows any key there.
    Known,
    /// It does not have the key. `known`: the keys beside it.
    Unknown {
        /// The part of the path that is wrong.
        part: String,
        known: BTreeSet<String>,
    },
}

impl Schema {
    /// What the schema says about a key, by its path. A number is an index of a list.
    pub fn key_status<'p>(&self, path: impl IntoIterator<Item = &'p str>) -> KeyStatus {
        let mut schemas = vec![self.document()];
        for part in path {
            let all = self.expanded(&schemas);
            let mut next = Vec::new();
            let mut known = BTreeSet::new();
            let mut is_open = true;
            for schema in &all {
                let properties = schema.get("properties").and_then(Value::as_object);
                if let Some(properties) = properties {
                    is_open = false;
                    known.extend(properties.keys().cloned());
                    next.extend(properties.get(part));
                }
                if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
                    is_open = false;
                }
                if part.bytes().all(|byte| byte.is_ascii_digit()) {
                    next.extend(schema.get("items"));
                }
            }
            if next.is_empty() {
                let others = ["additionalProperties", "patternProperties"];
                let open = all.iter().any(|schema| {
                    let mut others = others.iter().filter_map(|other| schema.get(*other));
                    others.any(Value::is_object)
                });
                return match is_open || open {
                    true => KeyStatus::Known,
                    false => KeyStatus::Unknown {
                        part: part.to_owned(),
                        known,
                    },
                };
            }
            schemas = next;
        }
        KeyStatus::Known
    }

    /// Keys with each value of an enumeration, or both truth values.
    pub fn alternatives(&self) -> Vec<(Vec<String>, Value)> {
        let mut found = Vec::new();
        self.add_alternatives(&mut Vec::new(), self.document(), &mut found);
        found
    }

    fn add_alternatives(
        &self,
        at: &mut Vec<String>,
        schema: &Value,
        found: &mut Vec<(Vec<String>, Value)>,
    ) {
        for schema in self.expanded(&[schema]) {
            if let Some(Value::Array(values)) = schema.get("enum") {
                found.extend(values.iter().map(|value| (at.clone(), value.clone())));
            }
            if schema.get("type").is_some_and(|kind| kind == "boolean") {
                found.extend([true, false].map(|value| (at.clone(), value.into())));
            }
            let properties = schema.get("properties").and_then(Value::as_object);
            for (key, below) in properties.into_iter().flatten() {
                at.push(key.clone());
                self.add_alternatives(at, below, found);
                at.pop();
            }
        }
    }

    /// Why a subschema refuses its own default.
    pub fn default_problem(&self, subschema: &Value, default: &Value) -> Option<String> {
        let mut alone = subschema.as_object()?.clone();
        for definitions in ["$defs", "definitions"] {
            if let Some(all) = self.document().get(definitions) {
                alone.insert(definitions.to_owned(), all.clone());
            }
        }
        let alone = Self::compile(&Value::Object(alone).to_string()).ok()?;
        alone.first_problem(default)
    }

    /// The schemas, and those that they refer to or contain.
    fn expanded<'s>(&'s self, schemas: &[&'s Value]) -> Vec<&'s Value> {
        let mut all: Vec<&Value> = Vec::new();
        let mut open = schemas.to_vec();
        // The number of references is bounded, and none leads back to itself.
        while let Some(schema) = open.pop() {
            all.push(schema);
            let target = schema.get("$ref").and_then(Value::as_str);
            open.extend(target.and_then(|target| self.local(target)));
            for list in ["allOf", "anyOf", "oneOf"] {
                open.extend(
                    schema
                        .get(list)
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten(),
                );
            }
            open.extend(["then", "else"].iter().filter_map(|key| schema.get(*key)));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_behind_references() {
        let text = r##"{"properties":{"a":{"$ref":"#/$defs/a"},"tags":{"type":"object","additionalProperties":{"type":"string"}},
            "list":{"items":{"properties":{"x":{}}}}},"$defs":{"a":{"allOf":[{"properties":{"b":{}}}],"additionalProperties":false}}}"##;
        let schema = Schema::compile(text).unwrap();
        let is_known = |key: &str| schema.key_status(key.split('.')) == KeyStatus::Known;
        assert!(
            ["a", "a.b", "tags.any", "list.0.x"]
                .into_iter()
                .all(is_known)
        );
        assert!(!["x", "a.c", "list.0.y"].into_iter().any(is_known));
    }
}
