//! A second run with other answers: it only adds.
#![expect(clippy::disallowed_methods, reason = "a repository has files")]

use std::collections::{BTreeMap, BTreeSet};

use super::later::apply;
use super::repository::{ANSWERS, COMMIT, InitRepository};

const RULES: &str = "    approvals: 2\n    deletes: never\n    approvers: [\"@alice\"]\n";

/// A repository whose policy has rules of its owner.
fn with_rules(repository: InitRepository) -> InitRepository {
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

/// The ARNs that `init` writes name the only account of an environment.
#[test]
fn a_second_account_of_an_environment_has_the_same_roles() {
    let repository = with_rules(InitRepository::github());
    let before = repository.read(".provisioner.yaml");
    let more = ["--environment", "dev=210987654321"];
    let shown = repository.init_well(&more);
    let command = "  provisioner init --environment dev=210987654321 --diff | git";
    assert!(shown.contains(command), "{shown}");
    apply(
        &repository,
        &repository.init_well(&[&more[..], &["--diff"]].concat()),
    );
    let (one, both) = ("[\"123456789012\"]", "[\"123456789012\", \"210987654321\"]");
    let roles = |of: &str| before.split_once("    roles:\n").unwrap().1.contains(of);
    assert!(
        roles("arn:aws:iam::123456789012:role/provisioner-plan"),
        "{before}"
    );
    let mut expected = before.replace(one, both);
    for role in ["provisioner-plan", "provisioner-apply-{environment}"] {
        expected = expected.replace(
            &format!("arn:aws:iam::123456789012:role/{role}\n"),
            &format!("\"arn:aws:iam::{{account_id}}:role/{role}\"\n"),
        );
    }
    let list = format!("    accounts: {both}\n");
    let expected = expected.replace("\n\n# The names", &format!("\n{list}\n# The names"));
    assert_eq!(repository.read(".provisioner.yaml"), expected);
    assert_eq!(repository.init_well(&["--diff"]), "");
}

#[test]
fn a_role_that_is_in_no_account_of_its_environment_takes_no_other() {
    let repository = InitRepository::github();
    repository.write(
        ".provisioner.yaml",
        "version: 1\naccounts: ['123456789012', '700000000007']\nenvironments: {dev: {accounts: ['123456789012'], roles: {plan: 'arn:aws:iam::700000000007:role/p'}}}\n",
    );
    let more = ["--environment", "dev=210987654321"];
    let output = repository.init(&[&ANSWERS[..2], &ANSWERS[4..], &more].concat());
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains(
            "error: the role `plan` of environment `dev` is in account 700000000007, not in 210987654321"
        ),
        "{}",
        output.stderr
    );
}

