//! Attacks by persons: each changes nothing. Each has an allowed twin.

use super::*;

fn attack_one_person_requests_and_confirms_a_repair<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    world.assert_denied(number, "alice", &line, "repair-needs-second-person");
    // Without any request either, and an own request confirms nothing.
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_that_nobody_requested<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let first = world.comments(number).remove(0);
    world.repo().delete_comment(first.id);
    world.assert_denied(number, "bob", &line, "repair-needs-second-person");
    world.command(number, "alice", "/provisioner restore");
    world.assert_repaired(number, "bob", &line);
}

fn attack_an_edited_request_or_confirmation_of_a_repair<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let first = world.comments(number).remove(0);
    world.repo().edit_comment(first.id, "/provisioner restore ");
    world.assert_denied(number, "bob", &line, "repair-needs-second-person");
    world.command(number, "alice", "/provisioner restore");
    let said = world.say(number, &world.user("bob"), "Looks good.");
    world.repo().edit_comment(said.id, &line);
    world.assert_ignored(&said);
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_bot_requests_or_confirms_a_repair<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let robot = world.fake().bot("helper[bot]");
    world.repo().set_permission(&robot, Permission::Admin);
    let said = world.say(number, &robot, &line);
    world.assert_ignored(&said);
    let own = world.say(number, &world.own(), &line);
    world.assert_ignored(&own);
    // Its request is no person's.
    let first = world.comments(number).remove(0);
    world.repo().delete_comment(first.id);
    world.say(number, &robot, "/provisioner restore");
    world.assert_denied(number, "bob", &line, "repair-needs-second-person");
    world.command(number, "alice", "/provisioner restore");
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_by_somebody_without_rights<W: IssueWorld>() {
    let (world, number) = W::drifted("    updates: in-place\n    approvers: ['@bob']\n");
    let line = world.requested(number);
    for login in ["mallory", "stranger"] {
        let said = world.say(number, &world.user(login), &line);
        world.assert_ignored(&said);
    }
    world.assert_denied(number, "carol", &line, "approver-not-allowed");
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_request_by_somebody_who_lost_the_permission<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    world.set_permission("alice", Permission::Read);
    world.assert_denied(number, "bob", &line, "repair-needs-second-person");
    world.set_permission("alice", Permission::Write);
    world.set_permission("bob", Permission::Read);
    let said = world.say(number, &world.user("bob"), &line);
    world.assert_ignored(&said);
    world.set_permission("bob", Permission::Write);
    world.assert_repaired(number, "bob", &line);
}

on_both_forges! {
    attack_one_person_requests_and_confirms_a_repair
    attack_a_repair_that_nobody_requested
    attack_an_edited_request_or_confirmation_of_a_repair
    attack_a_bot_requests_or_confirms_a_repair
    attack_a_repair_by_somebody_without_rights
    attack_a_request_by_somebody_who_lost_the_permission
}
