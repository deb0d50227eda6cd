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

/// `1.0` passes the schema, which knows numbers without their spelling.
#[test]
fn a_number_with_a_fraction_is_an_error_with_its_line() {
    for key in ["first: 1.0", "sample: 2.0", "approvals: 1.0"] {
        let text = format!("version: 1\ndefaults:\n  {key}\n");
        let problems = read_policy(&RepoPath::typed(EXAMPLE), Some(text.as_bytes())).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].span.unwrap().start.line, 3, "{problems:?}");
    }
}

/// Such an entry is a mistake: no config may be in the account, and those of the meant one are denied.
#[test]
fn an_account_of_an_environment_that_accounts_lacks_is_an_error_at_its_line() {
    let text = "version: 1\naccounts: ['700000000007']\nenvironments:\n  dev: {}\n  prod:\n    accounts:\n      - '700000000007'\n      - '700000000008'\n";
    let read = |text: &str| read_policy(&RepoPath::typed(EXAMPLE), Some(text.as_bytes()));
    let problems = read(text).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let shown = provisioner::report::diagnostics(&problems);
    let error =
        ":8:9: error[policy-invalid]: `accounts` lacks account 700000000008 of environment `prod`";
    assert!(shown.contains(error), "{shown}");
    let help = "help: correct the account, or add it to `accounts`";
    assert!(shown.contains(help), "{shown}");
    // Without the list, every account is allowed.
    for open in ["", "accounts: []\n"] {
        read(&text.replace("accounts: ['700000000007']\n", open)).unwrap();
    }
}

/// What each mistake has to say: where it is, and what to write.
#[test]
fn mistakes_say_what_to_write() {
    let alarm = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors";
    let rollback = |lists: &str| format!("defaults:\n  rollback:\n{lists}\n");
    let mistakes = [
        rollback(&format!("    alarms: {alarm}")),
        rollback("    alarms: [arn:aws:cloudwatch:{region}:{account_id}:alarm:x]"),
        rollback(&format!("    alarms: [\"{alarm}\"]\n    composite-alarms: [\"{alarm}\"]")),
        rollback(&format!("    alarms: [\"{alarm}\"]\n    monitoring-minutes: an hour")),
        "defaults: {first: -1}\n".to_owned(),
        "defaults: {first: 2.5}\n".to_owned(),
        "defaults: {sample: 0}\n".to_owned(),
        "defaults: {max-failures: none}\n".to_owned(),
        "defaults: {max-failures: 10%}\n".to_owned(),
        "defaults: {approvals: two}\n".to_owned(),
        "defaults:\n  approvers: @acme/platform\n".to_owned(),
        "defaults:\n  approvers: \"@acme/platform\"\n".to_owned(),
        "defaults:\n  windows:\n  - {days: [monday], from: \"09:00\", to: \"17:00\"}\n".to_owned(),
        "defaults:\n  windows:\n  - {from: \"09:00\", to: \"17:00\", zone: Europe/Berln}\n".to_owned(),
        "defaults:\n  windows:\n  - from: \"09:00\"\n    to: \"17:00\"\n    timezone: Europe/Berlin\n".to_owned(),
        "defaults:\n  freeze:\n  - {from: 2026-12-18}\n".to_owned(),
        "scope: {names: [a]}\n".to_owned(),
        "environments: {dev: {accounts: []}}\n".to_owned(),
        "environments: {dev: {accounts: 100000000001}}\n".to_owned(),
        "environments: {dev: {accounts: 1000}}\n".to_owned(),
        "accounts: 1000\n".to_owned(),
        "accounts: [100000000001]\n".to_owned(),
        "accounts: ['100000000001', \"100000000001\"]\n".to_owned(),
        "environments: {dev: {accounts: ['100000000001', '100000000001']}}\n".to_owned(),
    ];
    let shown = mistakes.map(|text| {
        let text = format!("version: 1\n{text}");
        let problems = read_policy(&RepoPath::typed(".provisioner.yaml"), Some(text.as_bytes()));
        provisioner::report::diagnostics(&problems.unwrap_err())
    });
    insta::assert_snapshot!(shown.join("\n"));
}

