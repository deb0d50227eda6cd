//! What a changed config lets the operator of its stack do is in the comment and in the report.

use super::groups::{FOLDER, MANIFEST, STACK, checked, checked_with_any_exit, with_product};
use crate::support::check::Scene;
use crate::support::github::CommitBuilder;
use crate::support::job::JobOutput;

/// The template has no trace of what the policy allows.
const POLICY: &str = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \
     \"Action\": [\"sqs:CreateQueue\", {{ note.trusts | default('sqs:TagQueue') }}], \
     \"Resource\": {{ 'arn:aws:sqs:' ~ note.region ~ ':' ~ note.account ~ ':' ~ names.config }}}]}\n";
const IMPACT: &str = "impact: [{keys: [note.trusts], level: safe, consequence: The operator may do something else.}]\n";

/// A commit with twelve configs. `action`: what the policy of each allows.
fn with_actions(commit: CommitBuilder, action: impl Fn(u64) -> &'static str) -> CommitBuilder {
    (0..12).fold(commit, |commit, number| {
        let action = action(number);
        let account = 100_000_000_000 + number;
        let text = format!(
            "note:\n  name: n{number:04}\n  account: \"{account}\"\n  region: eu-west-1\n  trusts: \"{action}\"\n"
        );
        commit.write(&format!("notes/n{number:04}-note.yaml"), text)
    })
}

/// The check of new configs, or of edited ones. Each has a value that only its policy uses; number 7 has another one.
fn checked_policies(is_new: bool) -> (Scene, JobOutput) {
    let scene = Scene::new();
    let template = STACK.replace("note.name ~ '-", "names.config ~ '-");
    let commit = with_product(scene.repo.commit("main"), &template);
    let commit = commit.write(&format!("{FOLDER}/iam-policy.json.j2"), POLICY);
    let commit = commit.write(
        &format!("{FOLDER}/product.yaml"),
        MANIFEST.to_owned() + IMPACT,
    );
    let commit = match is_new {
        true => commit,
        false => with_actions(commit, |_| "sqs:TagQueue"),
    };
    scene.repo.branch("change", &commit.push());
    let action = |number| {
        if number == 7 {
            "iam:*"
        } else {
            "sqs:SetQueueAttributes"
        }
    };
    with_actions(scene.repo.commit("change"), action).push();
    checked(scene)
}

fn added_lines(run: &JobOutput, path: &str) -> String {
    let changes = run.report["plan"]["changes"].as_array().unwrap().iter();
    let mut changes = changes.filter(|change| change["path"] == path);
    let diff = &changes.next().unwrap()["policy_update"]["diff"];
    diff["unified"].as_str().unwrap().to_owned()
}

#[test]
fn attack_an_action_that_only_the_operator_policy_has() {
    for is_new in [true, false] {
        let (scene, run) = checked_policies(is_new);
        let comment = scene.comment();
        let (_, section) = comment
            .split_once("### `notes/n0007-note.yaml`")
            .expect(&comment);
        let (section, _) = section.split_once("\n### ").unwrap_or((section, ""));
        assert!(section.contains("Operator policy: "), "{section}");
        assert!(section.contains("+  - iam:*\n"), "{section}");
        let [all, own] = [&*comment, section].map(|text| text.matches("iam:*").count());
        assert_eq!(all, own, "{comment}");
        assert!(added_lines(&run, "notes/n0007-note.yaml").contains("- iam:*\n"));
    }
}

/// Templates that stay the same are no "without effect" if permissions change.
#[test]
fn a_change_of_permissions_alone_is_in_the_first_line() {
    let (scene, run) = checked_policies(false);
    let comment = scene.comment();
    let headline = "⚠ 12 operator policies change · 1 warning · 12 configs without effect";
    assert!(comment.contains(headline), "{comment}");
    assert!(!comment.contains("✅"), "{comment}");
    let rows = comment
        .lines()
        .filter(|line| line.contains("operator policy changes"));
    assert_eq!(rows.count(), 2, "{comment}");
    let group = run.report["groups"][0].as_array().unwrap();
    assert_eq!(group.len(), 11, "{comment}");
}

