//! What a changed config lets the operator of its stack do is in the comment and in the report.

use super::groups::{FOLDER, MANIFEST, STACK, checked, with_product};
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
        assert!(section.contains("+        \"iam:*\""), "{section}");
        // In the diff, and above it as what differs from the others.
        assert_eq!(comment.matches("iam:*").count(), 2, "{comment}");
        assert_eq!(section.matches("iam:*").count(), 2, "{comment}");
        assert!(added_lines(&run, "notes/n0007-note.yaml").contains("\"iam:*\""));
    }
}

/// Templates that stay the same are no "without effect" if permissions change.
#[test]
fn a_change_of_permissions_alone_is_in_the_first_line() {
    let (scene, run) = checked_policies(false);
    let comment = scene.comment();
    let headline = "⚠ 12 operator policies change · 12 configs without effect";
    assert!(comment.contains(headline), "{comment}");
    assert!(!comment.contains("✅"), "{comment}");
    let rows = comment
        .lines()
        .filter(|line| line.contains("operator policy changes |"));
    assert_eq!(rows.count(), 2, "{comment}");
    let group = run.report["groups"][0].as_array().unwrap();
    assert_eq!(group.len(), 11, "{comment}");
}
