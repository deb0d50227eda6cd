//! The effect of a change set on drift: known differences joined with the planned changes.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::resource_verdict::assess_resource;
use crate::stack::{
    ChangeAction, ChangeSet, Detail, DriftCheck, DriftStatus, Replacement, ResourceChange,
    ResourceDrift,
};

/// A stack's known drift, and the effect of a change set on it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DriftImpact {
    /// The last drift detection.
    #[serde(flatten)]
    pub check: DriftCheck,
    /// What would be lost first.
    pub live: Vec<DriftedProperty>,
}

/// A live value that differs from the deployed template.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DriftedProperty {
    /// The effect of the change set on it.
    pub outcome: DriftOutcome,
    /// The key in the template.
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// JSON pointer from the properties; empty if the whole resource is missing.
    pub path: String,
    /// The deployed template's value, as JSON text.
    pub deployed: Option<String>,
    /// The live value, as JSON text.
    pub live: Option<String>,
    /// The value after the update, as JSON text, if CloudFormation reports it.
    pub updated: Option<String>,
}

/// The effect of a change set on a live value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftOutcome {
    /// The property is changed.
    Overwritten,
    /// The resource is replaced.
    Replaced,
    /// The resource leaves the stack.
    Removed,
    /// The resource is missing, and the change set modifies it.
    MayFail,
    /// It depends on an unknown value whether the property is changed, or the action is unknown.
    MayOverwrite,
    /// The resource may be replaced.
    MayReplace,
    /// Other properties of the resource are changed, and many types then write all properties.
    MayOverwriteWithResource,
    /// The property is changed to the live value.
    AlreadyMatches,
    /// The resource is not changed.
    Untouched,
    /// The resource is missing and stays missing.
    Missing,
}

impl DriftOutcome {
    /// Whether the live value may be gone afterwards, or the operation may fail because of the drift.
    pub fn may_lose(self) -> bool {
        !matches!(self, Self::AlreadyMatches | Self::Untouched | Self::Missing)
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::Replaced => "lost: another resource takes its place",
            Self::Removed => "leaves the stack with its resource",
            Self::MayFail => "the resource is missing: the update may fail",
            Self::MayOverwrite => "may be overwritten",
            Self::MayReplace => "may be lost: another resource may take its place",
            Self::MayOverwriteWithResource => "may be overwritten with the rest of its resource",
            Self::AlreadyMatches => "stays: the update wants the same",
            Self::Untouched => "stays: the update does not touch it",
            Self::Missing => "the resource is missing, and stays so",
        }
    }
}

impl DriftImpact {
    /// Joins known differences with a change set. Drift of nested stacks is unknown here.
    pub fn new(check: DriftCheck, drifted: &[ResourceDrift], change_set: &ChangeSet) -> Self {
        let changes = &change_set.changes;
        let mut live = Vec::new();
        for resource in drifted.iter().filter(|resource| resource.status.is_drift()) {
            let id = &resource.logical_id;
            // AWS does not promise one change for each id. The worst counts.
            let of_resource = changes.iter().filter(|change| change.logical_id == *id);
            let change = of_resource.max_by_key(|change| assess_resource(change).verdict);
            let row = DriftedProperty {
                outcome: DriftOutcome::Missing,
                logical_id: id.clone(),
                kind: resource.kind.clone(),
                path: String::new(),
                deployed: None,
                live: None,
                updated: None,
            };
            if resource.status == DriftStatus::Deleted {
                let outcome = missing_resource_outcome(change);
                live.push(DriftedProperty { outcome, ..row });
                continue;
            }
            let value = |path: &str, live: &str| {
                let updated = change.and_then(|change| updated_value(change, path));
                let outcome = change.map_or(DriftOutcome::Untouched, |change| {
                    value_outcome(change, path, live, updated.as_deref())
                });
                (outcome, updated)
            };
            // The resource differs, but AWS lists no properties.
            if resource.differences.is_empty() {
                let (outcome, _) = value("", "");
                live.push(DriftedProperty {
                    outcome,
                    ..row.clone()
                });
            }
            live.extend(resource.differences.iter().map(|difference| {
                let (outcome, updated) = value(&difference.path, &difference.actual);
                DriftedProperty {
                    outcome,
                    path: difference.path.clone(),
                    deployed: Some(difference.expected.clone()),
                    live: Some(difference.actual.clone()),
                    updated,
                    ..row.clone()
                }
            }));
        }
        live.sort_by(|a, b| {
            (a.outcome, &a.logical_id, &a.path).cmp(&(b.outcome, &b.logical_id, &b.path))
        });
        Self { check, live }
    }
}

