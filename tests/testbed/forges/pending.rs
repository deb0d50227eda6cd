//! A schedule applies what was merged and is not applied, by the rules of the merge.

use serde_json::json;

use super::*;
use crate::support::forge::Fault;
use crate::support::job::Job;

/// Until the start of 2100: after every time of the emulated AWS, so that a merge is newer than the stacks that exist.
const TO_2100: u64 = 4_102_444_800 - 1_767_225_600;
const DAY: u64 = 86_400;
const FROZEN: &str = "    freeze: [{from: 2001-01-01, to: 2100-01-01, reason: end of year}]\n";

pub(super) trait RunPending: ForgeWorld {
    /// The scheduled job of the environment `prod`.
    fn pending_job(&self) -> Job;
    fn finish(job: Job) -> Run;
    fn pass(&self, seconds: u64);
    /// From now on, a user may only read.
    fn demote(&self, user: &User);

    fn run_pending(&self) -> Run {
        Self::finish(self.pending_job())
    }

    #[track_caller]
    fn assert_nothing_pending(&self) {
        self.fake().take_writes();
        let run = self.run_pending();
        run.assert_exit(0);
        assert!(run.summary.contains("Nothing to apply."), "{}", run.summary);
        assert_eq!(run.evidence, Value::Null);
        self.fake().expect_writes(&[]);
    }
}

impl RunPending for World {
    fn pending_job(&self) -> Job {
        let event = self.repo.schedule_event("17 * * * *");
        let job = self.job("schedule", &event, 1);
        job.with("PROVISIONER_MODE", "apply")
            .with("GITHUB_REF", "refs/heads/main")
    }

    fn finish(job: Job) -> Run {
        job.run().into()
    }

    fn pass(&self, seconds: u64) {
        self.github.pass(seconds);
    }

    fn demote(&self, user: &User) {
        let role = crate::support::github::Permission::Read;
        let _ = self.repo.clone().collaborator(user, role);
    }
}

impl RunPending for GitLabWorld {
    fn pending_job(&self) -> Job {
        let variables = self.repo.schedule_pipeline();
        let token = self.gitlab.apply_token();
        let job = self.job(&variables, &token, &self.branch_claims());
        job.with("PROVISIONER_ENVIRONMENT", "prod")
            .with("PROVISIONER_MODE", "apply")
    }

    fn finish(job: Job) -> Run {
        crate::gitlab::world::run(job).into()
    }

    fn pass(&self, seconds: u64) {
        self.gitlab.pass(seconds.cast_signed());
    }

    fn demote(&self, user: &User) {
        let role = crate::support::gitlab::Permission::Read;
        let _ = self.repo.clone().collaborator(user, role);
    }
}

/// A merge in a freeze, whose own run was denied. A day later the freeze is over.
fn frozen<W: RunPending>(rest: &str) -> (W, Pull<W::Forge>) {
    let world = W::new(&policy(&format!("{FROZEN}{rest}")));
    world.pass(TO_2100);
    let pull = world.proposed(CONFIG);
    (world, pull)
}

fn a_merge_waits_for_the_end_of_a_freeze<W: RunPending>() {
    let (world, pull) = frozen::<W>("");
    // The check names the freeze that holds while it runs.
    let bodies = world.repo().comments(7).into_iter().map(|it| it.body);
    let bodies: Vec<String> = bodies.collect();
    assert!(bodies[0].contains("`prod` is frozen until `"), "{bodies:?}");
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["outside-window"]);
    // Within the freeze a run says when it ends, and writes nothing.
    let run = world.run_pending();
    run.assert_exit(0);
    world.assert_stack(false);
    world.fake().expect_writes(&[]);
    insta::assert_snapshot!("pending_closed", normalize(&run.summary));
    world.pass(2 * DAY);
    let run = world.run_pending();
    run.assert_exit(0);
    world.assert_stack(true);
    let change = &run.evidence["predicate"]["changes"][0]["change"];
    assert_eq!(change["pull_request"], 7);
    assert!(
        run.summary
            .contains("This run works on 1 config of 1 merge."),
        "{}",
        run.summary
    );
    // The comment of the merge's own run says it.
    let comment = world.comment(7, "provision");
    assert!(comment.contains("1 stack created"), "{comment}");
    world.assert_nothing_pending();
}

