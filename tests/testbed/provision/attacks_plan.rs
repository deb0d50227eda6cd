//! Attacks on the plan: provisioner executes what reviewers saw.

use super::*;

/// No plan was reported before the approval.
const UNSEEN: [&str; 3] = ["plan-changed", "approval-missing", "approval-before-plan"];

#[test]
fn attack_the_status_of_an_older_commit() {
    let (world, pull) = World::with_proposed();
    world.workdir.write_config(TAGGED);
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("feature").author(&world.alice);
    // The check of this commit has not run when it is merged.
    commit.write(&world.workdir.path(), text).push();
    pull.approve(&world.bob);
    let before = world.merged(&pull);
    world.assert_denied(&before, &UNSEEN);
}

#[test]
fn attack_the_base_moved_under_the_pull_request() {
    // Another pull request edits the same config; no check showed the combined result.
    let world = World::new(&policy(""));
    world
        .workdir
        .write_config("  lifecycle_policy: none\n  tags: {}\n  versioning: true\n");
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(&world.workdir.path(), &text).push();
    let tagged = text.replace("tags: {}", "tags: {Team: forecasting}");
    let pull = world.proposal(|commit| commit.write(&world.workdir.path(), &tagged));
    let pull_head = pull.head_sha();
    pull.approve(&world.bob);
    let strict = text.replace("lifecycle_policy: none", "lifecycle_policy: compliance");
    let other = world.another(8, |commit| commit.write(&world.workdir.path(), &strict));
    other.approve(&world.bob);
    other.merge(&world.bob);
    let before = world.repo.head("main");
    // git's merge of the two, which change different lines.
    let both = tagged.replace("lifecycle_policy: none", "lifecycle_policy: compliance");
    pull.merge_with(&world.bob, &[(&world.workdir.path(), &both)]);
    assert_eq!(pull.head_sha(), pull_head);
    world.assert_denied(&before, &["plan-changed"]);
    insta::assert_snapshot!("base_moved", world.report(7));
}

#[test]
fn attack_a_merge_commit_with_additional_changes() {
    let (world, pull) = World::with_proposed();
    let before = world.repo.head("main");
    pull.approve(&world.bob);
    // The manual merge adds a config that was never reviewed.
    let (path, text) = world.other();
    pull.merge_with(&world.bob, &[(&path, &text)]);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    // The reviewed config is provisioned, the other one is not.
    assert_eq!(codes_of(&run.summary), ["plan-changed"]);
    assert_eq!(
        world.stacks(),
        [(world.workdir.stack(), "CREATE_COMPLETE".to_owned())]
    );
    insta::assert_snapshot!("evil_merge", world.report(7));
    world.github.take_writes();
}

const NAMED: &str = "  versioning: true\n  bucket_name_override: acme-shared-data\n";

impl World {
    /// Two approved pull requests, each valid alone, whose stacks want one bucket name.
    fn with_clash() -> (Self, Pull, Pull) {
        let world = Self::new(&policy(""));
        let first = world.proposed(NAMED);
        let (path, text) = world.other();
        let second = world.another(8, |commit| commit.write(&path, text));
        for pull in [&first, &second] {
            pull.approve(&world.bob);
        }
        (world, first, second)
    }
}

#[test]
fn attack_a_name_that_another_merge_took() {
    let (world, first, second) = World::with_clash();
    let before = world.merged(&first);
    run_successfully(&world.push(&before));
    let before = world.merged(&second);
    let run = world.push(&before).run();
    assert_eq!(run.status, 10, "{}\n{}", run.stderr, run.summary);
    // The stack of the first one stays as it is.
    assert_eq!(
        world.stacks(),
        [(world.workdir.stack(), "CREATE_COMPLETE".to_owned())]
    );
    insta::assert_snapshot!("taken_name", world.report(8));
    world.github.take_writes();
}

#[test]
fn attack_two_merges_of_one_name_in_one_push() {
    let (world, first, second) = World::with_clash();
    let before = world.merged(&first);
    world.merged(&second);
    let run = world.push(&before).run();
    assert_eq!(run.status, 10, "{}\n{}", run.stderr, run.summary);
    for number in [7, 8] {
        assert_eq!(codes_of(&world.report(number)), ["duplicate-name"]);
    }
    assert_eq!(world.stacks(), []);
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.take_writes();
}
