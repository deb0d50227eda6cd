//! Removes an approval, a permission or a fact from a scene.

use provisioner::guard::*;

use super::approvals::latest;
use super::scene::*;

/// Removes a fact. Returns `false` if it was absent.
type Removal = fn(&mut Scene) -> bool;

macro_rules! options {
    ($($name:literal: |$scene:ident| $option:expr;)*) => {
        &[$(($name, |$scene| $option.take().is_some())),*]
    };
}

const STACK_FACTS: &[(&str, Removal)] = options! {
    "without knowing the caller": |scene| scene.facts.caller;
    "without knowing the stack": |scene| scene.facts.stack;
    "without knowing the verdict": |scene| scene.facts.verdict;
    "without knowing the declared impact": |scene| scene.facts.declared;
    "without knowing the digests": |scene| scene.facts.digests;
    "without knowing the importers": |scene| scene.facts.importers;
    "without knowing what would be deleted": |scene| scene.facts.deletion;
    "without knowing the references of the template": |scene| scene.facts.external_references;
    "without knowing the roles of the template": |scene| scene.facts.role_boundaries;
    "without knowing the buckets": |scene| scene.facts.buckets;
    "without knowing whether it is what was shown": |scene| scene.facts.since_shown;
    "without knowing the adoption": |scene| scene.facts.adoption;
};

const REQUEST_FACTS: &[(&str, Removal)] = options! {
    "without knowing whether it was merged": |scene| scene.request().merged;
    "without knowing the target": |scene| scene.request().target;
    "without knowing whether it is of a fork": |scene| scene.request().fork;
    "without knowing the head": |scene| scene.request().head;
    "without knowing the author": |scene| scene.request().author;
    "without knowing who pushed": |scene| scene.request().pushers;
    "without knowing when the head arrived": |scene| scene.request().head_arrived;
    "without knowing the reviews": |scene| scene.request().reviews;
    "without knowing the reported plans": |scene| scene.request().reports;
    "without knowing what was shown": |scene| scene.request().shown;
    "without knowing what it asks": |scene| scene.request().asks;
    "without knowing whether it is current": |scene| scene.request().current;
    "without knowing the claims": |scene| scene.request().other_claims;
    "without knowing the configs with errors": |scene| scene.request().broken_claims;
    "without knowing who gets the identity": |scene| scene.request().identity_limited;
    "without knowing the lock": |scene| scene.request().lock;
    "without knowing why": |scene| scene.request().trigger;
};

const PARTIAL_FACTS: &[(&str, Removal)] = &[
    ("without knowing the owner", |scene| {
        !std::mem::take(&mut scene.facts.owner).is_empty()
    }),
    ("without knowing the protection", |scene| {
        let target = scene.request().target.as_mut();
        target.is_some_and(|known| known.protected.take().is_some())
    }),
    ("without knowing the change set that was shown", |scene| {
        let shown = scene.request().shown.as_mut();
        shown.is_some_and(|known| known.change_set.take().is_some())
    }),
    ("without a confirmation", |scene| {
        edit_command(scene, |command| command.confirm.take().is_some())
    }),
    ("without a report", |scene| {
        edit_command(scene, |command| command.reported.take().is_some())
    }),
    ("without force", |scene| {
        edit_command(scene, |command| std::mem::take(&mut command.force))
    }),
    ("with an actor of no teams", |scene| {
        edit_command(scene, |command| {
            !std::mem::take(&mut command.by.teams).is_empty()
        })
    }),
    ("with an actor who may less", |scene| {
        edit_command(scene, |command| lower(&mut command.by))
    }),
    ("with an actor of unknown permission", |scene| {
        edit_command(scene, |command| command.by.permission.take().is_some())
    }),
];

fn edit_command(scene: &mut Scene, change: impl FnOnce(&mut CommentCommand) -> bool) -> bool {
    let mut changed = false;
    scene.comment(|command| changed = change(command));
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

/// Every scene with one fact removed, and the name of that fact.
pub fn removals(kind: EffectKind, scene: &Scene) -> Vec<(String, Scene)> {
    let fixed = [STACK_FACTS, REQUEST_FACTS, PARTIAL_FACTS].concat();
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
        let is_own = |other: &Review| other.by.id == review.by.id;
        let with = |change: fn(&mut Actor)| {
            let mut changed = reviews.clone();
            let own = changed.iter_mut().filter(|known| is_own(known));
            own.for_each(|known| change(&mut known.by));
            changed
        };
        add("with less permission of", with(|actor| _ = lower(actor)));
        add(
            "with unknown permission of",
            with(|actor| actor.permission = None),
        );
        add("without the teams of", with(|actor| actor.teams.clear()));
        let mut untimed = reviews.clone();
        let own = untimed.iter_mut().filter(|known| is_own(known));
        own.for_each(|known| known.at = None);
        add("without the times of reviews of", untimed);
        if review.state == ReviewState::Approved {
            // An earlier approval must not replace it.
            let gone = |other: &&Review| !(is_own(other) && other.state == ReviewState::Approved);
            add(
                "without approvals of",
                reviews.iter().filter(gone).cloned().collect(),
            );
        }
        // The latest by the clock: the dismissal of an objection may allow.
        let own = latest(&reviews, review.by.id);
        if own.state == ReviewState::Approved {
            let dismissed = Review {
                state: ReviewState::Dismissed,
                ..own.clone()
            };
            add(
                "with a dismissed approval of",
                [&reviews[..], &[dismissed]].concat(),
            );
        }
    }
    removed
}