fn what_never_ran_is_applied_the_oldest_first<W: RunPending>() {
    let (world, pull) = W::with_merge();
    // A later push of others is no change of the config.
    let later = world.repo().commit("main").author(&world.user("carol"));
    later.write("README.md", "later").push();
    world.pass(DAY);
    let text = world.text().replace("acme", "edge");
    let path = world.workdir().path().replace("acme-", "edge-");
    world.workdir().write(&path, &text);
    let second = world.another(8, |commit| commit.write(&path, &text));
    world.approved_and_merged(&second);
    let run = world.run_pending();
    run.assert_exit(0);
    let changes = run.evidence["predicate"]["changes"].as_array().unwrap();
    let numbers = changes.iter().map(|it| &it["change"]["pull_request"]);
    let numbers: Vec<&Value> = numbers.collect();
    assert_eq!(numbers, [&json!(7), &json!(8)]);
    assert_eq!(world.stacks().len(), 2);
    let _ = pull;
    world.assert_nothing_pending();
}

fn an_update_waits_and_is_applied_once<W: RunPending>() {
    let world = W::with_stack("    updates: reviewed\n");
    world.pass(TO_2100);
    world.workdir().write_config(TAGGED);
    let text = world.text();
    let pull = world.another(7, |commit| commit.write(&world.workdir().path(), text));
    world.approved_and_merged(&pull);
    let run = world.run_pending();
    run.assert_exit(0);
    assert!(run.summary.contains("updated"), "{}", run.summary);
    world.assert_nothing_pending();
}

/// Only the configs that wait are worked on.
fn the_rest_of_a_merge_is_left_alone<W: RunPending>() {
    let world = W::new(&policy(""));
    world.workdir().write_config(CONFIG);
    let (one, path) = (world.text(), world.workdir().path());
    let other = path.replace("acme-", "edge-");
    let another = one.replace("acme", "edge");
    world.workdir().write(&other, &another);
    let pull = world.another(7, |commit| {
        commit.write(&path, &one).write(&other, &another)
    });
    world.approved_and_merged(&pull);
    let created = world.workdir().run(&["prep-master", &other, "--force"]);
    assert_eq!(created.status, 0, "{}{}", created.stdout, created.stderr);
    let run = world.run_pending();
    run.assert_exit(0);
    let outcomes = &run.evidence["predicate"]["changes"][0]["change"]["report"]["outcomes"];
    let paths = outcomes.as_array().unwrap().iter().map(|it| &it["path"]);
    assert_eq!(paths.collect::<Vec<_>>(), [&json!(path)]);
    let comment = world.comment(7, "provision");
    assert!(comment.contains("It skipped 1 other config"), "{comment}");
    world.fake().take_writes();
}

/// The stack is complete, and the run ended before its folders.
fn a_killed_run_is_finished<W: RunPending>() {
    let world = W::new(&policy(""));
    let pull = world.proposed("  versioning: true\n  solutions: [master-solution]\n");
    world.approved_and_merged(&pull);
    let path = world.workdir().path();
    let created = world.workdir().run(&["prep-master", &path, "--force"]);
    assert_eq!(created.status, 0, "{}{}", created.stdout, created.stderr);
    let bucket = world.workdir().aws.buckets().remove(0);
    let aws = &world.workdir().aws;
    let keys = aws.keys(&bucket);
    for key in &keys {
        let removed = aws.objects().delete_object().bucket(&bucket).key(key);
        aws.wait(removed.send()).unwrap();
    }
    assert_eq!(aws.keys(&bucket), [""; 0]);
    let run = world.run_pending();
    run.assert_exit(0);
    assert_eq!(aws.keys(&bucket), keys, "{}", run.summary);
    world.assert_nothing_pending();
}

/// The first merge of a run is applied in the last second of an open time, and the second one is denied.
fn a_freeze_begins_in_a_run<W: RunPending>() {
    let freeze = "    freeze: [{from: 2100-06-01, to: 2100-06-02, reason: audit}]\n";
    let world = W::new(&policy(freeze));
    // Half an hour before it.
    world.pass(TO_2100 + 151 * DAY - 1_800);
    let pull = world.proposed(CONFIG);
    world.approved_and_merged(&pull);
    let text = world.text().replace("acme", "edge");
    let path = world.workdir().path().replace("acme-", "edge-");
    world.workdir().write(&path, &text);
    let second = world.another(8, |commit| commit.write(&path, &text));
    world.approved_and_merged(&second);
    let comment = W::CREATES.last().unwrap();
    world.fake().fault(comment, Fault::Passes(3_600));
    let run = world.run_pending();
    run.assert_exit(20);
    assert_eq!(run.codes(), ["outside-window"], "{}", run.summary);
    world.assert_stack(true);
    world.fake().take_writes();
}

fn attack_an_unapproved_merge_waits<W: RunPending>() {
    let (world, pull) = W::with_proposed();
    world.merged(&pull);
    let run = world.run_pending();
    run.assert_exit(20);
    assert_eq!(run.codes(), ["approval-missing"], "{}", run.summary);
    world.assert_stack(false);
    world.fake().take_writes();
}

