//! What a former stack retained, and what a new stack can neither import nor create, because its name is taken.

use super::{Desired, OperationContext, OperationError};
use crate::cloud::{CloudError, LiveName};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::template::{
    DeletionBehavior, ImportedResource, PhysicalName, is_importable, physical_names,
};

/// A retained resource of a type that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unimportable {
    resource: ImportedResource,
    /// The name that the new stack's resource needs.
    name: String,
    /// Whether AWS says that it exists. For a type that Cloud Control does not read, only the record of the deletion is known.
    exists: bool,
}

/// Whether only the record of a deletion tells that the name is taken: a retained resource, whose name does not identify it.
pub(super) fn is_told_by_record(name: &PhysicalName<'_>, desired: &Desired<'_>) -> bool {
    !is_importable(name.resource.kind)
        && name.resource.deletion_behavior == DeletionBehavior::Retained
        && name.identifier(&desired.stack.target).is_none()
}

/// Those of the retained resources that block the new stack.
pub(super) async fn find_unimportable(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    retained: &[ImportedResource],
) -> Result<Vec<Unimportable>, OperationError> {
    let mut found = Vec::new();
    for kept in retained.iter().filter(|kept| !is_importable(&kept.kind)) {
        let names: Vec<PhysicalName<'_>> = physical_names(&desired.document)
            .filter(|name| name.resource.kind == kept.kind && is_told_by_record(name, desired))
            .collect();
        let Some(rule) = names.first().map(|name| name.rule) else {
            continue;
        };
        let live = site
            .cloud
            .live_name(&kept.kind, &kept.physical_id, &rule.property)
            .await?;
        let exists = live != LiveName::Unknown;
        let of_name = names.iter().find(|name| match &live {
            LiveName::Missing => false,
            LiveName::Named(live) => rule.compared(live) == rule.compared(name.name),
            LiveName::Unnamed | LiveName::Unknown => name.resource.logical_id == kept.logical_id,
        });
        if let Some(name) = of_name {
            found.push(Unimportable {
                resource: kept.clone(),
                name: name.name.to_owned(),
                exists,
            });
        }
    }
    Ok(found)
}

/// The same for a stack of which the record was not read yet. `is_new`: whether the stack creates the resource.
pub(super) async fn unimportable_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    is_new: impl Fn(&PhysicalName<'_>) -> bool,
) -> Result<Vec<Diagnostic>, OperationError> {
    let mut names = physical_names(&desired.document);
    if !names.any(|name| is_new(&name) && is_told_by_record(&name, desired)) {
        return Ok(Vec::new());
    }
    let owner = desired.owner();
    let retained = match site.cloud.former_stacks(&desired.stack, &owner).await {
        Ok(former) => former.resources(),
        Err(CloudError::Aws(error)) if error.is_refusal() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let found = find_unimportable(site, desired, &retained).await?;
    Ok(blocking(desired, &found))
}

/// An error for each resource that exists, and a warning for each of which only the record is known.
pub(super) fn blocking(desired: &Desired<'_>, found: &[Unimportable]) -> Vec<Diagnostic> {
    let problems = found.iter().map(|kept| {
        let ImportedResource {
            logical_id, kind, ..
        } = &kept.resource;
        let name = &kept.name;
        let path = &desired.config.path;
        let help = "save what it holds, delete it if nobody needs it, and run this again; or change the name in the config";
        if kept.exists {
            let message = format!(
                "a former stack of this config retained {name} ({kind}), and a new stack can neither import it nor create {logical_id} beside it"
            );
            return Diagnostic::error(Code::PreflightFailed, path, message).with_help(help);
        }
        let message = format!(
            "a former stack of this config retained {name} ({kind}), and AWS does not tell whether it still exists. If it does, the creation of {logical_id} fails"
        );
        Diagnostic::error(Code::PreflightFailed, path, message)
            .with_severity(Severity::Warning)
            .with_help(help)
    });
    problems.collect()
}
