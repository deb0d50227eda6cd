//! The outcomes of configs, and their reports.

use super::*;
use crate::support::proxy::{Fault, FaultProxy, Rule};

#[test]
fn a_removed_config_with_errors_is_ignored() {
    let world = World::new(&policy(""));
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(&world.workdir.path(), "client: {}\n").push();
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let run = run_successfully(&job);
    world.assert_nothing_done(&job, &run);
}

#[test]
fn an_aws_failure_leaves_nothing_incomplete_and_does_not_stop_others() {
    let world = World::new(&(policy("") + "defaults: {concurrency: 1}\n"));
    world.workdir.write_config(CONFIG);
    let (path, text) = world.other();
    let own = world.workdir.read(&world.workdir.path());
    let pull = world.proposal(|commit| {
        let commit = commit.write(&world.workdir.path(), own);
        commit.write(&path, text)
    });
    let before = world.approved_and_merged(&pull);
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    let words = "Requires capabilities : [CAPABILITY_AUTO_EXPAND]".to_owned();
    let fault = Fault::Error(400, "InsufficientCapabilities", words);
    proxy.rule(Rule::new(fault).for_operation("CreateChangeSet").times(1));
    let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
    let run = job.run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    insta::assert_snapshot!("one_failed", world.report(7));
    let stacks = world.stacks();
    assert_eq!(stacks.len(), 1, "{stacks:?}");
    assert!(stacks[0].0.contains("edge-"), "{stacks:?}");
    assert_eq!(
        (&run.outputs["done"], &run.outputs["failed"]),
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

    // The next run finishes the rest.
    run_successfully(&world.push(&before));
    assert_eq!(world.stacks().len(), 2);
    world.github.take_writes();
}

#[test]
fn a_failed_creation_is_deleted_and_reports_the_first_error() {
    let world = World::new(&policy(""));
    let pull = world.proposed(CONFIG);
    // A parameter of the stack already exists outside of the stack, and the role may not read it.
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    proxy.rule(Rule::new(Fault::Denied).for_operation("GetParameters"));
    let name = format!("/s3/{}/SolutionsPrefix", world.workdir.name);
    let put = world.workdir.aws.parameters().put_parameter().name(name);
    let kind = aws_sdk_ssm::types::ParameterType::String;
    world
        .workdir
        .aws
        .wait(put.value("x").r#type(kind).send())
        .unwrap();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
    let run = job.run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    insta::assert_snapshot!("creation_failed", world.report(7));
    assert_eq!(world.stacks(), []);
    assert_eq!(world.workdir.aws.buckets(), [""; 0]);
    world.github.take_writes();
}

#[test]
fn a_renamed_config_is_a_removal_and_a_creation() {
    let world = World::with_stack("");
    let (path, text) = world.other();
    let pull = world.proposal(|commit| commit.remove(&world.workdir.path()).write(&path, text));
    let before = world.approved_and_merged(&pull);
    let run = run_successfully(&world.push(&before));
    assert_eq!(
        (&run.outputs["done"], &run.outputs["waiting"]),
        (&"1".into(), &"1".into())
    );
    assert_eq!(world.stacks().len(), 2, "the old one is not deleted");
    insta::assert_snapshot!("renamed", world.report(7));
    world.github.take_writes();
}
