//! Runs and commands read the same record of failures, and begin nothing without it.

use super::again::RunAgain;
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
    let taken = |bucket: &String| bucket.starts_with("acme-");
    for bucket in aws.buckets().into_iter().filter(taken) {
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

/// Two merges of one push: the creation of the first one's stack fails before it begins. Returns the pull request of the other one, and the
/// path of its config.
fn failed_beside<W: RunPending>() -> (W, Pull<W::Forge>, String) {
    let world = W::new(&policy("    max-failures: 0\n"));
    world.workdir().write_config(CONFIG);
    let (path, text) = (world.workdir().path(), world.text());
    world.workdir().create_bucket();
    let first = world.another(7, |commit| commit.write(&path, &text));
    let before = world.approved_and_merged(&first);
    let (second, other) = one_more(&world, 8, "edge");
    world.approved_and_merged(&second);
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["preflight-failed", "not-started"]);
    (world, second, other)
}

/// A pull request with a config of another client.
fn one_more<W: ForgeWorld>(world: &W, number: u64, client: &str) -> (Pull<W::Forge>, String) {
    let path = world
        .workdir()
        .path()
        .replace("acme-", &format!("{client}-"));
    let text = world.text().replace("acme", client);
    let pull = world.another(number, |commit| commit.write(&path, &text));
    (pull, path)
}

/// A failure holds the other merges, also once no run tries it again: later runs, commands and new merges.
fn attack_a_given_up_failure_releases_other_merges<W: RunPending + RunAgain>() {
    let (world, second, other) = failed_beside::<W>();
    let path = world.workdir().path();
    for _ in 0..4 {
        let run = world.run_pending();
        assert_eq!(world.stacks(), [], "{}", run.summary);
    }
    let comment = world.comment(8, "provision");
    let why = "1 stack of `prod` failed, in this run or before, and the policy's `max-failures` allows fewer. Of other merges: `s3/configs/acme-";
    assert!(comment.contains(why), "{comment}");
    let line = format!("/provisioner prep-master {other} --force");
    let (run, _) = world.command(&second, "alice", &line);
    run.assert_exit(30);
    assert_eq!(run.codes(), ["not-started"], "{}", run.summary);
    let (third, _) = one_more(&world, 9, "blue");
    let before = world.approved_and_merged(&third);
    let run = world.run_push(&before);
    run.assert_exit(30);
    assert_eq!(run.codes(), ["not-started"], "{}", run.summary);
    assert_eq!(world.stacks(), []);
    // A person names a config.
    world.run_named(&other).assert_exit(0);
    assert_eq!(world.stacks().len(), 1);
    // The others follow once what failed is applied.
    correct(&world);
    world.run_pending();
    assert_eq!(world.stacks().len(), 1);
    world.run_named(&path).assert_exit(0);
    world.run_pending().assert_exit(0);
    assert_eq!(world.stacks().len(), 3);
    world.fake().take_writes();
}

/// The merge that changes what failed begins with it, and its other stacks follow.
fn a_newer_merge_corrects_what_failed<W: RunPending>() {
    let (world, _, _) = failed_beside::<W>();
    let path = world.workdir().path();
    correct(&world);
    world.workdir().write_config(TAGGED);
    let text = world.text();
    let blue = path.replace("acme-", "blue-");
    let another = text.replace("acme", "blue");
    let correction = world.another(9, |commit| {
        commit.write(&path, &text).write(&blue, &another)
    });
    let before = world.approved_and_merged(&correction);
    let run = world.run_push(&before);
    run.assert_exit(0);
    assert_eq!(world.stacks().len(), 2);
    world.run_pending().assert_exit(0);
    assert_eq!(world.stacks().len(), 3);
    world.fake().take_writes();
}

/// Of a merge whose record is lost it is not known whether its stacks failed.
fn attack_a_deleted_record_of_another_merge<W: RunPending>() {
    let (world, _, _) = failed_beside::<W>();
    let own = |body: &str| body.starts_with("<!-- provisioner:provision");
    let comments = world.repo().comments(7).into_iter();
    let comment = comments.into_iter().find(|it| own(&it.body)).unwrap();
    world.repo().delete_comment(comment.id);
    correct(&world);
    for why in ["no run left a record", "an earlier run did not end"] {
        let run = world.run_pending();
        assert_eq!(world.stacks(), [], "{}", run.summary);
        let failed = "1 stack of `prod` failed or may have failed";
        assert!(run.summary.contains(failed), "{}", run.summary);
        assert!(run.summary.contains(why), "{}", run.summary);
    }
    world.fake().take_writes();
}

/// What was denied, and is held once it is approved, has the present reason in its comment. GitLab takes no approval of a merge.
#[test]
fn the_comment_has_the_present_reason() {
    let world = World::new(&policy("    max-failures: 0\n"));
    world.workdir().write_config(CONFIG);
    let (path, text) = (world.workdir().path(), world.text());
    world.workdir().create_bucket();
    let (second, _) = one_more(&world, 8, "edge");
    let before = ForgeWorld::merged(&world, &second);
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["approval-missing"]);
    let first = world.another(7, |commit| commit.write(&path, &text));
    let before = world.approved_and_merged(&first);
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["preflight-failed"]);
    world.approve(&second, "bob");
    for _ in 0..2 {
        let run = world.run_pending();
        assert_eq!(world.stacks(), [], "{}", run.summary);
    }
    let comment = world.comment(8, "provision");
    assert!(comment.contains("Of other merges: "), "{comment}");
    assert!(!comment.contains("approval-missing"), "{comment}");
    world.fake().take_writes();
}

on_both_forges! {
    attack_a_given_up_failure_releases_other_merges
    attack_a_deleted_record_of_another_merge
    a_newer_merge_corrects_what_failed
    attack_a_command_forgets_failures
    attack_a_deleted_record_forgets_failures
    a_given_up_creation_is_named_in_the_comment
}
