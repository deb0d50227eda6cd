//! The offline actions at the command line.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::job::{BINARY, config, path};

struct Workdir {
    folder: TempDir,
}

impl Workdir {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn has(&self, path: &str) -> bool {
        self.folder.path().join(path).exists()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Output {
        let folder = self.folder.path().join(folder);
        Command::new(BINARY)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .output()
            .unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

const TEMPLATE: &str = "s3/templates/edge-prod-b001-us-west-1-s3-template.yaml";
const POLICY: &str = "s3/policies/edge-prod-b001-us-west-1-s3-iam-policy.json";

#[test]
fn validate_prints_problems_with_their_lines() {
    let workdir = Workdir::new();
    workdir.write(
        &path("b001"),
        &config(
            "b001",
            "  lifecycle_policy: complience\n  route_table_ids: rtb-0a1b2c3d\n",
        ),
    );
    let output = workdir.run(&[
        "validate-config",
        "s3/configs/edge-prod-b001-us-west-1-s3.yaml",
    ]);
    assert_eq!(code(&output), 10);
    insta::assert_snapshot!("validate_text", stdout(&output));
    let output = workdir.run(&["validate-config", "--format", "markdown"]);
    insta::assert_snapshot!("validate_markdown", stdout(&output));
    let output = workdir.run(&["validate-config", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["diagnostics"][0]["code"], "value-not-allowed");
    assert_eq!(
        json["diagnostics"][0]["span"]["start"],
        serde_json::json!({ "line": 11, "column": 21 })
    );
    let output = workdir.run(&["validate-config", "--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);
}

#[test]
fn configs_are_found_by_path_glob_folder_and_bare_name() {
    let workdir = Workdir::new();
    workdir
        .write(&path("b001"), &config("b001", ""))
        .write(&path("b002"), &config("b002", ""));
    workdir.write(
        "configs/edge-prod-b003-us-west-1-s3.yaml",
        &config("b003", ""),
    );
    for (arguments, number) in [
        (vec![], 3),
        (vec!["s3/configs"], 2),
        (vec!["s3/configs/*b00?*.yaml"], 2),
        (vec!["edge-prod-b002-us-west-1-s3.yaml"], 1),
        (vec!["edge-prod-b003-us-west-1-s3.yaml"], 1),
        (
            vec!["s3/configs", "s3/configs/edge-prod-b001-us-west-1-s3.yaml"],
            2,
        ),
    ] {
        let output = workdir.run(
            &[
                &["validate-config", "--no-log", "--format", "json"],
                arguments.as_slice(),
            ]
            .concat(),
        );
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            json["items"].as_array().unwrap().len(),
            number,
            "{arguments:?}"
        );
    }
    let output = workdir.run(&[
        "validate-config",
        "edge-prod-b009-us-west-1-s3.yaml",
        "nowhere/x.yaml",
    ]);
    assert_eq!(code(&output), 10);
    insta::assert_snapshot!("config_not_found", stdout(&output));
}

#[test]
fn outputs_are_written_once_beside_the_config() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", ""));
    let output = workdir.run(&["create-prov-template"]);
    assert_eq!(
        stdout(&output),
        format!("created {TEMPLATE}\ncreate-prov-template: 1 config, 0 errors, 0 warnings\n")
    );
    let modified = std::fs::metadata(workdir.folder.path().join(TEMPLATE))
        .unwrap()
        .modified()
        .unwrap();
    let output = workdir.run(&["create-prov-template"]);
    assert!(stdout(&output).starts_with(&format!("unchanged {TEMPLATE}\n")));
    assert_eq!(
        std::fs::metadata(workdir.folder.path().join(TEMPLATE))
            .unwrap()
            .modified()
            .unwrap(),
        modified
    );

    workdir.write(
        &path("b001"),
        &config("b001", "  lifecycle_policy: compliance\n"),
    );
    let output = workdir.run(&["create-prov-template"]);
    assert!(stdout(&output).starts_with(&format!("updated {TEMPLATE}\n")));
    assert!(workdir.read(TEMPLATE).contains("ExpirationInDays: 2555"));

    let output = workdir.run(&["create-policy"]);
    assert!(stdout(&output).starts_with(&format!("created {POLICY}\n")));
    let policy: Value = serde_json::from_str(&workdir.read(POLICY)).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    assert!(
        workdir
            .read("s3/templates/SHA256SUMS")
            .ends_with("  edge-prod-b001-us-west-1-s3-template.yaml\n")
    );
}

#[test]
fn a_file_edited_by_hand_is_kept() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", ""));
    workdir.run(&["create-prov-template"]);
    let edited = format!("{}# my edit\n", workdir.read(TEMPLATE));
    workdir.write(TEMPLATE, &edited);
    let output = workdir.run(&["create-prov-template"]);
    assert_eq!(code(&output), 10);
    insta::assert_snapshot!("output_edited", stdout(&output));
    assert_eq!(workdir.read(TEMPLATE), edited);
    let output = workdir.run(&["create-prov-template", "--overwrite"]);
    assert!(stdout(&output).starts_with("overwritten"));
    assert!(!workdir.read(TEMPLATE).contains("my edit"));
    // A template that provisioner did not write is kept too.
    std::fs::remove_file(workdir.folder.path().join("s3/templates/SHA256SUMS")).unwrap();
    workdir.write(TEMPLATE, "AWSTemplateFormatVersion: x\n");
    assert_eq!(code(&workdir.run(&["create-prov-template"])), 10);
}

#[test]
fn attack_an_output_that_is_a_link_is_not_followed() {
    let workdir = Workdir::new();
    workdir
        .write(&path("b001"), &config("b001", ""))
        .write("victim", "precious");
    std::fs::create_dir_all(workdir.folder.path().join("s3/templates")).unwrap();
    std::os::unix::fs::symlink(
        workdir.folder.path().join("victim"),
        workdir.folder.path().join(TEMPLATE),
    )
    .unwrap();
    let output = workdir.run(&["create-prov-template", "--overwrite"]);
    assert_eq!(code(&output), 10, "{}", stdout(&output));
    assert_eq!(workdir.read("victim"), "precious");
}

#[test]
fn a_rendered_template_is_validated() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", ""));
    let missing = workdir.run(&["validate-prov-template"]);
    assert_eq!(code(&missing), 10);
    assert!(stdout(&missing).contains("template-not-found"));
    workdir.run(&["create-prov-template"]);
    assert_eq!(code(&workdir.run(&["validate-prov-template"])), 0);

    let broken = workdir
        .read(TEMPLATE)
        .replace("Ref: Bucket", "Ref: Buckett")
        .replace("DeletionPolicy: Retain", "DeletionPolicy: Keep")
        .replace("Outputs:", "Output:");
    workdir.write(TEMPLATE, &broken);
    let output = workdir.run(&["validate-prov-template"]);
    assert_eq!(code(&output), 10);
    insta::assert_snapshot!("broken_template", stdout(&output));
}

#[test]
fn attack_a_snapshot_policy_of_a_type_without_snapshots() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", ""));
    assert_eq!(code(&workdir.run(&["create-prov-template"])), 0);
    let template = workdir.read(TEMPLATE);
    let snapshot = |policy: &str| {
        let [from, to] = ["Retain", "Snapshot"].map(|value| format!("{policy}: {value}"));
        assert!(template.contains(&from));
        workdir.write(TEMPLATE, &template.replace(&from, &to));
        let output = workdir.run(&["validate-prov-template"]);
        (code(&output), stdout(&output))
    };
    let what = "CloudFormation takes no snapshots of `AWS::S3::Bucket`";
    let (exit, output) = snapshot("DeletionPolicy");
    let error =
        format!("error[template-structure]: `DeletionPolicy: Snapshot` of `Bucket`: {what}");
    assert!(exit == 10 && output.contains(&error), "{output}");
    let (exit, output) = snapshot("UpdateReplacePolicy");
    let warning = format!(
        "warning[template-structure]: `UpdateReplacePolicy: Snapshot` of `Bucket`: {what}, so it deletes the old resource"
    );
    assert!(exit == 0 && output.contains(&warning), "{output}");
}

#[test]
fn the_original_command_form_is_accepted() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", ""));
    let name = "edge-prod-b001-us-west-1-s3.yaml";
    for arguments in [
        vec!["-con", name, "-act", "create-prov-template"],
        vec![
            "--config",
            name,
            "--action",
            "create-prov-template",
            "--solution",
            "master-solution",
            "--force",
        ],
    ] {
        let output = workdir.run(&arguments);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(workdir.has(TEMPLATE));
    }
    let output = workdir.run(&["-con", name, "-act", "create-prov-templates"]);
    assert_eq!(code(&output), 2);
    let error = stderr(&output);
    assert!(
        error.contains("did you mean `create-prov-template`?"),
        "{error}"
    );
    assert_eq!(code(&workdir.run(&["-con", name])), 2);
    assert_eq!(code(&workdir.run(&[])), 2);
}

