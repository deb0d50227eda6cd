//! The policy file: the example that users copy, and the schema for editors.
#![expect(
    clippy::disallowed_methods,
    reason = "the example is a file, and users run programs"
)]

use std::path::Path;
use std::process::Command;

use provisioner::guard::{Updates, read_policy};
use provisioner::model::RepoPath;
use serde_json::Value;

use crate::support::job::BINARY;

const EXAMPLE: &str = "examples/policy/.provisioner.yaml";

fn schema() -> Value {
    let printed = Command::new(BINARY).args(["schema", "policy"]).output();
    serde_json::from_slice(&printed.unwrap().stdout).unwrap()
}

/// Names of all keys that a schema describes.
fn keys(schema: &Value, found: &mut Vec<String>) {
    for (word, value) in schema.as_object().into_iter().flatten() {
        if let Some(properties) = value.as_object().filter(|_| word == "properties") {
            found.extend(properties.keys().cloned());
        }
        keys(value, found);
    }
}

#[test]
fn the_example_loads_and_has_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    let text = std::fs::read_to_string(path).unwrap();
    let policy = read_policy(&RepoPath::typed(EXAMPLE), Some(text.as_bytes())).unwrap();
    assert_eq!((policy.approvals("dev"), policy.approvals("prod")), (1, 2));
    assert_eq!(policy.updates("staging"), Updates::InPlace);
    assert_eq!(
        (policy.deletes("dev"), policy.deletes("prod")),
        (true, false)
    );
    let mut known = Vec::new();
    keys(&schema(), &mut known);
    assert!(known.contains(&"concurrency".to_owned()), "{known:?}");
    for key in known {
        assert!(text.contains(&format!("{key}:")), "{EXAMPLE} lacks `{key}`");
    }
}
