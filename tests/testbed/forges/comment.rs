//! Commands in comments.

use super::*;
use crate::support::forge::Permission;

const DONE: [&str; 2] = ["eyes", "rocket"];
const DENIED: [&str; 2] = ["eyes", "confused"];

impl<W: ForgeWorld> Replies for W {}

trait Replies: ForgeWorld {
    #[track_caller]
    fn last_reply(&self, number: u64) -> String {
        let replies = self.comments(number, "command");
        self.shown(replies.last().expect("a reply"))
    }

    /// Ignored without a reply.
    #[track_caller]
    fn assert_ignored(&self, pull: &Pull<Self::Forge>, login: &str, text: &str) {
        let (run, _) = self.command(pull, login, text);
        run.assert_exit(0);
        assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
        self.fake().expect_writes(&[]);
        self.assert_stack(false);
    }
}

fn commands_that_read_are_answered<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    for (name, text) in [
        ("validate", "/provisioner validate-prov-template"),
        ("show-changes", "/provisioner show-changes"),
        ("check-drift", "/provisioner check-drift"),
        ("unknown", "/provisioner shwo-changes"),
    ] {
        let (run, comment) = world.command(&pull, "carol", text);
        let is_known = name != "unknown";
        assert_eq!(run.status == 0, is_known, "{}", run.stderr);
        let expected = if is_known { DONE } else { DENIED };
        assert_eq!(world.reactions(&comment), expected, "{text}");
        insta::assert_snapshot!(name, world.last_reply(7));
    }
    world.assert_only_plan_role(3);
    world.assert_stack(false);
    world.fake().take_writes();
}

fn attack_a_command_by_a_stranger_or_a_bot<W: ForgeWorld>() {
    let (world, pull) = W::with_merge();
    let robot = world.fake().bot("helper[bot]");
    world.repo().set_permission(&robot, Permission::Admin);
    for login in ["mallory", "stranger", "helper[bot]"] {
        world.assert_ignored(&pull, login, "/provisioner prep-master");
    }
}

fn an_unapproved_head_is_not_tested<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let (run, comment) = world.command(&pull, "carol", "/provisioner test-deploy");
    run.assert_exit(20);
    assert_eq!(world.reactions(&comment), DENIED);
    insta::assert_snapshot!("test-deploy-denied", world.last_reply(7));
    world.assert_only_plan_role(0);
    world.assert_stack(false);
    world.fake().take_writes();
}

fn a_test_of_an_approved_head_is_deleted<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    world.approve(&pull, "bob");
    let (run, comment) = world.command(&pull, "carol", "/provisioner test-deploy");
    run.assert_exit(0);
    assert_eq!(world.reactions(&comment), DONE);
    insta::assert_snapshot!("test-deploy", world.last_reply(7));
    world.assert_stack(false);
    assert_eq!(world.workdir().aws.buckets(), [""; 0]);
    world.fake().take_writes();
}

fn a_merged_config_is_deployed_by_a_command<W: ForgeWorld>() {
    let (world, pull) = W::with_merge();
    let (run, comment) = world.command(&pull, "carol", "/provisioner prep-master");
    run.assert_exit(0);
    assert_eq!(world.reactions(&comment), DONE);
    insta::assert_snapshot!("prep-master", world.last_reply(7));
    world.assert_stack(true);
    // The same event again updates the one reply.
    world.run_comment(&pull, &comment).assert_exit(0);
    assert_eq!(world.comments(7, "command").len(), 1);
    world.assert_stack(true);
    world.fake().take_writes();
}

/// The reply says what was edited, and nothing is done for it.
fn attack_an_edited_command<W: ForgeWorld>() {
    let (world, pull) = W::with_merge();
    let carol = world.user("carol");
    let said = world.repo().comment(7, &carol, "Looks good.");
    world
        .repo()
        .edit_comment(said.id, "/provisioner prep-master");
    world.run_comment(&pull, &said);
    world.assert_stack(false);
    world.fake().take_writes();
}

on_both_forges! {
    commands_that_read_are_answered
    attack_a_command_by_a_stranger_or_a_bot
    an_unapproved_head_is_not_tested
    a_test_of_an_approved_head_is_deleted
    a_merged_config_is_deployed_by_a_command
    attack_an_edited_command
}
