//! Whether a stack can be created after the deletion of its predecessor. Checked before the deletion, so that nothing is deleted in vain.

use super::former::is_of_former_stack;
use super::import::{Imports, unmet_imports};
use super::import_option::{TakenName, bucket_arguments, with_command};
use super::preflight::{missing_requirements, name_problems};
use super::unimportable::unimportable_problems;
use super::{Desired, Occupancy, OperationContext, OperationError, preflight};
use crate::cloud::{Existence, NameState};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::guard::{Create, EffectKind, Facts};
use crate::plan::{BUCKET, DeletedResource, Deletion, ReturningDrift};
use crate::stack::Stack;
use crate::template::{BUCKET_POLICY, ImportedResource, PhysicalName, is_importable};

/// Checks everything that could deny or block the creation, and that the deletion does not change: the guard's rules, what the stack
/// requires, and the template. `imports`: resources that the new stack imports, beside those that a replacement retains.
///
/// The deletion can change whether a name is free that a resource of the deleted stack has. The creation checks these names again.
///
/// Returns warnings, such as of names that cannot be read.
pub(super) async fn ensure_creatable(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
    deletion: &mut Deletion,
    imports: &Imports,
) -> Result<Vec<Diagnostic>, OperationError> {
    let is_replacement = facts.own_failed_creation().is_none();
    let after = Facts {
        stack: Some(None),
        replaced: match is_replacement {
            true => Some(stack.id.clone()),
            false => facts.replaced.clone(),
        },
        ..facts.clone()
    };
    // The deletion asks for the confirmation of both.
    let denials = site.denials_if_confirmed(EffectKind::Create, &after, &desired.stack);
    if !denials.is_empty() {
        // For the evidence.
        let _denied = site.decide::<Create>(&after, &desired.stack);
        return Err(OperationError::Denied(denials));
    }
    // What a failed creation retains may be deleted with it.
    let problems = match is_replacement {
        true => replacement_problems(site, desired, deletion).await?,
        false => problems_after_failure(site, desired, deletion, imports).await?,
    };
    if problems.iter().any(Diagnostic::is_error) {
        return Err(OperationError::Invalid(problems));
    }
    site.cloud.validate(&desired.sent).await?;
    Ok(problems)
}

/// What the creation requires and would not find after the deletion of a stack whose creation failed. `imports`: of the new stack.
pub(super) async fn problems_after_failure(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deletion: &mut Deletion,
    imports: &Imports,
) -> Result<Vec<Diagnostic>, OperationError> {
    let unmet = unmet_imports(site, desired, &imports.named, Some(deletion)).await?;
    let is_new = |name: &PhysicalName<'_>| !deletion.holds(name);
    let kept = unimportable_problems(site, desired, is_new).await?;
    let imported = imports.all();
    let mut names = blockers(site, desired, deletion).await?;
    let occupancy = Occupancy::Deleted(deletion, &imported);
    names.extend(name_problems(site, desired, occupancy).await?);
    let names = with_command(desired, &imports.named, names);
    let others = missing_requirements(site, desired, occupancy).await?;
    Ok([unmet, names, kept, others].concat())
}

/// What a new stack requires and would not find after the deletion of its predecessor.
pub async fn replacement_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deletion: &mut Deletion,
) -> Result<Vec<Diagnostic>, OperationError> {
    let mut problems = preflight(site, desired, Occupancy::Deleted(deletion, &[])).await?;
    let blockers = blockers(site, desired, deletion).await?;
    problems.extend(with_command(desired, &[], blockers));
    problems.extend(unproven(site, desired, deletion).await?);
    problems.extend(deletion.drifted.iter().map(|drift| drifted(desired, drift)));
    Ok(problems)
}

/// The new stack would import a resource that differs from its template, and the run would fail after the deletion.
fn drifted(desired: &Desired<'_>, drift: &ReturningDrift) -> Diagnostic {
    let message = format!(
        "the deletion retains a resource that was changed by hand, and the new stack takes it back as it is: {}",
        drift.resource
    );
    let problem = Diagnostic::error(Code::PreflightFailed, &desired.config.path, message);
    match drift.lasts {
        true => problem.with_help(
            "run `check-drift`, which shows the values, then `restore`, which reverts them; or write the values that should stay into the config",
        ),
        false => problem.with_severity(Severity::Warning).with_help(
            "run `check-drift`, and compare the values with the config: the run fails after the deletion if they differ",
        ),
    }
}

