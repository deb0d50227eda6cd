//! A product's JSON Schema: validation, defaults, and the annotations that messages quote.

use std::collections::{BTreeSet, HashSet};

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};

use super::schema_refs::{Expansion, SchemaFault, SchemaPlace};

pub use jsonschema::error::ValidationErrorKind;

#[derive(Debug)]
pub struct Schema {
    document: Value,
    validator: Validator,
    normal: Vec<Normal>,
    tiered: Vec<Tiered>,
    listed: BTreeSet<String>,
}

/// A key that only configs of some tiers may set.
#[derive(Debug, PartialEq)]
pub struct Tiered {
    /// Keys from the root.
    pub path: Vec<String>,
    /// The lowest tier that has it: the property's `x-tier`.
    pub tier: String,
    /// The value that every tier may set, because it changes nothing.
    default: Option<Value>,
    separator: Option<String>,
}

impl Tiered {
    /// Whether every tier may set the key to this value.
    pub fn is_default(&self, value: &Value) -> bool {
        let listed = self
            .separator
            .as_deref()
            .and_then(|separator| items(value, separator));
        Some(listed.as_ref().unwrap_or(value)) == self.default.as_ref()
    }
}

/// What a property is normalized to, and the properties below it.
#[derive(Debug)]
struct Normal {
    key: String,
    default: Option<Value>,
    /// A string becomes the list of the parts between separators: the property's `x-separator`.
    separator: Option<String>,
    below: Vec<Normal>,
}

#[derive(Debug)]
pub struct Violation<'a> {
    /// Keys and indices from the config's root.
    pub path: Vec<String>,
    pub kind: ValidationErrorKind,
    pub subschema: &'a Value,
    /// The nearest `x-help` around the subschema.
    pub advice: Option<&'a str>,
}

impl Violation<'_> {
    /// Whether the value itself is wrong, rather than its keys.
    pub fn is_of_value(&self) -> bool {
        use ValidationErrorKind as Kind;
        !matches!(
            self.kind,
            Kind::AdditionalProperties { .. }
                | Kind::UnevaluatedProperties { .. }
                | Kind::Required { .. }
                | Kind::PropertyNames { .. }
        )
    }
}

impl Schema {
    /// Compiles a schema. Patterns run on a linear-time engine and nothing is fetched, because the schema may come from a pull
    /// request.
    pub fn compile(text: &str) -> Result<Self, SchemaFault> {
        let document: Value = serde_json::from_str(text).map_err(|error| SchemaFault {
            message: format!("not JSON: {}", without_place(&error.to_string())),
            at: SchemaPlace::Point(error.line(), error.column()),
            help: None,
        })?;
        Expansion::new(&document).within_bounds()?;
        let validator = jsonschema::draft202012::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&document)
            .map_err(|error| not_a_schema(&error))?;
        let normal = normal(&document);
        let mut tiered = Vec::new();
        collect_tiered(&document, &mut Vec::new(), &mut tiered);
        let mut listed = BTreeSet::new();
        collect_listed(&document, &mut listed);
        Ok(Self {
            document,
            validator,
            normal,
            tiered,
            listed,
        })
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The texts of all `enum`s.
    pub fn listed_words(&self) -> impl Iterator<Item = &str> {
        self.listed.iter().map(String::as_str)
    }

    pub fn tiered(&self) -> &[Tiered] {
        &self.tiered
    }

    /// The first violation in the words of the validator.
    pub(super) fn first_problem(&self, value: &Value) -> Option<String> {
        let mut errors = self.validator.iter_errors(value);
        errors.next().map(|error| error.to_string())
    }

    pub fn violations(&self, config: &Value) -> Vec<Violation<'_>> {
        if self.validator.is_valid(config) {
            return Vec::new();
        }
        self.validator
            .iter_errors(config)
            .map(|error| {
                let path = keys(error.instance_path().as_str());
                let (subschema, advice) = self.subschema(error.schema_path().as_str());
                Violation {
                    path,
                    subschema,
                    advice,
                    kind: error.into_parts().kind,
                }
            })
            .collect()
    }

    /// Adds absent keys that have a default, and turns strings that represent lists into lists.
    pub fn normalize(&self, config: &mut Value) {
        normalize(config, &self.normal);
    }

    /// The dotted paths of all objects that may have a key of this name: `versioning` → `s3`.
    pub fn parents_of(&self, key: &str) -> Vec<String> {
        fn search(schema: &Value, at: &str, key: &str, parents: &mut Vec<String>) {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
                return;
            };
            for (name, below) in properties {
                if name == key && !at.is_empty() {
                    parents.push(at.to_owned());
                }
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                search(below, &path, key, parents);
            }
        }
        let mut parents = Vec::new();
        search(&self.document, "", key, &mut parents);
        parents
    }

    /// The subschema that holds the keyword at the end of `schema_path`, a JSON pointer that follows `$ref`, and the last advice
    /// on the way there.
    fn subschema(&self, schema_path: &str) -> (&Value, Option<&str>) {
        let mut parts = keys(schema_path);
        parts.pop();
        let mut at = &self.document;
        let mut advice = None;
        for part in &parts {
            let next = match (part.as_str(), at) {
                ("$ref", _) => at
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|target| self.local(target)),
                (index, Value::Array(items)) => index
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index)),
                (key, _) => at.get(key),
            };
            let Some(next) = next else { break };
            at = next;
            advice = at.get("x-help").and_then(Value::as_str).or(advice);
        }
        (at, advice)
    }

    pub(super) fn local(&self, reference: &str) -> Option<&Value> {
        self.document.pointer(reference.strip_prefix('#')?)
    }
}

