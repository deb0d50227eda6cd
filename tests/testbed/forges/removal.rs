//! A removed config: the run reports the deletion, and a second person confirms it in a comment.

use super::*;
use crate::support::job::{config, path};

impl<W: ForgeWorld> Invites for W {}

trait Invites: ForgeWorld {
    /// The command that the run posted.
    fn posted(&self, number: u64) -> String {
        let comments = self.comments(number, "provision");
        let mut lines = comments.iter().flat_map(|body| body.lines());
        let found =
            lines.find(|line| line.starts_with("/provisioner ") && line.contains("--confirm"));
        found.unwrap_or_else(|| panic!("{comments:#?}")).to_owned()
    }
}

fn a_second_person_confirms_a_deletion<W: ForgeWorld>() {
    let world = W::with_stack("");
    let pull = world.removal(7);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    insta::assert_snapshot!("waiting", world.comment(7, "provision"));
    world.assert_stack(true);
    let line = world.posted(7);
    // Who opened it cannot confirm it, and nobody another digest.
    let (run, comment) = world.command(&pull, "alice", &line);
    run.assert_exit(20);
    assert!(
        run.stderr.contains("delete-needs-second-person"),
        "{}",
        run.stderr
    );
    assert_eq!(world.reactions(&comment), ["eyes", "confused"]);
    let digest = line.split("--confirm ").nth(1).unwrap();
    let wrong = line.replace(digest, &"0".repeat(16));
    let (run, _) = world.command(&pull, "carol", &wrong);
    run.assert_exit(20);
    world.assert_stack(true);
    let (run, comment) = world.command(&pull, "carol", &line);
    run.assert_exit(0);
    assert_eq!(world.reactions(&comment), ["eyes", "rocket"]);
    assert_eq!(world.stacks(), []);
    insta::assert_snapshot!("deleted", world.comment(7, "provision"));
    world.fake().take_writes();
}

fn attack_an_unapproved_removal_is_not_inspected<W: ForgeWorld>() {
    let world = W::with_stack("");
    let pull = world.removal(7);
    let before = world.merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes(), ["approval-missing"]);
    world.assert_stack(true);
    assert!(!world.comment(7, "provision").contains("--confirm"));
    world.fake().take_writes();
}

fn attack_a_policy_without_deletions_offers_no_confirmation<W: ForgeWorld>() {
    let world = W::with_stack("    deletes: never\n");
    let pull = world.removal(7);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(20);
    world.assert_stack(true);
    insta::assert_snapshot!("never_deleted", world.comment(7, "provision"));
    world.fake().take_writes();
}

/// The config came back and was removed again without approval: the approval of the first removal is none of the second.
fn attack_an_older_removal_permits_no_later_deletion<W: ForgeWorld>() {
    let world = W::with_stack("");
    let text = world.text();
    let pull = world.removal(7);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    let line = world.posted(7);
    let restored = world.another(8, |commit| commit.write(&world.workdir().path(), &text));
    let before = world.approved_and_merged(&restored);
    world.run_push(&before).assert_exit(0);
    let again = world.removal(9);
    let before = world.merged(&again);
    assert_eq!(world.run_push(&before).codes(), ["approval-missing"]);
    let (run, _) = world.command(&pull, "carol", &line);
    run.assert_exit(20);
    assert!(run.stderr.contains("superseded"), "{}", run.stderr);
    world.assert_stack(true);
    world.fake().take_writes();
}

/// The same by a config of another path, which named the stack for a while.
fn attack_a_stack_that_another_config_had_meanwhile<W: ForgeWorld>() {
    let world = W::with_stack("configs: [s3/configs/*.yaml, team/s3/configs/*.yaml]\n");
    let (path, text) = (world.workdir().path(), world.text());
    let other = format!("team/{path}");
    let pull = world.removal(7);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    let line = world.posted(7);
    let moved = world.another(8, |commit| commit.write(&other, &text));
    world.approved_and_merged(&moved);
    let again = world.another(9, |commit| commit.remove(&other));
    world.merged(&again);
    let (run, _) = world.command(&pull, "carol", &line);
    run.assert_exit(20);
    assert!(run.stderr.contains("superseded"), "{}", run.stderr);
    world.assert_stack(true);
    world.fake().take_writes();
}

/// Another stack took the name, with the same resources, between the preview and the confirmation.
fn attack_a_namesake_created_between_preview_and_confirmation<W: ForgeWorld>() {
    let world = W::with_stack("");
    let text = world.text();
    let pull = world.removal(7);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    let line = world.posted(7);
    let workdir = world.workdir();
    let stacks = workdir.aws.stacks();
    let id = || {
        let found = stacks.describe_stacks().stack_name(workdir.stack()).send();
        let found = workdir.aws.wait(found).unwrap();
        found.stacks()[0].stack_id().unwrap().to_owned()
    };
    let first = id();
    workdir.write(&workdir.path(), &text);
    workdir.run_action("tear-down", &["--force"]);
    scene::with_stack(workdir);
    assert_ne!(id(), first);
    let (run, _) = world.command(&pull, "carol", &line);
    run.assert_exit(20);
    assert!(
        run.stderr.contains("delete-not-confirmed"),
        "{}",
        run.stderr
    );
    world.assert_stack(true);
    world.fake().take_writes();
}

fn merges_of_other_configs_leave_a_deletion_valid<W: ForgeWorld>() {
    let world = W::with_stack("");
    let pull = world.removal(7);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    let line = world.posted(7);
    let account = &world.workdir().account;
    let text = config("c001", "").replace("123456789012", account);
    let other = world.another(8, |commit| commit.write(&path("c001"), &text));
    world.merged(&other);
    let (run, _) = world.command(&pull, "carol", &line);
    run.assert_exit(0);
    assert_eq!(world.stacks(), []);
    world.fake().take_writes();
}

on_both_forges! {
    a_second_person_confirms_a_deletion
    attack_an_unapproved_removal_is_not_inspected
    attack_a_policy_without_deletions_offers_no_confirmation
    attack_an_older_removal_permits_no_later_deletion
    attack_a_stack_that_another_config_had_meanwhile
    attack_a_namesake_created_between_preview_and_confirmation
    merges_of_other_configs_leave_a_deletion_valid
}
