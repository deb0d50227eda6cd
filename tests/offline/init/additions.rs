//! A second run with other answers: it only adds.
#![expect(clippy::disallowed_methods, reason = "a repository has files")]

use super::later::apply;
use super::repository::{ANSWERS, COMMIT, InitRepository};

const RULES: &str = "    approvals: 2\n    deletes: never\n    approvers: [\"@alice\"]\n";

/// A repository whose policy has rules of its owner.
pub(super) fn with_rules(repository: InitRepository) -> InitRepository {
    repository.init_well(&ANSWERS);
    let policy = repository.read(".provisioner.yaml");
    repository.write(
        ".provisioner.yaml",
        policy.replace("  dev:\n", &format!("  dev:\n{RULES}")),
    );
    repository
}

/// The lines that a patch removes.
fn removed(patch: &str) -> Vec<&str> {
    let lines = patch.lines();
    lines
        .filter(|line| line.starts_with('-') && !line.starts_with("---"))
        .collect()
}

#[test]
fn attack_a_new_environment_keeps_the_rules_of_the_policy() {
    for repository in [InitRepository::github(), InitRepository::gitlab()] {
        let repository = with_rules(repository);
        let before = repository.read(".provisioner.yaml");
        // The known environment is not named again.
        let more = ["--environment", "prod=210987654321"];
        let shown = repository.init_well(&more);
        assert!(
            shown.contains("created    s3/configs/acme-prod-0001-"),
            "{shown}"
        );
        let patch = repository.init_well(&[&more[..], &["--diff"]].concat());
        for line in removed(&patch) {
            let is_list = line.contains(": [");
            assert!(is_list, "{line}\n{patch}");
        }
        apply(&repository, &patch);
        let policy = repository.read(".provisioner.yaml");
        let prod = "  prod:\n    accounts: [\"210987654321\"]\n    roles:\n      plan: arn:aws:iam::210987654321:role/provisioner-plan\n      apply: arn:aws:iam::210987654321:role/provisioner-apply-{environment}\n";
        let accounts = before.replace("[\"123456789012\"]", "[\"123456789012\", \"210987654321\"]");
        let dev = "    accounts: [\"123456789012\"]\n";
        let expected = accounts.replace("\n\n# The names", &format!("\n{dev}{prod}\n# The names"));
        assert_eq!(policy, expected);
        if repository.path(".gitlab-ci.yml").exists() {
            let pipeline = repository.read(".gitlab-ci.yml");
            assert!(pipeline.contains(": [dev, prod]\n"), "{pipeline}");
        }
        assert_eq!(repository.init_well(&["--diff"]), "");
        let checked = repository.run(&["validate-config", "--no-log"]);
        assert_eq!(checked.status, 0, "{}{}", checked.stdout, checked.stderr);
    }
}

#[test]
fn a_second_product_has_a_glob_a_config_and_owners() {
    let repository = with_rules(InitRepository::github());
    let more = ["--product", "ml"];
    let shown = repository.init_well(&more);
    assert!(
        shown.contains("created    ml/configs/acme-dev-0001-"),
        "{shown}"
    );
    apply(
        &repository,
        &repository.init_well(&[&more[..], &["--diff"]].concat()),
    );
    let policy = repository.read(".provisioner.yaml");
    for line in [
        "configs: [\"s3/configs/*.yaml\", \"ml/configs/*.yaml\"]",
        "  products: [s3, ml]",
        "  boundary: ",
        "    deletes: never",
    ] {
        assert!(policy.contains(line), "{line}\n{policy}");
    }
    let owners = repository.read(".github/CODEOWNERS");
    assert!(owners.contains("/ml/configs/ @acme/platform\n"), "{owners}");
    assert_eq!(repository.init_well(&["--diff"]), "");
    let checked = repository.run(&["validate-config", "--no-log"]);
    assert_eq!(checked.status, 0, "{}{}", checked.stdout, checked.stderr);
}

#[test]
fn a_product_of_your_own_is_added_to_the_scope() {
    let repository = with_rules(InitRepository::github());
    let created = repository.run(&["new-product", "queue"]);
    assert_eq!(created.status, 0, "{}", created.stderr);
    let more = ["--product", "queue", "--diff"];
    apply(&repository, &repository.init_well(&more));
    let policy = repository.read(".provisioner.yaml");
    assert!(policy.contains("  products: [s3, queue]\n"), "{policy}");
    let roles = repository.run(&["roles", "--repository", "acme@1/infra@2"]);
    assert!(roles.stdout.contains("sqs:CreateQueue"), "{}", roles.stderr);
}

/// docs/scale.md asks for such edits.
#[test]
fn a_patch_that_removes_your_own_lines_is_a_warning() {
    let repository = InitRepository::github();
    repository.init_well(&ANSWERS);
    let path = ".github/workflows/provisioner-provision.yml";
    let own = repository.read(path).replace(
        "      matrix:\n",
        "      matrix:\n        accounts: [\"0*\", \"1*\"]\n",
    );
    repository.write(path, &own);
    let warning = format!("replaces your own edits by the text of this version: {path}");
    let bare = repository.init(&["--diff"]);
    assert!(bare.stderr.contains(&warning), "{}", bare.stderr);
    let release = format!("acme/provisioner@{COMMIT}");
    let output = repository.init(&["--release", &release, "--diff"]);
    assert!(
        !output.stderr.contains("your own edits"),
        "{}",
        output.stderr
    );
    apply(&repository, &output.stdout);
    assert!(
        repository
            .read(path)
            .contains("        accounts: [\"0*\", \"1*\"]\n")
    );
}