fn missing_resource_outcome(change: Option<&ResourceChange>) -> DriftOutcome {
    match change.map(|change| &change.action) {
        None => DriftOutcome::Missing,
        Some(ChangeAction::Remove) => DriftOutcome::Removed,
        Some(_) => DriftOutcome::MayFail,
    }
}

fn value_outcome(
    change: &ResourceChange,
    path: &str,
    live: &str,
    updated: Option<&str>,
) -> DriftOutcome {
    match change.action {
        ChangeAction::Modify => {}
        ChangeAction::Remove => return DriftOutcome::Removed,
        ChangeAction::SyncWithActual => return DriftOutcome::Untouched,
        _ => return DriftOutcome::MayOverwrite,
    }
    if change.replacement == Some(Replacement::True) {
        return DriftOutcome::Replaced;
    }
    let property = segments(path).next().unwrap_or_default();
    let mut of_property = change
        .details
        .iter()
        .filter(|detail| changes(detail, property));
    // Several details may concern the same property. One certain detail is enough.
    let sure = of_property
        .clone()
        .any(|detail| !detail.is_known_after_apply());
    match (sure, of_property.next()) {
        _ if updated.is_some_and(|updated| read(updated) == read(live)) => {
            DriftOutcome::AlreadyMatches
        }
        (true, _) => DriftOutcome::Overwritten,
        (false, Some(_)) => DriftOutcome::MayOverwrite,
        (false, None) => match change.replacement {
            Some(Replacement::False) | None if !touches(change) => DriftOutcome::Untouched,
            Some(Replacement::False) => DriftOutcome::MayOverwriteWithResource,
            _ => DriftOutcome::MayReplace,
        },
    }
}

/// Whether a detail is about this property. Tags have an attribute of their own.
fn changes(detail: &Detail, property: &str) -> bool {
    let target = &detail.target;
    match target.attribute.as_deref() {
        Some("Tags") => property == "Tags",
        Some("Properties") => target.name.as_deref() == Some(property),
        _ => false,
    }
}

/// Whether the resource itself changes, and not only attributes such as `DeletionPolicy`.
fn touches(change: &ResourceChange) -> bool {
    let attributes = change
        .details
        .iter()
        .map(|detail| detail.target.attribute.as_deref());
    let scope = change
        .scope
        .iter()
        .map(|attribute| Some(attribute.as_str()));
    let mut all = attributes.chain(scope).peekable();
    // Without details, any property may change.
    all.peek().is_none()
        || all.any(|attribute| {
            let kept = [
                "Metadata",
                "CreationPolicy",
                "UpdatePolicy",
                "DeletionPolicy",
                "UpdateReplacePolicy",
            ];
            attribute.is_none_or(|attribute| !kept.contains(&attribute))
        })
}