#[test]
fn a_log_is_kept_in_reports() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", "  lifecycle_policy: x\n"));
    workdir.run(&["validate-config"]);
    let logs: Vec<_> = std::fs::read_dir(workdir.folder.path().join("s3/reports"))
        .unwrap()
        .collect();
    let [Ok(log)] = logs.as_slice() else {
        panic!("{logs:?}")
    };
    let name = log.file_name().into_string().unwrap();
    assert!(
        name.starts_with("edge-prod-b001-us-west-1-s3-validate-config-2")
            && name.ends_with("Z.log"),
        "{name}"
    );
    let log = std::fs::read_to_string(log.path()).unwrap();
    let errors = log
        .lines()
        .filter(|line| line.to_lowercase().contains("error"));
    let errors: Vec<&str> = errors.collect();
    assert!(
        matches!(errors[..], [error] if error.contains("error[value-not-allowed]")),
        "{log}"
    );
    assert!(log.contains("result:   failed\n"), "{log}");
    let valid = Workdir::new();
    valid
        .write(&path("b001"), &config("b001", ""))
        .run(&["validate-config"]);
    let reports = valid.folder.path().join("s3/reports");
    let log = std::fs::read_dir(reports).unwrap().next().unwrap().unwrap();
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(!log.to_lowercase().contains("error"), "{log}");
    for words in [
        "local user (name unknown)\n",
        "account:  123456789012\n",
        "result:   ok\n",
    ] {
        assert!(log.contains(words), "{log}");
    }
    let quiet = Workdir::new();
    quiet
        .write(&path("b001"), &config("b001", ""))
        .run(&["validate-config", "--no-log"]);
    assert!(!quiet.has("s3/reports"));
}

