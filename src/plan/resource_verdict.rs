//! The verdict on each change of a change set.
//!
//! Where the API leaves something open, or uses an unknown value, the verdict is the worst possible meaning.

use serde_json::Value;

use super::contents::contents_lost;
use super::protection::weakened;
use super::refusal::may_be_refused;
use super::unknown_words::{is_policy, unknown_word};
use super::verdict::{ResourceVerdict, Verdict};
use crate::stack::{
    ChangeAction, ChangeSet, ChangeTarget, Detail, PolicyAction, Recreation, Replacement,
    ResourceChange,
};
use crate::template::{
    CLUSTER_PROPERTY, DataKind, ENGINE_PROPERTY, data_kind, has_snapshot_by_default, has_snapshots,
};

const NESTED_STACK: &str = "AWS::CloudFormation::Stack";
/// The only type whose page says that an import changes the resource:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html>
const DB_INSTANCE: &str = "AWS::RDS::DBInstance";
const CUSTOM_RESOURCE: &str = "AWS::CloudFormation::CustomResource";

pub fn worst(change_set: &ChangeSet) -> Verdict {
    assess_change_set(change_set).verdict
}

/// The worst of its changes. A change set that was not completely computed may do more than it shows.
pub fn assess_change_set(change_set: &ChangeSet) -> ResourceVerdict {
    let base = match unreliable(change_set) {
        _ if change_set.is_empty() => ResourceVerdict::certain(Verdict::None, "nothing changes"),
        None => ResourceVerdict::certain(Verdict::None, "no resource changes"),
        Some(reason) => ResourceVerdict::possible(Verdict::MayDestroy, reason),
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

/// Why executing the change set may do more than it shows; `None` if it does not.
fn unreliable(change_set: &ChangeSet) -> Option<String> {
    if change_set.status != "CREATE_COMPLETE" {
        return Some("CloudFormation did not compute the change set to its end".to_owned());
    }
    if change_set.is_incomplete {
        return Some("AWS did not send all changes".to_owned());
    }
    match change_set.execution_status.as_str() {
        // The change set of a nested stack is executed with its parent's, and `UNAVAILABLE` by itself.
        "" | "AVAILABLE" | "UNAVAILABLE" => None,
        status if status.starts_with("EXECUTE_") => None,
        "OBSOLETE" => Some("the stack changed since the change set was created".to_owned()),
        status => Some(format!(
            "an execution status `{status}` that this version does not know"
        )),
    }
}

/// The effect of a change on the resource and its data.
pub fn assess_resource(change: &ResourceChange) -> ResourceVerdict {
    let mut judged = by_action(change);
    let inner = match &change.nested {
        Some(nested) => Some(assess_change_set(nested)),
        None if change.kind == NESTED_STACK && change.action == ChangeAction::Modify => Some(
            ResourceVerdict::possible(Verdict::MayDestroy, "what happens was not described"),
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
        let (verdict, reason) = match word {
            "" => (
                worst_for(change),
                "what happens, or to what, is not said".to_owned(),
            ),
            word => (
                Verdict::MayDestroy,
                format!("a word `{word}` that this version does not know"),
            ),
        };
        judged = ResourceVerdict::possible(verdict, reason).worse(judged);
    }
    let weakened = weakened(change).filter(|_| holds(change) != DataKind::Nothing);
    match weakened {
        Some(reason) if judged.verdict < Verdict::MayDestroy => ResourceVerdict {
            verdict: judged.verdict.max(Verdict::Interrupts),
            ..judged.and(&reason)
        },
        _ => judged,
    }
}

fn by_action(change: &ResourceChange) -> ResourceVerdict {
    match &change.action {
        // A new resource has no old one for a policy. `Replacement` is sent for new resources too, and means nothing.
        ChangeAction::Add if change.policy_action.is_some() => may_lose_data(change),
        ChangeAction::Add => ResourceVerdict::certain(Verdict::None, "a new resource"),
        ChangeAction::Import if change.kind == DB_INSTANCE => ResourceVerdict::possible(
            Verdict::InPlace,
            "AWS changes what differs from the template",
        )
        .after("an existing resource joins the stack"),
        ChangeAction::Import => {
            ResourceVerdict::certain(Verdict::None, "an existing resource joins the stack")
        }
        ChangeAction::SyncWithActual
            if change.replacement == Some(Replacement::True) || change.policy_action.is_some() =>
        {
            may_lose_data(change)
        }
        ChangeAction::SyncWithActual => {
            ResourceVerdict::certain(Verdict::None, "only the stack's record of it changes")
        }
        ChangeAction::Remove => removed(change),
        ChangeAction::Modify => modified(change),
        ChangeAction::Dynamic | ChangeAction::Unknown(_) => ResourceVerdict::possible(
            Verdict::MayDestroy,
            "CloudFormation cannot know in advance what it will do",
        ),
    }
}

/// The worst that can happen to a resource of this type.
fn worst_for(change: &ResourceChange) -> Verdict {
    match holds(change) {
        DataKind::Nothing => Verdict::Interrupts,
        DataKind::Data | DataKind::NotKnown => Verdict::MayDestroy,
    }
}

/// What is lost permanently with the resource, by its state before the change.
fn holds(change: &ResourceChange) -> DataKind {
    let cluster = change.property_before(CLUSTER_PROPERTY);
    data_kind(&change.kind, cluster.is_some_and(|name| name.is_string()))
}

/// Whether a provider outside of AWS decides what happens to it.
fn is_custom(kind: &str) -> bool {
    kind == CUSTOM_RESOURCE || kind.starts_with("Custom::")
}

/// The verdict of a deletion; `how` describes it.
fn lost(change: &ResourceChange, how: &str) -> ResourceVerdict {
    let may_destroy = |why: &str| ResourceVerdict::possible(Verdict::MayDestroy, why).after(how);
    match holds(change) {
        DataKind::Data => match may_be_refused(change) {
            Some(why) => may_destroy(&why),
            None => ResourceVerdict::certain(Verdict::Destroys, how),
        },
        DataKind::NotKnown => may_destroy("what it holds is not known"),
        DataKind::Nothing => {
            ResourceVerdict::certain(Verdict::Interrupts, format!("{how}; it holds no data"))
        }
    }
}

/// The verdict if the policy action is missing or contradicts the change.
fn may_lose_data(change: &ResourceChange) -> ResourceVerdict {
    let reason = match &change.policy_action {
        None => "CloudFormation does not report whether it deletes the old resource".to_owned(),
        Some(policy) => format!("a policy `{}` that does not fit the action", policy.word()),
    };
    ResourceVerdict::possible(worst_for(change), reason)
}

/// Whether the policies in the contexts delete the resource. Only a policy that deletes is believed without a `PolicyAction`: what AWS
/// keeps, it has to say. Which template's policy governs a replacement is not documented, so both count.
fn is_deleted_by_template(change: &ResourceChange) -> bool {
    let is_removal = change.action == ChangeAction::Remove;
    let (attribute, default_deletes) = match is_removal {
        true => ("DeletionPolicy", !has_snapshot_by_default(&change.kind)),
        false => ("UpdateReplacePolicy", true),
    };
    let deletes = |text: &str| {
        let context: Value = serde_json::from_str(text).unwrap_or_default();
        let policy = context.get(attribute).filter(|policy| !policy.is_null());
        let default = default_deletes && context.get("Properties").is_some();
        policy.map_or(default, |policy| policy == "Delete")
    };
    let after = change.after_context.as_deref().filter(|_| !is_removal);
    change.before_context.as_deref().is_some_and(deletes) && after.is_none_or(deletes)
}

/// The verdict if the old resource stays. `without_data` is the verdict of a type that holds none.
fn retained(change: &ResourceChange, without_data: Verdict, how: &str) -> ResourceVerdict {
    match holds(change) {
        DataKind::Nothing => {
            ResourceVerdict::certain(without_data, format!("{how}; it holds no data"))
        }
        DataKind::NotKnown | DataKind::Data => ResourceVerdict::certain(Verdict::KeepsData, how),
    }
}

fn removed(change: &ResourceChange) -> ResourceVerdict {
    match &change.policy_action {
        Some(PolicyAction::Retain) => retained(
            change,
            Verdict::Retained,
            "it leaves the stack and stays behind",
        ),
        Some(PolicyAction::Snapshot) => snapshotted(change, "it is deleted"),
        // `ReplaceAndDelete` does not fit a removal, and means the same for the resource.
        Some(PolicyAction::Delete | PolicyAction::ReplaceAndDelete) => {
            lost(change, "it is deleted")
        }
        None if holds(change) == DataKind::Nothing => lost(change, "it is deleted"),
        None if is_deleted_by_template(change) => lost(change, "it is deleted"),
        _ => may_lose_data(change),
    }
}

fn replaced(change: &ResourceChange) -> ResourceVerdict {
    let how = "another one takes its place, and the old one is deleted";
    match &change.policy_action {
        Some(PolicyAction::ReplaceAndRetain) => retained(
            change,
            Verdict::Interrupts,
            "another one takes its place; the old one stays behind",
        ),
        Some(PolicyAction::ReplaceAndSnapshot) => snapshotted(change, how),
        Some(PolicyAction::ReplaceAndDelete | PolicyAction::Delete) => lost(change, how),
        None if holds(change) == DataKind::Nothing => lost(change, "another one takes its place"),
        None if is_deleted_by_template(change) => lost(change, how),
        _ => may_lose_data(change),
    }
}

/// The verdict of a deletion with the policy `Snapshot`, which has no effect on types without snapshots.
fn snapshotted(change: &ResourceChange, how: &str) -> ResourceVerdict {
    if holds(change) == DataKind::Nothing {
        return lost(change, how);
    }
    let engine = change.property_before(ENGINE_PROPERTY);
    let engine = engine.as_ref().and_then(Value::as_str);
    match (has_snapshots(&change.kind, engine), engine) {
        (Some(true), _) => {
            ResourceVerdict::certain(Verdict::KeepsData, format!("{how} after a snapshot"))
        }
        (None, _) => ResourceVerdict::possible(
            Verdict::MayDestroy,
            "whether AWS takes a snapshot depends on its engine, which is not known",
        )
        .after(how),
        (Some(false), Some("memcached")) => ResourceVerdict::possible(
            Verdict::MayDestroy,
            "AWS takes no snapshots of Memcached clusters",
        )
        .after(how),
        (Some(false), _) => lost(
            change,
            &format!("{how} without a snapshot, which its type does not have"),
        ),
    }
}

/// `why` says that it is not known whether the resource is replaced.
fn may_be_replaced(change: &ResourceChange, why: impl Into<String>) -> ResourceVerdict {
    let replaced = replaced(change);
    let verdict = match replaced.verdict {
        Verdict::Destroys => Verdict::MayDestroy,
        other => other,
    };
    let possible = ResourceVerdict::possible(verdict, why);
    match change.policy_action {
        Some(_) => possible.and(&format!("if it is, {}", replaced.reason)),
        None => possible,
    }
}

fn modified(change: &ResourceChange) -> ResourceVerdict {
    match &change.replacement {
        Some(Replacement::True) => replaced(change),
        Some(Replacement::False) => in_place(change),
        Some(Replacement::Conditional) => {
            let decides = |detail: &&Detail| may_replace(detail) && detail.is_known_after_apply();
            let why = match change.details.iter().find(decides) {
                Some(_) => {
                    "a value that AWS knows only during the update decides whether it is replaced"
                }
                None => "CloudFormation cannot know in advance whether it is replaced",
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
        let nested = change.nested.as_deref();
        let is_unchanged = nested.is_some_and(|nested| {
            nested.changes.is_empty() && assess_change_set(nested).verdict == Verdict::None
        });
        let reason = match is_unchanged {
            true => "nothing in the nested stack changes",
            false => "only what is in the nested stack changes",
        };
        return ResourceVerdict::certain(Verdict::None, reason);
    }
    if is_custom(&change.kind) && !only_attributes(change) {
        let reason = "its own provider decides what happens, and whether it is replaced";
        return ResourceVerdict::possible(Verdict::MayDestroy, reason);
    }
    match contents_lost(change) {
        Some(reason) => {
            ResourceVerdict::possible(Verdict::MayDestroy, reason).after("changed in place")
        }
        None => ResourceVerdict::certain(Verdict::InPlace, "changed in place"),
    }
}

/// Attributes beside properties never replace a resource, regardless of the detail.
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
