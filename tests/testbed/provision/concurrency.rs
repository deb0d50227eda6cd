//! Concurrent runs, and changes between runs.

use std::process::{Child, Stdio};

use super::*;
use crate::support::proxy::{FaultProxy, Side};

fn begun(job: &Job) -> Child {
    let mut process = job.process(&["ci"]);
    process.stdout(Stdio::piped()).stderr(Stdio::piped());
    process.spawn().unwrap()
}

#[test]
fn two_simultaneous_runs_create_one_stack() {
    // One run is about to create the stack, or has just started to, when the other starts.
    for side in [Side::Before, Side::After] {
        let (world, pull) = World::with_proposed();
        let before = world.approved_and_merged(&pull);
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        proxy.hold(2, side);
        let first = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
        let running = begun(&first);
        assert_eq!(proxy.held().operation, "ExecuteChangeSet");
        run_successfully(&world.push(&before));
        proxy.release(true);
        let ended = running.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{side:?}: {said}");
        assert_eq!(
            world.stacks(),
            [(world.workdir.stack(), "CREATE_COMPLETE".to_owned())]
        );
        assert_eq!(
            world.workdir.aws.change_sets(&world.workdir.stack()),
            [""; 0]
        );
        assert_eq!(world.repo.deployments().len(), 1);
        assert!(world.report(7).contains("1 stack "));
        world.github.take_writes();
    }
}

#[test]
fn runs_out_of_order_end_with_the_newer_config() {
    let (world, pull) = World::with_proposed();
    let first = world.approved_and_merged(&pull);
    let older = world.push(&first);
    world.workdir.write_config(TAGGED);
    let text = world.workdir.read(&world.workdir.path());
    let newer = world.another(8, |commit| commit.write(&world.workdir.path(), text));
    newer.approve(&world.bob);
    let second = world.merged(&newer);
    run_successfully(&world.push(&second));
    assert!(world.report(8).contains("1 stack "));
    let template = || {
        let template = world.workdir.aws.stacks().get_template();
        let template = template.stack_name(world.workdir.stack()).send();
        world.workdir.aws.wait(template).unwrap().template_body
    };
    let made = template();
    run_successfully(&older);
    assert_eq!(template(), made, "the older run leaves it alone");
    world.github.take_writes();
}

#[test]
fn attack_a_config_renamed_and_edited_moves_no_stack() {
    let world = World::with_stack("    updates: reviewed\n");
    let template = world.workdir.aws.stacks().get_template();
    let template = template.stack_name(world.workdir.stack());
    let body = || {
        world
            .workdir
            .aws
            .wait(template.clone().send())
            .unwrap()
            .template_body
    };
    let made = body();
    // Another file name for the same tenant: the stack's name comes from the fields, which no longer match the file's name.
    let text = world.workdir.read(&world.workdir.path());
    let moved = world.workdir.path().replace("acme-", "acme-moved-");
    let pull = world.proposal(|commit| {
        let commit = commit.rename(&world.workdir.path(), &moved);
        commit.write(
            &moved,
            text.replace("versioning: true", "versioning: false"),
        )
    });
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_ne!(run.status, 0, "{}", run.summary);
    assert_eq!(body(), made);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    insta::assert_snapshot!("moved", world.report(7));
    world.github.take_writes();
}
