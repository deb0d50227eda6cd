//! Runs at the same time, and changes between them.

use std::process::{Child, Stdio};

use super::*;
use crate::support::proxy::{Gate, Side};

fn begun(job: &Job) -> Child {
    let mut process = job.process(&["ci"]);
    process.stdout(Stdio::piped()).stderr(Stdio::piped());
    process.spawn().unwrap()
}

#[test]
fn two_runs_at_the_same_time_make_one_stack() {
    // One run is about to make the stack, or has just begun to, when the other comes by.
    for side in [Side::Before, Side::After] {
        let (world, pull) = World::with_proposed();
        let before = world.approved_and_merged(&pull);
        let gate = Gate::before(&world.desk.url);
        gate.hold(2, side);
        let first = world.push(&before).with("AWS_ENDPOINT_URL", &gate.url());
        let running = begun(&first);
        assert_eq!(gate.held().operation, "ExecuteChangeSet");
        succeeds(&world.push(&before));
        gate.release(true);
        let ended = running.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{side:?}: {said}");
        assert_eq!(
            world.stacks(),
            [(world.desk.stack(), "CREATE_COMPLETE".to_owned())]
        );
        assert_eq!(world.desk.aws.change_sets(&world.desk.stack()), [""; 0]);
        assert_eq!(world.repo.deployments().len(), 1);
        assert!(world.told(7).contains("1 config: 1 done"));
        world.github.take_writes();
    }
}

#[test]
fn runs_of_two_pushes_that_come_in_the_wrong_order_end_with_the_newer() {
    let (world, pull) = World::with_proposed();
    let first = world.approved_and_merged(&pull);
    let older = world.push(&first);
    world.desk.write_config(TAGGED);
    let text = world.desk.read(&world.desk.path());
    let newer = world.another(8, |commit| commit.write(&world.desk.path(), text));
    newer.approve(&world.bob);
    let second = world.merged(&newer);
    succeeds(&world.push(&second));
    assert!(world.told(8).contains("1 config: 1 done"));
    let template = || {
        let template = world.desk.aws.stacks().get_template();
        let template = template.stack_name(world.desk.stack()).send();
        world.desk.aws.wait(template).unwrap().template_body
    };
    let made = template();
    succeeds(&older);
    assert_eq!(template(), made, "the older run leaves it alone");
    world.github.take_writes();
}

#[test]
fn attack_a_config_renamed_and_edited_moves_no_stack() {
    let world = World::with_stack("    updates: reviewed\n");
    let template = world.desk.aws.stacks().get_template();
    let template = template.stack_name(world.desk.stack());
    let body = || {
        world
            .desk
            .aws
            .wait(template.clone().send())
            .unwrap()
            .template_body
    };
    let made = body();
    // Another file name, the same tenant: the stack's name comes from the fields, and the file's name no longer fits them.
    let text = world.desk.read(&world.desk.path());
    let moved = world.desk.path().replace("acme-", "acme-moved-");
    let pull = world.proposal(|commit| {
        let commit = commit.rename(&world.desk.path(), &moved);
        commit.write(
            &moved,
            text.replace("versioning: true", "versioning: false"),
        )
    });
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_ne!(done.status, 0, "{}", done.summary);
    assert_eq!(body(), made);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    insta::assert_snapshot!("moved", world.told(7));
    world.github.take_writes();
}
