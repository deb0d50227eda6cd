//! Attacks on who approved, and on when: moved and early approvals, bots as persons, and logins that others took.

use std::sync::LazyLock;

use provisioner::guard::*;

use super::attack::{CHANGING_KINDS, DELETING_KINDS, PERMANENT_KINDS, assert_denied};
use super::scene::*;
use super::{Loaded, policy};

/// Threat 40: the forge moves an old approval to the head that it created itself.
#[test]
fn attack_approval_moved_to_a_later_head() {
    for arrived in [Some(at(REVIEWED)), Some(at(REVIEWED + 1)), None] {
        let moved = |scene: &mut Scene| scene.request().head_arrived = arrived;
        assert_denied(
            &CHANGING_KINDS,
            moved,
            &["approval-missing", "approval-stale"],
        );
    }
    let untimed = |scene: &mut Scene| {
        scene.reviews([Review {
            at: None,
            ..rex().approves()
        }]);
    };
    assert_denied(
        &CHANGING_KINDS,
        untimed,
        &["approval-missing", "approval-stale"],
    );
}

/// Threat 39: after the approval, the check runs again and reports another change set.
#[test]
fn attack_plan_reported_after_the_approval() {
    let missing = ["approval-missing", "approval-before-plan"];
    let changed = |scene: &mut Scene| {
        let before = report(&"c".repeat(64), REPORTED);
        scene.request().reports = Some(vec![before, report(&plan(), REVIEWED + 1)]);
    };
    assert_denied(&PERMANENT_KINDS, changed, &missing);
    for reports in [
        Some(vec![report(&plan(), REVIEWED)]),
        Some(vec![report(&plan(), REVIEWED + 1)]),
        Some(Vec::new()),
        None,
    ] {
        let unseen = |scene: &mut Scene| scene.request().reports.clone_from(&reports);
        assert_denied(&PERMANENT_KINDS, unseen, &missing);
        assert_denied(&DELETING_KINDS, unseen, &missing);
    }
}

/// Threat 39: between the plan and the approval, a check fails, or another identity reports.
#[test]
fn attack_approval_after_a_report_without_a_plan() {
    let hidden = |scene: &mut Scene| {
        let failed = PlanReport {
            plan: None,
            at: at(REPORTED + 1),
        };
        let again = report(&plan(), REVIEWED + 1);
        scene.request().reports = Some(vec![report(&plan(), REPORTED), failed, again]);
    };
    assert_denied(
        &PERMANENT_KINDS,
        hidden,
        &["approval-missing", "approval-before-plan"],
    );
}

#[test]
fn the_same_plan_reported_again_voids_no_approval() {
    let again = |scene: &mut Scene| {
        let later = report(&plan(), REVIEWED + 1);
        scene.request().reports = Some(vec![report(&plan(), REPORTED), later]);
    };
    assert_denied(&PERMANENT_KINDS, again, &[]);
}

/// Threat 37: a workflow pushes and opens the pull request, and its author approves and confirms.
#[test]
fn attack_one_person_and_a_bot() {
    let bots = |scene: &mut Scene| {
        scene.request().author = Some(job_bot());
        scene.request().pushers = Some(vec![job_bot(), contributor(&robot())]);
    };
    assert_denied(&PERMANENT_KINDS, bots, &["approval-missing"]);
    let alone = |scene: &mut Scene| {
        bots(scene);
        scene.reviews([cleo().approves()]);
    };
    let wanted = ["approval-missing", "delete-needs-second-person"];
    assert_denied(&DELETING_KINDS, alone, &wanted);
    let two = |scene: &mut Scene| {
        bots(scene);
        scene.reviews([rex().approves(), eve().approves()]);
    };
    assert_denied(&CHANGING_KINDS, two, &[]);
}

/// Threat 37: a bot that the policy lists counts as its owner, who then cannot approve.
#[test]
fn attack_the_owner_of_a_bot_approves() {
    static OWNED: LazyLock<Loaded> = LazyLock::new(|| {
        policy("defaults: {updates: reviewed}\nbots: {'6': '@rex#3', '7': '@rex#3'}")
    });
    let owned = |bot: Contributor| {
        move |scene: &mut Scene| {
            scene.policy = &OWNED;
            scene.request().author = Some(bot.clone());
            scene.request().pushers = Some(vec![bot.clone()]);
        }
    };
    let robot = contributor(&robot());
    let wanted = ["approval-missing", "approval-by-author"];
    assert_denied(&CHANGING_KINDS, owned(robot.clone()), &wanted);
    let by_eve = |scene: &mut Scene| {
        owned(robot.clone())(scene);
        scene.reviews([eve().approves()]);
    };
    assert_denied(&CHANGING_KINDS, by_eve, &[]);
    // The forge's bot of jobs has no owner, whatever the policy says.
    assert_denied(&PERMANENT_KINDS, owned(job_bot()), &["approval-missing"]);
}

/// Threat 50: the listed login was given up and taken by a person without write permission.
#[test]
fn attack_a_listed_login_without_write_permission() {
    for permission in [Permission::Read, Permission::Triage] {
        let taken = |scene: &mut Scene| {
            scene.policy = &LISTED_APPROVERS;
            scene.reviews([rex().may(permission).approves()]);
        };
        let wanted = ["approval-missing", "approver-not-allowed"];
        assert_denied(&[EffectKind::Create], taken, &wanted);
    }
}

/// Threat 50: the policy pins the account id.
#[test]
fn attack_a_pinned_login_with_another_id() {
    static PINNED: LazyLock<Loaded> = LazyLock::new(|| {
        policy(
            "defaults: {updates: reviewed}\n\
             environments: {prod: {approvers: ['@rex#33', '@eve#4']}}",
        )
    });
    let other = |scene: &mut Scene| scene.policy = &PINNED;
    let wanted = ["approval-missing", "approver-not-allowed"];
    assert_denied(&[EffectKind::Create], other, &wanted);
    let renamed = |scene: &mut Scene| {
        scene.policy = &PINNED;
        scene.reviews([eve().named("evelyn").in_teams(&[]).approves()]);
    };
    assert_denied(&[EffectKind::Create], renamed, &[]);
}
