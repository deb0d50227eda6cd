//! The facts of a pull request: the values that each kind of effect requires, and the denials for others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use provisioner::diagnostic::Code;
use provisioner::guard::*;

use super::approvals::REVIEWS;
use super::scene::*;
use super::{Loaded, for_every_kind};

/// A value of a fact: its name, and an edit that sets it.
pub type Value = (&'static str, fn(&mut Scene));

struct Fact {
    name: &'static str,
    /// The first value is the allowed one.
    values: &'static [Value],
    /// The values whose combinations are counted. All values would take minutes.
    representatives: &'static [&'static str],
}

const fn fact(
    name: &'static str,
    values: &'static [Value],
    representatives: &'static [&'static str],
) -> Fact {
    Fact {
        name,
        values,
        representatives,
    }
}

fn branch(scene: &mut Scene, name: &str, default: bool, protected: Option<bool>) {
    scene.request().target = Some(Branch {
        name: name.to_owned(),
        default,
        protected,
    });
}

fn shown(scene: &mut Scene, same: bool, change_set: Option<&str>) {
    scene.request().shown = Some(ReviewedPlan {
        plan: "b".repeat(64),
        same,
        change_set: change_set.map(str::to_owned),
        sampled: false,
    });
}

fn actor(scene: &mut Scene, by: Actor) {
    scene.comment(|command| command.by = by);
}

fn confirm(scene: &mut Scene, text: &str) {
    scene.comment(|command| command.confirm = Some(text.to_owned()));
}

