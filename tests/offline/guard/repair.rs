//! Repairs: nothing but the repair, by a person, and under the policy of updates.

use provisioner::guard::*;
use provisioner::plan::Verdict;
use provisioner::product::Level;

use super::scene::*;
use super::{codes, policy, stack};

const REPAIRS: [EffectKind; 2] = [EffectKind::Restore, EffectKind::ContinueRollback];

/// A merge, or a comment on a pull request, changes what a config declares. No repair follows from either.
#[test]
fn attack_a_pull_request_requests_no_repair() {
    for kind in REPAIRS {
        let by_hand = stack::allowed_facts(kind);
        assert_eq!(codes(kind, &ONE_APPROVAL, &by_hand), [""; 0], "{kind:?}");
        for scene in [Scene::merged(kind), Scene::commanded(kind)] {
            let denied = scene.codes(kind);
            assert!(
                denied.contains(&"repair-not-requested"),
                "{kind:?}: {denied:?}"
            );
        }
    }
}

#[test]
fn attack_a_repair_with_more_than_the_repair() {
    let reviewed = policy("defaults: {updates: reviewed}");
    for kind in REPAIRS {
        let mut facts = stack::allowed_facts(kind);
        assert_eq!(codes(kind, &reviewed, &facts), [""; 0], "{kind:?}");
        facts.repair = Some(Repair {
            digest: "5".repeat(64),
            beyond: vec!["Bucket /Properties/Tags".to_owned()],
        });
        assert_eq!(codes(kind, &reviewed, &facts), ["repair-changes-more"]);
        facts.repair = None;
        assert_eq!(codes(kind, &reviewed, &facts), ["repair-changes-more"]);
    }
}

/// A request whose reply showed the repair.
fn seen_by(by: Actor) -> RepairRequest {
    RepairRequest {
        by,
        shown: Some(DIGEST.to_owned()),
    }
}

/// Cleo confirms what Ann requested on an issue.
fn on_issue(kind: EffectKind) -> Scene {
    let mut scene = Scene::commanded(kind);
    scene.facts.repair = Some(Repair {
        digest: DIGEST.to_owned(),
        beyond: Vec::new(),
    });
    scene.comment(|command| command.reported = None);
    let request = scene.request();
    *request = ChangeRequest {
        target: request.target.clone(),
        fork: Some(false),
        identity_limited: Some(true),
        lock: Some(LockState::Same),
        other_claims: Some(Vec::new()),
        now: request.now,
        repair: Some(RepairIssue {
            number: 8,
            open: Some(true),
            requests: vec![seen_by(ann())],
            confirmations: vec![RepairConfirmation {
                by: cleo(),
                digest: DIGEST.to_owned(),
            }],
        }),
        trigger: request.trigger.clone(),
        ..ChangeRequest::default()
    };
    scene
}

/// Each fact that is missing or wrong denies.
#[test]
fn attack_a_fact_of_a_repair_is_missing() {
    type Change = fn(&mut Scene);
    type IssueChange = fn(&mut RepairIssue);
    let issue = |scene: &mut Scene, change: IssueChange| {
        change(scene.request().repair.as_mut().unwrap());
    };
    let on_the_issue: [(IssueChange, &str); 9] = [
        (|issue| issue.open = None, "repair-not-requested"),
        (|issue| issue.open = Some(false), "repair-not-requested"),
        (|issue| issue.requests.clear(), "repair-needs-second-person"),
        (
            |issue| issue.requests = vec![seen_by(cleo())],
            "repair-needs-second-person",
        ),
        (
            |issue| issue.requests = vec![seen_by(ann().may(None))],
            "repair-needs-second-person",
        ),
        (
            |issue| issue.requests = vec![seen_by(robot())],
            "repair-needs-second-person",
        ),
        (
            |issue| issue.requests[0].shown = None,
            "repair-needs-second-person",
        ),
        (
            |issue| issue.requests[0].shown = Some("1".repeat(64)),
            "repair-needs-second-person",
        ),
        (|issue| issue.confirmations.clear(), "repair-not-confirmed"),
    ];
    let others: [(Change, &str); 10] = [
        (
            |scene| scene.request().repair = None,
            "repair-not-requested",
        ),
        (|scene| scene.request().lock = None, "product-not-locked"),
        (|scene| scene.request().target = None, "not-default-branch"),
        (|scene| scene.request().fork = None, "fork-not-allowed"),
        (
            |scene| scene.request().identity_limited = None,
            "environment-not-protected",
        ),
        (
            |scene| scene.request().other_claims = None,
            "duplicate-stack",
        ),
        (|scene| scene.request().trigger = None, "actor-not-allowed"),
        (
            |scene| scene.comment(|command| command.confirm = None),
            "repair-not-confirmed",
        ),
        (
            |scene| scene.comment(|command| command.force = false),
            "force-required",
        ),
        (
            |scene| scene.comment(|command| command.by = robot()),
            "actor-not-allowed",
        ),
    ];
    for kind in REPAIRS {
        assert_eq!(on_issue(kind).codes(kind), [""; 0], "{kind:?}");
        for (change, code) in on_the_issue {
            let mut scene = on_issue(kind);
            issue(&mut scene, change);
            let denied = scene.codes(kind);
            assert!(denied.contains(&code), "{kind:?} {code}: {denied:?}");
        }
        for (change, code) in others {
            let mut scene = on_issue(kind);
            change(&mut scene);
            let denied = scene.codes(kind);
            assert!(denied.contains(&code), "{kind:?} {code}: {denied:?}");
        }
    }
}

#[test]
fn attack_an_issue_requests_repairs_only() {
    for kind in EffectKind::ALL {
        let reads = matches!(kind, EffectKind::Inspect | EffectKind::Preview);
        let denied = on_issue(*kind).codes(*kind);
        match reads || REPAIRS.contains(kind) {
            true => assert_eq!(denied, [""; 0], "{kind:?}"),
            false => assert!(
                denied.contains(&"repair-not-requested"),
                "{kind:?}: {denied:?}"
            ),
        }
    }
}

/// A restoration passes the rules of an update, and no config key counts as changed.
#[test]
fn attack_a_restoration_under_the_policy_of_updates() {
    let kind = EffectKind::Restore;
    let facts = |verdict| Facts {
        verdict,
        declared: Some(Level::None),
        ..stack::allowed_facts(kind)
    };
    let in_place = policy("defaults: {updates: in-place}");
    for (verdict, denied) in [
        (Some(Verdict::InPlace), &[][..]),
        (Some(Verdict::Interrupts), &["impact-too-high"]),
        (Some(Verdict::KeepsData), &["impact-too-high"]),
        (Some(Verdict::MayDestroy), &["impact-unknown"]),
        (Some(Verdict::Destroys), &["impact-too-high"]),
        (None, &["impact-unknown"]),
    ] {
        assert_eq!(
            codes(kind, &in_place, &facts(verdict)),
            denied,
            "{verdict:?}"
        );
    }
    let never = policy("defaults: {updates: never}");
    let denied = codes(kind, &never, &facts(Some(Verdict::InPlace)));
    assert_eq!(denied, ["update-not-allowed"]);
}
