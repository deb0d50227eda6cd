//! All ways in which changes reach the default branch, and other pushes.

use super::evidence::replayed;
use super::*;
use crate::support::github::Fault;

#[test]
fn a_rebased_pull_request_of_several_commits_is_one_change() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: false\n");
    world.workdir.write_config(CONFIG);
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    world.check(&pull);
    pull.approve(&world.bob);
    let before = world.repo.head("main");
    pull.rebase(&world.carol);
    let job = world.push(&before);
    run_successfully(&job);
    let evidence = evidence_of(&job);
    assert_eq!(
        evidence["predicate"]["changes"].as_array().unwrap().len(),
        1
    );
    assert!(world.report(7).contains("1 stack "));
    world.github.take_writes();
}

#[test]
fn two_pull_requests_in_one_push_get_a_comment_each() {
    let world = World::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let (path, text) = world.other();
    let other = world.another(8, |commit| commit.write(&path, text));
    other.approve(&world.bob);
    let before = world.approved_and_merged(&pull);
    other.squash(&world.carol);
    run_successfully(&world.push(&before));
    assert_eq!(world.stacks().len(), 2);
    for number in [7, 8] {
        assert!(world.report(number).contains("1 stack "));
    }
    world.github.take_writes();
}

#[test]
fn the_newer_of_two_changes_counts() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    world.workdir.write_config(TAGGED);
    let text = world.workdir.read(&world.workdir.path());
    let newer = world.another(8, |commit| commit.write(&world.workdir.path(), text));
    newer.approve(&world.bob);
    newer.merge(&world.carol);
    let run = run_successfully(&world.push(&before));
    assert_eq!(run.outputs["done"], "1");
    insta::assert_snapshot!("superseded", world.report(7));
    assert!(world.report(8).contains("1 stack "));
    let template = world.workdir.aws.stacks().get_template();
    let template = template.stack_name(world.workdir.stack()).send();
    let template = world.workdir.aws.wait(template).unwrap();
    assert!(template.template_body.unwrap().contains("forecasting"));
    world.github.take_writes();
}

/// The contents are those of the approved merge again, and nobody approved that.
#[test]
fn attack_a_retry_after_the_config_was_changed_back() {
    let (world, pull) = World::with_proposed();
    let path = world.workdir.path();
    let text = world.workdir.read(&path);
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    world.workdir.write_config(TAGGED);
    let other = world.workdir.read(&path);
    for (number, text) in [(8, other), (9, text)] {
        let later = world.another(number, |commit| commit.write(&path, text));
        later.merge(&world.bob);
    }
    let run = job.run();
    assert_eq!((run.status, &run.outputs["done"]), (0, &"0".into()));
    assert_eq!(world.stack(), None);
    assert!(world.report(7).contains("A newer merge changed"));
    world.github.take_writes();
}

#[test]
fn attack_a_merge_into_another_branch_does_not_count() {
    let world = World::new(&policy(""));
    let before = world.repo.head("main");
    world.repo.branch("release", &before);
    world.repo.branch("feature", &before);
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    let pull = world.repo.pull("feature").author(&world.alice);
    let pull = pull.base("release").number(7).open();
    world.check(&pull);
    pull.approve(&world.bob);
    let merged = pull.merge(&world.bob);
    // The branch that it was merged into is not queried until a person merges that branch to `main`.
    let commit = world.repo.commit("main").also_parent(&merged);
    let text = world.workdir.read(&world.workdir.path());
    commit
        .write(&world.workdir.path(), text)
        .by(&world.alice)
        .push();
    world.assert_denied(&before, &["not-merged"]);
}

#[test]
fn pushes_to_other_branches_are_ignored() {
    let (world, _) = World::with_proposed();
    let none = "0".repeat(40);
    let main = world.repo.head("main");
    let mut events = vec![
        world.repo.push_event("feature", &main, &world.alice),
        world.repo.push_event("feature", &none, &world.alice),
        world.repo.push_event("main", &none, &world.alice),
    ];
    let mut removed = world.repo.push_event("main", &main, &world.alice);
    removed["after"] = none.into();
    events.push(removed);
    let mut tag = world.repo.push_event("main", &main, &world.alice);
    tag["ref"] = "refs/tags/main".into();
    events.push(tag);
    for event in events {
        let job = world.job("push", &event, 1);
        let run = run_successfully(&job);
        assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
        world.assert_nothing_done(&job, &run);
    }
    assert_eq!(world.repo.deployments().len(), 0);
}