/// The check of one config whose product and text are edited. `policies`: before and after.
fn edited([before, after]: [&str; 2], text: &str) -> (i32, String, JobOutput) {
    let scene = Scene::new();
    let commit = with_product(scene.repo.commit("main"), STACK);
    let policy = format!("{FOLDER}/iam-policy.json.j2");
    let commit = commit.write(&policy, before);
    let commit = commit.write(
        &format!("{FOLDER}/product.yaml"),
        MANIFEST.to_owned() + IMPACT,
    );
    let config = "note:\n  name: n1\n  account: \"100000000000\"\n  region: eu-west-1\n";
    let commit = commit.write(
        "notes/n1-note.yaml",
        config.to_owned() + "  trusts: sqs:A\n",
    );
    scene.repo.branch("change", &commit.push());
    let change = scene.repo.commit("change").write(&policy, after);
    change
        .write("notes/n1-note.yaml", config.to_owned() + text)
        .push();
    let (scene, run) = checked_with_any_exit(scene);
    (run.status, scene.comment(), run)
}

fn policy(action: &str) -> String {
    POLICY.replace("\"sqs:CreateQueue\"", action)
}

/// A product gives its configs more, and no config is edited.
#[test]
fn attack_an_action_that_a_product_adds() {
    let after = policy("\"sqs:CreateQueue\", \"iam:PassRole\"");
    let (status, comment, run) = edited([POLICY, &after], "  trusts: sqs:A\n");
    assert_eq!(status, 0, "{comment}");
    assert!(
        comment.contains("⚠ products change · 1 operator policy changes"),
        "{comment}"
    );
    assert!(comment.contains("+  - iam:PassRole\n"), "{comment}");
    assert!(added_lines(&run, "notes/n1-note.yaml").contains("iam:PassRole"));
}

/// The permissions of such a config are not known, and its commands fail.
#[test]
fn attack_a_policy_that_does_not_render() {
    let breaks = POLICY.replace(
        "{\"Version\"",
        "{% if note.trusts == 'iam:*' %}\"{% endif %}{\"Version\"",
    );
    let (status, comment, _) = edited([&breaks, &breaks], "  trusts: iam:*\n");
    assert_eq!(status, 10, "{comment}");
    assert!(
        comment.contains("the rendered policy is not JSON"),
        "{comment}"
    );
    let (status, comment, _) = edited(
        [&breaks.replace("iam:*", "sqs:A"), POLICY],
        "  trusts: sqs:B\n",
    );
    assert_eq!(status, 0, "{comment}");
    let words =
        "The operator policy at the base does not render, so all of the new one counts as added.";
    assert!(comment.contains(words), "{comment}");
}

/// Readers of JSON disagree on which value of a repeated key counts.
#[test]
fn attack_a_repeated_key_of_a_policy() {
    let twice = POLICY.replace(
        "\"Effect\": \"Allow\",",
        "\"Effect\": \"Allow\", \"Action\": \"iam:*\",",
    );
    let (status, comment, _) = edited([POLICY, &twice], "  trusts: sqs:A\n");
    assert_eq!(status, 10, "{comment}");
    assert!(
        comment.contains("the key \"Action\" is repeated"),
        "{comment}"
    );
}

/// The order of actions means nothing, so it cannot hide one among hundreds.
#[test]
fn attack_an_action_hidden_by_another_order_or_a_long_line() {
    let many = |order: &mut dyn Iterator<Item = u32>| {
        let actions = order.map(|number| format!("\"sqs:A{number:03}\""));
        actions.collect::<Vec<_>>().join(", ")
    };
    let [before, reversed] = [many(&mut (0..400)), many(&mut (0..400).rev())];
    let (_, comment, _) = edited([&policy(&before), &policy(&reversed)], "  trusts: sqs:A\n");
    assert!(!comment.contains("Operator policy"), "{comment}");
    let after = policy(&(reversed + ", \"iam:PassRole\""));
    let (_, comment, _) = edited([&policy(&before), &after], "  trusts: sqs:A\n");
    assert!(
        comment.contains("Operator policy: 1 line added, 0 removed"),
        "{comment}"
    );
    assert!(comment.contains("+  - iam:PassRole\n"), "{comment}");
    let long = format!("  trusts: \"sqs:{}\"\n", "a".repeat(30_000));
    let (_, comment, _) = edited([POLICY, &after], &long);
    assert!(comment.contains("+  - iam:PassRole\n"), "{comment}");
}

/// What `roles` refuses is known before the merge.
#[test]
fn a_policy_that_gets_no_roles_is_a_warning() {
    let (status, comment, _) = edited([POLICY, POLICY], "  trusts: iam:*\n");
    assert_eq!(status, 0, "{comment}");
    let words = "warning[roles-incomplete]: `provisioner roles` refuses the operator policy: notes/n1-note.yaml: the value `iam:*`";
    assert!(comment.contains(words), "{comment}");
}
