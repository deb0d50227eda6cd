//! What becomes of configs, and what people read of it.

use super::*;
use crate::support::proxy::{Fault, Gate, Rule};

#[test]
fn a_config_with_errors_that_was_merged_is_told_and_fails_the_run() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: perhaps\n  lifecycle: none\n");
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let done = job.run();
    assert_eq!(done.status, 10, "{}", done.stderr);
    insta::assert_snapshot!("errors", world.told(7));
    world.idle(&job, &done);
}

#[test]
fn a_config_that_had_errors_and_is_removed_concerns_nobody() {
    let world = World::new(&policy(""));
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(&world.desk.path(), "client: {}\n").push();
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let done = succeeds(&job);
    world.idle(&job, &done);
}

#[test]
fn a_failure_at_aws_leaves_nothing_half_made_and_does_not_stop_the_others() {
    let world = World::new(&(policy("") + "defaults: {concurrency: 1}\n"));
    world.desk.write_config(CONFIG);
    let (path, text) = world.other();
    let own = world.desk.read(&world.desk.path());
    let pull = world.proposal(|commit| {
        let commit = commit.write(&world.desk.path(), own);
        commit.write(&path, text)
    });
    let before = world.approved_and_merged(&pull);
    let gate = Gate::before(&world.desk.url);
    let words = "Requires capabilities : [CAPABILITY_AUTO_EXPAND]".to_owned();
    let fault = Fault::Error(400, "InsufficientCapabilities", words);
    gate.rule(Rule::new(fault).of("CreateChangeSet").times(1));
    let job = world.push(&before).with("AWS_ENDPOINT_URL", &gate.url());
    let done = job.run();
    assert_eq!(done.status, 30, "{}", done.stderr);
    insta::assert_snapshot!("one_failed", world.told(7));
    let stacks = world.stacks();
    assert_eq!(stacks.len(), 1, "{stacks:?}");
    assert!(stacks[0].0.contains("edge-"), "{stacks:?}");
    assert_eq!(
        (&done.outputs["done"], &done.outputs["failed"]),
        (&"1".into(), &"1".into())
    );
    let states: Vec<_> = world
        .repo
        .deployments()
        .iter()
        .map(|it| it.statuses.last().unwrap().state.clone())
        .collect();
    assert_eq!(states.len(), 2);
    assert!(states.contains(&"failure".to_owned()) && states.contains(&"success".to_owned()));

    // The next run finishes what is left.
    succeeds(&world.push(&before));
    assert_eq!(world.stacks().len(), 2);
    world.github.take_writes();
}

#[test]
fn a_stack_whose_creation_fails_is_gone_again_and_the_first_error_is_told() {
    let world = World::new(&policy(""));
    let pull = world.proposed(CONFIG);
    // A parameter of the stack is there already, and somebody else's.
    let name = format!("/s3/{}/SolutionsPrefix", world.desk.name);
    let put = world.desk.aws.parameters().put_parameter().name(name);
    let kind = aws_sdk_ssm::types::ParameterType::String;
    world
        .desk
        .aws
        .wait(put.value("x").r#type(kind).send())
        .unwrap();
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 30, "{}", done.stderr);
    insta::assert_snapshot!("creation_failed", world.told(7));
    assert_eq!(world.stacks(), []);
    assert_eq!(world.desk.aws.buckets(), [""; 0]);
    world.github.take_writes();
}

#[test]
fn a_renamed_config_is_a_removal_and_a_creation() {
    let world = World::with_stack("");
    let (path, text) = world.other();
    let pull = world.proposal(|commit| commit.remove(&world.desk.path()).write(&path, text));
    let before = world.approved_and_merged(&pull);
    let done = succeeds(&world.push(&before));
    assert_eq!(
        (&done.outputs["done"], &done.outputs["waiting"]),
        (&"1".into(), &"1".into())
    );
    assert_eq!(world.stacks().len(), 2, "the old one is not deleted");
    insta::assert_snapshot!("renamed", world.told(7));
    world.github.take_writes();
}
