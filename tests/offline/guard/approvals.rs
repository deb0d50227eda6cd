//! Reviews of a pull request, and an independent count of approvals.

use std::collections::BTreeSet;

use proptest::prelude::*;
use provisioner::guard::*;
use provisioner::model::{CommitSha, UserId};

use super::request::Value;
use super::scene::*;

pub const REVIEWS: &[Value] = &[
    ("one approves", |scene| scene.reviews([rex().approves()])),
    ("two approve", |scene| {
        scene.reviews([rex().approves(), eve().approves()]);
    }),
    ("one approves twice", |scene| {
        scene.reviews([rex().approves(), rex().approves()]);
    }),
    ("none", |scene| scene.reviews([])),
    ("of another commit", |scene| {
        scene.reviews([of_another_commit(rex().approves())]);
    }),
    ("of another commit, then the head", |scene| {
        scene.reviews([of_another_commit(rex().approves()), rex().approves()]);
    }),
    ("of the head, then another commit", |scene| {
        scene.reviews([rex().approves(), of_another_commit(rex().approves())]);
    }),
    ("by the author", |scene| scene.reviews([ann().approves()])),
    ("by who pushed", |scene| scene.reviews([pam().approves()])),
    ("by a machine", |scene| scene.reviews([robot().approves()])),
    ("by an admin", |scene| {
        scene.reviews([cleo().in_teams(&[]).may(Permission::Admin).approves()]);
    }),
    ("by who triages", |scene| {
        scene.reviews([cleo().may(Permission::Triage).approves()]);
    }),
    ("by who reads", |scene| {
        scene.reviews([cleo().in_teams(&[]).may(Permission::Read).approves()]);
    }),
    ("by who reads, of the list", |scene| {
        scene.reviews([rex().may(Permission::Read).approves()]);
    }),
    ("by who has left, of the list", |scene| {
        scene.reviews([rex().may(Permission::None).approves()]);
    }),
    ("by who has left, of the team", |scene| {
        scene.reviews([cleo().may(Permission::None).approves()]);
    }),
    ("by a name that was taken over", |scene| {
        scene.reviews([rex().may(None).approves()]);
    }),
    ("by a name in other case", |scene| {
        scene.reviews([rex().named("ReX").approves()]);
    }),
    ("by a longer name", |scene| {
        scene.reviews([rex().named("rex2").approves()]);
    }),
    ("by one of the team", |scene| {
        scene.reviews([cleo().approves()])
    }),
    ("by one of the team in other case", |scene| {
        scene.reviews([cleo().in_teams(&["Acme/ML"]).approves()]);
    }),
    ("by one of a team of a longer name", |scene| {
        scene.reviews([cleo().in_teams(&["acme/ml-platform"]).approves()]);
    }),
    ("by one of another's team", |scene| {
        scene.reviews([cleo().in_teams(&["emca/ml"]).approves()]);
    }),
    ("and one objects", |scene| {
        let objects = eve().reviews(ReviewState::ChangesRequested);
        scene.reviews([rex().approves(), objects]);
    }),
    ("and an outsider objects", |scene| {
        let outsider = cleo().may(Permission::Read);
        let objects = outsider.reviews(ReviewState::ChangesRequested);
        scene.reviews([rex().approves(), objects]);
    }),
    ("and one objected before", |scene| {
        let objected = of_another_commit(eve().reviews(ReviewState::ChangesRequested));
        scene.reviews([objected, rex().approves()]);
    }),
    ("then objects", |scene| {
        scene.reviews([
            rex().approves(),
            rex().reviews(ReviewState::ChangesRequested),
        ]);
    }),
    ("objects, then approves", |scene| {
        scene.reviews([
            rex().reviews(ReviewState::ChangesRequested),
            rex().approves(),
        ]);
    }),
    ("dismissed", |scene| {
        scene.reviews([rex().reviews(ReviewState::Dismissed)]);
    }),
    ("then dismissed", |scene| {
        scene.reviews([rex().approves(), rex().reviews(ReviewState::Dismissed)]);
    }),
    ("dismissed, then approved again", |scene| {
        scene.reviews([rex().reviews(ReviewState::Dismissed), rex().approves()]);
    }),
    ("unknown", |scene| scene.request().reviews = None),
];

/// People whose approval counts, said once more and in another way than the guard says it: by person, not by review.
/// A person's latest review by the forge's clock; among equal or unknown times the one listed last, except that an undated one withdraws
/// no request for changes.
pub fn latest(reviews: &[Review], person: UserId) -> &Review {
    let own = reviews.iter().filter(|review| review.by.id == person);
    own.reduce(|known, next| match (known.at, next.at) {
        (Some(known_at), Some(next_at)) if next_at < known_at => known,
        (Some(_), Some(_)) => next,
        _ if known.state == ReviewState::ChangesRequested => known,
        _ => next,
    })
    .unwrap()
}

