//! Properties of every decision on a pull request.

use std::collections::BTreeMap;

use proptest::prelude::*;
use provisioner::guard::*;
use provisioner::model::UserId;
use provisioner::report::RecordedFacts;

use super::approvals::{any_reviews, counting, latest};
use super::removals::removals;
use super::scene::*;
use super::{Loaded, STACK, denials, request, stack};

/// Policies with their number of approvals and their approvers.
fn policies() -> [(&'static Loaded, usize, &'static [&'static str]); 3] {
    [
        (&ONE_APPROVAL, 1, &[]),
        (&TWO_APPROVALS, 2, &[]),
        (&LISTED_APPROVERS, 1, &["@acme/ml", "@rex"]),
    ]
}

fn any_kind() -> impl Strategy<Value = EffectKind> {
    prop::sample::select(EffectKind::ALL)
}

/// Scenes with few problems, so that other facts decide.
pub fn any_scene() -> impl Strategy<Value = (EffectKind, Scene)> {
    let edits = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let of_the_stack = prop::collection::vec(any::<[prop::sample::Index; 2]>(), 0..2);
    let parts = (
        (any_kind(), any::<bool>(), 0..3_usize),
        prop::option::of(any_reviews()),
        edits,
        of_the_stack,
    );
    parts.prop_map(
        |((kind, commanded, policy), reviews, edits, of_the_stack)| {
            let mut scene = match commanded {
                true => Scene::commanded(kind),
                false => Scene::merged(kind),
            };
            let authority = scene.facts.authority;
            scene.policy = policies()[policy].0;
            scene.facts = Facts {
                deletion: scene.facts.deletion,
                authority,
                ..stack::with_deviations(kind, &of_the_stack)
            };
            if let Some(reviews) = reviews {
                scene.reviews(reviews);
            }
            let known = request::edits();
            for edit in edits {
                edit.get(&known)(&mut scene);
            }
            (kind, scene)
        },
    )
}

/// The same reviews in another order, in which each person's reviews keep theirs.
fn in_another_order() -> impl Strategy<Value = [Vec<Review>; 2]> {
    let owners =
        |reviews: &[Review]| -> Vec<UserId> { reviews.iter().map(|known| known.by.id).collect() };
    any_reviews()
        .prop_flat_map(move |reviews| (Just(owners(&reviews)).prop_shuffle(), Just(reviews)))
        .prop_map(|(owners, reviews)| {
            let mut of_each: BTreeMap<UserId, Vec<Review>> = BTreeMap::new();
            for review in reviews.iter().rev() {
                of_each
                    .entry(review.by.id)
                    .or_default()
                    .push(review.clone());
            }
            let next = |owner: &UserId| of_each.get_mut(owner).unwrap().pop().unwrap();
            let another = owners.iter().map(next).collect();
            [reviews, another]
        })
}

const APPROVAL_CODES: [&str; 8] = [
    "approval-before-plan",
    "approval-missing",
    "approval-stale",
    "approval-by-author",
    "approval-by-pusher",
    "approver-not-allowed",
    "changes-requested",
    "pushers-unknown",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn removing_a_fact_never_allows((kind, scene) in any_scene()) {
        if !scene.codes(kind).is_empty() {
            for (what, less) in removals(kind, &scene) {
                let allowed = less.codes(kind).is_empty();
                prop_assert!(!allowed, "{kind:?} is allowed {what}");
            }
        }
    }

    #[test]
    fn every_permit_was_approved((kind, mut scene) in any_scene()) {
        let policies = policies();
        let (_, needed, approvers) = policies.iter().find(|known| std::ptr::eq(known.0, scene.policy)).unwrap();
        let looks = matches!(kind, EffectKind::Inspect | EffectKind::Preview);
        if !looks && scene.codes(kind).is_empty() {
            let mut people = counting(kind, scene.request(), approvers);
            prop_assert!(people.len() >= *needed);
            let request = scene.request();
            let proposers = request.author.iter().chain(request.pushers.iter().flatten());
            people.extend(proposers.filter(|it| it.kind == AccountKind::Person).map(|it| it.id));
            prop_assert!(people.len() > *needed, "one person more than the approvals");
        }
    }

    #[test]
    fn approved_changes_have_no_approval_denial(
        (kind, policy, reviews) in (any_kind(), 0..3_usize, any_reviews()),
        author in prop::sample::select(vec![ann(), rex()]),
        pushers in prop::sample::subsequence(vec![ann(), pam(), rex()], 0..=2),
    ) {
        let (policy, needed, approvers) = policies()[policy];
        let mut scene = Scene::commanded(kind);
        scene.policy = policy;
        scene.reviews(reviews.clone());
        scene.request().author = Some(contributor(&author));
        scene.request().pushers = Some(pushers.iter().map(contributor).collect());
        let objected = reviews.iter().any(|it| latest(&reviews, it.by.id).state == ReviewState::ChangesRequested);
        let approved = counting(kind, scene.request(), approvers).len() >= needed && !objected;
        let looks = matches!(kind, EffectKind::Inspect | EffectKind::Preview);
        let denied = scene.codes(kind).iter().any(|code| APPROVAL_CODES.contains(code));
        prop_assert_eq!(denied, !looks && !approved);
    }

    #[test]
    fn the_order_of_users_does_not_matter(kind in any_kind(), orders in in_another_order(), policy in 0..3_usize) {
        let mut scene = Scene::commanded(kind);
        scene.policy = policies()[policy].0;
        let told = orders.map(|reviews| {
            scene.reviews(reviews);
            denials(kind, scene.policy, &scene.facts)
        });
        prop_assert_eq!(&told[0], &told[1]);
    }

    #[test]
    fn an_inspection_reports_the_same_denials((kind, scene) in any_scene()) {
        let asked = provisioner::guard::denials(kind, scene.policy, &scene.facts, &STACK);
        prop_assert_eq!(asked, denials(kind, scene.policy, &scene.facts));
    }

    #[test]
    fn early_denials_need_no_aws_facts((kind, scene) in any_scene()) {
        let early = |facts: &Facts| denials_before_credentials(kind, scene.policy, facts, &STACK);
        let told = early(&scene.facts);
        let unasked = Facts { authority: scene.facts.authority.clone(), ..Facts::default() };
        prop_assert_eq!(&told, &early(&unasked));
        let at_last = denials(kind, scene.policy, &scene.facts);
        prop_assert!(told.iter().all(|denial| at_last.contains(denial)));
    }

    #[test]
    fn recorded_facts_decide_the_same((kind, mut scene) in any_scene()) {
        // A run always knows the tags of its own stacks.
        scene.facts.owner = owner_tags("s3", &STACK);
        let written = serde_json::to_string(&RecordedFacts::new(&scene.facts)).unwrap();
        let read: RecordedFacts = serde_json::from_str(&written).unwrap();
        let Authority::Request(request) = &scene.facts.authority else {
            return Ok(());
        };
        let read = read.restore("s3", &STACK, request);
        let expected = denials(kind, scene.policy, &scene.facts);
        prop_assert_eq!(denials(kind, scene.policy, &read), expected);
    }
}
