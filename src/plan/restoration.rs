//! What reverting the drift of a stack changes, and whether it changes anything else.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{ResourceVerdict, assess_change_set, assess_resource, change_set_digest};
use crate::model::Digest;
use crate::product::Level;
use crate::stack::{
    ChangeAction, ChangeSet, Detail, IgnoredDrift, LiveDrift, LiveStack, ResourceChange, StackName,
};

const VERSION: &str = "provisioner-restoration/2\n";

/// The live state of a resource, in the words of the API.
const DELETED: &str = "DELETED";
const ACTUAL_STATE: &str = "ACTUAL_STATE";

/// The effect of reverting the drift of a stack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Restoration {
    #[serde(flatten)]
    pub stack: StackName,
    /// ARN.
    pub stack_id: String,
    /// The stack's status.
    pub status: String,
    /// The worst of all resources.
    #[serde(flatten)]
    pub worst: ResourceVerdict,
    pub level: Level,
    /// Whether CloudFormation found anything to change.
    pub has_changes: bool,
    /// Live values that become those of the deployed template.
    pub resources: Vec<RestoredProperty>,
    /// Changes that revert no drift. They deny the restoration.
    pub beyond: Vec<String>,
    /// Attributes whose drift CloudFormation does not revert, by logical id.
    pub ignored: Vec<(String, IgnoredDrift)>,
    /// Equal digests mean equal effects on the same stack since the same last update.
    pub digest: Digest,
}

/// A live value that becomes that of the deployed template.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RestoredProperty {
    /// The key in the template.
    pub logical_id: String,
    /// `None` if CloudFormation names none.
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The API's value.
    pub action: String,
    #[serde(flatten)]
    pub assessment: ResourceVerdict,
    /// JSON pointer from the resource; empty for the whole resource.
    pub path: String,
    /// The live value, as the API returns it.
    pub live: Option<String>,
    /// The value of the deployed template, as the API returns it.
    pub template: Option<String>,
}

impl Restoration {
    pub fn new(stack: &StackName, live: &LiveStack, change_set: &ChangeSet) -> Self {
        let worst = assess_change_set(change_set);
        let existing = &live.stack;
        // The change set has the template of the last update. Serializing plain data cannot fail.
        let deployed = serde_json::to_string(&(&existing.id, existing.updated, &live.parameters));
        let digest = format!(
            "{VERSION}{}\n{}",
            deployed.unwrap_or_default(),
            change_set_digest(change_set)
        );
        let changes = &change_set.changes;
        Self {
            stack: stack.clone(),
            stack_id: existing.id.clone(),
            status: existing.status.0.clone(),
            level: worst.verdict.level(),
            worst,
            has_changes: !change_set.is_empty(),
            resources: changes.iter().flat_map(rows).collect(),
            beyond: changes.iter().filter_map(beyond).collect(),
            ignored: changes
                .iter()
                .flat_map(|change| {
                    let ignored = change.ignored_drift.iter().cloned();
                    ignored.map(|ignored| (change.logical_id.clone(), ignored))
                })
                .collect(),
            digest: Digest::sha256(digest),
        }
    }
}

fn rows(change: &ResourceChange) -> Vec<RestoredProperty> {
    let row = RestoredProperty {
        logical_id: change.logical_id.clone(),
        physical_id: change.physical_id.clone(),
        kind: change.kind.clone(),
        action: change.action.word().to_owned(),
        assessment: assess_resource(change),
        path: String::new(),
        live: None,
        template: None,
    };
    if change.details.is_empty() {
        return vec![row];
    }
    let details = change.details.iter().map(|detail| {
        let target = &detail.target;
        let live = target.drift.as_ref();
        RestoredProperty {
            path: path(detail),
            live: live.and_then(|drift| drift.actual_value.clone()),
            template: target.after_value.clone(),
            ..row.clone()
        }
    });
    details.collect()
}

fn path(detail: &Detail) -> String {
    let target = &detail.target;
    let name = || target.name.clone().or_else(|| target.attribute.clone());
    target.path.clone().or_else(name).unwrap_or_default()
}

/// The change, if it does anything but revert drift. The template is the deployed one, so a change without drift comes from elsewhere,
/// such as a parameter of SSM that has another value now.
fn beyond(change: &ResourceChange) -> Option<String> {
    let is_reversal = match &change.action {
        // CloudFormation only corrects its record.
        ChangeAction::SyncWithActual => {
            change.replacement.is_none() && change.policy_action.is_none()
        }
        // A resource that somebody deleted is created again.
        ChangeAction::Add => change.drift_status.as_deref() == Some(DELETED),
        ChangeAction::Modify => {
            change.nested_id.is_none()
                && change.nested.is_none()
                && !change.details.is_empty()
                && change.details.iter().all(reverts)
        }
        ChangeAction::Remove
        | ChangeAction::Import
        | ChangeAction::Dynamic
        | ChangeAction::Unknown(_) => false,
    };
    if is_reversal {
        return None;
    }
    let other: Vec<String> = change
        .details
        .iter()
        .filter(|detail| !reverts(detail))
        .map(path)
        .collect();
    Some(match (change.logical_id.as_str(), other.first()) {
        ("", _) => "a change without a resource".to_owned(),
        (id, Some(path)) if change.action == ChangeAction::Modify => format!("{id} {path}"),
        (id, _) => format!("{id} {}", change.action.word()),
    })
}

