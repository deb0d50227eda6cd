//! What was merged is what the reviewers saw: the status of the check proves nothing by itself.

use super::*;

const CONTEXT: &str = "provisioner/plan";
/// Without a plan that the check reported, no approval came after it.
const UNPROVEN: &[&str] = &["plan-changed", "approval-missing", "approval-before-plan"];

/// A proposal that no check saw.
fn unchecked<W: ForgeWorld>() -> (W, Pull<W::Forge>) {
    let world = W::new(&policy(""));
    world.workdir().write_config(CONFIG);
    let path = world.workdir().path();
    let pull = world.opened(7, |commit| commit.write(&path, world.text()));
    (world, pull)
}

fn attack_no_check_ran<W: ForgeWorld>() {
    let (world, pull) = unchecked::<W>();
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, UNPROVEN);
    insta::assert_snapshot!("unchecked", world.comment(7, "provision"));
}

fn attack_a_foreign_check_status<W: ForgeWorld>() {
    let (world, pull) = unchecked::<W>();
    let (head, bob) = (pull.head_sha(), world.user("bob"));
    W::Forge::status(world.repo(), &head, CONTEXT, true, &bob);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, UNPROVEN);
}

fn attack_a_newer_foreign_status_voids_ours<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let (head, mallory) = (pull.head_sha(), world.user("mallory"));
    W::Forge::status(world.repo(), &head, CONTEXT, true, &mallory);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, UNPROVEN);
}

fn attack_a_failed_check_does_not_count<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let (head, own) = (pull.head_sha(), world.check_user());
    W::Forge::status(world.repo(), &head, CONTEXT, false, &own);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, UNPROVEN);
}

/// Whoever has the token of the check writes a status with another plan.
fn attack_another_digest_in_our_status<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let (head, own) = (pull.head_sha(), world.check_user());
    let id = W::Forge::status(world.repo(), &head, CONTEXT, true, &own);
    let forged = format!("1 create · plan {}", "a".repeat(64));
    W::Forge::describe_status(world.repo(), id, &forged);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["plan-changed"]);
}

/// Who approved before the plan was reported did not see it.
fn attack_a_plan_reported_after_the_approval<W: ForgeWorld>() {
    let (world, pull) = unchecked::<W>();
    world.approve(&pull, "bob");
    world.check(&pull);
    let before = world.merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    insta::assert_snapshot!("approved_unseen", world.comment(7, "provision"));
    world.assert_stack(false);
    world.fake().take_writes();
}

on_both_forges! {
    attack_no_check_ran
    attack_a_foreign_check_status
    attack_a_newer_foreign_status_voids_ours
    attack_a_failed_check_does_not_count
    attack_another_digest_in_our_status
    attack_a_plan_reported_after_the_approval
}
