//! `first` and `max-failures` hold the other stacks of a merge in every later run and command, until what goes first is done.

use super::pending::RunPending;
use super::*;

/// A merge that changes a deployed config, which goes first, and adds another one. The stack was changed after the merge, as by an update
/// that was tried, and has another template. Returns the path of the other config.
fn left<W: RunPending>() -> (W, Pull<W::Forge>, String) {
    let world = W::with_stack("    updates: reviewed\n    first: 1\n");
    let path = world.workdir().path();
    let other = path.replace("acme-", "edge-");
    let another = world.text().replace("acme", "edge");
    world.workdir().write_config(TAGGED);
    let text = world.text();
    world.workdir().write(&other, &another);
    let pull = world.another(7, |commit| {
        commit.write(&path, &text).write(&other, &another)
    });
    world.approved_and_merged(&pull);
    world.fake().take_writes();
    (world, pull, other)
}

/// A person updates the stack that goes first.
fn repair<W: RunPending>(world: &W) {
    let allowed = "version: 1\ndefaults: {updates: reviewed}\n";
    world.workdir().write(".provisioner.yaml", allowed);
    let path = world.workdir().path();
    let updated = world.workdir().run(&["prep-master", &path, "--force"]);
    assert_eq!(updated.status, 0, "{}{}", updated.stdout, updated.stderr);
}

/// The comment names both, the next run does not fail again, and the rest follows after the repair.
fn attack_a_left_first_stack_releases_the_others<W: RunPending>() {
    let (world, _, _) = left::<W>();
    let path = world.workdir().path();
    let check = world.repo().comments(7).remove(0).body;
    let first = format!("These go first in `prod`: `{path}`");
    assert!(check.contains(&first), "{check}");
    let run = world.run_pending();
    run.assert_exit(30);
    assert_eq!(run.codes(), ["not-started"], "{}", run.summary);
    assert_eq!(world.stacks().len(), 1);
    assert_eq!(run.events(), ["not-started - not-started"; 2]);
    insta::assert_snapshot!("rollout_held", world.comment(7, "provision"));
    let comment = world.comment(7, "provision");
    for _ in 0..2 {
        world.fake().take_writes();
        let run = world.run_pending();
        run.assert_exit(0);
        assert!(run.stderr.contains("as before: "), "{}", run.stderr);
        assert_eq!(world.stacks().len(), 1);
        assert_eq!(world.comment(7, "provision"), comment);
    }
    // The record of the first of these runs is enough.
    world.fake().expect_writes(&[]);
    repair(&world);
    let run = world.run_pending();
    run.assert_exit(0);
    assert_eq!(world.stacks().len(), 2, "{}", run.summary);
    world.fake().take_writes();
    world.assert_nothing_pending();
}

/// The author asks for another stack by a comment.
fn attack_a_command_passes_what_goes_first<W: RunPending>() {
    let (world, pull, other) = left::<W>();
    let line = format!("/provisioner prep-master {other} --force");
    let (run, _) = world.command(&pull, "alice", &line);
    run.assert_exit(30);
    assert_eq!(run.codes(), ["not-started"], "{}", run.summary);
    assert_eq!(world.stacks().len(), 1);
    repair(&world);
    let (run, _) = world.command(&pull, "alice", &line);
    run.assert_exit(0);
    assert_eq!(world.stacks().len(), 2, "{}", run.summary);
    world.fake().take_writes();
}

/// Nobody approved the merge that takes back what goes first: no stack ever had the template.
fn attack_a_revert_of_the_first_stack_releases_the_others<W: RunPending>() {
    let (world, _, _) = left::<W>();
    let path = world.workdir().path();
    world.workdir().write_config(CONFIG);
    let text = world.text();
    let revert = world.another(8, |commit| commit.write(&path, &text));
    let before = world.merged(&revert);
    for _ in 0..2 {
        let run = world.run_pending();
        assert_eq!(world.stacks().len(), 1, "{}", run.summary);
        assert!(run.summary.contains("goes first"), "{}", run.summary);
    }
    // The run of the reverted merge itself begins after the revert.
    world.run_push(&before);
    assert_eq!(world.stacks().len(), 1);
    world.fake().take_writes();
}

/// A later merge corrects what goes first, and is applied there.
fn a_correction_of_the_first_stack_releases_the_others<W: RunPending>() {
    let (world, _, _) = left::<W>();
    let path = world.workdir().path();
    world.run_pending().assert_exit(30);
    world
        .workdir()
        .write_config("  versioning: true\n  tags:\n    Team: corrected\n");
    let text = world.text();
    let correction = world.another(8, |commit| commit.write(&path, &text));
    let before = world.approved_and_merged(&correction);
    world.run_push(&before).assert_exit(0);
    let run = world.run_pending();
    run.assert_exit(0);
    assert_eq!(world.stacks().len(), 2, "{}", run.summary);
    world.fake().take_writes();
}

on_both_forges! {
    attack_a_revert_of_the_first_stack_releases_the_others
    a_correction_of_the_first_stack_releases_the_others
    attack_a_left_first_stack_releases_the_others
    attack_a_command_passes_what_goes_first
}