const FACTS: &[Fact] = &[
    fact(
        "merged",
        &[
            ("yes", |scene| scene.request().merged = Some(true)),
            ("no", |scene| scene.request().merged = Some(false)),
            ("unknown", |scene| scene.request().merged = None),
        ],
        &["yes", "unknown"],
    ),
    fact(
        "target",
        &[
            ("default, protected", |scene| {
                branch(scene, "main", true, Some(true));
            }),
            ("default, not protected", |scene| {
                branch(scene, "main", true, Some(false));
            }),
            ("default, perhaps protected", |scene| {
                branch(scene, "main", true, None);
            }),
            ("another one, protected", |scene| {
                branch(scene, "release", false, Some(true));
            }),
            ("unknown", |scene| scene.request().target = None),
        ],
        &[],
    ),
    fact(
        "fork",
        &[
            ("no", |scene| scene.request().fork = Some(false)),
            ("yes", |scene| scene.request().fork = Some(true)),
            ("unknown", |scene| scene.request().fork = None),
        ],
        &["no", "unknown"],
    ),
    fact(
        "head",
        &[
            ("reviewed", |scene| scene.request().head = Some(head())),
            ("pushed since", |scene| {
                scene.request().head = Some(another())
            }),
            ("unknown", |scene| scene.request().head = None),
        ],
        &["reviewed", "pushed since"],
    ),
    fact(
        "author",
        &[
            ("another", |it| {
                it.request().author = Some(contributor(&ann()))
            }),
            ("the reviewer", |it| {
                it.request().author = Some(contributor(&rex()))
            }),
            ("the commenter", |it| {
                it.request().author = Some(contributor(&cleo()));
            }),
            ("a bot", |it| {
                it.request().author = Some(contributor(&robot()))
            }),
            ("the bot of jobs", |it| {
                it.request().author = Some(job_bot())
            }),
            ("the commenter", |scene| {
                scene.request().author = Some(contributor(&cleo()));
            }),
            ("unknown", |scene| scene.request().author = None),
        ],
        &[],
    ),
    fact(
        "pushers",
        &[
            ("another", |it| {
                it.request().pushers = Some(vec![contributor(&pam())])
            }),
            ("the reviewer", |it| {
                it.request().pushers = Some(vec![contributor(&rex())]);
            }),
            ("the reviewer among others", |it| {
                it.request().pushers = Some(vec![contributor(&pam()), contributor(&rex())]);
            }),
            ("the commenter", |it| {
                it.request().pushers = Some(vec![contributor(&cleo())]);
            }),
            ("a bot", |it| {
                it.request().pushers = Some(vec![contributor(&robot())]);
            }),
            ("the commenter", |scene| {
                scene.request().pushers = Some(vec![contributor(&cleo())]);
            }),
            ("none", |scene| scene.request().pushers = Some(Vec::new())),
            ("unknown", |scene| scene.request().pushers = None),
        ],
        &["another", "the reviewer"],
    ),
    fact(
        "arrived",
        &[
            ("before", |it| it.request().head_arrived = Some(at(ARRIVED))),
            ("with the review", |it| {
                it.request().head_arrived = Some(at(REVIEWED));
            }),
            ("unknown", |it| it.request().head_arrived = None),
        ],
        &[],
    ),
    fact(
        "reports",
        &[
            ("before", |it| {
                it.request().reports = Some(vec![report(&plan(), REPORTED)]);
            }),
            ("with the review", |it| {
                it.request().reports = Some(vec![report(&plan(), REVIEWED)]);
            }),
            ("the same again since", |it| {
                it.request().reports = Some(vec![
                    report(&plan(), REPORTED),
                    report(&plan(), REVIEWED + 1),
                ]);
            }),
            ("another one before", |it| {
                it.request().reports =
                    Some(vec![report("c", REPORTED), report(&plan(), REVIEWED + 1)]);
            }),
            ("none", |it| it.request().reports = Some(Vec::new())),
            ("unknown", |it| it.request().reports = None),
        ],
        &[],
    ),
    fact(
        "reviews",
        REVIEWS,
        &["one approves", "two approve", "and one objects", "unknown"],
    ),
    fact(
        "shown",
        &[
            ("the same", |scene| shown(scene, true, Some("a"))),
            ("another plan", |scene| shown(scene, false, Some("a"))),
            ("another change set", |scene| shown(scene, true, Some("b"))),
            ("no change set", |scene| shown(scene, true, None)),
            ("unknown", |scene| scene.request().shown = None),
        ],
        &[],
    ),
    fact(
        "claims",
        &[
            ("this config alone", |scene| {
                scene.request().other_claims = Some(Vec::new());
            }),
            ("another config too", |scene| {
                scene.request().other_claims = Some(vec!["s3/configs/b-s3.yaml".to_owned()]);
            }),
            ("unknown", |scene| scene.request().other_claims = None),
        ],
        &[],
    ),
    fact(
        "broken claims",
        &[
            ("no config with errors", |scene| {
                scene.request().broken_claims = Some(Vec::new());
            }),
            ("a config with errors", |scene| {
                scene.request().broken_claims = Some(vec!["s3/configs/b-s3.yaml".to_owned()]);
            }),
            ("unknown", |scene| scene.request().broken_claims = None),
        ],
        &[],
    ),
    fact(
        "asks",
        &[
            ("provision", |scene| {
                scene.request().asks = Some(RequestedChange::Provision);
            }),
            ("delete", |scene| {
                scene.request().asks = Some(RequestedChange::Delete)
            }),
            ("an import", |scene| {
                scene.request().asks = Some(RequestedChange::Import);
                scene.request().imports = vec![bucket("acme-data")];
            }),
            ("unknown", |scene| scene.request().asks = None),
        ],
        &[],
    ),
    fact(
        "current",
        &[
            ("yes", |scene| scene.request().current = Some(true)),
            ("no", |scene| scene.request().current = Some(false)),
            ("unknown", |scene| scene.request().current = None),
        ],
        &[],
    ),
    fact(
        "identity",
        &[
            ("of the default branch", |scene| {
                scene.request().identity_limited = Some(true);
            }),
            ("of other branches too", |scene| {
                scene.request().identity_limited = Some(false);
            }),
            ("unknown", |scene| scene.request().identity_limited = None),
        ],
        &[],
    ),
    // Facts of the comment follow the trigger.
    fact(
        "trigger",
        &[
            ("a comment", |scene| {
                scene.request().trigger = Some(Trigger::Comment(comment()));
            }),
            ("the change itself", |scene| {
                scene.request().trigger = Some(Trigger::Change);
            }),
            ("unknown", |scene| scene.request().trigger = None),
        ],
        &["a comment", "the change itself", "unknown"],
    ),
    fact(
        "actor",
        &[
            ("may push, and approves", |scene| actor(scene, cleo())),
            ("may push, is of no team", |scene| {
                actor(scene, cleo().in_teams(&[]))
            }),
            ("maintains", |scene| {
                actor(scene, cleo().may(Permission::Maintain));
            }),
            ("triages", |scene| {
                actor(scene, cleo().may(Permission::Triage))
            }),
            ("reads", |scene| actor(scene, cleo().may(Permission::Read))),
            ("has left", |scene| {
                actor(scene, cleo().may(Permission::None))
            }),
            ("has a name that was taken over", |scene| {
                actor(scene, cleo().may(None));
            }),
            ("is a machine", |scene| actor(scene, robot())),
            ("is the author", |scene| {
                actor(scene, ann().in_teams(&["acme/ml"]))
            }),
            ("pushed the head", |scene| {
                actor(scene, pam().in_teams(&["acme/ml"]))
            }),
            ("is the reviewer", |scene| actor(scene, rex())),
        ],
        &["may push, and approves", "reads", "is the author"],
    ),
    fact(
        "force",
        &[
            ("yes", |scene| scene.comment(|command| command.force = true)),
            ("no", |scene| scene.comment(|command| command.force = false)),
        ],
        &[],
    ),
    fact(
        "confirm",
        &[
            ("all digits", |scene| confirm(scene, DIGEST)),
            ("16 digits", |scene| confirm(scene, &DIGEST[..16])),
            ("15 digits", |scene| confirm(scene, &DIGEST[..15])),
            ("upper case", |scene| {
                confirm(scene, &DIGEST.to_ascii_uppercase());
            }),
            ("digits from the middle", |scene| {
                confirm(scene, &DIGEST[1..33])
            }),
            ("more digits than there are", |scene| {
                confirm(scene, &format!("{DIGEST}0"));
            }),
            ("an older digest", |scene| confirm(scene, &"f".repeat(64))),
            ("nothing", |scene| confirm(scene, "")),
            ("missing", |scene| {
                scene.comment(|command| command.confirm = None)
            }),
        ],
        &["16 digits", "missing"],
    ),
    fact(
        "reported",
        &[
            ("the head", |scene| {
                scene.comment(|command| command.reported = Some(head()));
            }),
            ("another commit", |scene| {
                scene.comment(|command| command.reported = Some(another()));
            }),
            ("nothing", |scene| {
                scene.comment(|command| command.reported = None)
            }),
        ],
        &["the head", "nothing"],
    ),
    fact(
        "deletion",
        &[
            ("known", |scene| {
                scene.facts.deletion = Some(DIGEST.to_owned())
            }),
            ("changed since", |scene| {
                scene.facts.deletion = Some("e".repeat(64));
            }),
            ("short", |scene| {
                scene.facts.deletion = Some(DIGEST[..8].to_owned());
            }),
            ("unknown", |scene| scene.facts.deletion = None),
        ],
        &[],
    ),
];

