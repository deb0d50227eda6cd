//! Compares imported resources with the template. CloudFormation does not: an import records the template's properties without a look
//! at the resource. The update that follows gives it tags, and for many types an update writes all properties.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>

use super::{Desired, OperationContext, OperationError};
use crate::cloud::CloudError;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::report::{Fault, Step};
use crate::stack::{Drift, DriftStatus, ResourceDrift};
use crate::template::ImportedResource;

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
    let found = differences(&drift, imported);
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
fn differences(drift: &Drift, imported: &[ImportedResource]) -> Vec<String> {
    let is_imported = |id: &str| imported.iter().any(|one| one.logical_id == id);
    let drifted = drift.drifted().filter(|one| is_imported(&one.logical_id));
    drifted.map(difference).collect()
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
    let drifted = differences(&drift, imported);
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