/// Threat 75: the author of the command may have mistyped the account.
#[test]
fn attack_an_account_of_another_environment_is_named() {
    let repository = InitRepository::github();
    let accounts = [
        "--environment",
        "dev=100000000001",
        "--environment",
        "prod=700000000007",
    ];
    let first = [&ANSWERS[..2], &ANSWERS[4..], &accounts].concat();
    assert!(!repository.init(&first).stderr.contains("is an account of"));
    let more = ["--environment", "dev=700000000007"];
    let warning = "warning: account 700000000007 is an account of `dev` and `prod`\n  help: name another account, unless stacks of `dev` belong there";
    for flags in [&more[..], &[&more[..], &["--diff"]].concat()] {
        let output = repository.init(flags);
        assert!(output.stderr.contains(warning), "{}", output.stderr);
    }
    let output = repository.init(&[&more[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let message = report["warnings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("is an account of `dev` and `prod`"),
        "{report:#}"
    );
    // A new account of prod alone is no such account.
    let output = repository.init(&["--environment", "prod=700000000008"]);
    assert!(!output.stderr.contains("warning"), "{}", output.stderr);
}

/// `init` removes no permission, so it says what stays open.
#[test]
fn attack_environments_that_no_list_limits_are_named() {
    let repository = InitRepository::github();
    let roles = "roles: {plan: 'arn:aws:iam::{account_id}:role/p', apply: 'arn:aws:iam::{account_id}:role/a'}";
    let text =
        format!("version: 1\nconfigs: [s3/configs/*.yaml]\nenvironments: {{dev: {{{roles}}}}}\n");
    repository.write(".provisioner.yaml", &text);
    let more = ["--environment", "prod=700000000007,700000000008"];
    let output = repository.init(&[&ANSWERS[..2], &ANSWERS[4..], &more].concat());
    let warning = "warning: no list limits the accounts of `dev`: they may have stacks in any account, also in those of `prod`\n  help: list their accounts in `environments.dev.accounts`";
    assert!(output.stderr.contains(warning), "{}", output.stderr);
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

/// The environments that each printed command gives roles in, by account.
fn pairs(output: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lines = output
        .lines()
        .filter(|line| line.contains("provisioner roles "));
    let words = |line: &str, flag: &str| -> Vec<String> {
        let parts = line.split(flag).skip(1);
        parts
            .map(|part| part.split(' ').next().unwrap().to_owned())
            .collect()
    };
    lines
        .map(|line| {
            let account = words(line, " --account ").remove(0);
            let environments = words(line, " --environment ").into_iter().collect();
            (account, environments)
        })
        .collect()
}

fn expected(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    let pairs = pairs.iter().map(|(account, environments)| {
        let environments = environments.iter().map(|name| (*name).to_owned());
        ((*account).to_owned(), environments.collect())
    });
    pairs.collect()
}

/// Threat 75: whoever follows the printed commands would deploy roles of dev into accounts of prod.
#[test]
fn attack_a_second_run_gives_an_environment_the_accounts_of_another() {
    for repository in [InitRepository::github(), InitRepository::gitlab()] {
        let accounts = [
            "--environment",
            "dev=100000000001,100000000002",
            "--environment",
            "prod=700000000001,700000000002",
        ];
        let first = repository.init_well(&[&ANSWERS[..2], &ANSWERS[4..], &accounts].concat());
        let (dev, prod): (&[&str], &[&str]) = (&["dev"], &["prod"]);
        let before = expected(&[
            ("100000000001", dev),
            ("100000000002", dev),
            ("700000000001", prod),
            ("700000000002", prod),
        ]);
        assert_eq!(pairs(&first), before);
        assert_eq!(pairs(&repository.init_well(&[])), before);
        // One more account is of the environment that is named with it.
        let more = ["--environment", "prod=700000000003"];
        let mut after = before.clone();
        after.extend(expected(&[("700000000003", prod)]));
        assert_eq!(pairs(&repository.init_well(&more)), after);
        let patch = repository.init_well(&[&more[..], &["--diff"]].concat());
        apply(&repository, &patch);
        assert_eq!(pairs(&repository.init_well(&[])), after);
        assert_eq!(repository.init_well(&["--diff"]), "");
        for (account, environment, error) in [
            (
                "100000000001",
                "prod",
                "is not an account of environment `prod`",
            ),
            (
                "700000000003",
                "dev",
                "is not an account of environment `dev`",
            ),
            (
                "900000000009",
                "dev",
                "is not an account of environment `dev`",
            ),
        ] {
            let asked = ["--account", account, "--environment", environment];
            let roles = ["roles", "--repository", "acme@1/infra@2"];
            let output = repository.run(&[&roles[..], &asked].concat());
            assert_eq!(output.status, 2, "{}", output.stdout);
            assert!(output.stderr.contains(error), "{}", output.stderr);
        }
        // Without an environment, the account has only its own.
        let asked = ["roles", "--repository", "acme@1/infra@2", "--account"];
        let output = repository.run(&[&asked[..], &["700000000003"]].concat());
        assert_eq!(output.status, 0, "{}", output.stderr);
        assert!(!output.stdout.contains("apply-dev"), "{}", output.stdout);
        assert!(output.stdout.contains("apply-prod"), "{}", output.stdout);
    }
}

/// A policy of an owner lists accounts for all environments alone. A new one is of its environment alone.
#[test]
fn attack_a_new_account_is_also_of_environments_without_a_list() {
    let roles = "roles: {plan: 'arn:aws:iam::{account_id}:role/p', apply: 'arn:aws:iam::{account_id}:role/a'}";
    let fixed = roles.replace("{account_id}", "700000000001");
    for (dev, known) in [
        (format!("{{{roles}}}"), "100000000001"),
        ("{}".to_owned(), "100000000001"),
        (format!("\n    {roles}"), "100000000001"),
    ] {
        let repository = InitRepository::github();
        let text = format!(
            "version: 1\nconfigs: [s3/configs/*.yaml]\naccounts: ['{known}', '700000000001']\nenvironments:\n  dev: {dev}\n  prod: {{{fixed}}}\n"
        );
        repository.write(".provisioner.yaml", &text);
        let more = ["--environment", "test=900000000009"];
        let answers = [&ANSWERS[..2], &ANSWERS[4..], &more].concat();
        repository.init_well(&answers);
        apply(
            &repository,
            &repository.init_well(&[&answers[..], &["--diff"]].concat()),
        );
        let policy = repository.read(".provisioner.yaml");
        let policy: serde_json::Value = serde_yaml::from_str(&policy).unwrap();
        let accounts = |name: &str| policy["environments"][name]["accounts"].clone();
        let known: serde_json::Value = [known, "700000000001"].into_iter().collect();
        assert_eq!(accounts("dev"), known, "{policy:#}");
        assert_eq!(accounts("prod"), serde_json::json!(["700000000001"]));
        assert_eq!(accounts("test"), serde_json::json!(["900000000009"]));
    }
}