/// The approver may not approve any more.
fn attack_the_approver_left_before_the_schedule<W: RunPending>() {
    let (world, pull) = frozen::<W>("");
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["outside-window"]);
    world.demote(&world.user("bob"));
    world.pass(2 * DAY);
    let run = world.run_pending();
    run.assert_exit(20);
    let codes = ["approval-missing", "approver-not-allowed"];
    assert_eq!(run.codes(), codes, "{}", run.summary);
    world.assert_stack(false);
    world.fake().take_writes();
}

/// A merged policy asks for more approvals than the waiting merge has; and one that asks for fewer does not help it.
fn attack_a_policy_that_changed_while_a_merge_waited<W: RunPending>() {
    for (then, now) in [("", "    approvals: 2\n"), ("    approvals: 2\n", "")] {
        let (world, pull) = frozen::<W>(then);
        let before = world.approved_and_merged(&pull);
        world.run_push(&before).assert_exit(20);
        let edited = world.another(8, |commit| {
            commit.write(".provisioner.yaml", policy(&format!("{FROZEN}{now}")))
        });
        world.approved_and_merged(&edited);
        world.pass(2 * DAY);
        let run = world.run_pending();
        run.assert_exit(20);
        assert_eq!(run.codes(), ["approval-missing"], "{}", run.summary);
        world.assert_stack(false);
        world.fake().take_writes();
    }
}

/// The newer merge decides: it is not approved, and the older one is not applied in its place. Changed back by a push, neither is.
fn attack_a_later_commit_changes_what_waits<W: RunPending>() {
    let (world, _) = W::with_merge();
    let waiting = world.text();
    world.workdir().write_config(TAGGED);
    let text = world.text();
    let second = world.another(8, |commit| commit.write(&world.workdir().path(), text));
    world.merged(&second);
    let run = world.run_pending();
    run.assert_exit(20);
    assert_eq!(run.codes(), ["approval-missing"], "{}", run.summary);
    world.assert_stack(false);
    let back = world.repo().commit("main").author(&world.user("carol"));
    back.write(&world.workdir().path(), waiting).push();
    world.fake().take_writes();
    let run = world.run_pending();
    run.assert_exit(0);
    insta::assert_snapshot!(
        "pending_pushed",
        world.workdir().redact_account(&normalize(&run.summary))
    );
    world.assert_stack(false);
    world.fake().expect_writes(&[]);
}

/// The stack was changed after the merge, and has another template: the update was tried, or somebody changed the stack.
fn attack_a_rolled_back_update_is_not_repeated<W: RunPending>() {
    // On the forge's clock, the merge is older than the stack.
    let world = W::with_stack("    updates: reviewed\n");
    world.workdir().write_config(TAGGED);
    let text = world.text();
    let pull = world.another(7, |commit| commit.write(&world.workdir().path(), text));
    world.approved_and_merged(&pull);
    let run = world.run_pending();
    run.assert_exit(0);
    insta::assert_snapshot!(
        "pending_attempted",
        world.workdir().redact_account(&normalize(&run.summary))
    );
    world.fake().expect_writes(&[]);
}

/// A deletion needs its comment. A schedule does not even preview it.
fn attack_a_schedule_deletes_no_removed_config<W: RunPending>() {
    let world = W::with_stack("");
    let pull = world.removal(7);
    world.approved_and_merged(&pull);
    world.assert_nothing_pending();
    world.assert_stack(true);
}

/// A merge removes one config and adds another: the removed one keeps its invitation.
fn attack_a_removal_beside_a_waiting_config<W: RunPending>() {
    let world = W::with_stack("");
    let other = world.workdir().path().replace("acme-", "edge-");
    let another = world.text().replace("acme", "edge");
    world.workdir().write(&other, &another);
    let pull = world.another(7, |commit| {
        commit
            .remove(&world.workdir().path())
            .write(&other, &another)
    });
    world.approved_and_merged(&pull);
    let run = world.run_pending();
    run.assert_exit(0);
    assert_eq!(world.stacks().len(), 2, "{}", run.summary);
    let comment = world.comment(7, "provision");
    assert!(comment.contains("--force --confirm"), "{comment}");
    world.fake().take_writes();
}

/// The mode belongs to the job, and only the default branch is applied.
fn attack_a_schedule_of_another_branch_or_without_a_mode<W: RunPending>() {
    let (world, _) = W::with_merge();
    for (reference, branch, mode) in [
        ("refs/heads/feature-7", "feature-7", "apply"),
        ("refs/pull/7/merge", "refs/pull/7/merge", "apply"),
        ("refs/heads/main", "main", ""),
        ("refs/heads/main", "main", "apply-all"),
    ] {
        world.fake().take_writes();
        let job = world.pending_job();
        let job = job.with("PROVISIONER_MODE", mode);
        let job = job
            .with("GITHUB_REF", reference)
            .with("CI_COMMIT_BRANCH", branch);
        let run = W::finish(job);
        run.assert_exit(2);
        world.assert_stack(false);
        world.fake().expect_writes(&[]);
    }
}