/// The retained resources that the new stack would not take back: buckets of which nothing proves whose they are, and what cannot be read.
async fn unproven(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deletion: &Deletion,
) -> Result<Vec<Diagnostic>, OperationError> {
    let mut problems = Vec::new();
    let kept = deletion.importable(&desired.document);
    for resource in &kept {
        if !is_readable(site, desired, resource, &kept).await? {
            let message = format!(
                "the resource that the deletion retains cannot be read, so a new stack might not take it back: {} ({}, {})",
                resource.logical_id, resource.kind, resource.physical_id
            );
            let problem = Diagnostic::error(Code::PreflightFailed, &desired.config.path, message);
            let help = "allow these credentials `cloudformation:GetResource` and the read actions of the type";
            problems.push(problem.with_help(help));
        }
        if !is_of_former_stack(site, desired, resource).await? {
            let message = format!(
                "the tags of bucket {} do not name this stack, or cannot be read, so a new stack would not take it back",
                resource.physical_id
            );
            let problem = Diagnostic::error(Code::PreflightFailed, &desired.config.path, message);
            let help = "allow these credentials `s3:GetBucketTagging`, or give the bucket the tags of the rendered template";
            problems.push(problem.with_help(help));
        }
    }
    Ok(problems)
}

/// Whether AWS answers if the resource exists. An import reads it with the same credentials, but only after the deletion.
async fn is_readable(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    resource: &ImportedResource,
    kept: &[ImportedResource],
) -> Result<bool, OperationError> {
    // The tags of a bucket are read.
    if resource.kind == BUCKET {
        return Ok(true);
    }
    let Some((_, id)) = resource.identifier(&desired.document, kept) else {
        return Ok(true);
    };
    let existence = site.cloud.existence(&resource.kind, &id).await?;
    Ok(existence != Existence::Unknown)
}

/// The retained resources whose names the new stack needs, and which it does not import. What somebody deleted by hand blocks nothing, and
/// leaves the deletion's list of blockers.
async fn blockers(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deletion: &mut Deletion,
) -> Result<Vec<TakenName>, OperationError> {
    let mut gone = Vec::new();
    for kept in deletion.blockers() {
        let id = kept.physical_id.as_deref().unwrap_or_default();
        if is_gone(site, kept, id).await? {
            gone.push(kept.logical_id.clone());
        }
    }
    deletion.blocking.retain(|id| !gone.contains(id));
    let mut problems = Vec::new();
    for kept in deletion.blockers() {
        let id = kept.physical_id.as_deref().unwrap_or_default();
        let message = format!(
            "the deletion retains {id} ({}), and a new stack cannot {}",
            kept.kind,
            match is_importable(&kept.kind) {
                true if deletion.is_of_failed_creation() => {
                    "take it back by itself, because the creation of its stack failed".to_owned()
                }
                true => format!(
                    "take it back: it is {} of the former stack",
                    kept.logical_id
                ),
                false => "import it".to_owned(),
            }
        );
        let problem = Diagnostic::error(Code::PreflightFailed, &desired.config.path, message);
        let is_failed = deletion.is_of_failed_creation();
        let bucket = match (&*kept.kind, &kept.name) {
            (BUCKET, _) => Some(id),
            (BUCKET_POLICY, Some(bucket)) if is_failed => Some(&**bucket),
            _ => None,
        };
        let arguments = match bucket {
            Some(bucket) => bucket_arguments(site, desired, bucket).await?,
            None => Vec::new(),
        };
        problems.push(match (&*kept.kind, &kept.name) {
            // The import deletes the failed stack itself.
            _ if is_failed && !arguments.is_empty() => TakenName::importable(problem, arguments, |import| format!(
                "to keep the bucket with its objects, run `{import}`; if it is empty, the action that creates the stack deletes it"
            )),
            _ if !arguments.is_empty() => {
                let delete = format!(
                    "aws cloudformation delete-stack --stack-name {} --region {}",
                    deletion.id.as_deref().unwrap_or(&desired.stack.name),
                    desired.stack.target.region
                );
                TakenName::importable(problem, arguments, move |import| format!(
                    "to keep the bucket with its objects, run `{delete}`, which retains it, and then `{import}`"
                ))
            }
            (BUCKET_POLICY, Some(bucket)) => problem.with_help(format!(
                "save the policy, and delete it: `aws s3api delete-bucket-policy --bucket {bucket}`. The new stack creates its own"
            )).into(),
            _ => problem.with_help("update the stack instead; or save what it holds, and delete it by hand if nobody needs it").into(),
        });
    }
    Ok(problems)
}

/// Whether AWS says that a resource of the stack does not exist.
async fn is_gone(
    site: &OperationContext<'_>,
    kept: &DeletedResource,
    id: &str,
) -> Result<bool, OperationError> {
    // A policy has the name of its bucket.
    let id = match (&*kept.kind, &kept.name) {
        (BUCKET_POLICY, Some(bucket)) => bucket,
        _ => id,
    };
    if kept.kind == BUCKET {
        let states = site.cloud.name_states(&[(BUCKET, id)]).await?;
        return Ok(states.first() == Some(&NameState::Free));
    }
    Ok(site.cloud.existence(&kept.kind, id).await? == Existence::Missing)
}
