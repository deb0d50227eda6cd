//! Attacks on the event: old, replayed and false events. An event only selects what to read.

use serde_json::json;

use super::*;

#[test]
fn attack_the_event_of_an_old_push_replayed() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let old = world.push(&before);
    // Another pull request changed the config since, and is not provisioned yet.
    world.workdir.write_config(TAGGED);
    let text = world.workdir.read(&world.workdir.path());
    let newer = world.another(8, |commit| commit.write(&world.workdir.path(), text));
    world.merged(&newer);
    let run = run_successfully(&old);
    insta::assert_snapshot!("left_to_the_newer", world.report(7));
    world.assert_nothing_done(&old, &run);
}

#[test]
fn attack_an_event_whose_after_is_an_unmerged_head() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    let before = world.repo.head("main");
    let mut event = world.repo.push_event("main", &before, &world.bob);
    event["after"] = json!(pull.head_sha());
    let job = world.job("push", &event, 1);
    let run = run_successfully(&job);
    // A commit outside of the branch is not the branch's tip.
    assert!(
        run.summary.contains("There is nothing to do"),
        "{}",
        run.summary
    );
    world.assert_nothing_done(&job, &run);
}

#[test]
fn attack_an_older_before_repeats_only_current_changes() {
    let (world, pull) = World::with_proposed();
    let root = world.repo.head("main");
    world.approved_and_merged(&pull);
    let unapproved = world.another(8, |commit| {
        let (path, text) = world.other();
        commit.write(&path, text)
    });
    let before = world.merged(&unapproved);
    let mut event = world.repo.push_event("main", &before, &world.bob);
    event["before"] = json!(root);
    let run = world.job("push", &event, 1).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    assert_eq!(
        world.stacks(),
        [(world.workdir.stack(), "CREATE_COMPLETE".to_owned())]
    );
    world.github.take_writes();
}

#[test]
fn attack_an_event_with_a_forged_branch_name() {
    let (world, pull) = World::with_proposed();
    let before = world.repo.head("main");
    pull.approve(&world.bob);
    let mut event = world.repo.push_event("feature", &before, &world.alice);
    event["ref"] = json!("refs/heads/main");
    event["repository"]["default_branch"] = json!("feature");
    let job = world.job("push", &event, 1);
    let run = run_successfully(&job);
    assert!(
        run.summary.contains("There is nothing to do"),
        "{}",
        run.summary
    );
    world.assert_nothing_done(&job, &run);
}

#[test]
fn attack_an_event_of_another_repository() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    let mut event = world.repo.push_event("main", &before, &world.bob);
    // Whatever the event says of repository, commits and users, only the job's own repository is queried.
    event["repository"]["full_name"] = json!("mallory/infra");
    event["repository"]["id"] = json!(1);
    event["commits"] = json!([{"id": "x", "message": "Merge pull request #8 from mallory/x"}]);
    event["head_commit"]["message"] = json!("Merge pull request #8 from mallory/x");
    event["pull_request"] = json!({"number": 8, "merged": true});
    event["forced"] = json!("yes");
    let job = world.job("push", &event, 1);
    world.assert_job_denied(&job, &["approval-missing"]);
}

#[test]
fn attack_invalid_events() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let good = world.repo.push_event("main", &before, &world.bob);
    for (key, value) in [
        ("after", json!("main")),
        ("after", json!("HEAD~1")),
        ("before", json!("-rf")),
        ("before", json!(null)),
        ("ref", json!(7)),
        ("after", json!("../../pulls/7")),
    ] {
        let mut event = good.clone();
        event[key] = value.clone();
        let job = world.job("push", &event, 1);
        let run = job.run();
        assert_eq!(run.status, 2, "{key} {value}: {}", run.stderr);
        world.assert_nothing_done(&job, &run);
    }
}

#[test]
fn attack_an_event_with_unknown_commits() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    for key in ["before", "after"] {
        let mut event = world.repo.push_event("main", &before, &world.bob);
        event[key] = json!("0123456789".repeat(4));
        let job = world.job("push", &event, 1);
        let run = job.run();
        assert_eq!(run.status, 31, "{key}: {}", run.stderr);
        world.assert_nothing_done(&job, &run);
    }
}

#[test]
fn attack_a_merged_head_of_a_fork() {
    let world = World::new(&policy(""));
    // The owner and the branch name are the same: only the repository's id differs.
    let fork = world.repo.fork("acme/infra-copy");
    let text = world.workdir.read(&world.workdir.path());
    fork.branch("feature", &world.repo.head("main"));
    let commit = fork.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.alice).number(7).open();
    pull.approve(&world.bob);
    let head = pull.head_sha();
    world
        .repo
        .status(&head, "provisioner/plan", "success", &world.alice);
    let before = world.merged(&pull);
    let codes = [
        "fork-not-allowed",
        "plan-changed",
        "approval-missing",
        "pushers-unknown",
    ];
    world.assert_denied(&before, &codes);
    insta::assert_snapshot!("fork", world.report(7));
}

#[test]
fn attack_a_deleted_fork() {
    let world = World::new(&policy(""));
    let fork = world.repo.fork("mallory/infra");
    let text = world.workdir.read(&world.workdir.path());
    fork.branch("feature", &world.repo.head("main"));
    let commit = fork.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.mallory).number(7).open();
    pull.approve(&world.bob);
    let before = world.merged(&pull);
    fork.delete();
    let codes = [
        "fork-not-allowed",
        "plan-changed",
        "approval-missing",
        "pushers-unknown",
    ];
    world.assert_denied(&before, &codes);
}