/// The value after the update, if CloudFormation reports it.
fn updated_value(change: &ResourceChange, path: &str) -> Option<String> {
    // The same index in two lists may hold different items.
    if segments(path).any(|segment| segment.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    // An unchanged property keeps the deployed value.
    let property = segments(path).next().unwrap_or_default();
    let is_new = change.replacement == Some(Replacement::True);
    if !is_new
        && !change
            .details
            .iter()
            .any(|detail| changes(detail, property))
    {
        return None;
    }
    let whole = format!("/Properties{path}");
    let exact = change
        .details
        .iter()
        .find(|detail| detail.target.path.as_deref() == Some(&whole));
    let text = match exact.and_then(|detail| detail.target.after_value.clone()) {
        Some(text) => text,
        None => {
            let after: Value = serde_json::from_str(change.after_context.as_deref()?).ok()?;
            // A removed property is null, like a property that never existed.
            after
                .get("Properties")?
                .pointer(path)
                .unwrap_or(&Value::Null)
                .to_string()
        }
    };
    (!text.contains(UNKNOWN)).then_some(text)
}

/// The prefix of a value that is unknown before the change set runs.
const UNKNOWN: &str = "{{changeSet:";

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1)
}

/// The API sends some values as JSON and some as plain text.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Difference;

    /// A change of `Bucket`, in the API's names.
    fn change(fields: &str) -> ResourceChange {
        let text = format!(r#"{{"LogicalResourceId":"Bucket",{fields}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    /// Details of a changed property.
    fn detail(name: &str, more: &str) -> String {
        format!(r#""Details":[{{"Target":{{"Attribute":"Properties","Name":"{name}"}}{more}}}]"#)
    }

    fn drifted(status: DriftStatus, path: &str) -> ResourceDrift {
        ResourceDrift {
            logical_id: "Bucket".to_owned(),
            physical_id: None,
            kind: "AWS::S3::Bucket".to_owned(),
            status,
            differences: vec![Difference {
                path: path.to_owned(),
                kind: "NOT_EQUAL".to_owned(),
                expected: "Enabled".to_owned(),
                actual: "Suspended".to_owned(),
            }],
        }
    }

    fn row(status: DriftStatus, path: &str, changes: &[ResourceChange]) -> DriftedProperty {
        let change_set = ChangeSet {
            changes: changes.to_vec(),
            ..ChangeSet::default()
        };
        let drifted = [drifted(status, path)];
        let mut overlay = DriftImpact::new(DriftCheck::default(), &drifted, &change_set);
        assert_eq!(overlay.live.len(), 1);
        overlay.live.remove(0)
    }

    fn outcome(path: &str, fields: &str) -> DriftOutcome {
        row(DriftStatus::Modified, path, &[change(fields)]).outcome
    }

    #[test]
    fn changed_property_overwrites_live_value() {
        let path = "/VersioningConfiguration/Status";
        let of = |name: &str, more: &str, replacement: &str| {
            let detail = detail(name, more);
            let fields = format!(r#""Action":"Modify","Replacement":"{replacement}",{detail}"#);
            outcome(path, &fields)
        };
        let own = "VersioningConfiguration";
        assert_eq!(of(own, "", "False"), DriftOutcome::Overwritten);
        assert_eq!(of(own, "", "Conditional"), DriftOutcome::Overwritten);
        assert_eq!(
            of(own, r#","Evaluation":"Dynamic""#, "False"),
            DriftOutcome::MayOverwrite
        );
        assert_eq!(of(own, "", "True"), DriftOutcome::Replaced);
        assert_eq!(of("Other", "", "True"), DriftOutcome::Replaced);
        assert_eq!(of("Other", "", "Conditional"), DriftOutcome::MayReplace);
        assert_eq!(of("Other", "", "NewWord"), DriftOutcome::MayReplace);
        assert_eq!(
            of("Other", "", "False"),
            DriftOutcome::MayOverwriteWithResource
        );
    }

    #[test]
    fn tags_and_attributes_are_not_properties() {
        let of = |path, attribute: &str| {
            let target = format!(r#"{{"Attribute":"{attribute}","Name":"Team"}}"#);
            let details = format!(r#""Details":[{{"Target":{target}}}]"#);
            let fields = format!(r#""Action":"Modify","Replacement":"False",{details}"#);
            outcome(path, &fields)
        };
        assert_eq!(of("/Tags/3/Value", "Tags"), DriftOutcome::Overwritten);
        assert_eq!(of("/Value", "Tags"), DriftOutcome::MayOverwriteWithResource);
        assert_eq!(of("/Value", "DeletionPolicy"), DriftOutcome::Untouched);
        let nothing = r#""Action":"Modify","Replacement":"False""#;
        assert_eq!(
            outcome("/Value", nothing),
            DriftOutcome::MayOverwriteWithResource,
            "anything may be"
        );
    }

    #[test]
    fn replaced_and_removed_resources_have_own_outcomes() {
        let of = |action: &str| outcome("/Value", &format!(r#""Action":"{action}""#));
        assert_eq!(of("Remove"), DriftOutcome::Removed);
        assert_eq!(of("SyncWithActual"), DriftOutcome::Untouched);
        assert_eq!(
            [of("Dynamic"), of("Import"), of("New")],
            [DriftOutcome::MayOverwrite; 3]
        );
        let untouched = row(DriftStatus::Modified, "/Value", &[]);
        assert_eq!(untouched.outcome, DriftOutcome::Untouched);
        assert_eq!(untouched.live.as_deref(), Some("Suspended"));
        let missing = |changes: &[_]| row(DriftStatus::Deleted, "/Value", changes).outcome;
        assert_eq!(missing(&[]), DriftOutcome::Missing);
        let modify = r#""Action":"Modify","Replacement":"False""#;
        assert_eq!(missing(&[change(modify)]), DriftOutcome::MayFail);
        assert_eq!(
            missing(&[change(r#""Action":"Remove""#)]),
            DriftOutcome::Removed
        );
    }

    #[test]
    fn value_after_update_comes_from_cloudformation() {
        let of = |path: &str, after: &str| {
            let detail = detail("A", "");
            let fields = format!(
                r#""Action":"Modify","Replacement":"False",{detail},"AfterContext":{}"#,
                serde_json::json!(after)
            );
            let row = row(DriftStatus::Modified, path, &[change(&fields)]);
            (row.outcome, row.updated)
        };
        let some = |text: &str| Some(text.to_owned());
        let after = r#"{"Properties":{"A":{"B":"Suspended","C":"x","L":["Suspended"]}}}"#;
        assert_eq!(
            of("/A/B", after),
            (DriftOutcome::AlreadyMatches, some("\"Suspended\""))
        );
        assert_eq!(
            of("/A/C", after),
            (DriftOutcome::Overwritten, some("\"x\""))
        );
        assert_eq!(
            of("/A/Gone", after),
            (DriftOutcome::Overwritten, some("null"))
        );
        assert_eq!(of("/A/L/0", after), (DriftOutcome::Overwritten, None));
        assert_eq!(
            of("/A/B", "{\"Properties\":"),
            (DriftOutcome::Overwritten, None)
        );
        let unknown = r#"{"Properties":{"A":"{{changeSet:KNOWN_AFTER_APPLY}}"}}"#;
        assert_eq!(of("/A", unknown), (DriftOutcome::Overwritten, None));
    }

    #[test]
    fn lost_values_come_first() {
        let change_set = ChangeSet {
            changes: vec![change(&format!(
                r#""Action":"Modify","Replacement":"False",{}"#,
                detail("A", "")
            ))],
            ..ChangeSet::default()
        };
        let mut all = drifted(DriftStatus::Modified, "/B");
        all.differences
            .extend(drifted(DriftStatus::Modified, "/A").differences);
        let in_sync = drifted(DriftStatus::InSync, "/A");
        let overlay = DriftImpact::new(DriftCheck::default(), &[in_sync, all], &change_set);
        let outcomes: Vec<DriftOutcome> = overlay.live.iter().map(|live| live.outcome).collect();
        assert_eq!(
            outcomes,
            [
                DriftOutcome::Overwritten,
                DriftOutcome::MayOverwriteWithResource
            ]
        );
    }
}
