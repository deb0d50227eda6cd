//! The JSON Schema of a product's configs: keywords without effect, required keys that do not exist, and defaults that are not
//! allowed.

use serde_json::Value;

use crate::config::{Tags, fault_problem, parse};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::product::{FaultPlace, Product, ProductFault, SCHEMA, Schema};
use crate::text::{did_you_mean, quote};

/// The keywords that the engine or JSON Schema 2020-12 knows.
const KEYWORDS: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
    "x-help",
    "x-separator",
    "x-tier",
];
/// Keywords whose value maps names to schemas.
const OF_SCHEMAS: &[&str] = &[
    "$defs",
    "definitions",
    "dependentSchemas",
    "patternProperties",
    "properties",
];
/// Keywords whose value is a schema, or a list of them.
const SCHEMAS: &[&str] = &[
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

pub(super) fn problems(product: &Product) -> Vec<Diagnostic> {
    let source = &product.source;
    let text = source.files.get(SCHEMA).map_or("", String::as_str);
    // JSON is YAML, too, and this parser reports repeated keys.
    let read = parse(&source.path(SCHEMA), text.as_bytes(), Tags::Refuse);
    let mut twice = read.err().unwrap_or_default();
    twice.retain(|problem| problem.code == Code::DuplicateKey);
    let mut found = Vec::new();
    let mut walk = SchemaWalk {
        schema: &product.schema,
        at: Vec::new(),
        found: &mut found,
    };
    walk.schema_at(product.schema.document());
    let problems = found
        .into_iter()
        .map(|(fault, severity)| fault_problem(source, &fault).with_severity(severity));
    problems.chain(twice).collect()
}

struct SchemaWalk<'a> {
    schema: &'a Schema,
    at: Vec<String>,
    found: &'a mut Vec<(ProductFault, Severity)>,
}

impl SchemaWalk<'_> {
    fn schema_at(&mut self, schema: &Value) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            self.at.push(keyword.clone());
            let name = keyword.as_str();
            if OF_SCHEMAS.contains(&name) {
                for (key, below) in value.as_object().into_iter().flatten() {
                    self.at.push(key.clone());
                    self.schema_at(below);
                    self.at.pop();
                }
            } else if SCHEMAS.contains(&name) {
                match value {
                    Value::Array(items) => {
                        for (index, below) in items.iter().enumerate() {
                            self.at.push(index.to_string());
                            self.schema_at(below);
                            self.at.pop();
                        }
                    }
                    below => self.schema_at(below),
                }
            } else if !KEYWORDS.contains(&name) && !name.starts_with("x-") {
                let help = match did_you_mean(name, KEYWORDS.iter().copied()) {
                    Some(meant) => format!("write `{meant}`"),
                    None => "delete the key, or correct it".to_owned(),
                };
                let message = format!(
                    "JSON Schema has no such keyword, so it has no effect: {}",
                    quote(name)
                );
                self.add(message, help, Severity::Warning);
            }
            self.at.pop();
        }
        self.required(schema);
        self.default(schema);
    }

    fn required(&mut self, schema: &Value) {
        let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        let (true, Some(properties)) = (is_closed, properties) else {
            return;
        };
        for (index, key) in required.into_iter().flatten().enumerate() {
            let Some(key) = key.as_str().filter(|key| !properties.contains_key(*key)) else {
                continue;
            };
            self.at.extend(["required".to_owned(), index.to_string()]);
            let help = match did_you_mean(key, properties.keys().map(String::as_str)) {
                Some(meant) => format!("write `{meant}`"),
                None => format!("add `{key}` to `properties`"),
            };
            let message = format!("no config can have this required key: {}", quote(key));
            self.add(message, help, Severity::Error);
            self.at.truncate(self.at.len() - 2);
        }
    }

    fn default(&mut self, schema: &Value) {
        let Some(default) = schema.get("default") else {
            return;
        };
        if let Some(problem) = self.schema.default_problem(schema, default) {
            self.at.push("default".to_owned());
            let message = format!("the schema refuses this default: {problem}");
            self.add(
                message,
                "write a default that the schema allows".to_owned(),
                Severity::Error,
            );
            self.at.pop();
        }
    }

    fn add(&mut self, message: String, help: String, severity: Severity) {
        let fault = ProductFault::new(SCHEMA, FaultPlace::Key(self.at.clone()), message);
        self.found.push((fault.with_help(help), severity));
    }
}