#[test]
fn globs_that_select_the_folder_get_no_other() {
    let repository = InitRepository::github();
    repository.write(
        ".provisioner.yaml",
        "version: 1\nconfigs: ['**/configs/*.yaml']\naccounts: ['123456789012']\nenvironments: {dev: {}}\n",
    );
    repository.init_well(&ANSWERS);
    let patch = repository.init_well(&[&ANSWERS[..], &["--diff"]].concat());
    assert_eq!(patch, "");
}

/// The last line that matches a file decides, so that a line of `init` after it would replace its owners.
#[test]
fn attack_owners_of_a_path_are_not_replaced() {
    let repository = InitRepository::github();
    repository.init_well(&ANSWERS);
    let path = ".github/CODEOWNERS";
    let owners = repository.read(path).replace(
        "/.github/workflows/ @acme/platform",
        "/.github/workflows/ @acme/security",
    );
    repository.write(path, &owners);
    assert_eq!(repository.init_well(&["--diff"]), "");
    let more = ["--code-owner", "@ann", "--diff"];
    apply(&repository, &repository.init_well(&more));
    let owners = repository.read(path);
    for line in [
        "/.github/workflows/ @acme/security @acme/platform @ann\n",
        "/.provisioner.yaml @acme/platform @ann\n",
    ] {
        assert!(owners.contains(line), "{owners}");
    }
}

/// A run with answers changes what they name.
#[test]
fn answers_keep_your_own_lines_of_workflows() {
    let repository = InitRepository::github();
    repository.init_well(&ANSWERS);
    let path = ".github/workflows/provisioner-provision.yml";
    let own = repository
        .read(path)
        .replace("timeout-minutes: 180", "timeout-minutes: 99");
    repository.write(path, &own);
    let release = format!("acme/provisioner@{COMMIT}");
    let more = [
        "--environment",
        "prod=210987654321",
        "--release",
        &release,
        "--diff",
    ];
    apply(&repository, &repository.init_well(&more));
    let version = env!("CARGO_PKG_VERSION");
    let zeros = format!("{} # v0", "0".repeat(40));
    let expected = own
        .replace("          - lab\n", "          - lab\n          - prod\n")
        .replace(&zeros, &format!("{COMMIT} # v{version}"));
    assert_eq!(repository.read(path), expected);
}

#[test]
fn stages_of_your_own_get_those_of_the_component() {
    let repository = InitRepository::gitlab();
    repository.write(
        ".gitlab-ci.yml",
        "stages: [build]\nbuild:\n  script: [make]\n",
    );
    repository.init_well(&ANSWERS);
    apply(
        &repository,
        &repository.init_well(&["--diff", "--forge", "gitlab"]),
    );
    let merged = repository.read(".gitlab-ci.yml");
    assert!(
        merged.contains("stages: [build, test, deploy]\n"),
        "{merged}"
    );
    assert_eq!(repository.init_well(&["--diff"]), "");
}

/// The first config would have the same error. Later there is none to have it.
#[test]
fn answers_that_the_product_does_not_allow_are_named_in_a_second_run() {
    let repository = with_rules(InitRepository::github());
    let before = repository.read(".provisioner.yaml");
    let output = repository.init(&["--environment", "pord=700000000007"]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let warning = "warning: no first config of product `s3` for environment `pord`: ";
    assert!(output.stderr.contains(warning), "{}", output.stderr);
    assert!(
        output.stderr.contains("did you mean `prod`?"),
        "{}",
        output.stderr
    );
    let output = repository.init(&["--region", "eu-centrl-1"]);
    assert_eq!(output.status, 10, "{}{}", output.stdout, output.stderr);
    assert!(output.stderr.contains("eu-centrl-1"), "{}", output.stderr);
    assert_eq!(repository.read(".provisioner.yaml"), before);
    // In a first run, the first config is of the first environment alone.
    let first = InitRepository::github();
    let output = first.init(&[&ANSWERS[..], &["--environment", "pord=700000000007"]].concat());
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stderr.contains(warning), "{}", output.stderr);
}

/// Names of roles are global: a second stack with them fails.
#[test]
fn a_new_region_gets_no_second_stack_with_roles() {
    let repository = with_rules(InitRepository::github());
    let shown = repository.init_well(&["--region", "us-east-1"]);
    assert!(
        shown.contains("  regions: [eu-central-1, us-east-1]"),
        "{shown}"
    );
    let deploys: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("cloudformation deploy"))
        .collect();
    assert!(!deploys.is_empty(), "{shown}");
    for line in deploys {
        assert!(line.contains(" --region eu-central-1 "), "{line}");
    }
}
