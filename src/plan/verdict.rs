//! Computed impact: what a change set would do to each resource, and to the data in it.
//!
//! Whatever the API leaves open, or says in a word that it did not have when this was written, is judged as the worst that it
//! could mean.

use serde::Serialize;

use crate::product::Level;
use crate::stack::{
    ChangeAction, ChangeSet, Detail, PolicyAction, Recreation, Replacement, ResourceChange,
};
use crate::template::holds_data;

const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// What becomes of a resource and its data, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing that exists changes.
    None,
    /// Changed in place.
    InPlace,
    /// Deleted or replaced; it holds no data, but is not there for a while, or is another one.
    Interrupts,
    /// Replaced or removed; what it held stays behind.
    KeepsData,
    /// Data may be lost.
    MayDestroy,
    /// Data is lost.
    Destroys,
}

impl Verdict {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::InPlace => "in place",
            Self::Interrupts => "interrupts",
            Self::KeepsData => "replaces, keeps data",
            Self::MayDestroy => "may destroy data",
            Self::Destroys => "destroys data",
        }
    }

    /// The level at which it counts beside declared impact.
    pub fn level(self) -> Level {
        match self {
            Self::None => Level::None,
            Self::InPlace => Level::Safe,
            Self::Interrupts | Self::KeepsData => Level::High,
            Self::MayDestroy | Self::Destroys => Level::Critical,
        }
    }
}

/// A verdict, how sure it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// What becomes of it.
    pub verdict: Verdict,
    /// Whether it is sure to happen; otherwise it may.
    pub certain: bool,
    /// Why, in a few words.
    pub reason: String,
}

/// The worst that a change set does; `None` if it does nothing.
pub fn worst(change_set: &ChangeSet) -> Verdict {
    let verdicts = change_set
        .changes
        .iter()
        .map(|change| judge(change).verdict);
    verdicts.max().unwrap_or(Verdict::None)
}

/// What a change means for the resource and its data.
pub fn judge(change: &ResourceChange) -> Judgement {
    let data = holds_data(&change.kind);
    let judged = match &change.action {
        ChangeAction::Add => certain(Verdict::None, "a new resource"),
        ChangeAction::Import => certain(Verdict::None, "an existing resource joins the stack"),
        ChangeAction::SyncWithActual => {
            certain(Verdict::None, "only the stack's record of it changes")
        }
        ChangeAction::Remove if change.kind == NESTED_STACK => removed_stack(change),
        ChangeAction::Remove => removed(change, data),
        ChangeAction::Modify if change.kind == NESTED_STACK => nested(change),
        ChangeAction::Modify => modified(change, data),
        ChangeAction::Dynamic if change.kind == NESTED_STACK => nested(change),
        ChangeAction::Dynamic => possible(
            Verdict::MayDestroy,
            "CloudFormation cannot tell beforehand what it will do",
        ),
        ChangeAction::Unknown(word) => possible(
            Verdict::MayDestroy,
            format!("an action `{word}` that this version does not know"),
        ),
    };
    match weakened(change) {
        Some(reason) if judged.verdict < Verdict::MayDestroy => Judgement {
            verdict: judged.verdict.max(Verdict::Interrupts),
            reason: format!("{}; {reason}", judged.reason),
            ..judged
        },
        _ => judged,
    }
}

fn certain(verdict: Verdict, reason: impl Into<String>) -> Judgement {
    Judgement {
        verdict,
        certain: true,
        reason: reason.into(),
    }
}

fn possible(verdict: Verdict, reason: impl Into<String>) -> Judgement {
    Judgement {
        certain: false,
        ..certain(verdict, reason)
    }
}

fn removed(change: &ResourceChange, data: bool) -> Judgement {
    match &change.policy_action {
        Some(PolicyAction::Retain) => {
            certain(Verdict::KeepsData, "it leaves the stack and stays behind")
        }
        Some(PolicyAction::Snapshot) => {
            certain(Verdict::KeepsData, "it is deleted after a snapshot")
        }
        Some(PolicyAction::Delete) if data => certain(Verdict::Destroys, "it is deleted"),
        Some(PolicyAction::Delete) | None if !data => {
            certain(Verdict::Interrupts, "it is deleted; it holds no data")
        }
        other => unknown_policy(other.as_ref(), data),
    }
}

/// What a nested stack holds cannot be seen from its parent.
fn removed_stack(change: &ResourceChange) -> Judgement {
    match &change.policy_action {
        Some(PolicyAction::Retain) => certain(
            Verdict::KeepsData,
            "the nested stack leaves the stack and stays behind",
        ),
        _ => possible(
            Verdict::MayDestroy,
            "the nested stack is deleted with all it holds",
        ),
    }
}

fn modified(change: &ResourceChange, data: bool) -> Judgement {
    match &change.replacement {
        Some(Replacement::False) => in_place(change),
        Some(Replacement::True) => replaced(change, data),
        Some(Replacement::Conditional) => {
            let cause = match change.details.iter().find(|detail| may_replace(detail)) {
                Some(detail) if detail.is_known_after_apply() => {
                    "a value that is not known yet decides whether it is replaced"
                }
                _ => "CloudFormation cannot tell beforehand whether it is replaced",
            };
            Judgement {
                reason: cause.to_owned(),
                ..maybe_replaced(change, data)
            }
        }
        Some(Replacement::Unknown(word)) => Judgement {
            reason: format!("a replacement `{word}` that this version does not know"),
            ..maybe_replaced(change, data)
        },
        // The API leaves it out where no property changes, only attributes such as tags or policies.
        None if !touches_properties(change) => in_place(change),
        None => Judgement {
            reason: "nothing is said about replacement".to_owned(),
            ..maybe_replaced(change, data)
        },
    }
}

