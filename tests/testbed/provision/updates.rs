//! Configs that change while their stack is there: by default nothing is applied.

use super::*;

const STRICT: &str = "  versioning: true\n  lifecycle_policy: compliance\n";
const SOLUTION: &str = "  versioning: true\n  solutions:\n    - master-solution\n    - churn\n";

impl World {
    /// A change of a config that is deployed, as it was approved and merged.
    fn with_change(rest: &str, s3: &str) -> (Self, String) {
        let world = Self::with_stack(rest);
        let pull = world.proposed(s3);
        let before = world.approved_and_merged(&pull);
        (world, before)
    }

    fn template(&self) -> String {
        let template = self.desk.aws.stacks().get_template();
        let template = template.stack_name(self.desk.stack()).send();
        self.desk.aws.wait(template).unwrap().template_body.unwrap()
    }

    /// What is not applied leaves the stack as it was, and no change set of ours.
    #[track_caller]
    fn is_as_before(&self, template: &str) {
        assert_eq!(self.template(), template);
        assert_eq!(self.desk.aws.change_sets(&self.desk.stack()), [""; 0]);
        self.github.take_writes();
    }
}

#[test]
fn a_change_is_not_applied_and_its_impact_is_told() {
    let (world, before) = World::with_change("", STRICT);
    let template = world.template();
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    insta::assert_snapshot!("never", world.told(7));
    world.is_as_before(&template);
}

#[test]
fn in_place_applies_what_is_in_place() {
    let (world, before) = World::with_change("    updates: in-place\n", SOLUTION);
    let done = succeeds(&world.push(&before));
    insta::assert_snapshot!("in_place", world.told(7));
    assert!(world.template().contains("churn"), "{}", done.stderr);
    let again = succeeds(&world.push(&before));
    assert!(again.summary.contains(": unchanged;"), "{}", again.summary);
    world.github.take_writes();
}

#[test]
fn in_place_refuses_what_may_destroy() {
    let (world, before) = World::with_change("    updates: in-place\n", TAGGED);
    let template = world.template();
    let done = world.push(&before).run();
    assert_eq!(done.status, 11, "{}", done.stderr);
    insta::assert_snapshot!("may_destroy", world.told(7));
    world.is_as_before(&template);
}

#[test]
fn reviewed_applies_what_the_reviewers_saw() {
    let (world, before) = World::with_change("    updates: reviewed\n", TAGGED);
    let done = succeeds(&world.push(&before));
    assert!(done.summary.contains(": updated;"), "{}", done.summary);
    assert!(world.template().contains("forecasting"));
    world.github.take_writes();
}

#[test]
fn attack_another_change_of_the_stack_between_review_and_merge() {
    let world = World::with_stack("    updates: reviewed\n");
    let pull = world.proposed(TAGGED);
    pull.approve(&world.bob);
    // Somebody updates the stack by hand: the same config would now do something else to it.
    let config = world.desk.read(&world.desk.path());
    world.desk.write_config(STRICT);
    world.desk.write(
        ".provisioner.yaml",
        "version: 1\ndefaults: {updates: reviewed}\n",
    );
    world.desk.act("prep-master", &["--force"]);
    world.desk.write(&world.desk.path(), &config);
    let template = world.template();
    let before = world.merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(codes_of(&done.summary), ["plan-changed"]);
    insta::assert_snapshot!("changed_since", world.told(7));
    world.is_as_before(&template);
}

#[test]
fn attack_the_digests_of_the_comment_edited() {
    let world = World::with_stack("    updates: reviewed\n");
    let pull = world.proposed(TAGGED);
    let template = world.template();
    let comment = world.repo.comments(7).remove(0);
    let line = comment.body.lines().nth(1).unwrap();
    let digest = regex::Regex::new("0=[0-9a-f]{64}").unwrap();
    assert!(digest.is_match(line), "{line}");
    let before = world.approved_and_merged(&pull);
    let another = format!("0={}", "0".repeat(64));
    for edited in [
        line.replace(&pull.head_sha(), &before),
        digest.replace(line, another).into_owned(),
        String::new(),
    ] {
        let body = comment.body.replace(line, &edited);
        world.repo.edit_comment(comment.id, &body);
        let done = world.push(&before).run();
        assert_eq!(done.status, 20, "{edited}: {}", done.stderr);
        assert_eq!(codes_of(&done.summary), ["plan-changed"], "{edited}");
        assert_eq!(world.issuers[1].issued(), [""; 0], "{edited}");
        world.is_as_before(&template);
    }
}

#[test]
fn attack_a_review_without_a_word_of_aws_applies_no_update() {
    // The check had no role, so that nobody was shown a change set.
    let plan = "      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n";
    let world = World::with_stack("    updates: reviewed\n");
    let blind = policy("    updates: reviewed\n").replace(plan, "");
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(".provisioner.yaml", blind).push();
    let pull = world.proposed(TAGGED);
    let template = world.template();
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(codes_of(&done.summary), ["plan-changed"]);
    world.is_as_before(&template);
}

#[test]
fn attack_a_stack_that_is_busy_or_failed_is_left_alone() {
    use crate::support::proxy::{Fault, Gate, Rule};
    let (world, before) = World::with_change("    updates: reviewed\n", TAGGED);
    let template = world.template();
    for (status, code) in [
        ("UPDATE_IN_PROGRESS", "stack-busy"),
        ("ROLLBACK_COMPLETE", "stack-failed"),
        ("WEIRD_NEW_STATE", "stack-busy"),
    ] {
        let gate = Gate::before(&world.desk.url);
        let is = |status: &str| format!("<StackStatus>{status}");
        let says = Fault::Says(vec![[is("CREATE_COMPLETE"), is(status)]]);
        gate.rule(Rule::new(says).of("DescribeStacks"));
        let job = world.push(&before);
        let done = job.with("AWS_ENDPOINT_URL", &gate.url()).run();
        assert_eq!(done.status, 20, "{status}: {}", done.stderr);
        assert_eq!(codes_of(&done.summary), [code], "{status}");
        world.is_as_before(&template);
    }
}
