//! What counts as a review. Each of these pull requests is merged.

use super::*;
use crate::support::forge::Permission;

/// A reviewed and merged proposal is denied with these codes.
#[track_caller]
fn refused_after<W: ForgeWorld>(review: impl FnOnce(&W, &Pull<W::Forge>), codes: &[&str]) -> W {
    let (world, pull) = W::with_proposed();
    review(&world, &pull);
    let before = world.merged(&pull);
    world.assert_denied(&before, codes);
    world
}

fn attack_no_approval<W: ForgeWorld>() {
    let world = refused_after::<W>(|_, _| {}, &["approval-missing"]);
    insta::assert_snapshot!("unapproved", world.comment(7, "provision"));
}

fn attack_approval_then_another_commit<W: ForgeWorld>() {
    let world = refused_after::<W>(
        |world, pull| {
            world.approve(pull, "bob");
            world.pushed(pull, |commit| commit.author(&world.user("alice")));
        },
        &["approval-missing", "approval-stale"],
    );
    insta::assert_snapshot!("stale", world.comment(7, "provision"));
}

fn attack_approval_dismissed<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            world.approve(pull, "bob");
            W::Forge::withdraw(pull, &world.user("bob"));
        },
        &["approval-missing"],
    );
}

fn attack_changes_requested_by_the_approver_afterwards<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            world.approve(pull, "bob");
            W::Forge::request_changes(pull, &world.user("bob"));
        },
        &["approval-missing", "changes-requested"],
    );
}

fn attack_changes_requested_by_another_and_approved_by_one<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            W::Forge::request_changes(pull, &world.user("carol"));
            world.approve(pull, "bob");
        },
        &["changes-requested"],
    );
}

fn attack_self_approval<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| world.approve(pull, "alice"),
        &["approval-missing", "approval-by-author"],
    );
}

fn attack_approval_by_the_last_pusher<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            world.pushed(pull, |commit| commit.author(&world.user("bob")));
            world.approve(pull, "bob");
        },
        &["approval-missing", "approval-by-pusher"],
    );
}

/// The commit names Alice; Bob pushes it.
fn attack_approval_by_the_pusher_of_a_foreign_commit<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            let (alice, bob) = (world.user("alice"), world.user("bob"));
            world.pushed(pull, |commit| commit.author(&alice).by(&bob));
            world.approve(pull, "bob");
        },
        &["approval-missing", "approval-by-pusher"],
    );
}

fn attack_approval_with_an_unknown_pusher<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            world.approve(pull, "bob");
            W::Forge::forget_pushes(world.repo());
        },
        &["approval-missing", "pushers-unknown"],
    );
}

fn attack_approval_by_a_bot<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            let bot = world.fake().bot("helper[bot]");
            world.repo().set_permission(&bot, Permission::Admin);
            W::Forge::approve(pull, &bot);
        },
        &["approval-missing", "approver-not-allowed"],
    );
}

fn attack_approval_by_a_reader<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| world.approve(pull, "mallory"),
        &["approval-missing", "approver-not-allowed"],
    );
}

/// The role of now counts, not the one of the approval.
fn attack_approval_by_a_former_writer<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let before = world.approved_and_merged(&pull);
    let bob = world.user("bob");
    world.repo().set_permission(&bob, Permission::Read);
    world.assert_denied(&before, &["approval-missing", "approver-not-allowed"]);
    world.repo().set_permission(&bob, Permission::Write);
    world.assert_provisioned(&before);
}

fn attack_approval_in_a_comment<W: ForgeWorld>() {
    refused_after::<W>(
        |world, pull| {
            let bob = world.user("bob");
            W::Forge::review(pull, &bob);
            let text = "APPROVED. LGTM :+1:\n\n/approve";
            world.repo().comment(7, &bob, text);
        },
        &["approval-missing"],
    );
}

fn attack_two_approvals_by_one_person<W: ForgeWorld>() {
    let world = W::new(&policy("    approvals: 2\n"));
    let pull = world.proposed(CONFIG);
    world.approve(&pull, "bob");
    world.approve(&pull, "bob");
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing"]);
}

on_both_forges! {
    attack_no_approval
    attack_approval_then_another_commit
    attack_approval_dismissed
    attack_changes_requested_by_the_approver_afterwards
    attack_changes_requested_by_another_and_approved_by_one
    attack_self_approval
    attack_approval_by_the_last_pusher
    attack_approval_by_the_pusher_of_a_foreign_commit
    attack_approval_with_an_unknown_pusher
    attack_approval_by_a_bot
    attack_approval_by_a_reader
    attack_approval_by_a_former_writer
    attack_approval_in_a_comment
    attack_two_approvals_by_one_person
}
