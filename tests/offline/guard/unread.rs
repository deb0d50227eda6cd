//! A denial claims only facts that were read. A missing fact is said to be missing.

use provisioner::guard::*;

use super::attack::PERMANENT_KINDS;
use super::denials;
use super::removals::removals;
use super::scene::*;

/// Words of a denial that says what is not known, or what the fact may be.
const OPEN: &[&str] = &[
    "not known",
    " may ",
    "does not count",
    "no comment requests",
    "cannot be computed again",
];

#[test]
fn attack_a_denial_claims_no_fact_that_was_not_read() {
    for kind in EffectKind::ALL.iter().copied() {
        for scene in [Scene::merged(kind), Scene::commanded(kind)] {
            if !scene.codes(kind).is_empty() {
                continue;
            }
            let unread = removals(kind, &scene).into_iter();
            for (what, less) in unread.filter(|(what, _)| what.starts_with("without knowing")) {
                for denial in denials(kind, less.policy, &less.facts) {
                    // Without the tags of the owner, no stack can be its own; an approval that may not count is missing.
                    let is_absence =
                        ["stack-not-owned", "approval-missing"].contains(&denial.code.as_str());
                    let is_open = OPEN.iter().any(|words| denial.fact.contains(words));
                    assert!(is_open || is_absence, "{kind:?} {what}: {denial:?}");
                }
            }
        }
    }
}

/// Nothing of a pull request is read if none is known. It is denied for this one reason.
#[test]
fn attack_a_change_without_a_pull_request_has_one_denial() {
    for kind in PERMANENT_KINDS {
        let mut scene = Scene::merged(kind);
        let is_update = kind == EffectKind::Update;
        let request = scene.request();
        *request = ChangeRequest {
            number: 0,
            merged: Some(false),
            head: None,
            author: None,
            pushers: None,
            head_arrived: None,
            reviews: Some(Vec::new()),
            reports: None,
            // Without it another rule, which needs no pull request, denies the update of an existing stack.
            shown: request.shown.clone().filter(|_| is_update),
            identity_limited: None,
            ..request.clone()
        };
        assert_eq!(scene.codes(kind), ["not-merged"], "{kind:?}");
    }
}
