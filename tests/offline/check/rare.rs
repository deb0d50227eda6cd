//! What only a few of many new configs have is shown first, whatever else differs.

use super::groups::{FOLDER, MANIFEST, checked};
use crate::support::check::Scene;
use crate::support::github::CommitBuilder;
use crate::support::job::JobOutput;

const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["note"],"properties":{"note":{"type":"object",
    "additionalProperties":false,"required":["name","account","region"],"properties":{"name":{"type":"string"},
    "account":{"type":"string"},"region":{"type":"string"},"trusts":{"type":"string"},"ticket":{"type":"string"}}}}}"#;
const STACK: &str = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: {{ names.config }}\n      \
     Tags: [{ Key: ticket, Value: {{ note.ticket | default('none') }} }]\n  Reader:\n    Type: AWS::IAM::Role\n    \
     Properties:\n      AssumeRolePolicyDocument:\n        Statement:\n          - Effect: Allow\n            \
     Action: sts:AssumeRole\n            Principal: { AWS: {{ note.trusts | default('111111111111') }} }\n";

/// The account of most configs, and another one.
const USUAL: &str = "100000000000";
const FOREIGN: &str = "666666666666";

fn with_product(commit: CommitBuilder) -> CommitBuilder {
    commit
        .write(
            ".provisioner.yaml",
            "version: 1\nconfigs: ['notes/*.yaml', 'ml/configs/*.yaml']\n\
             environments:\n  prod: {updates: reviewed, roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}}\n  \
             dev: {roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}}\n",
        )
        .write(&format!("{FOLDER}/product.yaml"), MANIFEST)
        .write(&format!("{FOLDER}/config.schema.json"), SCHEMA)
        .write(&format!("{FOLDER}/stack.yaml.j2"), STACK)
        .write(&format!("{FOLDER}/iam-policy.json.j2"), "{\"Statement\": []}\n")
}

fn path(number: usize) -> String {
    format!("notes/n{number:04}-note.yaml")
}

/// `more`: further lines of each config.
fn with_notes(
    commit: CommitBuilder,
    count: usize,
    account: impl Fn(usize) -> String,
    more: impl Fn(usize) -> String,
) -> CommitBuilder {
    (0..count).fold(commit, |commit, number| {
        let text = format!(
            "note:\n  name: n{number:04}\n  account: \"{}\"\n  region: us-west-2\n{}",
            account(number),
            more(number)
        );
        commit.write(&path(number), text)
    })
}

/// The comment on a pull request that adds the notes.
fn comment_on_new(
    count: usize,
    account: impl Fn(usize) -> String,
    more: impl Fn(usize) -> String,
) -> String {
    let scene = Scene::new();
    let commit = with_product(scene.repo.commit("main"));
    scene.repo.branch("change", &commit.push());
    with_notes(scene.repo.commit("change"), count, account, more).push();
    checked(scene).0.comment()
}

/// The rows of the table, without its head.
fn rows(comment: &str) -> Vec<&str> {
    let (_, table) = comment.split_once("|---|---|---|---|---|\n").unwrap();
    table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect()
}

fn first_section(comment: &str) -> &str {
    comment.split("\n### ").nth(1).unwrap()
}

fn usual(_: usize) -> String {
    USUAL.to_owned()
}

/// A ticket for each config, and one that trusts a foreign account.
fn with_decoys(number: usize) -> String {
    let trusts = if number == 250 {
        FOREIGN
    } else {
        "111111111111"
    };
    format!("  ticket: \"T{number}\"\n  trusts: \"{trusts}\"\n")
}

#[test]
fn attack_decoys_take_the_page_of_one_odd_config() {
    let comment = comment_on_new(300, usual, with_decoys);
    assert!(rows(&comment)[0].contains(&path(250)), "{comment}");
    let section = first_section(&comment);
    assert!(section.starts_with(&format!("`{}`", path(250))));
    let line = format!("Principal: {{ AWS: \"{FOREIGN}\" }}");
    assert_eq!(section.matches(&line).count(), 2, "{section}");
    assert!(section.contains("Differs from most of the 300 configs of `note` in these lines"));
    // The others are of one kind, and the page says at its top that it does not show each.
    assert!(
        comment.contains("298 more configs of the same kind: only words of the configs' names and these places differ."),
        "{comment}"
    );
    assert!(comment.contains("- `Resources.Jobs.Properties.Tags`: 299 values, such as "));
    let top = comment.split("| | Config").next().unwrap();
    assert!(top.contains("This page is incomplete."), "{top}");
    assert!(!top.contains('✅'), "{top}");
}

#[test]
fn attack_decoys_among_updates() {
    let scene = Scene::new();
    let commit = with_product(scene.repo.commit("main"));
    let commit = with_notes(commit, 300, usual, |_| String::new());
    scene.repo.branch("change", &commit.push());
    with_notes(scene.repo.commit("change"), 300, usual, with_decoys).push();
    let comment = checked(scene).0.comment();
    let section = first_section(&comment);
    assert!(
        section.starts_with(&format!("`{}`", path(250))),
        "{comment}"
    );
    assert!(section.contains(&format!("+            Principal: {{ AWS: \"{FOREIGN}\" }}")));
    let row = format!("| `{}` |", path(250));
    assert!(comment.contains(&row), "{comment}");
}

#[test]
fn a_page_that_shows_all_says_nothing_of_a_rest() {
    let comment = comment_on_new(12, usual, |_| String::new());
    assert!(comment.contains("✅ 12 stacks to create"), "{comment}");
    assert!(!comment.contains("incomplete"), "{comment}");
}