/// The output of an action on a config, which has no credentials and reaches no AWS.
fn action(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(BINARY)
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), texts.concat())
}

fn with_config(folder: &Path) -> String {
    let config = crate::support::job::path("b001");
    let file = folder.join(&config);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, crate::support::job::config("b001", "")).unwrap();
    config
}

#[test]
fn a_freeze_is_reported_before_any_request() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = with_config(folder.path());
    let frozen = "version: 1\ndefaults:\n  freeze: [{from: 2001-01-01, to: 2090-01-01, reason: end of year}]\n";
    std::fs::write(folder.path().join(".provisioner.yaml"), frozen).unwrap();
    for action_name in ["prep-master", "test-deploy", "tear-down"] {
        let force = (action_name != "test-deploy").then_some("--force");
        let args = [action_name, &config, "--no-log"].into_iter().chain(force);
        let (status, text) = action(folder.path(), &args.collect::<Vec<_>>());
        assert_eq!(status, 20, "{action_name}: {text}");
        assert!(text.contains("error[outside-window]"), "{text}");
        assert!(text.contains("end of year"), "{text}");
        assert!(!text.contains("aws-credentials"), "{text}");
    }
    // Reading does not wait, nor does the preview of a deletion.
    for name in ["show-changes", "tear-down"] {
        let (_, text) = action(folder.path(), &[name, &config, "--no-log"]);
        assert!(text.contains("error[aws-credentials]"), "{name}: {text}");
    }
}

/// Threat 75: AWS is not queried in a place that the policy does not allow, and the line says which key names it.
#[test]
fn attack_a_config_in_a_forbidden_place_queries_no_aws() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = with_config(folder.path());
    let rendered = action(folder.path(), &["create-prov-template", &config]);
    assert_eq!(rendered.0, 0, "{}", rendered.1);
    let policy = folder.path().join(".provisioner.yaml");
    let account = "accounts: ['123456789012', '700000000007']\nenvironments: {prod: {accounts: ['700000000007']}}\n";
    for (rules, error) in [
        (
            account,
            "4:15: error[account-mismatch]: the policy does not list account 123456789012 for environment `prod`",
        ),
        (
            "accounts: ['700000000007']\n",
            "4:15: error[account-mismatch]: the policy does not list account 123456789012",
        ),
        (
            "environments: {dev: {}}\n",
            "7:8: error[environment-not-allowed]: the policy has no environment `prod`",
        ),
    ] {
        std::fs::write(&policy, format!("version: 1\n{rules}")).unwrap();
        let error = format!("{config}:{error}");
        for words in [
            &["validate-config"][..],
            &["validate-prov-template", "--real"],
            &["show-changes"],
            &["check-drift"],
            &["prep-master", "--force"],
            &["prep-master", "--dry-run"],
            &["tear-down", "--force"],
            &["test-deploy"],
        ] {
            let args = [&[words[0], &config], &words[1..], &["--no-log"]].concat();
            let (status, text) = action(folder.path(), &args);
            let expected = if words[0] == "validate-config" {
                10
            } else {
                20
            };
            assert_eq!(status, expected, "{words:?} {text}");
            assert!(text.contains(&error), "{words:?} {text}");
            assert_eq!(text.matches("error[").count(), 1, "{text}");
            assert!(
                text.contains("help: correct the account or the environment of the config, or add"),
                "{text}"
            );
        }
    }
    // A policy with errors, and that of another repository, say nothing about a config that is only read.
    std::fs::write(&policy, "version: 2\n").unwrap();
    let (status, text) = action(folder.path(), &["validate-config", &config, "--no-log"]);
    assert_eq!(status, 0, "{text}");
    let other = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(other.path().join(".git")).unwrap();
    std::fs::write(
        other.path().join(".provisioner.yaml"),
        format!("version: 1\n{account}"),
    )
    .unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let absolute = folder.path().join(&config).display().to_string();
    let (status, text) = action(other.path(), &["validate-config", &absolute, "--no-log"]);
    assert_eq!(status, 0, "{text}");
}