/// All edits.
pub fn edits() -> Vec<fn(&mut Scene)> {
    let values = FACTS.iter().flat_map(|fact| fact.values);
    values.map(|(_, set)| *set).collect()
}

/// Kinds of effects in the shortest form: listed, or all but some.
fn shortest_list(some: &[EffectKind], kinds: &[EffectKind]) -> String {
    let names = |kinds: &[EffectKind]| {
        let names = kinds.iter().map(|kind| format!("{kind:?}"));
        names.collect::<Vec<_>>().join(" ")
    };
    let others = kinds.iter().filter(|kind| !some.contains(kind));
    let others: Vec<EffectKind> = others.copied().collect();
    match others.len() < some.len() {
        true => format!("all but {}", names(&others)),
        false => names(some),
    }
}

/// Denials of each single deviation, with the denied kinds; the others are allowed. `kinds` are allowed without a deviation. Facts
/// without an effect are listed by name.
fn table(
    policy: &'static Loaded,
    base: fn(EffectKind) -> Scene,
    kinds: &[EffectKind],
    only: &[&str],
) -> String {
    let mut table = String::new();
    let mut without_effect = Vec::new();
    for fact in FACTS {
        if !only.is_empty() && !only.contains(&fact.name) {
            continue;
        }
        let rows = fact.values.iter().map(|(value, set)| {
            let mut by_codes: BTreeMap<String, Vec<EffectKind>> = BTreeMap::new();
            for kind in kinds {
                let mut scene = base(*kind);
                scene.policy = policy;
                set(&mut scene);
                let codes = scene.codes(*kind).join(", ");
                by_codes.entry(codes).or_default().push(*kind);
            }
            by_codes.remove("");
            (value, by_codes)
        });
        let rows: Vec<_> = rows.collect();
        if rows.iter().all(|(_, by_codes)| by_codes.is_empty()) {
            without_effect.push(fact.name);
            continue;
        }
        for (value, by_codes) in rows {
            let told = by_codes
                .iter()
                .map(|(codes, denied)| match denied.len() == kinds.len() {
                    true => codes.clone(),
                    false => format!("{codes} ({})", shortest_list(denied, kinds)),
                });
            let told: Vec<String> = told.collect();
            let told = match told.is_empty() {
                true => "allowed".to_owned(),
                false => told.join(&format!("\n{:46}", "")),
            };
            writeln!(table, "  {:8} {value:34} {told}", fact.name).unwrap();
        }
    }
    if !without_effect.is_empty() {
        writeln!(table, "  whatever: {}", without_effect.join(", ")).unwrap();
    }
    table
}