/// Two configs in a foreign account are as visible as one.
#[test]
fn attack_a_second_config_in_a_foreign_account() {
    for foreign in [2, 3] {
        let account = |number| match number >= 60 - foreign {
            true => FOREIGN.to_owned(),
            false => USUAL.to_owned(),
        };
        // With 3 of 60, the account is no longer one of fewer than 1 in 20.
        let count = if foreign == 3 { 61 } else { 60 };
        let comment = comment_on_new(
            count,
            |number| {
                if number == 60 {
                    usual(0)
                } else {
                    account(number)
                }
            },
            |_| String::new(),
        );
        let rows = rows(&comment);
        assert!(rows[0].contains(FOREIGN), "{comment}");
        assert!(
            rows.last().unwrap().contains("58 stacks in `100000000000`"),
            "{comment}"
        );
        let notice = format!(
            "Only {foreign} of {count} configs of `prod` are in account `{FOREIGN}`, such as `{}`.",
            path(60 - foreign)
        );
        assert!(comment.contains(&notice), "{comment}");
    }
}

#[test]
fn many_rare_accounts_are_one_notice() {
    let account = |number| match number < 7 {
        true => format!("66666666{number:04}"),
        false => USUAL.to_owned(),
    };
    let comment = comment_on_new(60, account, |_| String::new());
    let notice = format!(
        "Only 7 of 60 configs of `prod` are in 7 accounts: `666666660000` (`{}`), ",
        path(0)
    );
    assert!(comment.contains(&notice), "{comment}");
    assert!(comment.contains(" and 2 more accounts."), "{comment}");
    // Where each has an account of its own, none is rare.
    let comment = comment_on_new(
        8,
        |number| format!("66666666{number:04}"),
        |_| String::new(),
    );
    assert!(!comment.contains("configs of `prod`"), "{comment}");
    assert!(comment.contains("8 stacks in 8 accounts"), "{comment}");
}

/// Of a group in several accounts, those of the rarest are listed first.
#[test]
fn a_group_lists_its_rarest_account_first() {
    let account = |number| match number == 3 || number == 11 {
        true => FOREIGN.to_owned(),
        false => USUAL.to_owned(),
    };
    let comment = comment_on_new(12, account, |_| String::new());
    let list = comment
        .split("<summary>The 12 configs</summary>")
        .nth(1)
        .unwrap();
    let first = list.trim_start().lines().next().unwrap();
    assert_eq!(
        first,
        format!("- `{}` in `{FOREIGN}`, `us-west-2`", path(3))
    );
    assert!(
        comment.contains("Only names and accounts differ. Shown for"),
        "{comment}"
    );
}

fn ml(tenant: &str, more: &str) -> (String, String) {
    let path = format!("ml/configs/acme-dev-{tenant}-eu-central-1-churn-ml-codecommit.yaml");
    let text = format!(
        "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"{USUAL}\"\n  tenant_id: {tenant}\n\
         environment:\n  env: dev\n  region: eu-central-1\nml_product:\n  use_case: churn\n  \
         source_control: codecommit\n{more}"
    );
    (path, text)
}

/// `odd`: lines of the last one.
fn new_ml(odd: &str) -> (String, JobOutput) {
    let scene = Scene::new();
    scene
        .repo
        .branch("change", &with_product(scene.repo.commit("main")).push());
    let tenants = ["a001", "b002", "c003", "d004", "e005", "f006"];
    let commit = tenants
        .iter()
        .fold(scene.repo.commit("change"), |commit, tenant| {
            let more = if *tenant == "f006" { odd } else { "" };
            let more = format!("  tier: professional\n{more}");
            let (path, text) = ml(tenant, &more);
            commit.write(&path, text)
        });
    commit.push();
    let (scene, run) = checked(scene);
    (scene.comment(), run)
}

fn group_sizes(run: &JobOutput) -> Vec<usize> {
    let groups = run.report["groups"].as_array().unwrap().iter();
    groups
        .map(|group| group.as_array().unwrap().len())
        .collect()
}

/// The templates and policies of the product have derived names, some with a hash.
#[test]
fn new_ml_configs_are_one_section() {
    let (comment, run) = new_ml("");
    assert_eq!(group_sizes(&run), [6], "{comment}");
    assert!(
        comment.contains("Only names differ, and the values of the tag `Tenant`, which repeat words of the configs' names."),
        "{comment}"
    );
    assert!(
        comment.contains("-f006-eu-central-1-churn-ml-codecommit.yaml`, `Tenant`: `f006`"),
        "{comment}"
    );
}

#[test]
fn attack_an_odd_ml_config_among_new_ones() {
    for (odd, shown) in [
        ("  permissions_boundary: evil\n", "policy/evil"),
        // Words of the own name, at another place of it.
        (
            "  artifacts_bucket_name: acme-dev-f006-eu-central-1-data\n",
            "BucketName: \"acme-dev-f006-eu-central-1-data\"",
        ),
        (
            "  artifacts_bucket_name: f006-acme-dev-eu-central-1-churn-artifacts\n",
            "BucketName: \"f006-acme-dev-eu-central-1-churn-artifacts\"",
        ),
        // A word of another config's name.
        (
            "  artifacts_bucket_name: acme-dev-a001-eu-central-1-data\n",
            "BucketName: \"acme-dev-a001-",
        ),
    ] {
        let (comment, run) = new_ml(odd);
        assert_eq!(group_sizes(&run), [5], "{odd}: {comment}");
        let (path, _) = ml("f006", "");
        assert!(rows(&comment)[0].contains(&path), "{odd}: {comment}");
        let section = first_section(&comment);
        assert!(
            section.starts_with(&format!("`{path}`")),
            "{odd}: {comment}"
        );
        assert!(section.contains(shown), "{odd}: {section}");
    }
}
