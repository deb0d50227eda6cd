//! Deletion policies that keep less than before.

use serde_json::Value;

use crate::stack::{ChangeAction, Detail, ResourceChange};
use crate::template::{CLUSTER_PROPERTY, ENGINE_PROPERTY, has_snapshot_by_default, has_snapshots};

pub const POLICIES: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];

/// The policy that no longer keeps the resource at its next removal or replacement. Nothing is lost now, but it is not harmless.
pub fn weakened(change: &ResourceChange) -> Option<String> {
    if change.action != ChangeAction::Modify {
        return None;
    }
    let is_weakened = |policy: &&str| {
        let of_policy = |detail: &&Detail| detail.target.attribute.as_deref() == Some(*policy);
        let mut details = change.details.iter().filter(of_policy).peekable();
        let is_named = change.scope.iter().any(|attribute| attribute == *policy);
        match details.peek() {
            Some(_) => details.any(|detail| keeps_less(change, policy, detail)),
            None => is_named,
        }
    };
    let policy = POLICIES.into_iter().find(is_weakened)?;
    Some(format!("its {policy} may no longer keep the data"))
}

/// An unknown value keeps before the change, and does not keep after it.
fn keeps_less(change: &ResourceChange, policy: &str, detail: &Detail) -> bool {
    let target = &detail.target;
    let kind = target.attribute_change_type.as_deref();
    let keeps = |value: &Option<String>, is_absent: bool| match value.as_deref() {
        Some(value) => keeps(change, value.trim_matches('"')),
        None if is_absent => default_keeps(change, policy),
        None => None,
    };
    let before = keeps(&target.before_value, kind == Some("Add"));
    let after = keeps(&target.after_value, kind == Some("Remove"));
    before.unwrap_or(true) && !after.unwrap_or(false)
}

/// `None` if the value is unknown.
fn keeps(change: &ResourceChange, value: &str) -> Option<bool> {
    match value {
        "Retain" | "RetainExceptOnCreate" => Some(true),
        "Snapshot" => {
            let engine = change.property_before(ENGINE_PROPERTY);
            has_snapshots(&change.kind, engine.as_ref().and_then(Value::as_str))
        }
        "Delete" => Some(false),
        _ => None,
    }
}

/// Whether the resource is kept without the policy; `None` if a property that decides it is unknown. A replaced resource is deleted.
fn default_keeps(change: &ResourceChange, policy: &str) -> Option<bool> {
    if policy != "DeletionPolicy" || !has_snapshot_by_default(&change.kind) {
        return Some(false);
    }
    match change.kind.as_str() {
        "AWS::RDS::DBInstance" => is_in_cluster(change).map(|inside| !inside),
        _ => Some(true),
    }
}

/// Whether the resource is a member of a cluster, before and after the change; `None` if that is not known.
fn is_in_cluster(change: &ResourceChange) -> Option<bool> {
    let has = |context: Value| {
        context
            .pointer(&format!("/Properties/{CLUSTER_PROPERTY}"))
            .is_some()
    };
    let [before, after] = change.contexts()?.map(has);
    (before == after).then_some(before)
}