/// The parts of a JSON pointer.
fn keys(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

fn not_a_schema(error: &jsonschema::ValidationError<'_>) -> SchemaFault {
    let at = keys(error.instance_path().as_str());
    let value = error.instance();
    let (message, help) = match at.last().map(String::as_str) {
        Some("type") => (
            format!("not a type of JSON Schema: {value}"),
            Some("write `string`, `integer`, `number`, `boolean`, `object`, `array` or `null`"),
        ),
        Some("pattern") => (
            format!("not a regular expression: {value}"),
            Some("correct the brackets, and use no look-around and no back-references"),
        ),
        _ => (format!("not a JSON Schema 2020-12: {error}"), None),
    };
    SchemaFault {
        message,
        at: SchemaPlace::Key(at),
        help: help.map(str::to_owned),
    }
}

/// A message of a JSON parser without its line and column.
fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

fn normal(schema: &Value) -> Vec<Normal> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let each = properties
        .into_iter()
        .flatten()
        .filter_map(|(key, property)| {
            let normal = Normal {
                key: key.clone(),
                default: property.get("default").cloned(),
                separator: separator(property),
                below: normal(property),
            };
            let is_empty =
                normal.default.is_none() && normal.separator.is_none() && normal.below.is_empty();
            (!is_empty).then_some(normal)
        });
    each.collect()
}

fn separator(property: &Value) -> Option<String> {
    let separator = property.get("x-separator").and_then(Value::as_str);
    separator
        .filter(|separator| !separator.is_empty())
        .map(str::to_owned)
}

/// The different items of a list, or of a string with separators. `None` for any other value.
fn items(value: &Value, separator: &str) -> Option<Value> {
    let written: Vec<Value> = match value {
        Value::String(text) => {
            let items = text.split(separator).map(str::trim);
            items
                .filter(|item| !item.is_empty())
                .map(Value::from)
                .collect()
        }
        Value::Array(items) => items.clone(),
        _ => return None,
    };
    let mut known = HashSet::new();
    let different = written
        .into_iter()
        .filter(|item| known.insert(item.to_string()));
    Some(different.collect())
}

fn collect_tiered(schema: &Value, path: &mut Vec<String>, tiered: &mut Vec<Tiered>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, property) in properties.into_iter().flatten() {
        path.push(key.clone());
        match property.get("x-tier").and_then(Value::as_str) {
            // Keys below it need at least the same tier.
            Some(tier) => tiered.push(Tiered {
                path: path.clone(),
                tier: tier.to_owned(),
                default: property.get("default").cloned(),
                separator: separator(property),
            }),
            None => collect_tiered(property, path, tiered),
        }
        path.pop();
    }
}

fn collect_listed(schema: &Value, words: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value) {
                    ("enum", Value::Array(items)) => {
                        words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => collect_listed(value, words),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_listed(item, words)),
        _ => {}
    }
}

fn normalize(config: &mut Value, properties: &[Normal]) {
    let Some(object) = config.as_object_mut() else {
        return;
    };
    for property in properties {
        let absent = !object.contains_key(&property.key);
        if let (true, Some(value)) = (absent, &property.default) {
            object.insert(property.key.clone(), value.clone());
        }
        let Some(value) = object.get_mut(&property.key) else {
            continue;
        };
        if let Some(list) = property
            .separator
            .as_deref()
            .and_then(|separator| items(value, separator))
        {
            *value = list;
        }
        if value.is_object() {
            normalize(value, &property.below);
        }
    }
}

pub fn known_keys(subschema: &Value) -> impl Iterator<Item = &str> {
    subschema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_apply_inside_existing_sections() {
        let schema = Schema::compile(
            r#"{"properties":{"a":{"properties":{"b":{"default":1},"c":{"default":{},"properties":{"d":{"default":2}}}}}}}"#,
        )
        .unwrap();
        let fill = |mut config| {
            schema.normalize(&mut config);
            config
        };
        assert_eq!(fill(json!({})), json!({}));
        assert_eq!(
            fill(json!({"a": {}})),
            json!({"a": {"b": 1, "c": {"d": 2}}})
        );
        assert_eq!(
            fill(json!({"a": {"b": 7}})),
            json!({"a": {"b": 7, "c": {"d": 2}}})
        );
    }

    #[test]
    fn a_string_with_separators_equals_a_list() {
        let schema = Schema::compile(
            r#"{"properties":{"a":{"properties":{"ids":{"x-separator":",","x-tier":"top","default":[]},"text":{}}}}}"#,
        )
        .unwrap();
        let ids = |written: Value| {
            let mut config = json!({"a": {"ids": written, "text": "x,y"}});
            schema.normalize(&mut config);
            assert_eq!(config["a"]["text"], "x,y");
            config["a"]["ids"].clone()
        };
        assert_eq!(ids(json!("x , y,x")), json!(["x", "y"]));
        assert_eq!(ids(json!(["x", "y", "x"])), json!(["x", "y"]));
        assert_eq!(ids(json!("")), json!([]));
        assert_eq!(ids(json!(7)), json!(7));
        let [tiered] = schema.tiered() else {
            panic!("one key has a tier")
        };
        assert!(tiered.is_default(&json!("")) && tiered.is_default(&json!([])));
        assert!(!tiered.is_default(&json!("x")));
    }

    #[test]
    fn a_remote_reference_is_refused() {
        assert!(Schema::compile(r#"{"$ref":"https://example.com/x.json"}"#).is_err());
        assert!(Schema::compile(r#"{"$ref":"file:///etc/hostname"}"#).is_err());
    }
}
