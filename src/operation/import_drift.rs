//! Compares imported resources with the template. CloudFormation does not: an import records the template's properties without a look
//! at the resource. The update that follows gives it tags, and for many types an update writes all properties.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>

use std::collections::BTreeMap;

use super::{Desired, OperationContext, OperationError};
use crate::cloud::CloudError;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::plan::ReturningDrift;
use crate::report::{Fault, Step};
use crate::stack::{Difference, Drift, DriftStatus, OWN_TAGS, ResourceDrift, Stack};
use crate::template::{Document, ImportedResource};

/// How imported resources differ from the template before the update that gives them tags. Afterwards, a difference may be overwritten.
/// Empty if AWS refuses the detection; the comparison after the update says so.
pub(super) async fn differences_before_update(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack_id: &str,
    imported: &[ImportedResource],
) -> Result<Vec<String>, OperationError> {
    site.progress.step(&desired.stack, Step::DriftDetection);
    let drift = match site.cloud.drift(stack_id).await {
        Ok(drift) => drift,
        Err(CloudError::Aws(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let found = differences(desired, &drift, imported);
    if !found.is_empty() {
        let resources = &found.join("; ");
        let step = Step::ImportsDiffer { resources };
        site.progress.step(&desired.stack, step);
    }
    Ok(found)
}

/// A warning of what the update may have overwritten.
pub(super) fn overwritten(desired: &Desired<'_>, differences: &[String]) -> Option<Diagnostic> {
    let message = format!(
        "imported resources differed from the template, and the update may have overwritten them: {}",
        differences.join("; ")
    );
    let path = &desired.config.path;
    let warning = Diagnostic::error(Code::StackVerificationFailed, path, message)
        .with_severity(Severity::Warning)
        .with_help(
            "compare them by hand; if the former values were right, write them into the config",
        );
    (!differences.is_empty()).then_some(warning)
}

/// The imported resources that differ, with their properties.
fn differences(desired: &Desired<'_>, drift: &Drift, imported: &[ImportedResource]) -> Vec<String> {
    let is_imported = |id: &str| imported.iter().any(|one| one.logical_id == id);
    let drifted = drift.drifted().filter(|one| is_imported(&one.logical_id));
    let tags = desired.change_set_input(None).tags;
    let foreign = drifted.filter_map(|one| without_own_tags(one, &tags));
    foreign.map(|one| difference(&one)).collect()
}

/// What the last detection found in the retained resources that a new stack imports. The import leaves them as they are, and the run
/// fails if they differ from its template. `deployed`: the template of the stack that is deleted.
pub(super) async fn returning_drift(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    (stack, deployed): (&Stack, Option<&Document>),
    returning: &[String],
) -> Result<Vec<ReturningDrift>, OperationError> {
    if returning.is_empty() {
        return Ok(Vec::new());
    }
    let (drifted, _) = site.cloud.last_drift(stack).await?;
    // The new stack gets the tags of others.
    let tags = desired.change_set_input(Some(stack)).tags;
    let drifted = drifted
        .iter()
        .filter(|one| one.status.is_drift() && returning.contains(&one.logical_id));
    let found = drifted.filter_map(|one| without_own_tags(one, &tags));
    let found = found.map(|one| ReturningDrift {
        resource: difference(&one),
        lasts: !stack.drift.outdated && !is_changed(&desired.document, deployed, &one),
    });
    Ok(found.collect())
}

/// Whether the config changes a property that differs. A value that a person wrote into the config may be the live one.
fn is_changed(document: &Document, deployed: Option<&Document>, drift: &ResourceDrift) -> bool {
    let Some(deployed) = deployed else {
        return true;
    };
    let mut names = drift.differences.iter().map(|one| {
        let path = one.path.trim_start_matches('/');
        path.split('/').next().unwrap_or_default()
    });
    names.any(|name| {
        let values = [document, deployed].map(|document| {
            let mut resources = document.resources();
            let resource = resources.find(|one| one.logical_id == drift.logical_id);
            let properties = resource?.entry.value.get("Properties")?;
            properties.get(name)
        });
        match values {
            [Some(now), Some(before)] => !now.same_data(before),
            [None, None] => false,
            _ => true,
        }
    })
}

/// The drift of a resource without tags that come with a stack: those of CloudFormation and of provisioner, and `tags`, which the update
/// sets. The template has none of them, and the config cannot have them. `None` if nothing else differs.
pub(super) fn without_own_tags(
    resource: &ResourceDrift,
    tags: &BTreeMap<String, String>,
) -> Option<ResourceDrift> {
    let mut rest = resource.clone();
    rest.differences.retain(|one| !is_own_tag(one, tags));
    let has_only_tags = rest.differences.is_empty() && !resource.differences.is_empty();
    (!has_only_tags).then_some(rest)
}

/// Whether a difference is such a tag, which the template lacks: `/Tags/5` with the whole tag as its value.
fn is_own_tag(difference: &Difference, tags: &BTreeMap<String, String>) -> bool {
    if difference.kind != "ADD" || !difference.path.starts_with("/Tags/") {
        return false;
    }
    let tag: Option<serde_json::Value> = serde_json::from_str(&difference.actual).ok();
    let text = |key: &str| Some(tag.as_ref()?.get(key)?.as_str()?.to_owned());
    let (Some(key), Some(value)) = (text("Key"), text("Value")) else {
        return false;
    };
    key.starts_with(OWN_TAGS) || key.starts_with("aws:") || tags.get(&key) == Some(&value)
}

/// Detects the drift of imported resources: an error if one differs, and a warning for each that was not compared.
pub(super) async fn compare_imported(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack_id: &str,
    imported: &[ImportedResource],
) -> Result<Vec<Diagnostic>, OperationError> {
    site.progress.step(&desired.stack, Step::DriftDetection);
    let is_imported = |id: &str| imported.iter().any(|one| one.logical_id == id);
    let warn = |resources: Vec<&str>, reason: &str| {
        let message = format!(
            "imported resources were not compared with the template: {}{reason}",
            resources.join(", ")
        );
        Diagnostic::error(Code::StackVerificationFailed, &desired.config.path, message)
            .with_severity(Severity::Warning)
            .with_help("compare them with the template by hand")
    };
    let drift = match site.cloud.drift(stack_id).await {
        Ok(drift) => drift,
        // The stack is complete. A refused comparison does not change that.
        Err(CloudError::Aws(error)) => {
            let ids = imported.iter().map(|one| &*one.logical_id).collect();
            return Ok(vec![warn(ids, &format!("; {}", error.code()))]);
        }
        Err(error) => return Err(error.into()),
    };
    let drifted = differences(desired, &drift, imported);
    if !drifted.is_empty() {
        let fault = Fault::ImportDrift { resources: drifted };
        return Err(OperationError::VerificationFailed(fault));
    }
    let unknown = drift
        .resources
        .iter()
        .filter(|one| one.status != DriftStatus::InSync && is_imported(&one.logical_id));
    let unknown: Vec<&str> = unknown.map(|one| &*one.logical_id).collect();
    Ok(match unknown.is_empty() {
        true => Vec::new(),
        false => vec![warn(unknown, "")],
    })
}

/// A resource with the properties that differ, without their values: `Bucket (/BucketEncryption)`.
fn difference(resource: &ResourceDrift) -> String {
    let paths: Vec<&str> = resource.differences.iter().map(|one| &*one.path).collect();
    match (&resource.status, paths.is_empty()) {
        (DriftStatus::Deleted, _) => format!("{} (deleted)", resource.logical_id),
        (_, true) => resource.logical_id.clone(),
        (_, false) => format!("{} ({})", resource.logical_id, paths.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(differences: &[(&str, &str, &str)]) -> ResourceDrift {
        ResourceDrift {
            logical_id: "Bucket".to_owned(),
            physical_id: None,
            kind: "AWS::S3::Bucket".to_owned(),
            status: DriftStatus::Modified,
            differences: differences
                .iter()
                .map(|(kind, path, actual)| Difference {
                    path: (*path).to_owned(),
                    kind: (*kind).to_owned(),
                    expected: "null".to_owned(),
                    actual: (*actual).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn tags_of_the_stack_are_no_drift() {
        let tags = BTreeMap::from([("Owner".to_owned(), "bob".to_owned())]);
        let own = (
            "ADD",
            "/Tags/5",
            r#"{"Key":"provisioner:config","Value":"a"}"#,
        );
        let carried = ("ADD", "/Tags/6", r#"{"Key":"Owner","Value":"bob"}"#);
        assert_eq!(without_own_tags(&drift(&[own, carried]), &tags), None);
        let versioning = ("NOT_EQUAL", "/VersioningConfiguration/Status", "Suspended");
        let found = without_own_tags(&drift(&[own, versioning]), &tags).unwrap();
        assert_eq!(
            difference(&found),
            "Bucket (/VersioningConfiguration/Status)"
        );
        // What CloudFormation does not describe stays.
        assert!(without_own_tags(&drift(&[]), &tags).is_some());
    }

    #[test]
    fn attack_other_tags_stay_drift() {
        let tags = BTreeMap::from([("Owner".to_owned(), "bob".to_owned())]);
        for other in [
            ("ADD", "/Tags/6", r#"{"Key":"Owner","Value":"eve"}"#),
            ("ADD", "/Tags/6", r#"{"Key":"Team","Value":"a"}"#),
            ("ADD", "/Tags/6", "provisioner:config"),
            (
                "REMOVE",
                "/Tags/1",
                r#"{"Key":"provisioner:config","Value":"a"}"#,
            ),
            ("NOT_EQUAL", "/Tags/1/Value", "a"),
        ] {
            assert!(
                without_own_tags(&drift(&[other]), &tags).is_some(),
                "{other:?}"
            );
        }
    }
}
