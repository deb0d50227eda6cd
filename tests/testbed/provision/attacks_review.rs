//! Attacks on the approval. Each of these pull requests is merged.

use super::*;
use crate::support::github::Permission;

/// A reviewed, merged and pushed proposal is denied with these codes.
#[track_caller]
fn refused_after(review: impl FnOnce(&World, &Pull), codes: &[&str]) -> World {
    let (world, pull) = World::with_proposed();
    review(&world, &pull);
    let before = world.merged(&pull);
    world.assert_denied(&before, codes);
    world
}

impl World {
    /// One more commit on the pull request's branch, checked.
    fn pushed_on(&self, pull: &Pull, by: &crate::support::github::User) {
        self.pushed_by(pull, |commit| commit.author(by));
    }

    fn pushed_by(&self, pull: &Pull, edit: impl FnOnce(CommitBuilder) -> CommitBuilder) {
        self.workdir.write_config(TAGGED);
        let text = self.workdir.read(&self.workdir.path());
        let commit = edit(self.repo.commit("feature"));
        commit.write(&self.workdir.path(), text).push();
        self.check(pull);
    }
}

#[test]
fn attack_approval_of_the_base() {
    refused_after(
        |world, pull| {
            pull.review_at(&world.bob, "APPROVED", &pull.base_sha());
        },
        &["approval-missing", "approval-stale"],
    );
}

#[test]
fn attack_approval_of_a_missing_commit() {
    refused_after(
        |world, pull| {
            let review = pull.approve(&world.bob);
            pull.lose_commit(&review);
        },
        &["approval-missing"],
    );
}

#[test]
fn attack_changes_requested_by_a_deleted_account() {
    refused_after(
        |world, pull| {
            let dave = world.github.user("dave");
            world.repo.set_permission(&dave, Permission::Write);
            pull.request_changes(&dave);
            pull.approve(&world.bob);
            world.github.delete_user(&dave);
        },
        &["changes-requested"],
    );
}

/// Vector 37: a writer's workflow opens the pull request with the job's token, and the writer approves it. A second person's approval
/// is enough.
#[test]
fn attack_a_workflow_proposes_and_its_writer_approves() {
    let proposed = || {
        let world = World::new(&policy(""));
        let bot = world.github.bot("github-actions[bot]");
        world.repo.branch("feature", &world.repo.head("main"));
        let path = world.workdir.path();
        let commit = world.repo.commit("feature").author(&bot);
        commit.write(&path, world.workdir.read(&path)).push();
        let pull = world.repo.pull("feature").author(&bot).number(7).open();
        world.check(&pull);
        pull.approve(&world.bob);
        (world, pull)
    };
    let (world, pull) = proposed();
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing"]);

    let (world, pull) = proposed();
    pull.approve(&world.carol);
    let before = world.merged(&pull);
    run_successfully(&world.push(&before));
    world.github.take_writes();
}

/// Vector 40: the branch is updated with a change of the base, and the forge moves the approval to the new head.
#[test]
fn attack_an_approval_that_the_forge_moves_to_the_new_head() {
    let (world, pull) = World::with_proposed();
    let old = pull.approve(&world.bob);
    world.pushed_on(&pull, &world.alice);
    pull.move_review(&old, &pull.head_sha());
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing", "approval-stale"]);
}

/// Vector 9: a commit that is pushed after the approval is dated before it. The date of a commit decides nothing.
#[test]
fn attack_a_commit_dated_before_the_approval() {
    let pushed = |date: &str| {
        let (world, pull) = World::with_proposed();
        let old = pull.approve(&world.bob);
        let edit = |commit: CommitBuilder| commit.author(&world.alice).dated(date);
        world.pushed_by(&pull, edit);
        pull.move_review(&old, &pull.head_sha());
        (world, pull)
    };
    let (world, pull) = pushed("2000-01-01T00:00:00Z");
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing", "approval-stale"]);
    // An approval that was given after the push counts, although the commit is dated after it.
    let (world, pull) = pushed("2100-01-01T00:00:00Z");
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_approval_by_a_login_reused_since() {
    refused_after(
        |world, pull| {
            let dave = world.github.user("dave");
            pull.approve(&dave);
            world.github.rename_user(&dave, "dave-old");
            let new = world.github.user("dave");
            world.repo.set_permission(&new, Permission::Admin);
        },
        &["approval-missing", "approver-not-allowed"],
    );
}

#[test]
fn attack_approval_by_an_unlisted_user() {
    let world = World::new(&policy("    approvers: ['@carol', '@acme/platform']\n"));
    let pull = world.proposed(CONFIG);
    // Invited to the team, and not a member yet.
    world.github.invite("acme", "platform", &world.bob);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["approval-missing", "approver-not-allowed"]);
}

#[test]
fn attack_an_objection_on_the_second_page_of_reviews() {
    let world = refused_after(
        |world, pull| {
            pull.approve(&world.bob);
            for _ in 0..120 {
                pull.review(&world.mallory, "COMMENTED");
            }
            pull.request_changes(&world.carol);
        },
        &["changes-requested"],
    );
    assert!(world.github.count("GET /repos/acme/infra/pulls/7/reviews") >= 2);
}

#[test]
fn an_approval_on_the_second_page_counts() {
    let (world, pull) = World::with_proposed();
    for _ in 0..120 {
        pull.review(&world.mallory, "COMMENTED");
    }
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before));
    world.github.take_writes();
}

#[test]
fn attack_a_bot_pushes_to_the_request_of_another() {
    for (approvers, status) in [(1, 20), (2, 0)] {
        let world = World::new(&policy(""));
        let bot = world.github.bot("github-actions[bot]");
        let path = world.workdir.path();
        world.repo.branch("feature", &world.repo.head("main"));
        let commit = world.repo.commit("feature").author(&world.bob);
        commit.write("README.md", "a correction of a word\n").push();
        let pull = world.repo.pull("feature").author(&world.bob).number(7);
        let pull = pull.open();
        let commit = world.repo.commit("feature").author(&bot);
        commit.write(&path, world.workdir.read(&path)).push();
        world.check(&pull);
        for approver in [&world.alice, &world.carol].into_iter().take(approvers) {
            pull.approve(approver);
        }
        let before = world.repo.head("main");
        pull.merge(&world.alice);
        let run = world.push(&before).run();
        assert_eq!(run.status, status, "{}", run.stderr);
        assert_eq!(world.stack().is_some(), status == 0);
        world.github.take_writes();
    }
}
