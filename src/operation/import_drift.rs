//! Compares imported resources with the template. CloudFormation does not: an import records the template's properties without a look
//! at the resource, and the update that follows changes only what differs from that record.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>

use super::{Desired, OperationContext, OperationError};
use crate::cloud::CloudError;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::report::{Fault, Step};
use crate::stack::{DriftStatus, ResourceDrift};
use crate::template::ImportedResource;

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
    let drifted = drift.drifted().filter(|one| is_imported(&one.logical_id));
    let drifted: Vec<String> = drifted.map(difference).collect();
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
