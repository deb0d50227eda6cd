//! Changed configs of existing stacks: by default no update is applied.

use super::*;

const STRICT: &str = "  versioning: true\n  lifecycle_policy: compliance\n";
const SOLUTION: &str = "  versioning: true\n  solutions:\n    - master-solution\n    - churn\n";

impl World {
    /// An approved and merged change of a deployed config.
    fn with_change(rest: &str, s3: &str) -> (Self, String) {
        let world = Self::with_stack(rest);
        let pull = world.proposed(s3);
        let before = world.approved_and_merged(&pull);
        (world, before)
    }

    pub(super) fn template(&self) -> String {
        let template = self.workdir.aws.stacks().get_template();
        let template = template.stack_name(self.workdir.stack()).send();
        self.workdir
            .aws
            .wait(template)
            .unwrap()
            .template_body
            .unwrap()
    }

    /// A denied update leaves the stack unchanged, and leaves no change set.
    #[track_caller]
    fn assert_unchanged(&self, template: &str) {
        assert_eq!(self.template(), template);
        assert_eq!(self.workdir.aws.change_sets(&self.workdir.stack()), [""; 0]);
        self.github.take_writes();
    }
}

#[test]
fn a_denied_update_reports_its_impact() {
    let (world, before) = World::with_change("", STRICT);
    let template = world.template();
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    insta::assert_snapshot!("never", world.report(7));
    world.assert_unchanged(&template);
}

#[test]
fn in_place_policy_applies_in_place_updates() {
    let (world, before) = World::with_change("    updates: in-place\n", SOLUTION);
    let run = run_successfully(&world.push(&before));
    insta::assert_snapshot!("in_place", world.report(7));
    assert!(world.template().contains("churn"), "{}", run.stderr);
    let again = run_successfully(&world.push(&before));
    assert!(again.summary.contains(": unchanged;"), "{}", again.summary);
    world.github.take_writes();
}

#[test]
fn in_place_policy_denies_destructive_updates() {
    let (world, before) = World::with_change("    updates: in-place\n", TAGGED);
    let template = world.template();
    let run = world.push(&before).run();
    assert_eq!(run.status, 11, "{}", run.stderr);
    insta::assert_snapshot!("may_destroy", world.report(7));
    world.assert_unchanged(&template);
}

#[test]
fn reviewed_policy_applies_the_reviewed_change_set() {
    let (world, before) = World::with_change("    updates: reviewed\n", TAGGED);
    let run = run_successfully(&world.push(&before));
    assert!(run.summary.contains(": updated;"), "{}", run.summary);
    assert!(world.template().contains("forecasting"));
    world.github.take_writes();
}

/// The config names the bucket of another owner and requests new folders; the update is denied.
#[test]
fn attack_folders_in_the_bucket_of_another_owner() {
    for is_foreign in [true, false] {
        let world = World::with_stack("");
        let foreign = format!("foreign-{}", world.workdir.account);
        let rest = match is_foreign {
            true => format!("{SOLUTION}  bucket_name_override: {foreign}\n"),
            false => SOLUTION.to_owned(),
        };
        let pull = world.proposed(&rest);
        let before = world.approved_and_merged(&pull);
        let objects = world.workdir.aws.objects();
        let region = aws_sdk_s3::types::BucketLocationConstraint::UsWest2;
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder();
        let place = place.location_constraint(region).build();
        let made = objects.create_bucket().bucket(&foreign);
        let made = made.create_bucket_configuration(place).send();
        world.workdir.aws.wait(made).unwrap();
        let template = world.template();
        let run = world.push(&before).run();
        let folders = world.workdir.aws.keys(&world.workdir.name).len();
        assert_eq!(world.workdir.aws.keys(&foreign), [""; 0]);
        match is_foreign {
            true => {
                // The name of the other bucket is taken, which shows before the change set.
                assert_eq!(run.status, 10, "{}", run.stderr);
                let codes = codes_of(&run.summary);
                assert_eq!(codes, ["preflight-failed"]);
                assert_eq!(folders, 0);
            }
            false => assert_eq!(folders, 324, "{}", run.summary),
        }
        world.assert_unchanged(&template);
    }
}

impl World {
    /// Updates the stack on the command line. Returns its template.
    fn updated_by_hand(&self) -> String {
        let config = self.workdir.read(&self.workdir.path());
        self.workdir.write_config(STRICT);
        self.workdir.write(
            ".provisioner.yaml",
            "version: 1\ndefaults: {updates: reviewed}\n",
        );
        self.workdir.run_action("prep-master", &["--force"]);
        self.workdir.write(&self.workdir.path(), &config);
        self.template()
    }
}

#[test]
fn attack_another_change_of_the_stack_between_review_and_merge() {
    let world = World::with_stack("    updates: reviewed\n");
    let pull = world.proposed(TAGGED);
    pull.approve(&world.bob);
    // The stack is updated by hand: the same config would now cause other changes.
    let template = world.updated_by_hand();
    let before = world.merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(codes_of(&run.summary), ["plan-changed"]);
    insta::assert_snapshot!("changed_since", world.report(7));
    world.assert_unchanged(&template);
}

