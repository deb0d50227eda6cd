//! Attacks by GitLab's own ways, each with its allowed twin.

use super::world::*;
use crate::support::gitlab::Permission;

/// The merge is denied with `code`, and nothing exists.
#[track_caller]
fn assert_denied(world: &GitLabWorld, before: &str, code: &str) {
    let run = world.provision(before);
    assert_ne!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack(), None, "{}", run.stderr);
    let denials = run.denials();
    assert!(
        denials.iter().any(|it| it == code),
        "{denials:?}{}",
        run.stderr
    );
    world.gitlab.take_writes();
}

#[track_caller]
fn assert_provisioned(world: &GitLabWorld, before: &str) {
    let run = world.provision(before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.gitlab.take_writes();
}

#[test]
fn attack_an_approval_that_gitlab_keeps_after_a_push() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("feature").author(&world.alice);
    commit
        .write(&world.workdir.path(), text + "# more\n")
        .push();
    world.check(&pull);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_approval_by_the_author() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.alice);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_approval_by_a_guest() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.mallory);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_approval_by_the_user_of_the_check() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.gitlab.check_bot());
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_approval_that_was_withdrawn() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    pull.review(&world.bob, "DISMISSED");
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_a_merge_against_a_request_for_changes() {
    for denied in [true, false] {
        let world = GitLabWorld::new(&policy(""));
        let pull = world.proposed(CONFIG);
        pull.approve(&world.bob);
        if denied {
            pull.request_changes(&world.carol);
        }
        let before = world.merged(&pull);
        match denied {
            true => assert_denied(&world, &before, "changes-requested"),
            false => assert_provisioned(&world, &before),
        }
    }
}

#[test]
fn attack_a_default_branch_that_maintainers_may_push_to() {
    let world = GitLabWorld::with_project(&policy(""), |repo| repo);
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    assert_denied(&world, &before, "not-default-branch");
}

#[test]
fn attack_an_identity_of_another_branch() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    for claims in [
        world.claims(BRANCH_SUBJECT, "main", false),
        world.claims(BRANCH_SUBJECT, "feature", true),
        world.claims(
            "project_path:acme/infra:ref_type:branch:ref:feature",
            "main",
            true,
        ),
    ] {
        let run = run(world.push_job_as(&before, &claims));
        assert_ne!(run.status, 0, "{}", run.stderr);
        assert_eq!(world.stack(), None);
        let denials = run.denials();
        let code = "environment-not-protected";
        assert!(
            denials.iter().any(|it| it == code),
            "{denials:?}{}",
            run.stderr
        );
        world.gitlab.take_writes();
    }
    assert_provisioned(&world, &before);
}

#[test]
fn attack_push_events_that_gitlab_forgot() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.repo.forget_activities();
    assert_denied(&world, &before, "pushers-unknown");
}

#[test]
fn attack_versions_that_gitlab_forgot() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    pull.forget_versions();
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_the_approver_lost_the_role() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.repo.set_permission(&world.bob, Permission::Read);
    assert_denied(&world, &before, "approval-missing");
    world.repo.set_permission(&world.bob, Permission::Write);
    assert_provisioned(&world, &before);
}

#[test]
fn attack_the_pusher_approves() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let text = world.workdir.read(&world.workdir.path());
    // The commit names Alice; Bob pushes it.
    let commit = world.repo.commit("feature").author(&world.alice);
    let commit = commit.by(&world.bob);
    commit
        .write(&world.workdir.path(), text + "# more\n")
        .push();
    world.check(&pull);
    pull.approve(&world.bob);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_a_merge_without_a_merge_request() {
    let world = GitLabWorld::new(&policy(""));
    world.workdir.write_config(CONFIG);
    let before = world.repo.head("main");
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("main").author(&world.bob);
    commit.write(&world.workdir.path(), text).push();
    let run = world.provision(&before);
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
}
