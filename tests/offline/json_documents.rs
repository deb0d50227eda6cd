//! JSON documents: version, schema, and keys that are always there. `support::documents` validates the output of all tests.

#![expect(clippy::disallowed_methods, reason = "a user runs programs")]

use std::process::Command;

use provisioner::cli::DOCUMENT_SCHEMAS;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::documents::{assert_documented, undocumented};
use crate::support::job::BINARY;

/// Standard output of the program in an empty folder.
fn stdout(line: &str) -> String {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(BINARY);
    command.args(line.split(' ')).current_dir(folder.path());
    let output = command.env_clear().output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A schema and the definition that it refers to, if it is only a reference, or a reference that may be `null`.
fn is_documented(schema: &Value, definitions: &Value) -> bool {
    let referred = |schema: &Value| {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        Some(definitions[name]["description"].is_string())
    };
    let any = schema["anyOf"].as_array().into_iter().flatten();
    schema["description"].is_string()
        || referred(schema).unwrap_or_default()
        || any.filter_map(referred).any(|is_documented| is_documented)
}

/// Adds the keys and words without a description.
fn add_undocumented(at: &str, schema: &Value, definitions: &Value, missing: &mut Vec<String>) {
    let properties = schema["properties"].as_object();
    for (key, property) in properties.into_iter().flatten() {
        if schema["type"] == "object" && !is_documented(property, definitions) {
            missing.push(format!("{at}.{key}"));
        }
    }
    // Words without a description are one list.
    if schema["enum"].is_array() {
        missing.push(format!("{at}: {}", schema["enum"]));
    }
    match schema {
        Value::Object(object) => object
            .iter()
            .filter(|(key, _)| *key != "$defs")
            .for_each(|(_, below)| add_undocumented(at, below, definitions, missing)),
        Value::Array(items) => items
            .iter()
            .for_each(|below| add_undocumented(at, below, definitions, missing)),
        _ => {}
    }
}

#[test]
fn every_key_and_every_word_has_a_description() {
    for document in DOCUMENT_SCHEMAS {
        let schema: Value = serde_json::from_str(&document.text()).unwrap();
        let mut missing = Vec::new();
        let definitions = &schema["$defs"];
        add_undocumented(document.name, &schema, definitions, &mut missing);
        for (name, definition) in definitions.as_object().into_iter().flatten() {
            add_undocumented(name, definition, definitions, &mut missing);
        }
        assert_eq!(missing, [""; 0]);
    }
}

/// C17.
#[test]
fn a_check_report_names_its_version_commits_and_pull_request() {
    let scene = Scene::new();
    let pull = scene.changed();
    let run = scene.job(&pull).run();
    assert_eq!(
        run.report.as_object().unwrap().keys().next().unwrap(),
        "format"
    );
    assert_eq!(run.report["format"], "provisioner-check/1");
    let context = &run.report["context"];
    assert_eq!(context["repository"], "acme/infra");
    assert_eq!(context["pull_request"], 7);
    let commit = |name: &str| scene.repo.head(name);
    assert_eq!(context["base"], commit("main"));
    assert_eq!(context["head"], commit("feature"));
    scene.github.expect_writes(&[COMMENTS, STATUS]);

    let mut other = run.report.clone();
    other["context"].as_object_mut().unwrap().remove("head");
    other["plan"]["level"] = "harmless".into();
    other["more"] = true.into();
    assert_eq!(undocumented(&other).len(), 3, "{:#?}", undocumented(&other));
}

#[test]
fn every_command_prints_a_document() {
    for (command, format) in [
        ("list-products", "provisioner-product-list/1"),
        ("show-product", "provisioner-product/1"),
        ("validate-config nothing.yaml", "provisioner-action/1"),
        ("explain", "provisioner-codes/1"),
        ("explain wrong-file-name", "provisioner-codes/1"),
    ] {
        let text = stdout(&format!("{command} --format json"));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_documented(&document);
        assert_eq!(document["format"], format, "{text}");
    }
}

#[test]
fn the_program_prints_the_schema_of_each_document() {
    for document in DOCUMENT_SCHEMAS {
        assert_eq!(
            stdout(&format!("schema {}", document.name)),
            document.text()
        );
    }
}
