//! Attacks on the plan: what runs is what the reviewers were shown.

use super::*;

const PLAN: &str = "provisioner/plan";

impl World {
    /// An approved proposal whose check reported nothing.
    fn with_unchecked() -> (Self, Pull) {
        let world = Self::new(&policy(""));
        world.repo.branch("feature", &world.repo.head("main"));
        let text = world.desk.read(&world.desk.path());
        let commit = world.repo.commit("feature").author(&world.alice);
        commit.write(&world.desk.path(), text).push();
        let pull = world.repo.pull("feature").author(&world.alice);
        let pull = pull.number(7).open();
        pull.approve(&world.bob);
        (world, pull)
    }
}

#[test]
fn attack_no_check_ran() {
    let (world, pull) = World::with_unchecked();
    let before = world.merged(&pull);
    world.refused(&before, &["plan-changed"]);
    insta::assert_snapshot!("unchecked", world.told(7));
}

#[test]
fn attack_the_check_s_status_by_somebody_else() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    let ours = world.repo.statuses(&pull.head_sha()).remove(0);
    let text = ours.description.unwrap();
    // On another commit, which has the same tree, with the right words.
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write("note", "x").push();
    pull.approve(&world.bob);
    let theirs = world
        .repo
        .status(&pull.head_sha(), PLAN, "success", &world.alice);
    world.repo.describe_status(theirs.id, &text);
    let before = world.merged(&pull);
    world.refused(&before, &["plan-changed"]);
}

#[test]
fn attack_a_newer_status_by_somebody_else_does_not_leave_ours_standing() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    world
        .repo
        .status(&pull.head_sha(), PLAN, "failure", &world.carol);
    let before = world.merged(&pull);
    world.refused(&before, &["plan-changed"]);
}

#[test]
fn attack_the_status_of_an_older_commit() {
    let (world, pull) = World::with_proposed();
    world.desk.write_config(TAGGED);
    let text = world.desk.read(&world.desk.path());
    let commit = world.repo.commit("feature").author(&world.alice);
    // The check of this commit has not run when it is merged.
    commit.write(&world.desk.path(), text).push();
    pull.approve(&world.bob);
    let before = world.merged(&pull);
    world.refused(&before, &["plan-changed"]);
}

#[test]
fn attack_a_check_that_failed_is_no_check() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    let status = world.repo.statuses(&pull.head_sha()).remove(0);
    world.repo.fail_status(status.id);
    let before = world.merged(&pull);
    world.refused(&before, &["plan-changed"]);
}

#[test]
fn attack_a_digest_of_something_else_in_our_own_status() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    let status = world.repo.statuses(&pull.head_sha()).remove(0);
    let digest = "0".repeat(64);
    world
        .repo
        .describe_status(status.id, &format!("plan {digest}"));
    let before = world.merged(&pull);
    world.refused(&before, &["plan-changed"]);
}

#[test]
fn attack_the_base_moved_under_the_pull_request() {
    // Another pull request edits the same config elsewhere; what comes of both was shown to nobody.
    let world = World::new(&policy(""));
    world
        .desk
        .write_config("  lifecycle_policy: none\n  tags: {}\n  versioning: true\n");
    let text = world.desk.read(&world.desk.path());
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(&world.desk.path(), &text).push();
    let tagged = text.replace("tags: {}", "tags: {Team: forecasting}");
    let pull = world.proposal(|commit| commit.write(&world.desk.path(), &tagged));
    let pull_head = pull.head_sha();
    pull.approve(&world.bob);
    let strict = text.replace("lifecycle_policy: none", "lifecycle_policy: compliance");
    let other = world.another(8, |commit| commit.write(&world.desk.path(), &strict));
    other.approve(&world.bob);
    other.merge(&world.bob);
    let before = world.repo.head("main");
    // What git makes of the two, which touch different lines.
    let both = tagged.replace("lifecycle_policy: none", "lifecycle_policy: compliance");
    pull.merge_with(&world.bob, &[(&world.desk.path(), &both)]);
    assert_eq!(pull.head_sha(), pull_head);
    world.refused(&before, &["plan-changed"]);
    insta::assert_snapshot!("base_moved", world.told(7));
}

#[test]
fn attack_a_merge_commit_that_brings_more_than_the_pull_request() {
    let (world, pull) = World::with_proposed();
    let before = world.repo.head("main");
    pull.approve(&world.bob);
    // Whoever merges by hand adds a config that nobody saw.
    let (path, text) = world.other();
    pull.merge_with(&world.bob, &[(&path, &text)]);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.summary);
    // What was reviewed is provisioned, and the rest is not.
    assert_eq!(codes_of(&done.summary), ["plan-changed"]);
    assert_eq!(
        world.stacks(),
        [(world.desk.stack(), "CREATE_COMPLETE".to_owned())]
    );
    insta::assert_snapshot!("evil_merge", world.told(7));
    world.github.take_writes();
}
