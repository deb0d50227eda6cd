//! What reverting the drift of a stack changes, and whether it changes anything else.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{ResourceVerdict, assess_change_set, assess_resource, change_set_digest};
use crate::model::Digest;
use crate::product::Level;
use crate::stack::{
    ChangeAction, ChangeSet, ChangeTarget, Detail, Evaluation, IgnoredDrift, LiveDrift, LiveStack,
    ResourceChange, StackName,
};

const VERSION: &str = "provisioner-restoration/2\n";

/// The live state of a resource, in the words of the API.
const DELETED: &str = "DELETED";
const MODIFIED: &str = "MODIFIED";
const ACTUAL_STATE: &str = "ACTUAL_STATE";
/// Of a property that equals its live value already.
const SYNC_WITH_ACTUAL: &str = "SyncWithActual";
/// Attributes that can drift. The others exist in the template only.
const LIVE_ATTRIBUTES: &[&str] = &["Properties", "Tags"];
/// What CloudFormation names as the source of a reverted value.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html>
const SOURCES: &[&str] = &[
    "DirectModification",
    "NoModification",
    "ParameterReference",
    "ResourceAttribute",
    "ResourceReference",
];

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
    let has_no_effect = change.replacement.is_none() && change.policy_action.is_none();
    let is_reversal = change.nested_id.is_none()
        && change.nested.is_none()
        && match &change.action {
            // CloudFormation only corrects its record.
            ChangeAction::SyncWithActual => has_no_effect && change.details.iter().all(is_synced),
            // A resource that somebody deleted is created again.
            ChangeAction::Add => {
                has_no_effect
                    && change.drift_status.as_deref() == Some(DELETED)
                    && change.scope.is_empty()
                    && change.details.is_empty()
            }
            ChangeAction::Modify => {
                change.drift_status.as_deref() == Some(MODIFIED)
                    && !change.details.is_empty()
                    && change.details.iter().all(reverts)
                    && explains_scope(change)
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

/// Whether each attribute of the scope has a detail, which shows what changes.
fn explains_scope(change: &ResourceChange) -> bool {
    let has_detail = |word: &String| {
        let mut details = change.details.iter();
        details.any(|detail| detail.target.attribute.as_ref() == Some(word))
    };
    !change.scope.is_empty() && change.scope.iter().all(has_detail)
}

fn is_synced(detail: &Detail) -> bool {
    detail.target.attribute_change_type.as_deref() == Some(SYNC_WITH_ACTUAL)
}

/// Whether a detail sets a drifted property back to the value of the last deployment. Each fact of it is known, and fits the others.
fn reverts(detail: &Detail) -> bool {
    let is_one_of = |word: &Option<String>, known: &[&str]| {
        word.as_deref().is_some_and(|word| known.contains(&word))
    };
    let target = &detail.target;
    is_one_of(&target.attribute, LIVE_ATTRIBUTES)
        && is_one_of(&detail.change_source, SOURCES)
        && is_one_of(&target.before_value_from, &[ACTUAL_STATE])
        && detail.evaluation == Some(Evaluation::Static)
        && !detail.is_known_after_apply()
        && target
            .drift
            .as_ref()
            .is_some_and(|drift| sets_back(target, drift))
}

/// Whether the live value becomes the value of the last deployment. Either is missing only if the type of the change says so.
fn sets_back(target: &ChangeTarget, drift: &LiveDrift) -> bool {
    let previous = drift.previous_value.as_deref();
    let actual = drift.actual_value.as_deref();
    let (before, after) = (
        target.before_value.as_deref(),
        target.after_value.as_deref(),
    );
    match target.attribute_change_type.as_deref() {
        Some("Modify") => {
            is_same(before, actual) && is_same(previous, after) && !is_same(previous, actual)
        }
        Some("Add") => (before, actual) == (None, None) && is_same(previous, after),
        Some("Remove") => (previous, after) == (None, None) && is_same(before, actual),
        _ => false,
    }
}

/// Equal as JSON, or as text. A missing value equals no other.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    let read = |text| serde_json::from_str::<Value>(text).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn detail(previous: &str, actual: &str, after: &str) -> Detail {
        Detail {
            target: ChangeTarget {
                attribute: Some("Properties".to_owned()),
                path: Some("/Properties/Versioning".to_owned()),
                attribute_change_type: Some("Modify".to_owned()),
                before_value: Some(actual.to_owned()),
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
            drift_status: Some(MODIFIED.to_owned()),
            scope: vec!["Properties".to_owned()],
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
            with(|detail| detail.target.before_value = None),
            with(|detail| detail.target.before_value = Some("Other".to_owned())),
            with(|detail| detail.target.before_value_from = None),
            with(|detail| detail.target.drift = Some(LiveDrift::default())),
            with(|detail| detail.target.drift.as_mut().unwrap().actual_value = None),
            with(|detail| detail.target.drift.as_mut().unwrap().previous_value = None),
            with(|detail| {
                detail.target.drift.as_mut().unwrap().previous_value = None;
                detail.target.after_value = None;
            }),
            with(|detail| {
                detail.target.drift.as_mut().unwrap().actual_value = None;
                detail.target.before_value = None;
            }),
            with(|detail| detail.target.attribute = None),
            with(|detail| detail.target.attribute = Some("DeletionPolicy".to_owned())),
            with(|detail| detail.target.attribute_change_type = None),
            with(|detail| detail.target.attribute_change_type = Some("Add".to_owned())),
            with(|detail| detail.target.attribute_change_type = Some("Remove".to_owned())),
            with(|detail| detail.target.attribute_change_type = Some("Tomorrow".to_owned())),
            with(|detail| detail.change_source = None),
            with(|detail| detail.change_source = Some("Automatic".to_owned())),
            with(|detail| detail.change_source = Some("Tomorrow".to_owned())),
            with(|detail| detail.evaluation = None),
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
        let change = |edit: fn(&mut ResourceChange)| {
            let mut change = modify(vec![good()]);
            edit(&mut change);
            change
        };
        for change in [
            change(|change| change.nested_id = Some("arn".to_owned())),
            change(|change| change.drift_status = None),
            change(|change| change.drift_status = Some("IN_SYNC".to_owned())),
            change(|change| change.scope.clear()),
            change(|change| change.scope.push("Tags".to_owned())),
            change(|change| change.scope.push("Tomorrow".to_owned())),
            change(|change| change.action = ChangeAction::SyncWithActual),
        ] {
            assert!(beyond(&change).is_some(), "{change:?}");
        }
    }

    /// A property that somebody added or removed beside CloudFormation.
    #[test]
    fn a_missing_value_counts_if_the_type_of_the_change_says_so() {
        let mut removed = detail("Enabled", "", "Enabled");
        removed.target.attribute_change_type = Some("Add".to_owned());
        removed.target.before_value = None;
        removed.target.drift.as_mut().unwrap().actual_value = None;
        let mut added = detail("", "Enabled", "");
        added.target.attribute_change_type = Some("Remove".to_owned());
        added.target.after_value = None;
        added.target.drift.as_mut().unwrap().previous_value = None;
        let change = modify(vec![removed, added]);
        assert_eq!(beyond(&change), None);
    }

    #[test]
    fn a_deleted_resource_is_created_again() {
        let change = ResourceChange {
            action: ChangeAction::Add,
            drift_status: Some(DELETED.to_owned()),
            scope: Vec::new(),
            ..modify(Vec::new())
        };
        assert_eq!(beyond(&change), None);
        let nested = ResourceChange {
            nested_id: Some("arn".to_owned()),
            ..change
        };
        assert!(beyond(&nested).is_some());
    }

    #[test]
    fn a_corrected_record_is_no_change() {
        let mut synced = detail("Enabled", "Suspended", "Suspended");
        synced.target.attribute_change_type = Some(SYNC_WITH_ACTUAL.to_owned());
        let change = ResourceChange {
            action: ChangeAction::SyncWithActual,
            ..modify(vec![synced])
        };
        assert_eq!(beyond(&change), None);
    }
}
