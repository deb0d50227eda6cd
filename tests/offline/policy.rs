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

/// A folder above may belong to somebody else, so its policy is not read, and the run says so.
#[test]
fn a_policy_above_a_folder_without_git_is_not_read_silently() {
    let folder = tempfile::TempDir::new().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let config = top.join(crate::support::job::path("b001"));
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, crate::support::job::config("b001", "")).unwrap();
    let policy = top.join(".provisioner.yaml");
    std::fs::write(&policy, "version: 1\nenvironments:\n  dev: {}\n").unwrap();
    let run = || {
        let output = Command::new(BINARY)
            .args(["check-drift", "--no-log"])
            .current_dir(top.join("s3"))
            .env_clear()
            .env("HOME", &top)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output();
        String::from_utf8(output.unwrap().stderr).unwrap()
    };
    let warning = format!("the policy file {} is not read", policy.display());
    let text = run();
    assert!(text.contains(&warning), "{text}");
    assert!(text.contains("help: run `git init`"), "{text}");
    std::fs::create_dir(top.join(".git")).unwrap();
    let text = run();
    assert!(!text.contains("is not read"), "{text}");
}
