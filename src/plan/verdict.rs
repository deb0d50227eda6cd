//! Computed impact: what a change set would do to each resource and its data.
//!
//! Where the API leaves something open, or uses an unknown value, the verdict is the worst possible meaning.

use serde::{Deserialize, Serialize};

use super::protection::weakened;
use super::unknown_words::{is_policy, unknown_word};
use crate::product::Level;
use crate::stack::{
    ChangeAction, ChangeSet, ChangeTarget, Detail, PolicyAction, Recreation, Replacement,
    ResourceChange,
};
use crate::template::{has_snapshots, holds_data};

const NESTED_STACK: &str = "AWS::CloudFormation::Stack";
const CUSTOM_RESOURCE: &str = "AWS::CloudFormation::CustomResource";

/// What happens to a resource and its data, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing that exists changes.
    None,
    InPlace,
    /// Deleted or replaced, with an interruption. It holds no data.
    Interrupts,
    /// Replaced or removed. Its data is retained.
    KeepsData,
    /// Data may be lost.
    MayDestroy,
    /// Data is lost.
    Destroys,
}

impl Verdict {
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

    /// The level for comparison with declared impact.
    pub fn level(self) -> Level {
        match self {
            Self::None => Level::None,
            Self::InPlace => Level::Safe,
            Self::Interrupts | Self::KeepsData => Level::High,
            Self::MayDestroy | Self::Destroys => Level::Critical,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceVerdict {
    pub verdict: Verdict,
    /// False if it depends on something that is unknown before the change set runs.
    pub certain: bool,
    /// A few words.
    pub reason: String,
}

impl ResourceVerdict {
    fn worse(self, other: Self) -> Self {
        if (other.verdict, other.certain) > (self.verdict, self.certain) {
            other
        } else {
            self
        }
    }
}

fn certain(verdict: Verdict, reason: impl Into<String>) -> ResourceVerdict {
    ResourceVerdict {
        verdict,
        certain: true,
        reason: reason.into(),
    }
}

fn possible(verdict: Verdict, reason: impl Into<String>) -> ResourceVerdict {
    ResourceVerdict {
        certain: false,
        ..certain(verdict, reason)
    }
}

pub fn worst(change_set: &ChangeSet) -> Verdict {
    assess_change_set(change_set).verdict
}

/// The worst of its changes. A change set that was not completely computed may do more than it shows.
pub fn assess_change_set(change_set: &ChangeSet) -> ResourceVerdict {
    let known = change_set.status == "CREATE_COMPLETE" || change_set.is_empty();
    let base = match known {
        true => certain(Verdict::None, "nothing changes"),
        false => possible(
            Verdict::MayDestroy,
            "CloudFormation did not compute the change set to its end",
        ),
    };
    let judged = change_set.changes.iter().map(|change| ResourceVerdict {
        reason: match (change.logical_id.as_str(), assess_resource(change).reason) {
            ("", reason) => reason,
            (id, reason) => format!("{id}: {reason}"),
        },
        ..assess_resource(change)
    });
    judged.fold(base, ResourceVerdict::worse)
}

/// The effect of a change on the resource and its data.
pub fn assess_resource(change: &ResourceChange) -> ResourceVerdict {
    let mut judged = by_action(change);
    let inner = match &change.nested {
        Some(nested) => Some(assess_change_set(nested)),
        None if change.kind == NESTED_STACK && change.action == ChangeAction::Modify => Some(
            possible(Verdict::MayDestroy, "what happens was not described"),
        ),
        None => None,
    };
    if let Some(inner) = inner {
        judged = judged.worse(ResourceVerdict {
            reason: format!("in the nested stack, {}", inner.reason),
            ..inner
        });
    }
    if let Some(word) = unknown_word(change) {
        let reason = match word {
            "" => "what happens, or to what, is not said".to_owned(),
            word => format!("a word `{word}` that this version does not know"),
        };
        judged = possible(Verdict::MayDestroy, reason).worse(judged);
    }
    let weakened = weakened(change).filter(|_| holds(change) != DataKind::Nothing);
    match weakened {
        Some(reason) if judged.verdict < Verdict::MayDestroy => ResourceVerdict {
            verdict: judged.verdict.max(Verdict::Interrupts),
            reason: format!("{}; {reason}", judged.reason),
            ..judged
        },
        _ => judged,
    }
}

fn by_action(change: &ResourceChange) -> ResourceVerdict {
    match &change.action {
        // A new resource has no old one for a policy. `Replacement` is sent for new resources too, and means nothing.
        ChangeAction::Add if change.policy_action.is_some() => may_lose_data(change),
        ChangeAction::Add => certain(Verdict::None, "a new resource"),
        ChangeAction::Import => certain(Verdict::None, "an existing resource joins the stack"),
        ChangeAction::SyncWithActual => {
            certain(Verdict::None, "only the stack's record of it changes")
        }
        ChangeAction::Remove => removed(change),
        ChangeAction::Modify => modified(change),
        ChangeAction::Dynamic | ChangeAction::Unknown(_) => possible(
            Verdict::MayDestroy,
            "CloudFormation cannot tell beforehand what it will do",
        ),
    }
}

/// Whether losing a resource loses data.
#[derive(Clone, Copy, PartialEq)]
enum DataKind {
    Nothing,
    Data,
    /// Unknown: nested stacks, and types that are not AWS's own.
    Perhaps,
}

fn holds(change: &ResourceChange) -> DataKind {
    match change.kind.as_str() {
        NESTED_STACK => DataKind::Perhaps,
        kind if is_custom(kind) || !kind.starts_with("AWS::") => DataKind::Perhaps,
        kind if holds_data(kind) => DataKind::Data,
        _ => DataKind::Nothing,
    }
}

/// Whether a provider outside of AWS decides what happens to it.
fn is_custom(kind: &str) -> bool {
    kind == CUSTOM_RESOURCE || kind.starts_with("Custom::")
}

/// The verdict of a deletion; `how` describes it.
fn lost(change: &ResourceChange, how: &str) -> ResourceVerdict {
    match holds(change) {
        DataKind::Data => certain(Verdict::Destroys, how),
        DataKind::Perhaps => possible(
            Verdict::MayDestroy,
            format!("{how}; what it holds is not known"),
        ),
        DataKind::Nothing => certain(Verdict::Interrupts, format!("{how}; it holds no data")),
    }
}

/// The verdict if the policy action is missing or contradicts the change.
fn may_lose_data(change: &ResourceChange) -> ResourceVerdict {
    let reason = match &change.policy_action {
        None => "nothing is said about what becomes of the old one".to_owned(),
        Some(policy) => format!("a policy `{}` that does not fit the action", policy.word()),
    };
    match holds(change) {
        DataKind::Nothing => possible(Verdict::Interrupts, reason),
        DataKind::Data | DataKind::Perhaps => possible(Verdict::MayDestroy, reason),
    }
}

fn removed(change: &ResourceChange) -> ResourceVerdict {
    match &change.policy_action {
        Some(PolicyAction::Retain) => {
            certain(Verdict::KeepsData, "it leaves the stack and stays behind")
        }
        Some(PolicyAction::Snapshot) if has_snapshots(&change.kind) => {
            certain(Verdict::KeepsData, "it is deleted after a snapshot")
        }
        Some(PolicyAction::Snapshot) => lost(
            change,
            "it is deleted without a snapshot, which its type does not have",
        ),
        Some(PolicyAction::Delete) => lost(change, "it is deleted"),
        None if holds(change) == DataKind::Nothing => lost(change, "it is deleted"),
        _ => may_lose_data(change),
    }
}

fn replaced(change: &ResourceChange) -> ResourceVerdict {
    match &change.policy_action {
        Some(PolicyAction::ReplaceAndRetain) => certain(
            Verdict::KeepsData,
            "another one takes its place; the old one stays behind",
        ),
        Some(PolicyAction::ReplaceAndSnapshot) if has_snapshots(&change.kind) => certain(
            Verdict::KeepsData,
            "another one takes its place; the old one is deleted after a snapshot",
        ),
        Some(PolicyAction::ReplaceAndSnapshot) => lost(
            change,
            "another one takes its place, and the old one is deleted without a snapshot, which its type does not have",
        ),
        Some(PolicyAction::ReplaceAndDelete) => lost(
            change,
            "another one takes its place, and the old one is deleted",
        ),
        None if holds(change) == DataKind::Nothing => lost(change, "another one takes its place"),
        _ => may_lose_data(change),
    }
}

fn may_be_replaced(change: &ResourceChange, why: impl Into<String>) -> ResourceVerdict {
    let verdict = match replaced(change).verdict {
        Verdict::Destroys => Verdict::MayDestroy,
        other => other,
    };
    possible(verdict, why)
}

fn modified(change: &ResourceChange) -> ResourceVerdict {
    match &change.replacement {
        Some(Replacement::True) => replaced(change),
        Some(Replacement::False) => in_place(change),
        Some(Replacement::Conditional) => {
            let decides = |detail: &&Detail| may_replace(detail) && detail.is_known_after_apply();
            let why = match change.details.iter().find(decides) {
                Some(_) => "a value that is not known yet decides whether it is replaced",
                None => "CloudFormation cannot tell beforehand whether it is replaced",
            };
            may_be_replaced(change, why)
        }
        // The API omits `Replacement` where only attributes such as metadata change.
        None if only_attributes(change) => in_place(change),
        None | Some(Replacement::Unknown(_)) => {
            may_be_replaced(change, "nothing is said about replacement")
        }
    }
}

/// `Replacement` summarizes the details. If they contradict it, the worse one counts.
fn in_place(change: &ResourceChange) -> ResourceVerdict {
    if change.details.iter().any(may_replace) {
        return may_be_replaced(change, "a property changes that may need another resource");
    }
    if change.policy_action.is_some() {
        return may_be_replaced(change, "a policy is named, as if it were replaced");
    }
    if change.kind == NESTED_STACK {
        return certain(Verdict::None, "only what is in the nested stack may change");
    }
    if is_custom(&change.kind) && !only_attributes(change) {
        let reason = "its own provider decides what happens, and whether it is replaced";
        return possible(Verdict::MayDestroy, reason);
    }
    certain(Verdict::InPlace, "changed in place")
}

/// Attributes beside properties never replace a resource, whatever the detail says.
fn may_replace(detail: &Detail) -> bool {
    let target = &detail.target;
    !target.attribute.as_deref().is_some_and(is_policy)
        && !matches!(&target.requires_recreation, None | Some(Recreation::Never))
}

/// Whether every detail is about an attribute that is not a property. Tags that never replace the resource count too.
fn only_attributes(change: &ResourceChange) -> bool {
    let is_tags = |target: &ChangeTarget| {
        target.attribute.as_deref() == Some("Tags")
            && matches!(&target.requires_recreation, Some(Recreation::Never))
    };
    let scope_fits = change
        .scope
        .iter()
        .all(|attribute| is_policy(attribute) || attribute == "Tags");
    let details_fit = change.details.iter().all(|detail| {
        is_tags(&detail.target) || detail.target.attribute.as_deref().is_some_and(is_policy)
    });
    !change.details.is_empty() && scope_fits && details_fit
}