#[test]
fn attack_a_check_that_runs_again_after_the_approval() {
    let world = World::with_stack("    updates: reviewed\n");
    let pull = world.proposed(TAGGED);
    pull.approve(&world.bob);
    // The stack is updated by hand: the same config would now cause other changes.
    let template = world.updated_by_hand();
    // A user who may re-run the check replaces the plan that the approver saw.
    world.check(&pull);
    let before = world.merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(
        codes_of(&run.summary),
        ["approval-missing", "approval-before-plan"]
    );
    world.assert_unchanged(&template);
}

#[test]
fn attack_edited_digests_in_the_comment() {
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
        let run = world.push(&before).run();
        assert_eq!(run.status, 20, "{edited}: {}", run.stderr);
        assert_eq!(codes_of(&run.summary), ["plan-changed"], "{edited}");
        assert_eq!(world.issuers[1].issued(), [""; 0], "{edited}");
        world.assert_unchanged(&template);
    }
}

#[test]
fn attack_a_review_without_a_preview_applies_no_update() {
    // The check had no role, so no reviewer saw a change set.
    let plan = "      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n";
    let world = World::with_stack("    updates: reviewed\n");
    let blind = policy("    updates: reviewed\n").replace(plan, "");
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(".provisioner.yaml", blind).push();
    let pull = world.proposed(TAGGED);
    let template = world.template();
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(codes_of(&run.summary), ["plan-changed"]);
    world.assert_unchanged(&template);
}

#[test]
fn attack_a_busy_or_failed_stack_is_untouched() {
    use crate::support::proxy::{Fault, FaultProxy, Rule};
    let (world, before) = World::with_change("    updates: reviewed\n", TAGGED);
    let template = world.template();
    for (status, code) in [
        ("UPDATE_IN_PROGRESS", "stack-busy"),
        ("UPDATE_ROLLBACK_FAILED", "stack-failed"),
        ("WEIRD_NEW_STATE", "stack-busy"),
    ] {
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        let is = |status: &str| format!("<StackStatus>{status}");
        let says = Fault::Rewrites(vec![[is("CREATE_COMPLETE"), is(status)]]);
        proxy.rule(Rule::new(says).for_operation("DescribeStacks"));
        let job = world.push(&before);
        let run = job.with("AWS_ENDPOINT_URL", &proxy.url()).run();
        assert_eq!(run.status, 20, "{status}: {}", run.stderr);
        assert_eq!(codes_of(&run.summary), [code], "{status}");
        world.assert_unchanged(&template);
    }
}

impl World {
    /// Alice edits a comment of the config in pull request 8.
    fn with_edited_comment(&self) -> Pull {
        let text = self.workdir.read(&self.workdir.path()) + "# Reviewed again.\n";
        self.another(8, |commit| commit.write(&self.workdir.path(), text))
    }
}

/// An earlier merge was denied, so the stack differs from a template that the pull request does not change.
#[test]
fn an_edit_without_effect_brings_the_stack_up_to_date() {
    let (world, before) = World::with_change("", TAGGED);
    assert_eq!(world.push(&before).run().status, 20);
    let commit = world.repo.commit("main").author(&world.carol);
    let reviewed = policy("    updates: reviewed\n");
    commit.write(".provisioner.yaml", reviewed).push();
    let template = world.template();

    let pull = world.with_edited_comment();
    let comment = world.repo.comments(8).remove(0).body;
    for words in [
        "1 stack to update",
        "This change does not edit its template, but the stack differs from it.",
        "| `s3.tags",
    ] {
        assert!(comment.contains(words), "{words}: {comment}");
    }
    let before = world.merged(&pull);
    let denied = world.push(&before).run();
    assert_eq!(codes_of(&denied.summary), ["approval-missing"]);
    world.assert_unchanged(&template);
    pull.approve(&world.bob);
    let run = run_successfully(&world.push(&before));
    assert!(run.summary.contains(": updated;"), "{}", run.summary);
    world.github.take_writes();
}

/// The twin: a stack that equals its template is not touched.
#[test]
fn an_edit_without_effect_on_a_current_stack_changes_nothing() {
    let world = World::with_stack("    updates: reviewed\n");
    let pull = world.with_edited_comment();
    let comment = world.repo.comments(8).remove(0).body;
    assert!(comment.contains("No effect: "), "{comment}");
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.outputs["done"], "0", "{}", run.summary);
    world.github.take_writes();
}

/// AWS decides whether the stack exists: the creation of an earlier merge was denied or failed.
#[test]
fn an_edit_of_a_config_without_a_stack_creates_it() {
    for edit in ["# Reviewed again.\n", "  tags:\n    Team: forecasting\n"] {
        let world = World::new(&policy(""));
        let text = world.workdir.read(&world.workdir.path());
        let commit = world.repo.commit("main").author(&world.carol);
        commit.write(&world.workdir.path(), &text).push();
        let pull = world.another(8, |commit| commit.write(&world.workdir.path(), text + edit));
        let comment = world.repo.comments(8).remove(0).body;
        assert!(comment.contains("1 stack to create"), "{comment}");
        let before = world.approved_and_merged(&pull);
        run_successfully(&world.push(&before));
        assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
        world.github.take_writes();
    }
}