/// Whether a detail sets a drifted property back to the value of the last deployment.
fn reverts(detail: &Detail) -> bool {
    let target = &detail.target;
    let Some(LiveDrift {
        previous_value,
        actual_value,
    }) = &target.drift
    else {
        return false;
    };
    let from = target.before_value_from.as_deref();
    from.is_none_or(|from| from == ACTUAL_STATE)
        && !detail.is_known_after_apply()
        && !is_same(previous_value.as_deref(), actual_value.as_deref())
        && is_same(previous_value.as_deref(), target.after_value.as_deref())
}

/// Equal as JSON, or as text. A missing value equals no other.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    if one == other {
        return true;
    }
    let read = |text: Option<&str>| serde_json::from_str::<Value>(text?).ok();
    read(one).is_some_and(|one| read(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{ChangeTarget, Evaluation};

    fn detail(previous: &str, actual: &str, after: &str) -> Detail {
        Detail {
            target: ChangeTarget {
                attribute: Some("Properties".to_owned()),
                path: Some("/Properties/Versioning".to_owned()),
                after_value: Some(after.to_owned()),
                before_value_from: Some(ACTUAL_STATE.to_owned()),
                drift: Some(LiveDrift {
                    previous_value: Some(previous.to_owned()),
                    actual_value: Some(actual.to_owned()),
                }),
                ..ChangeTarget::default()
            },
            evaluation: Some(Evaluation::Static),
            change_source: Some("NoModification".to_owned()),
            causing_entity: None,
        }
    }

    fn modify(details: Vec<Detail>) -> ResourceChange {
        ResourceChange {
            action: ChangeAction::Modify,
            logical_id: "Bucket".to_owned(),
            kind: "AWS::S3::Bucket".to_owned(),
            drift_status: Some("MODIFIED".to_owned()),
            details,
            ..ResourceChange::default()
        }
    }

    #[test]
    fn a_value_of_the_last_deployment_reverts_drift() {
        for (previous, actual, after) in [
            ("Enabled", "Suspended", "Enabled"),
            (r#"{"a":1,"b":2}"#, r#"{"a":2,"b":2}"#, r#"{"b":2, "a":1}"#),
        ] {
            let change = modify(vec![detail(previous, actual, after)]);
            assert_eq!(beyond(&change), None, "{after}");
        }
    }

    /// Each change hides an update in a restoration.
    #[test]
    fn attack_a_change_that_reverts_no_drift_is_found() {
        let good = || detail("Enabled", "Suspended", "Enabled");
        let with = |edit: fn(&mut Detail)| {
            let mut detail = good();
            edit(&mut detail);
            detail
        };
        let hidden = [
            detail("Enabled", "Suspended", "Other"),
            detail("Enabled", "Enabled", "Enabled"),
            detail("Enabled", "Enabled", "Other"),
            with(|detail| detail.target.drift = None),
            with(|detail| detail.target.after_value = None),
            with(|detail| detail.evaluation = Some(Evaluation::Dynamic)),
            with(|detail| {
                detail.target.before_value_from = Some("PREVIOUS_DEPLOYMENT_STATE".to_owned());
            }),
            with(|detail| detail.target.before_value_from = Some("TOMORROW".to_owned())),
        ];
        for hidden in hidden {
            let shown = format!("{hidden:?}");
            let change = modify(vec![good(), hidden]);
            let found = beyond(&change);
            assert_eq!(
                found.as_deref(),
                Some("Bucket /Properties/Versioning"),
                "{shown}"
            );
        }
        let action = |action: ChangeAction| ResourceChange {
            action,
            ..modify(vec![good()])
        };
        for (action, words) in [
            (action(ChangeAction::Remove), "Bucket Remove"),
            (action(ChangeAction::Import), "Bucket Import"),
            (action(ChangeAction::Dynamic), "Bucket Dynamic"),
            (action(ChangeAction::Add), "Bucket Add"),
            (
                action(ChangeAction::Unknown("New".to_owned())),
                "Bucket New",
            ),
            (modify(Vec::new()), "Bucket Modify"),
        ] {
            assert_eq!(beyond(&action).as_deref(), Some(words));
        }
        let nested = ResourceChange {
            nested_id: Some("arn".to_owned()),
            ..modify(vec![good()])
        };
        assert!(beyond(&nested).is_some());
    }

    #[test]
    fn a_deleted_resource_is_created_again() {
        let change = ResourceChange {
            action: ChangeAction::Add,
            drift_status: Some(DELETED.to_owned()),
            ..modify(Vec::new())
        };
        assert_eq!(beyond(&change), None);
    }
}
