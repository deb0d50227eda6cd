//! Validates every JSON document that a test gets from the program against the schema of its version, without room for other keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use provisioner::cli::DOCUMENT_SCHEMAS;
use serde_json::Value;

/// By the value of the key `format`.
static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let documents = DOCUMENT_SCHEMAS.iter().map(|document| {
        let mut schema = serde_json::from_str(&document.text()).unwrap();
        close(&mut schema);
        (document.format, jsonschema::validator_for(&schema).unwrap())
    });
    documents.collect()
});

/// The published schema allows keys that a later release adds. A test allows only the documented ones.
fn close(schema: &mut Value) {
    if let Value::Object(object) = schema {
        let is_object = object.get("type").is_some_and(|kind| *kind == "object");
        if is_object && object.contains_key("properties") {
            object.insert("additionalProperties".to_owned(), false.into());
        }
    }
    let below: Vec<&mut Value> = match schema {
        Value::Object(object) => object.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    below.into_iter().for_each(close);
}

/// How the document differs from the keys and words of its schema.
#[track_caller]
pub fn undocumented(document: &Value) -> Vec<String> {
    let format = document["format"].as_str().unwrap_or_default();
    let validator = VALIDATORS.get(format);
    let validator = validator.unwrap_or_else(|| panic!("no schema for {format:?}: {document:#}"));
    let problems = validator.iter_errors(document);
    let problems = problems.map(|problem| format!("{}: {problem}", problem.instance_path()));
    problems.collect()
}

#[track_caller]
pub fn assert_documented(document: &Value) {
    let problems = undocumented(document);
    assert!(problems.is_empty(), "{problems:#?} in {document:#}");
}

/// The same for standard output, if it is JSON.
#[track_caller]
pub fn assert_json_documented(arguments: &[&str], stdout: &[u8]) {
    let is_json = arguments
        .windows(2)
        .any(|pair| pair == ["--format", "json"]);
    if is_json && !stdout.is_empty() {
        assert_documented(&serde_json::from_slice(stdout).unwrap());
    }
}