/// Runs within one second do not replace each other's logs.
#[test]
fn each_run_keeps_its_log() {
    let workdir = Workdir::new();
    workdir.write(&path("b001"), &config("b001", ""));
    for _ in 0..5 {
        workdir.run(&["validate-config"]);
    }
    assert_eq!(logs_of(&workdir).len(), 5);
}

#[test]
fn a_log_holds_only_its_own_config() {
    let workdir = Workdir::new();
    let both = "edge-prod-b001-us-west-1";
    let text = config(
        "b001",
        "  bucket_name_override: edge-x\n  lifecycle_policy: x\n",
    );
    workdir.write(&format!("s3/configs/{both}.yaml"), &config("b001", ""));
    workdir.write(&format!("s3/configs/{both}-x-s3.yaml"), &text);
    workdir.run(&["validate-config"]);
    let of = |name: &str| {
        let start = format!("{name}-validate-config-");
        let mut all = logs_of(&workdir);
        all.retain(|(file, _)| file.starts_with(&start));
        all.remove(0).1
    };
    assert_eq!(logs_of(&workdir).len(), 2);
    assert!(of(both).contains("wrong-file-name") && !of(both).contains("value-not-allowed"));
    assert!(of(&format!("{both}-x-s3")).contains("value-not-allowed"));
}

