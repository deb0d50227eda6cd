//! Copies of configs and outputs, and names that no config has.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::path::Path;

use tempfile::TempDir;

use crate::support::job::{config, path, run_in};

const TEMPLATE: &str = "s3/templates/edge-prod-b001-us-west-1-s3-template.yaml";

/// A folder with one config.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &path("b001"), &config("b001", ""));
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The exit code, and both outputs.
fn run(folder: &Path, line: &str) -> (i32, String) {
    let arguments: Vec<&str> = line.split(' ').collect();
    let output = run_in(folder, &arguments);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// The steps of the original tools' documents: back up, edit, render, restore, edit, render.
#[test]
fn a_restored_output_is_no_hand_edit() {
    let folder = folder();
    let folder = folder.path();
    let render = || run(folder, "create-prov-template --no-log");
    let lifecycle = |policy: &str| {
        let text = config("b001", &format!("  lifecycle_policy: {policy}\n"));
        write(folder, &path("b001"), &text);
    };
    assert_eq!(render().0, 0);
    let backup = std::fs::read(folder.join(TEMPLATE)).unwrap();
    for policy in ["compliance", "development"] {
        lifecycle(policy);
        let (code, text) = render();
        assert_eq!(code, 0, "{text}");
        assert!(text.starts_with("updated "), "{text}");
        std::fs::write(folder.join(TEMPLATE), &backup).unwrap();
    }
    // `sha256sum` reads the file, with the sum of the newest contents.
    lifecycle("compliance");
    assert_eq!(render().0, 0);
    let sums = std::fs::read_to_string(folder.join("s3/templates/SHA256SUMS")).unwrap();
    let newest: Vec<&str> = sums
        .lines()
        .filter(|line| !line.starts_with("# "))
        .collect();
    assert_eq!(newest.len(), 1, "{sums}");
    assert_eq!(sums.lines().count(), 3, "{sums}");
    // An edit of a restored file is one.
    let edited = [&backup[..], b"# mine\n"].concat();
    std::fs::write(folder.join(TEMPLATE), edited).unwrap();
    let (code, text) = render();
    assert_eq!(code, 10, "{text}");
    assert!(text.contains("error[output-edited]"), "{text}");
}

#[test]
fn a_missing_config_names_the_one_that_was_meant() {
    let folder = folder();
    let folder = folder.path();
    let near = path("b001");
    let name = near.rsplit('/').next().unwrap();
    let meant = format!("help: did you mean `{name}`?\n");
    let whole = format!("help: did you mean `{near}`?\n");
    for (argument, help) in [
        (name.replace(".yaml", ""), &meant),
        (name.replace(".yaml", ".yml"), &meant),
        (name.replace("s3", "S3"), &meant),
        (name.replace("b001", "b01"), &meant),
        (near.replace(".yaml", ""), &whole),
        (near.replace("b001", "b01"), &whole),
        (near.replace("configs/", "config/"), &whole),
    ] {
        let (code, text) = run(folder, &format!("validate-config {argument}"));
        assert_eq!(code, 10, "{argument}: {text}");
        let message = format!("{argument}: error[config-not-found]: this file does not exist\n");
        assert!(text.contains(&message), "{argument}: {text}");
        assert!(text.contains(&**help), "{argument}: {text}");
    }
    for (argument, words) in [
        (
            "",
            "\"\": error[config-not-found]: the name of the config is empty\n",
        ),
        (
            "/nowhere/x.yaml",
            "help: correct the path: there is no folder `/nowhere`\n",
        ),
        (
            "s3/*.json",
            "s3/*.json: error[config-not-found]: no config matches\n",
        ),
        (
            "zzz",
            "help: correct the name, or give the path; provisioner searches `.`, `configs`",
        ),
    ] {
        let output = run_in(folder, &["validate-config", argument]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(words), "{argument}: {text}");
    }
}

#[test]
fn several_configs_of_one_stack_are_counted() {
    let folder = folder();
    let folder = folder.path();
    for copy in ["s3/configs/a", "s3/configs/b"] {
        let copy = path("b001").replace("s3/configs", copy);
        write(folder, &copy, &config("b001", ""));
    }
    let (code, text) = run(folder, &format!("validate-config {}", path("b001")));
    assert_eq!(code, 10, "{text}");
    let words = "error[duplicate-stack]: 2 other configs have the same stack `edge-prod-b001-us-west-1-s3-stack`: `s3/configs/a/edge-prod-b001-us-west-1-s3.yaml` and others\n";
    assert!(text.contains(words), "{text}");
}
