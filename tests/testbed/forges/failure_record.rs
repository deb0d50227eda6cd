//! Runs and commands read the same record of failures, and begin nothing without it.

use super::pending::RunPending;
use super::*;

/// A merge of two new configs, of which one stack may fail. The creation of the first one fails before it begins. Returns the former tip and
/// the path of the other config.
fn failed<W: RunPending>() -> (W, Pull<W::Forge>, String, String) {
    let world = W::new(&policy(
        "    max-failures: 0\ndefaults:\n  concurrency: 1\n",
    ));
    world.workdir().write_config(CONFIG);
    let (path, text) = (world.workdir().path(), world.text());
    let other = path.replace("acme-", "edge-");
    let another = text.replace("acme", "edge");
    world.workdir().write(&other, &another);
    world.workdir().create_bucket();
    let pull = world.another(7, |commit| {
        commit.write(&path, &text).write(&other, &another)
    });
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["preflight-failed", "not-started"]);
    (world, pull, before, other)
}

/// A person corrects the cause.
fn correct<W: RunPending>(world: &W) {
    let aws = &world.workdir().aws;
    for bucket in aws.buckets() {
        aws.wait(aws.objects().delete_bucket().bucket(bucket).send())
            .unwrap();
    }
}

/// AWS shows nothing of a creation that failed before it began. The comment of the merge does.
fn attack_a_command_forgets_failures<W: RunPending>() {
    let (world, pull, _, other) = failed::<W>();
    let line = format!("/provisioner prep-master {other} --force");
    let (run, _) = world.command(&pull, "alice", &line);
    run.assert_exit(30);
    assert_eq!(run.codes(), ["not-started"], "{}", run.summary);
    assert_eq!(world.stacks(), []);
    // A command that succeeds is recorded too.
    correct(&world);
    let first = format!(
        "/provisioner prep-master {} --force",
        world.workdir().path()
    );
    for line in [first, line] {
        let (run, _) = world.command(&pull, "alice", &line);
        run.assert_exit(0);
    }
    assert_eq!(world.stacks().len(), 2);
    world.fake().take_writes();
}

fn attack_a_deleted_record_forgets_failures<W: RunPending>() {
    let (world, pull, before, other) = failed::<W>();
    let own = |world: &W| {
        let mut comments = world.repo().comments(7).into_iter();
        comments.find(|it| it.body.starts_with("<!-- provisioner:provision"))
    };
    world.repo().delete_comment(own(&world).unwrap().id);
    let line = format!("/provisioner prep-master {other} --force");
    let (run, _) = world.command(&pull, "alice", &line);
    run.assert_exit(30);
    let why = "no comment on the merge counts the failures of earlier runs";
    assert!(run.summary.contains(why), "{}", run.summary);
    for status in [30, 0, 0] {
        let run = world.run_pending();
        run.assert_exit(status);
        assert_eq!(run.codes(), ["not-started"], "{}", run.summary);
        assert_eq!(world.stacks(), []);
    }
    // The job of the merge, started again by a person, begins a new record.
    correct(&world);
    world.run_push(&before).assert_exit(0);
    assert_eq!(world.stacks().len(), 2);
    world.fake().take_writes();
}

/// After three runs the comment says that no run tries it again.
fn a_given_up_creation_is_named_in_the_comment<W: RunPending>() {
    let (world, _, _, _) = failed::<W>();
    for runs in 1..=3 {
        let comment = world.comment(7, "provision");
        let says = comment.contains("Three runs failed, so no scheduled run tries it again.");
        assert_eq!(says, runs == 3, "{comment}");
        world.run_pending();
    }
    // Nothing failed in this run.
    let run = world.run_pending();
    run.assert_exit(0);
    assert!(!run.events().iter().any(|event| event.starts_with("failed")));
    world.fake().take_writes();
}

on_both_forges! {
    attack_a_command_forgets_failures
    attack_a_deleted_record_forgets_failures
    a_given_up_creation_is_named_in_the_comment
}