/// Each run of a creation fails for the same reason. After three of them only a person or a new template tries again.
fn a_creation_that_keeps_failing_is_left<W: RunPending>() {
    let (world, pull) = W::with_proposed();
    world.workdir().create_bucket();
    let before = world.approved_and_merged(&pull);
    let failed = world.run_push(&before);
    assert_eq!(failed.codes(), ["preflight-failed"], "{}", failed.summary);
    for _ in 0..2 {
        let run = world.run_pending();
        assert_eq!(run.codes(), ["preflight-failed"], "{}", run.summary);
        assert_eq!(run.status, failed.status);
    }
    // This run records that it could begin nothing.
    world.run_pending().assert_exit(0);
    world.fake().take_writes();
    let run = world.run_pending();
    run.assert_exit(0);
    let left = "Not tried again, because 3 runs failed: ";
    assert!(run.summary.contains(left), "{}", run.summary);
    assert!(run.stderr.contains(left), "{}", run.stderr);
    world.fake().expect_writes(&[]);
    // Another template is tried.
    world.workdir().write_config(TAGGED);
    let text = world.text();
    let second = world.another(8, |commit| commit.write(&world.workdir().path(), text));
    world.approved_and_merged(&second);
    let run = world.run_pending();
    assert_eq!(run.codes(), ["preflight-failed"], "{}", run.summary);
    world.fake().take_writes();
}

/// The comment has the reasons; the job does not fail for them again.
fn a_denial_fails_one_run<W: RunPending>() {
    let (world, pull) = W::with_proposed();
    let before = world.merged(&pull);
    world.run_push(&before).assert_exit(20);
    let comment = world.comments(7, "provision");
    world.fake().take_writes();
    let run = world.run_pending();
    run.assert_exit(0);
    assert_eq!(run.codes(), ["approval-missing"], "{}", run.summary);
    assert!(
        run.summary.contains("denied for the reasons"),
        "{}",
        run.summary
    );
    assert!(
        run.stderr.contains("denied or not started as before: "),
        "{}",
        run.stderr
    );
    // Only its hidden line says that people decide about the rest.
    let shown = |comments: Vec<String>| -> Vec<String> {
        let of = |comment: String| {
            let lines = comment.lines();
            let shown = lines.filter(|line| !line.starts_with("<!-- provisioner:attempts"));
            shown.collect::<Vec<_>>().join("\n")
        };
        comments.into_iter().map(of).collect()
    };
    let recorded = world.comments(7, "provision");
    assert_ne!(recorded, comment);
    assert_eq!(shown(recorded.clone()), shown(comment));
    world.fake().take_writes();
    world.run_pending().assert_exit(0);
    assert_eq!(world.comments(7, "provision"), recorded);
    world.assert_stack(false);
    world.fake().take_writes();
}

/// A line that somebody edits into the comment allows nothing.
fn attack_a_forged_line_of_attempts<W: RunPending>() {
    let (world, pull) = W::with_proposed();
    let before = world.merged(&pull);
    world.run_push(&before).assert_exit(20);
    let mut comments = world.repo().comments(7).into_iter();
    let comment = comments
        .find(|it| it.body.starts_with("<!-- provisioner:provision"))
        .unwrap();
    let mut lines: Vec<&str> = comment.body.lines().collect();
    lines[1] = "<!-- provisioner:attempts told=0123456789abcdef 0123456789abcdef=9 -->";
    world.repo().edit_comment(comment.id, &lines.join("\n"));
    let run = world.run_pending();
    run.assert_exit(20);
    assert_eq!(run.codes(), ["approval-missing"], "{}", run.summary);
    world.assert_stack(false);
    world.fake().take_writes();
}

on_both_forges! {
    a_creation_that_keeps_failing_is_left
    a_denial_fails_one_run
    attack_a_forged_line_of_attempts
    a_merge_waits_for_the_end_of_a_freeze
    what_never_ran_is_applied_the_oldest_first
    an_update_waits_and_is_applied_once
    the_rest_of_a_merge_is_left_alone
    attack_an_unapproved_merge_waits
    attack_the_approver_left_before_the_schedule
    attack_a_policy_that_changed_while_a_merge_waited
    attack_a_later_commit_changes_what_waits
    attack_a_schedule_deletes_no_removed_config
    attack_a_removal_beside_a_waiting_config
    attack_a_rolled_back_update_is_not_repeated
    a_killed_run_is_finished
    a_freeze_begins_in_a_run
    attack_a_schedule_of_another_branch_or_without_a_mode
}