pub fn counting(kind: EffectKind, request: &ChangeRequest, approvers: &[&str]) -> BTreeSet<UserId> {
    let mut counting = BTreeSet::new();
    let lasts = !matches!(kind, EffectKind::Test);
    let deletes = kind.deletes();
    let (Some(reviews), Some(author), Some(pushers), Some(head), Some(arrived)) = (
        &request.reviews,
        &request.author,
        &request.pushers,
        &request.head,
        request.head_arrived,
    ) else {
        return counting;
    };
    for Review { by, .. } in reviews {
        let last = latest(reviews, by.id);
        let is_approval = last.state == ReviewState::Approved
            && last.commit == *head
            && last.at > Some(arrived)
            && (!lasts || is_of_plan(request, last, deletes));
        let pushed = pushers.iter().any(|pusher| pusher.id == by.id);
        let is_another = by.id != author.id && !pushers.is_empty() && !pushed;
        let may = match last.by.permission {
            None | Some(Permission::None) => false,
            Some(Permission::Read | Permission::Triage) => is_listed(&last.by, approvers),
            Some(Permission::Write | Permission::Maintain | Permission::Admin) => {
                approvers.is_empty() || is_listed(&last.by, approvers)
            }
        };
        if is_approval && is_another && may && !last.by.bot {
            counting.insert(by.id);
        }
    }
    counting
}

/// Whether the last report before a review showed the plan that would run, or before a deletion any plan.
fn is_of_plan(request: &ChangeRequest, review: &Review, deletes: bool) -> bool {
    let mut reports = request.reports.iter().flatten();
    let Some(report) = reports.rfind(|report| Some(report.at) < review.at) else {
        return false;
    };
    match (&report.plan, &request.shown) {
        (Some(_), _) if deletes => true,
        (Some(plan), Some(shown)) => *plan == shown.plan,
        _ => false,
    }
}

fn is_listed(person: &Actor, approvers: &[&str]) -> bool {
    let mut names = Vec::new();
    if person.permission >= Some(Permission::Write) {
        names.push(format!("@{}", person.login));
    }
    names.extend(person.teams.iter().map(|team| format!("@{team}")));
    names
        .iter()
        .any(|name| approvers.contains(&name.to_lowercase().as_str()))
}

fn any_person() -> impl Strategy<Value = Actor> {
    use Permission::{Admin, Maintain, None, Read, Triage, Write};
    let permissions = [None, Read, Triage, Write, Write, Write, Maintain, Admin];
    let people = [ann(), pam(), rex(), rex(), eve(), cleo(), robot()];
    let teams: [&[&str]; 4] = [&[], &["acme/ml"], &["Acme/Ml"], &["acme/ml-platform"]];
    let parts = (
        prop::sample::select(people.to_vec()),
        prop::option::weighted(0.9, prop::sample::select(permissions.to_vec())),
        prop::sample::select(teams.to_vec()),
        prop::bool::weighted(0.1),
    );
    parts.prop_map(|(person, permission, teams, bot)| Actor {
        bot: bot || person.bot,
        ..person.may(permission).in_teams(teams)
    })
}

fn any_commit() -> impl Strategy<Value = CommitSha> {
    prop_oneof![4 => Just(head()), 1 => Just(another())]
}

fn any_review() -> impl Strategy<Value = Review> {
    use ReviewState::{Approved, ChangesRequested, Dismissed};
    let opinion =
        prop_oneof![6 => Just(Approved), 1 => Just(ChangesRequested), 1 => Just(Dismissed)];
    let times = prop_oneof![6 => Just(Some(REVIEWED)), 1 => Just(Some(ARRIVED)), 1 => Just(Some(REPORTED)), 1 => Just(None)];
    (any_person(), opinion, any_commit(), times).prop_map(|(by, state, commit, time)| Review {
        by,
        state,
        commit,
        at: time.map(at),
    })
}

/// Reviews, oldest first, some of the same people. A person's permissions are the same in all of them.
pub fn any_reviews() -> impl Strategy<Value = Vec<Review>> {
    prop::collection::vec(any_review(), 0..6).prop_map(|mut reviews| {
        for at in 1..reviews.len() {
            let (before, rest) = reviews.split_at_mut(at);
            if let Some(known) = before.iter().find(|known| known.by.id == rest[0].by.id) {
                rest[0].by = known.by.clone();
            }
        }
        reviews
    })
}
