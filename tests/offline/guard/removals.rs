//! What can be taken away from what is known: an approval, a permission, a fact.

use provisioner::guard::*;

use super::scene::*;

/// Takes something away. `false`: it was not there.
type Removal = fn(&mut Scene) -> bool;

macro_rules! options {
    ($($name:literal: |$it:ident| $option:expr;)*) => {
        &[$(($name, |$it| $option.take().is_some())),*]
    };
}

const OF_THE_STACK: &[(&str, Removal)] = options! {
    "without knowing the caller": |it| it.facts.caller;
    "without knowing the stack": |it| it.facts.stack;
    "without knowing the verdict": |it| it.facts.verdict;
    "without knowing the digests": |it| it.facts.digests;
    "without knowing the importers": |it| it.facts.importers;
    "without knowing what would be deleted": |it| it.facts.deletion;
    "without knowing the buckets": |it| it.facts.buckets;
};

const OF_THE_REQUEST: &[(&str, Removal)] = options! {
    "without knowing whether it was merged": |it| it.request().merged;
    "without knowing the target": |it| it.request().target;
    "without knowing whether it is of a fork": |it| it.request().fork;
    "without knowing the head": |it| it.request().head;
    "without knowing the author": |it| it.request().author;
    "without knowing who pushed": |it| it.request().pushers;
    "without knowing the reviews": |it| it.request().reviews;
    "without knowing what was shown": |it| it.request().shown;
    "without knowing what it asks": |it| it.request().asks;
    "without knowing whether it is current": |it| it.request().current;
    "without knowing why": |it| it.request().trigger;
};

const OF_PARTS: &[(&str, Removal)] = &[
    ("without knowing the owner", |it| {
        !std::mem::take(&mut it.facts.owner).is_empty()
    }),
    ("without knowing the protection", |it| {
        let target = it.request().target.as_mut();
        target.is_some_and(|it| it.protected.take().is_some())
    }),
    ("without knowing the change set that was shown", |it| {
        let shown = it.request().shown.as_mut();
        shown.is_some_and(|it| it.change_set.take().is_some())
    }),
    ("without a confirmation", |it| {
        of_command(it, |it| it.confirm.take().is_some())
    }),
    ("without a report", |it| {
        of_command(it, |it| it.reported.take().is_some())
    }),
    ("without force", |it| {
        of_command(it, |it| std::mem::take(&mut it.force))
    }),
    ("with an actor of no teams", |it| {
        of_command(it, |it| !std::mem::take(&mut it.by.teams).is_empty())
    }),
    ("with an actor who may less", |it| {
        of_command(it, |it| lower(&mut it.by))
    }),
    ("with an actor of unknown permission", |it| {
        of_command(it, |it| it.by.permission.take().is_some())
    }),
];

fn of_command(scene: &mut Scene, change: impl FnOnce(&mut CommentCommand) -> bool) -> bool {
    let mut changed = false;
    scene.comment(|it| changed = change(it));
    changed
}

fn lower(person: &mut Actor) -> bool {
    use Permission::{Admin, Maintain, None as Nothing, Read, Triage, Write};
    let lower = match person.permission {
        Some(Admin) => Maintain,
        Some(Maintain) => Write,
        Some(Write) => Triage,
        Some(Triage) => Read,
        Some(Read) => Nothing,
        Some(Nothing) | None => return false,
    };
    person.permission = Some(lower);
    true
}

/// Everything that one thing was taken away from, and what that was.
pub fn removals(kind: EffectKind, scene: &Scene) -> Vec<(String, Scene)> {
    let fixed = [OF_THE_STACK, OF_THE_REQUEST, OF_PARTS].concat();
    let mut removed: Vec<(String, Scene)> = Vec::new();
    for (what, remove) in fixed {
        let mut less = scene.clone();
        if remove(&mut less) {
            removed.push((what.to_owned(), less));
        }
    }
    // An inspection needs no known user.
    if !matches!(kind, EffectKind::Inspect | EffectKind::Preview) {
        let mut less = scene.clone();
        less.facts.authority = Authority::Unknown;
        removed.push(("without knowing who asks".to_owned(), less));
    }
    let reviews = scene.clone().request().reviews.clone().unwrap_or_default();
    for review in &reviews {
        let login = &review.by.login;
        let mut add = |what: &str, reviews: Vec<Review>| {
            let mut less = scene.clone();
            less.reviews(reviews);
            removed.push((format!("{what} {login}"), less));
        };
        let is_own = |it: &Review| it.by.id == review.by.id;
        let with = |change: fn(&mut Actor)| {
            let mut changed = reviews.clone();
            let own = changed.iter_mut().filter(|it| is_own(it));
            own.for_each(|it| change(&mut it.by));
            changed
        };
        add("with less permission of", with(|it| _ = lower(it)));
        add(
            "with unknown permission of",
            with(|it| it.permission = None),
        );
        add("without the teams of", with(|it| it.teams.clear()));
        if review.opinion == ReviewState::Approved {
            // An earlier approval is not to take its place.
            let gone = |it: &&Review| !(is_own(it) && it.opinion == ReviewState::Approved);
            add(
                "without approvals of",
                reviews.iter().filter(gone).cloned().collect(),
            );
        }
        if reviews.iter().rfind(|it| is_own(it)).map(|it| it.opinion) == Some(ReviewState::Approved)
        {
            let dismissed = Review {
                opinion: ReviewState::Dismissed,
                ..review.clone()
            };
            add(
                "with a dismissed approval of",
                [&reviews[..], &[dismissed]].concat(),
            );
        }
    }
    removed
}