/// Calls `seen` for all combinations of representatives, from the fact at `at` on.
fn for_all(scene: &mut Scene, at: usize, seen: &mut dyn FnMut(&Scene)) {
    let Some(fact) = FACTS.get(at) else {
        return seen(scene);
    };
    let counts = |value: &&Value| fact.representatives.contains(&value.0);
    for (_, set) in fact.values.iter().filter(counts) {
        set(scene);
        for_all(scene, at + 1, seen);
    }
    if fact.representatives.is_empty() {
        for_all(scene, at + 1, seen);
    }
}

/// The number of allowed combinations under each policy, and all denials: no combination allows what no single fact allows.
fn counted(kind: EffectKind) -> String {
    let mut told = BTreeSet::new();
    let policies = [
        ("one", &*ONE_APPROVAL),
        ("two", &*TWO_APPROVALS),
        ("of the list", &*LISTED_APPROVERS),
    ];
    let counts = policies.map(|(name, policy)| {
        let (mut all, mut allowed) = (0_u32, 0_u32);
        let mut scene = Scene::commanded(kind);
        scene.policy = policy;
        for_all(&mut scene, 0, &mut |scene| {
            let denials = scene.codes(kind);
            all += 1;
            allowed += u32::from(denials.is_empty());
            told.extend(denials);
        });
        format!("{name}: {allowed} of {all}")
    });
    let told: Vec<&str> = told.into_iter().collect();
    assert!(
        told.iter().all(|code| Code::of_engine(code).is_some()),
        "{told:?}"
    );
    let counts = counts.join(", ");
    format!(
        "{kind:?}: allowed by {counts}; denials: {}\n",
        told.join(", ")
    )
}

/// This part of the truth table.
pub fn page() -> String {
    let kinds = EffectKind::ALL.iter().copied();
    let lasts = |kind: &EffectKind| !matches!(kind, EffectKind::Inspect | EffectKind::Preview);
    let by_itself: Vec<EffectKind> = kinds
        .clone()
        .filter(|kind| Scene::merged(*kind).codes(*kind).is_empty())
        .collect();
    let lasting: Vec<EffectKind> = kinds.filter(lasts).collect();
    let mut page = String::new();
    let mut add = |title: &str, table: String| writeln!(page, "{title}\n{table}").unwrap();
    add(
        "A pull request, by a comment",
        table(&ONE_APPROVAL, Scene::commanded, EffectKind::ALL, &[]),
    );
    add(
        &format!("A pull request, by the change itself: {by_itself:?}"),
        table(&ONE_APPROVAL, Scene::merged, &by_itself, &[]),
    );
    add(
        "Two approvals asked for",
        table(&TWO_APPROVALS, Scene::commanded, &lasting, &["reviews"]),
    );
    add(
        "An approval of @acme/ml or @rex asked for",
        table(
            &LISTED_APPROVERS,
            Scene::commanded,
            &lasting,
            &["reviews", "actor"],
        ),
    );
    page + &for_every_kind(counted)
}
