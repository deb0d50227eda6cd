//! What an attacker can add to a request: bots, plan reports, claims, objections and importers. None allows what was denied.

use proptest::prelude::*;
use provisioner::guard::*;
use provisioner::model::UserId;

use super::properties::any_scene;
use super::scene::*;

/// Adds something. Returns `false` if the fact it belongs to is unknown.
type Addition = fn(&mut Scene) -> bool;

/// Adds to a known list.
fn push<T>(list: &mut Option<Vec<T>>, item: T) -> bool {
    list.as_mut().map(|known| known.push(item)).is_some()
}

/// Adds to a list of pushers. An empty list counts as unknown, and stays as it is.
fn push_pusher(scene: &mut Scene, bot: Contributor) -> bool {
    let pushers = scene.request().pushers.as_mut();
    let known = pushers.filter(|known| !known.is_empty());
    known.map(|known| known.push(bot)).is_some()
}

/// Adds a report, and keeps the order of time.
fn report_at(scene: &mut Scene, plan: Option<String>, second: i64) -> bool {
    let report = PlanReport {
        plan,
        at: at(second),
    };
    let Some(reports) = &mut scene.request().reports else {
        return false;
    };
    let later = reports.iter().position(|known| known.at > report.at);
    reports.insert(later.unwrap_or(reports.len()), report);
    true
}

/// A bot that did not review yet, with every permission.
fn new_bot() -> Actor {
    Actor {
        id: UserId(70),
        ..robot().named("new-bot")
    }
}

/// A person who did not review yet, without write permission.
fn outsider() -> Actor {
    Actor {
        id: UserId(71),
        ..rex().named("outsider").may(Permission::Read)
    }
}

const ADDITIONS: &[(&str, Addition)] = &[
    ("with a bot that pushed", |scene| {
        push_pusher(scene, contributor(&robot()))
    }),
    ("with the bot of jobs that pushed", |scene| {
        push_pusher(scene, job_bot())
    }),
    ("with a bot that approves", |scene| {
        push(&mut scene.request().reviews, new_bot().approves())
    }),
    ("with an outsider who approves", |scene| {
        push(&mut scene.request().reviews, outsider().approves())
    }),
    ("with an outsider who objects", |scene| {
        let objects = outsider().reviews(ReviewState::ChangesRequested);
        push(&mut scene.request().reviews, objects)
    }),
    ("with the plan reported after the reviews", |scene| {
        report_at(scene, Some(plan()), REVIEWED + 1)
    }),
    ("with a failed check before the reviews", |scene| {
        report_at(scene, None, REPORTED + 1)
    }),
    ("with another config of the stack", |scene| {
        let claim = "s3/configs/other-s3.yaml".to_owned();
        push(&mut scene.request().other_claims, claim)
    }),
    ("with a config with errors", |scene| {
        let claim = "s3/configs/broken-s3.yaml".to_owned();
        push(&mut scene.request().broken_claims, claim)
    }),
    ("with an importer", |scene| {
        push(&mut scene.facts.importers, "other".to_owned())
    }),
];

/// Another plan that was reported before the reviews. A deletion may be approved after any plan, because its digest is confirmed.
fn with_another_plan(kind: EffectKind, scene: &mut Scene) -> bool {
    !kind.deletes() && report_at(scene, Some("d".repeat(64)), REPORTED + 1)
}

#[test]
fn every_addition_changes_an_allowed_scene() {
    for (what, add) in ADDITIONS {
        let mut scene = Scene::commanded(EffectKind::Delete);
        let before = scene.facts.clone();
        assert!(add(&mut scene), "{what}");
        assert_ne!(scene.facts, before, "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_what_an_attacker_can_add_never_allows((kind, scene) in any_scene()) {
        if !scene.codes(kind).is_empty() {
            for (what, add) in ADDITIONS {
                let mut more = scene.clone();
                if add(&mut more) {
                    let allowed = more.codes(kind).is_empty();
                    prop_assert!(!allowed, "{kind:?} is allowed {what}");
                }
            }
            let mut more = scene.clone();
            if with_another_plan(kind, &mut more) {
                let allowed = more.codes(kind).is_empty();
                prop_assert!(!allowed, "{kind:?} is allowed with another plan");
            }
        }
    }
}