#[test]
fn attack_a_force_push_is_denied() {
    let (world, pull) = World::with_proposed();
    let root = world.repo.head("main");
    pull.approve(&world.bob);
    pull.merge(&world.bob);
    let before = world.repo.head("main");
    // Another history without the merge, in which a person added the config.
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("main").parent(&root);
    commit
        .write(&world.workdir.path(), text)
        .by(&world.alice)
        .push();
    let job = world.push(&before);
    let run = job.run();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert!(
        run.stderr.contains("the branch was rewritten"),
        "{}",
        run.stderr
    );
    world.assert_nothing_done(&job, &run);
}

#[test]
fn a_checkout_and_the_api_give_the_same_result() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing"]);
    let by_api = world.repo.comments(7).pop().unwrap().body;
    world.github.clear_journal();
    let job = world.push(&before);
    world.repo.clone_into(job.folder.path());
    let workspace = job.folder.path().display().to_string();
    let job = job.with("GITHUB_WORKSPACE", &workspace);
    world.assert_job_denied(&job, &["approval-missing"]);
    let by_checkout = world.repo.comments(7).pop().unwrap().body;
    assert_eq!(normalize(&by_checkout), normalize(&by_api));
    assert_eq!(world.github.count("GET /repos/acme/infra/git/blobs/**"), 0);
    assert_eq!(world.github.count("GET /repos/acme/infra/compare/**"), 0);
    assert!(world.github.take_writes().is_empty());

    // Two approvals allow it as well.
    pull.approve(&world.bob);
    run_successfully(&job);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn a_push_that_concerns_no_config_costs_eight_calls() {
    let world = World::new(&policy(""));
    let before = world.repo.head("main");
    let pull = world.proposal(|commit| commit.write("README.md", "Hello\n"));
    world.merged(&pull);
    world.github.clear_journal();
    let run = run_successfully(&world.push(&before));
    let calls: Vec<String> = world.github.requests().iter().map(|it| it.line()).collect();
    assert_eq!(calls.len(), 8, "{calls:#?}");
    assert!(world.github.writes().is_empty());
    assert!(run.summary.contains("No config to apply"));
    assert_eq!(world.issuers[1].issued(), [""; 0]);
}

/// Makes the forge answer with another tip when the facts are read again, before the stack's turn comes.
fn with_later_tip(world: &World, tip: &str) {
    let branch = serde_json::json!({"name": "main", "commit": {"sha": tip}, "protected": true});
    // The branch is read at the start, and with the pull request.
    let route = "GET /repos/acme/infra/branches/main";
    world.github.fault_after(2, route, Fault::Json(200, branch));
}

#[test]
fn attack_a_config_removed_while_the_run_waits() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    world.repo.branch("next", &world.repo.head("main"));
    let removal = world.repo.commit("next").remove(&world.workdir.path());
    with_later_tip(&world, &removal.push());
    let job = world.push(&before).with("PROVISIONER_PAUSE_PERCENT", "0");
    world.assert_job_denied(&job, &["superseded"]);
}

#[test]
fn attack_a_policy_made_stricter_while_the_run_waits() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    world.repo.branch("next", &world.repo.head("main"));
    let strict = policy("    approvals: 2\n");
    let commit = world.repo.commit("next").write(".provisioner.yaml", strict);
    with_later_tip(&world, &commit.push());
    let job = world.push(&before).with("PROVISIONER_PAUSE_PERCENT", "0");
    world.assert_job_denied(&job, &["approval-missing"]);
    let (_, report, status) = replayed(&job, &evidence_of(&job));
    assert_eq!(status, 0, "{report}");
}

#[test]
fn facts_that_cannot_be_read_again_deny_nothing() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let route = "GET /repos/acme/infra/pulls/7";
    world.github.fault_after(1, route, Fault::Status(422));
    let job = world.push(&before).with("PROVISIONER_PAUSE_PERCENT", "0");
    let run = job.run();
    assert_eq!(run.status, 31, "{}\n{}", run.stderr, run.summary);
    assert_eq!(codes_of(&run.summary), ["forge-unreachable"]);
    world.assert_nothing_done(&job, &run);
}

/// GitHub names no former commit for the push that creates a branch.
#[test]
fn a_push_without_a_former_commit_is_not_called_empty() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    let run = world.push(&"0".repeat(40)).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let why = "the push does not name the commit before it, so its merges are not known";
    assert!(run.stderr.contains(why), "{}", run.stderr);
    world.assert_no_stack();
}