fn touches_properties(change: &ResourceChange) -> bool {
    let is_harmless = |attribute: &str| {
        matches!(
            attribute,
            "Tags"
                | "Metadata"
                | "DeletionPolicy"
                | "UpdateReplacePolicy"
                | "UpdatePolicy"
                | "CreationPolicy"
        )
    };
    let details = || {
        change
            .details
            .iter()
            .filter_map(|d| d.target.attribute.as_deref())
    };
    let scope = || change.scope.iter().map(String::as_str);
    (change.details.is_empty() && change.scope.is_empty())
        || !(details().all(is_harmless) && scope().all(is_harmless))
        || change
            .details
            .iter()
            .any(|detail| detail.target.attribute.is_none())
}

/// `Replacement` sums the details up; where they contradict it, the worse one counts.
fn in_place(change: &ResourceChange) -> Judgement {
    let replaces = change.details.iter().find(|detail| {
        matches!(&detail.target.requires_recreation, Some(Recreation::Always))
            && !detail.is_known_after_apply()
    });
    let unknown =
        change
            .details
            .iter()
            .find_map(|detail| match &detail.target.requires_recreation {
                Some(Recreation::Unknown(word)) => Some(word),
                _ => None,
            });
    match (replaces, unknown) {
        (Some(_), _) => Judgement {
            reason: "a property that needs another resource changes".to_owned(),
            ..maybe_replaced(change, holds_data(&change.kind))
        },
        (None, Some(word)) => Judgement {
            reason: format!("a kind of change `{word}` that this version does not know"),
            ..maybe_replaced(change, holds_data(&change.kind))
        },
        (None, None) => certain(Verdict::InPlace, "changed in place"),
    }
}

fn replaced(change: &ResourceChange, data: bool) -> Judgement {
    match &change.policy_action {
        Some(PolicyAction::ReplaceAndRetain | PolicyAction::Retain) => certain(
            Verdict::KeepsData,
            "another one takes its place; the old one stays behind",
        ),
        Some(PolicyAction::ReplaceAndSnapshot | PolicyAction::Snapshot) => certain(
            Verdict::KeepsData,
            "another one takes its place; the old one is deleted after a snapshot",
        ),
        Some(PolicyAction::ReplaceAndDelete | PolicyAction::Delete) if data => certain(
            Verdict::Destroys,
            "another one takes its place; the old one is deleted",
        ),
        Some(PolicyAction::ReplaceAndDelete | PolicyAction::Delete) | None if !data => certain(
            Verdict::Interrupts,
            "another one takes its place; it holds no data",
        ),
        other => unknown_policy(other.as_ref(), data),
    }
}

fn maybe_replaced(change: &ResourceChange, data: bool) -> Judgement {
    let verdict = match &change.policy_action {
        Some(
            PolicyAction::ReplaceAndRetain
            | PolicyAction::Retain
            | PolicyAction::ReplaceAndSnapshot
            | PolicyAction::Snapshot,
        ) => Verdict::KeepsData,
        Some(PolicyAction::Unknown(_)) => Verdict::MayDestroy,
        _ if data => Verdict::MayDestroy,
        _ => Verdict::Interrupts,
    };
    possible(verdict, "")
}

fn may_replace(detail: &Detail) -> bool {
    !matches!(
        &detail.target.requires_recreation,
        None | Some(Recreation::Never)
    )
}

fn unknown_policy(policy: Option<&PolicyAction>, data: bool) -> Judgement {
    match policy {
        None => possible(
            Verdict::MayDestroy,
            "nothing is said about what becomes of the old one",
        ),
        Some(policy) => possible(
            if data || matches!(policy, PolicyAction::Unknown(_)) {
                Verdict::MayDestroy
            } else {
                Verdict::Interrupts
            },
            format!("a policy `{}` that does not fit the action", policy.word()),
        ),
    }
}

fn nested(change: &ResourceChange) -> Judgement {
    if change.replacement == Some(Replacement::True) {
        return removed_stack(change);
    }
    match &change.nested {
        None => possible(
            Verdict::MayDestroy,
            "what happens in the nested stack was not described",
        ),
        Some(inner) if inner.status == "FAILED" && !inner.is_empty() => {
            possible(Verdict::MayDestroy, "the nested stack's change set failed")
        }
        Some(inner) => {
            let judged = inner.changes.iter().map(|change| (judge(change), change));
            match judged.max_by_key(|(judged, _)| (judged.verdict, judged.certain)) {
                None => certain(Verdict::None, "nothing changes in the nested stack"),
                Some((judged, change)) => Judgement {
                    reason: format!(
                        "in the nested stack, {}: {}",
                        change.logical_id, judged.reason
                    ),
                    ..judged
                },
            }
        }
    }
}

/// A policy that would no longer protect the data of the next change. Nothing is lost now, but it is not harmless either.
fn weakened(change: &ResourceChange) -> Option<String> {
    change.details.iter().find_map(|detail| {
        let attribute = detail.target.attribute.as_deref()?;
        let policy = matches!(attribute, "DeletionPolicy" | "UpdateReplacePolicy");
        let after = detail
            .target
            .after_value
            .as_deref()
            .map(|value| value.trim_matches('"'));
        let keeps = matches!(after, Some("Retain" | "Snapshot" | "RetainExceptOnCreate"));
        (policy && !keeps && change.action == ChangeAction::Modify && holds_data(&change.kind))
            .then(|| format!("its {attribute} may no longer keep the data"))
    })
}