#[test]
fn files_that_look_like_the_policy_are_named() {
    let top = tempfile::TempDir::new().unwrap();
    let top = top.path().canonicalize().unwrap();
    let (own, other) = (top.join("own"), top.join("other"));
    for folder in [&own, &other] {
        std::fs::create_dir_all(folder.join(".git")).unwrap();
    }
    let config = with_config(&other);
    std::fs::write(other.join(".provisioner.yaml"), "version: 1\n").unwrap();
    std::fs::write(own.join(".provisioner.yml"), "version: 1\n").unwrap();
    let config = format!("../other/{config}");
    let (_, text) = action(&own, &["show-changes", &config, "--no-log"]);
    let named = |file: &Path, why: &str| {
        text.contains(&format!(
            "the policy file {} is not read: {why}",
            file.display()
        ))
    };
    let elsewhere = "it is not in the repository of the working directory";
    assert!(named(&other.join(".provisioner.yaml"), elsewhere), "{text}");
    let misnamed = "it is not named `.provisioner.yaml`";
    assert!(named(&own.join(".provisioner.yml"), misnamed), "{text}");
    let (_, text) = action(&other, &["show-changes", &config, "--no-log"]);
    assert!(!text.contains("is not read"), "{text}");
}

/// The config's repository forbids what the working directory allows, and the other way round.
#[test]
fn attack_a_policy_of_another_repository_decides_nothing() {
    let top = tempfile::TempDir::new().unwrap();
    let top = top.path().canonicalize().unwrap();
    let (own, other, nested) = (top.join("own"), top.join("other"), top.join("own/module"));
    for folder in [&own, &other, &nested] {
        std::fs::create_dir_all(folder.join(".git")).unwrap();
    }
    let config = with_config(&other);
    with_config(&nested);
    let never = "version: 1\ndefaults: {deletes: never}\n";
    let policy = ".provisioner.yaml";
    let denied = |folder: &Path, config: &str, file: &str| {
        for words in [
            &["tear-down", "--dry-run"][..],
            &["replace", "--force"],
            &["prep-master", "--dry-run"],
            &["test-deploy"],
        ] {
            let args = [&[words[0], config], &words[1..], &["--no-log"]].concat();
            let (status, text) = action(folder, &args);
            assert_eq!(status, 20, "{words:?} {text}");
            assert!(text.contains("error[policy-elsewhere]"), "{text}");
            assert!(text.contains(file), "{file}: {text}");
            assert_eq!(text.matches("error[").count(), 1, "{text}");
        }
    };
    std::fs::write(other.join(policy), never).unwrap();
    let absolute = other.join(&config).display().to_string();
    let file = other.join(policy).display().to_string();
    denied(&top, &absolute, &file);
    denied(&own, &absolute, &file);
    // A link leads into the other repository.
    std::os::unix::fs::symlink(&other, own.join("link")).unwrap();
    denied(&own, &format!("link/{config}"), &file);
    // Without a policy, its repository does not allow what another one does.
    std::fs::remove_file(other.join(policy)).unwrap();
    std::fs::write(own.join(policy), "version: 1\n").unwrap();
    denied(&own, &absolute, "another repository");
    denied(&own, &format!("module/{config}"), "another repository");
    std::fs::write(nested.join(policy), never).unwrap();
    let file = nested.join(policy).display().to_string();
    denied(&own, &format!("module/{config}"), &file);
    // Reading is allowed, and each repository reads its own.
    for (folder, args) in [
        (&own, ["check-drift", &absolute, "--no-log"]),
        (&other, ["test-deploy", &config, "--no-log"]),
        (&nested, ["test-deploy", &config, "--no-log"]),
    ] {
        let (_, text) = action(folder, &args);
        assert!(text.contains("error[aws-credentials]"), "{text}");
    }
}
