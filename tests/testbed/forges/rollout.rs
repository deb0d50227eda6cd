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

/// A third merge, which nobody approved, changes what goes first again: its stack has the template of the second one.
fn attack_an_unapproved_merge_holds_what_a_correction_released<W: RunPending>() {
    let (world, _, _) = left::<W>();
    let path = world.workdir().path();
    let merge = |number, team| {
        let config = format!("  versioning: true\n  tags:\n    Team: {team}\n");
        world.workdir().write_config(&config);
        let text = world.text();
        world.another(number, |commit| commit.write(&path, &text))
    };
    let correction = merge(8, "corrected");
    let before = world.approved_and_merged(&correction);
    world.run_push(&before).assert_exit(0);
    let unapproved = merge(9, "unapproved");
    world.merged(&unapproved);
    let run = world.run_pending();
    assert_eq!(world.stacks().len(), 2, "{}", run.summary);
    world.fake().take_writes();
}

/// The reason names the merge that is not applied, and what lets the others begin.
fn a_newer_merge_of_the_first_stack_is_named<W: RunPending>() {
    for is_removed in [false, true] {
        let (world, _, _) = left::<W>();
        let path = world.workdir().path();
        world
            .workdir()
            .write_config("  versioning: true\n  tags:\n    Team: later\n");
        let text = world.text();
        let later = world.another(8, |commit| match is_removed {
            true => commit.remove(&path),
            false => commit.write(&path, &text),
        });
        world.merged(&later);
        let run = world.run_pending();
        assert_eq!(world.stacks().len(), 1, "{}", run.summary);
        let comment = world.comment(7, "provision");
        let (why, help) = match is_removed {
            true => (
                "pull request #8 removed or moved its config",
                "help: change this config by another pull request",
            ),
            false => (
                "pull request #8 changed its config, and is not applied",
                "help: get pull request #8 applied, or change this config by",
            ),
        };
        assert!(comment.contains(why), "{comment}");
        assert!(comment.contains(help), "{comment}");
        world.fake().take_writes();
    }
}

on_both_forges! {
    attack_a_revert_of_the_first_stack_releases_the_others
    attack_an_unapproved_merge_holds_what_a_correction_released
    a_newer_merge_of_the_first_stack_is_named
    a_correction_of_the_first_stack_releases_the_others
    attack_a_left_first_stack_releases_the_others
    attack_a_command_passes_what_goes_first
}
