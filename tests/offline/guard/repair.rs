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
