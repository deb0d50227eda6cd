//! Runs at the same time, and changes between them.
#![expect(clippy::disallowed_methods, reason = "a job is a process")]

use std::process::{Child, Output, Stdio};

use super::*;

fn begun(job: &Job) -> Child {
    let mut process = job.process(&["ci"]);
    process.stdout(Stdio::piped()).stderr(Stdio::piped());
    process.spawn().unwrap()
}

fn ended(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[test]
fn two_runs_at_the_same_time_make_one_stack() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let jobs = [world.push(&before), world.push(&before)];
    let runs = jobs.each_ref().map(begun).map(ended);
    let said = runs
        .each_ref()
        .map(|run| String::from_utf8_lossy(&run.stderr));
    for (run, own) in runs.iter().zip(&said) {
        // Whoever comes second finds it made, watches it being made, or says that somebody else is at it.
        let busy = own.contains("stack-busy") && run.status.code() == Some(20);
        assert!(run.status.success() || busy, "{}\n{}", said[0], said[1]);
    }
    assert!(runs.iter().any(|run| run.status.success()));
    assert_eq!(
        world.stacks(),
        [(world.desk.stack(), "CREATE_COMPLETE".to_owned())]
    );
    let left = world.desk.aws.change_sets(&world.desk.stack());
    assert_eq!(left, [""; 0], "{}\n{}", said[0], said[1]);
    succeeds(&world.push(&before));
    assert!(
        world
            .repo
            .comments(7)
            .pop()
            .unwrap()
            .body
            .contains("1 config: 1 done")
    );
    world.github.take_writes();
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
