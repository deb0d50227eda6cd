//! The example repositories of build and deployment: they parse, and use only names and variables that the stack gives them.
#![expect(clippy::disallowed_methods, reason = "the examples are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

/// Set by the buildspec, and by the pipeline.
const OTHER_VARIABLES: &[&str] = &["MODEL_PACKAGE_ARN", "TRAINING_IMAGE"];

fn folder(half: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/ml")
        .join(half)
}

fn read(half: &str, file: &str) -> String {
    std::fs::read_to_string(folder(half).join(file)).unwrap()
}

/// What a pattern captures in a text.
fn captured(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    let found = pattern.captures_iter(text);
    found.map(|found| found[1].to_owned()).collect()
}

#[test]
fn buildspecs_run_the_programs_beside_them() {
    for (half, program) in [("build", "train.py"), ("deploy", "deploy.py")] {
        let spec: Value = serde_yaml::from_str(&read(half, "buildspec.yml")).unwrap();
        assert_eq!(spec["version"], 0.2);
        let install = spec["phases"]["install"]["commands"][0].as_str().unwrap();
        assert_eq!(install, "pip install --requirement requirements.txt");
        assert!(read(half, "requirements.txt").starts_with("boto3"));
        let run = spec["phases"]["build"]["commands"][0].as_str().unwrap();
        assert_eq!(run, format!("python {program}"));
        assert!(folder(half).join(program).is_file());
    }
}

#[test]
fn programs_read_the_variables_of_their_projects() {
    for (half, program) in [("build", "train.py"), ("deploy", "deploy.py")] {
        let text = read(half, program);
        let read = captured(r#"os\.environ(?:\.get\(|\[)"(\w+)""#, &text);
        assert!(read.contains("NAME_PREFIX"), "{half}: {read:?}");
        let given = super::pipelines::variables_of_enterprise();
        for name in read {
            let is_known = given.contains(&name) || OTHER_VARIABLES.contains(&name.as_str());
            assert!(is_known, "{half}: {name}");
        }
    }
}

/// The roles allow names that begin with the prefix, and the two names that the stack gives.
#[test]
fn programs_use_no_name_outside_the_prefix() {
    for (half, program) in [("build", "train.py"), ("deploy", "deploy.py")] {
        let text = read(half, program);
        let used = captured(
            r#"\b(?:TrainingJob|Model|Endpoint|EndpointConfig)Name(?:=|": )([^,)}]+)"#,
            &text,
        );
        let names: BTreeSet<String> = used
            .into_iter()
            .filter(|value| value != "GROUP" && value != "PACKAGE")
            .collect();
        assert!(!names.is_empty(), "{half}");
        for name in names {
            let is_variable = name.chars().all(|c| c == '_' || c.is_ascii_alphabetic());
            assert!(is_variable, "{half}: {name}");
            let given = captured(&format!(r#"(?m)^ *{name} = f"(.*)"$"#), &text);
            // A parameter of a function has the caller's value, which has the same name.
            assert!(!given.is_empty(), "{half}: {name}");
            assert!(
                given.iter().all(|value| value.starts_with("{PREFIX}-")),
                "{half}: {given:?}"
            );
        }
    }
}

#[test]
fn the_example_registers_a_model_for_approval() {
    let text = read("build", "train.py");
    let status = captured(r#"ModelApprovalStatus="(\w+)""#, &text);
    assert_eq!(status, BTreeSet::from(["PendingManualApproval".to_owned()]));
}

/// Calls of the SDK are in the role of their project.
#[test]
fn the_roles_allow_the_calls_of_the_examples() {
    for (half, program, role) in [
        ("build", "train.py", "CodeBuildRole"),
        ("deploy", "deploy.py", "CodeBuildDeployRole"),
    ] {
        let text = read(half, program);
        let calls = captured(
            r"(?:sagemaker|logs|client\(\x22\w+\x22\))\.([a-z_]+)\(",
            &text,
        );
        let allowed = super::pipelines::actions_of(role);
        for call in calls {
            let action = match call.as_str() {
                // A waiter describes what it waits for.
                "get_waiter" => continue,
                "upload_file" => "PutObject".to_owned(),
                "head_object" => "GetObject".to_owned(),
                call => call.split('_').map(capital).collect(),
            };
            let suffix = format!(":{action}");
            let is_allowed = allowed.iter().any(|allowed| allowed.ends_with(&suffix));
            assert!(is_allowed, "{half}: {call}");
        }
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