fn logs_of(workdir: &Workdir) -> Vec<(String, String)> {
    let folder = workdir.folder.path().join("s3/reports");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files
        .map(|file| {
            (
                file.file_name().into_string().unwrap(),
                std::fs::read_to_string(file.path()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn schema_and_explain() {
    let workdir = Workdir::new();
    let schema: Value = serde_json::from_slice(&workdir.run(&["schema", "s3"]).stdout).unwrap();
    assert_eq!(
        schema["properties"]["s3"]["properties"]["versioning"]["type"],
        "boolean"
    );
    assert_eq!(code(&workdir.run(&["schema", "s4"])), 2);
    // The address of the page has the version.
    let explain = |code| {
        let text = stdout(&workdir.run(&["explain", code]));
        text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    };
    insta::assert_snapshot!("explain", explain("wrong-file-name"));
    insta::assert_snapshot!("explain_rule", explain("s3-route-tables-without-vpc"));
    let output = workdir.run(&["explain", "wrong-filename"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output),
        "error: no diagnostic has the code `wrong-filename`; did you mean `wrong-file-name`?\n"
    );
    assert!(stdout(&workdir.run(&["explain"])).lines().count() > 40);
}

#[test]
fn a_closed_pipe_exits_with_success() {
    let workdir = Workdir::new();
    let mut child = Command::new(BINARY)
        .args(["explain"])
        .current_dir(workdir.folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(Path::new(BINARY).exists());
}

#[test]
fn attack_a_deletion_without_configs_deletes_nothing() {
    let workdir = Workdir::new();
    for action in ["tear-down", "delete-product"] {
        assert_eq!(code(&workdir.run(&[action, "--force"])), 2, "{action}");
    }
}

/// Where no stack is created or updated, a clash is a warning. Elsewhere it is an error before AWS is queried.
#[test]
fn names_of_two_configs_clash() {
    let workdir = Workdir::new();
    let named = "  bucket_name_override: edge-data\n";
    for tenant in ["b001", "b002"] {
        workdir.write(&path(tenant), &config(tenant, named));
    }
    let output = workdir.run(&["validate-config"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.matches("warning[duplicate-name]").count(), 2, "{text}");
    let output = workdir.run(&["prep-master", &path("b001"), "--force"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(10), "{text}");
    assert!(text.contains("error[duplicate-name]"), "{text}");
    assert!(text.contains(&path("b002")), "{text}");
}

#[test]
fn two_configs_with_one_stack_are_rejected_even_if_one_is_named() {
    let workdir = Workdir::new();
    let first = path("b001");
    let second = first.replace("s3/configs/", "ml/configs/");
    workdir.write(&first, &config("b001", ""));
    workdir.write(&second, &config("b001", ""));
    for arguments in [vec!["validate-config"], vec!["validate-config", &first]] {
        let output = workdir.run(&arguments);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(10), "{arguments:?}");
        assert!(text.contains("error[duplicate-stack]"), "{text}");
        assert!(text.contains(&second), "{text}");
    }
    // Rendering concerns no stack.
    for action in ["create-prov-template", "create-policy"] {
        let output = workdir.run(&[action, &first, &second]);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    }
    // Another name of the same file is no second config.
    std::fs::remove_file(workdir.folder.path().join(&second)).unwrap();
    let absolute = workdir.folder.path().join(&first);
    for name in [
        first.clone(),
        format!("./{first}"),
        absolute.display().to_string(),
    ] {
        let output = workdir.run(&["validate-config", &name]);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        let output = workdir.run(&["validate-config", &first, &name]);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    }
}
