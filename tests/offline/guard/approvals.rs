//! Reviews that a pull request may have, and an independent word on which of them count.

use std::collections::BTreeSet;

use proptest::prelude::*;
use provisioner::guard::*;
use provisioner::model::{CommitSha, UserId};

use super::request::Value;
use super::scene::*;

pub const REVIEWS: &[Value] = &[
    ("one approves", |it| it.reviews([rex().approves()])),
    ("two approve", |it| {
        it.reviews([rex().approves(), eve().approves()]);
    }),
    ("one approves twice", |it| {
        it.reviews([rex().approves(), rex().approves()]);
    }),
    ("none", |it| it.reviews([])),
    ("of another commit", |it| {
        it.reviews([before(rex().approves())]);
    }),
    ("of another commit, then the head", |it| {
        it.reviews([before(rex().approves()), rex().approves()]);
    }),
    ("of the head, then another commit", |it| {
        it.reviews([rex().approves(), before(rex().approves())]);
    }),
    ("by the author", |it| it.reviews([ann().approves()])),
    ("by who pushed", |it| it.reviews([pam().approves()])),
    ("by a machine", |it| it.reviews([robot().approves()])),
    ("by an admin", |it| {
        it.reviews([cleo().of(&[]).may(Permission::Admin).approves()]);
    }),
    ("by who triages", |it| {
        it.reviews([cleo().may(Permission::Triage).approves()]);
    }),
    ("by who reads", |it| {
        it.reviews([cleo().of(&[]).may(Permission::Read).approves()]);
    }),
    ("by who reads, of the list", |it| {
        it.reviews([rex().may(Permission::Read).approves()]);
    }),
    ("by who has left, of the list", |it| {
        it.reviews([rex().may(Permission::None).approves()]);
    }),
    ("by who has left, of the team", |it| {
        it.reviews([cleo().may(Permission::None).approves()]);
    }),
    ("by a name that was taken over", |it| {
        it.reviews([rex().may(None).approves()]);
    }),
    ("by a name in other case", |it| {
        it.reviews([rex().named("ReX").approves()]);
    }),
    ("by a longer name", |it| {
        it.reviews([rex().named("rex2").approves()]);
    }),
    ("by one of the team", |it| it.reviews([cleo().approves()])),
    ("by one of the team in other case", |it| {
        it.reviews([cleo().of(&["Acme/ML"]).approves()]);
    }),
    ("by one of a team of a longer name", |it| {
        it.reviews([cleo().of(&["acme/ml-platform"]).approves()]);
    }),
    ("by one of another's team", |it| {
        it.reviews([cleo().of(&["emca/ml"]).approves()]);
    }),
    ("and one objects", |it| {
        let objects = eve().thinks(ReviewState::ChangesRequested);
        it.reviews([rex().approves(), objects]);
    }),
    ("and an outsider objects", |it| {
        let outsider = cleo().may(Permission::Read);
        let objects = outsider.thinks(ReviewState::ChangesRequested);
        it.reviews([rex().approves(), objects]);
    }),
    ("and one objected before", |it| {
        let objected = before(eve().thinks(ReviewState::ChangesRequested));
        it.reviews([objected, rex().approves()]);
    }),
    ("then objects", |it| {
        it.reviews([
            rex().approves(),
            rex().thinks(ReviewState::ChangesRequested),
        ]);
    }),
    ("objects, then approves", |it| {
        it.reviews([
            rex().thinks(ReviewState::ChangesRequested),
            rex().approves(),
        ]);
    }),
    ("dismissed", |it| {
        it.reviews([rex().thinks(ReviewState::Dismissed)]);
    }),
    ("then dismissed", |it| {
        it.reviews([rex().approves(), rex().thinks(ReviewState::Dismissed)]);
    }),
    ("dismissed, then approved again", |it| {
        it.reviews([rex().thinks(ReviewState::Dismissed), rex().approves()]);
    }),
    ("unknown", |it| it.request().reviews = None),
];

/// People whose approval counts, said once more and in another way than the guard says it: by person, not by review.
pub fn counting(request: &ChangeRequest, approvers: &[&str]) -> BTreeSet<UserId> {
    let mut counting = BTreeSet::new();
    let (Some(reviews), Some(author), Some(pushers), Some(head)) = (
        &request.reviews,
        request.author,
        &request.pushers,
        &request.head,
    ) else {
        return counting;
    };
    for Review { by, .. } in reviews {
        let last = reviews.iter().rfind(|it| it.by.id == by.id).unwrap();
        let is_approval = last.opinion == ReviewState::Approved && last.commit == *head;
        let is_another = by.id != author && !pushers.is_empty() && !pushers.contains(&by.id);
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

fn is_listed(person: &Actor, approvers: &[&str]) -> bool {
    let mut names = vec![format!("@{}", person.login)];
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
        ..person.may(permission).of(teams)
    })
}

fn any_commit() -> impl Strategy<Value = CommitSha> {
    prop_oneof![4 => Just(head()), 1 => Just(another())]
}

fn any_review() -> impl Strategy<Value = Review> {
    use ReviewState::{Approved, ChangesRequested, Dismissed};
    let opinion =
        prop_oneof![6 => Just(Approved), 1 => Just(ChangesRequested), 1 => Just(Dismissed)];
    (any_person(), opinion, any_commit()).prop_map(|(by, opinion, commit)| Review {
        by,
        opinion,
        commit,
    })
}

/// Reviews, oldest first, some of them of the same people. A person is the same in all of them.
pub fn any_reviews() -> impl Strategy<Value = Vec<Review>> {
    prop::collection::vec(any_review(), 0..6).prop_map(|mut reviews| {
        for at in 1..reviews.len() {
            let (before, rest) = reviews.split_at_mut(at);
            if let Some(known) = before.iter().find(|it| it.by.id == rest[0].by.id) {
                rest[0].by = known.by.clone();
            }
        }
        reviews
    })
}
