//! Accounts of environments that a second run adds, and those that it must not add.

use std::collections::{BTreeMap, BTreeSet};

use super::additions::with_rules;
use super::later::apply;
use super::repository::{ANSWERS, InitRepository};

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

/// An alias is one text for two environments.
#[test]
fn attack_an_account_opens_no_role_of_another_environment() {
    let repository = InitRepository::github();
    let role = "arn:aws:iam::123456789012:role/p";
    let text = format!(
        "version: 1\naccounts: ['123456789012']\nenvironments:\n  dev: {{roles: {{plan: &role '{role}'}}}}\n  prod: {{roles: {{plan: *role}}}}\n"
    );
    repository.write(".provisioner.yaml", &text);
    let more = ["--environment", "dev=210987654321"];
    let output = repository.init(&[&ANSWERS[..2], &ANSWERS[4..], &more].concat());
    assert_eq!(output.status, 2, "{}", output.stdout);
    assert!(
        output.stderr.contains("error: cannot add"),
        "{}",
        output.stderr
    );
    assert_eq!(repository.read(".provisioner.yaml"), text);
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
    let warning = "warning: no list limits the accounts of `dev`: stacks there may be in any account, also in those of `prod`\n  help: list the accounts in `environments.dev.accounts`";
    assert!(output.stderr.contains(warning), "{}", output.stderr);
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

/// Former lists may share accounts too, and no run may pass over it.
#[test]
fn attack_every_run_names_accounts_of_several_environments() {
    let shared = "account 100000000001 is an account of `dev` and `prod`";
    let one = ["--environment", "dev=100000000001"];
    let both = [&one[..], &["--environment", "prod=100000000001"]].concat();
    for (repository, separated) in [
        (
            InitRepository::github(),
            "only the roles separate them there",
        ),
        (InitRepository::gitlab(), "nothing separates them there"),
    ] {
        let first = repository.init(&[&ANSWERS[..2], &ANSWERS[4..], &both].concat());
        assert_eq!(first.status, 0, "{}", first.stderr);
        for output in [first, repository.init(&[])] {
            assert!(output.stderr.contains(shared), "{}", output.stderr);
            assert!(output.stderr.contains(separated), "{}", output.stderr);
            let (_, end) = output.stdout.rsplit_once("\n\n").unwrap();
            assert!(end.contains(shared), "{end}");
        }
    }
    let later = InitRepository::github();
    later.init_well(&[&ANSWERS[..2], &ANSWERS[4..], &one].concat());
    let output = later.init(&["--environment", "prod=100000000001"]);
    assert!(output.stderr.contains(shared), "{}", output.stderr);
}

/// An omission allows `dev` the account of prod. The patch writes it down, with a warning.
#[test]
fn attack_a_patch_lists_an_account_of_another_environment() {
    let roles = "roles: {plan: 'arn:aws:iam::{account_id}:role/p', apply: 'arn:aws:iam::{account_id}:role/a'}";
    let text = format!(
        "version: 1\nconfigs: [s3/configs/*.yaml]\naccounts: ['100000000001', '700000000007']\nenvironments:\n  dev: {{{roles}}}\n  prod: {{accounts: ['700000000007'], {roles}}}\n"
    );
    for more in ["staging=500000000005", "dev=100000000001"] {
        let repository = InitRepository::github();
        repository.write(".provisioner.yaml", &text);
        let output =
            repository.init(&[&ANSWERS[..2], &ANSWERS[4..], &["--environment", more]].concat());
        let warning = "warning: account 700000000007 is an account of `dev` and `prod`\n  help: list accounts of their own in `environments.dev.accounts` and `environments.prod.accounts`";
        assert!(output.stderr.contains(warning), "{}", output.stderr);
    }
}

/// Without a list of its own, prod could have stacks in any account.
#[test]
fn attack_a_new_environment_without_a_list_is_open() {
    let repository = InitRepository::github();
    repository.write(
        ".provisioner.yaml",
        "version: 1\nconfigs: [s3/configs/*.yaml]\nenvironments:\n  dev: {}\n",
    );
    let more = ["--environment", "prod=700000000007"];
    let answers = [&ANSWERS[..2], &ANSWERS[4..], &more].concat();
    let output = repository.init(&answers);
    let warning = "no list limits the accounts of `dev`: stacks there may be in any account, also in those of `prod`";
    assert!(output.stderr.contains(warning), "{}", output.stderr);
    apply(
        &repository,
        &repository.init_well(&[&answers[..], &["--diff"]].concat()),
    );
    let policy = repository.read(".provisioner.yaml");
    let policy: serde_json::Value = serde_yaml::from_str(&policy).unwrap();
    let own = &policy["environments"]["prod"]["accounts"];
    assert_eq!(*own, serde_json::json!(["700000000007"]));
}
