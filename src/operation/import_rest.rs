//! The update after an import: it adds the other resources of the stack.

use super::cancelled::what_remains;
use super::error::operation_failed;
use super::import_drift::{compare_imported, differences_before_update, overwritten};
use super::provisioned::{ensure_executable, stack_status, verified, watch};
use super::{Desired, OperationContext, OperationError, ProvisionOutcome, Provisioned};
use crate::cloud::PendingChangeSet;
use crate::guard::{Facts, Permit, Preview, RunsChangeSet};
use crate::plan::{Verdict, assess_resource};
use crate::report::{Fault, Step};
use crate::stack::{ChangeAction, Health, Replacement, ResourceChange, Stack};
use crate::template::ImportedResource;

/// The change set of the update. It has to be run or discarded.
pub(super) struct RestOfImport {
    pub pending: PendingChangeSet,
    /// How the imported resources differ from the template.
    before: Vec<String>,
}

/// Adds all other resources to a stack that has imported some. Nothing that was imported is deleted or replaced.
pub(super) async fn add_rest<E: RunsChangeSet>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    (stack, imported): (&Stack, &[ImportedResource]),
    permit: Permit<E>,
) -> Result<Provisioned, OperationError> {
    let rest = propose_rest(site, desired, facts, (stack, imported)).await?;
    run_rest(site, desired, (stack, imported), rest, permit).await
}

/// Creates the change set. Nothing that was imported is deleted or replaced.
pub(super) async fn propose_rest(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    (stack, imported): (&Stack, &[ImportedResource]),
) -> Result<RestOfImport, OperationError> {
    let facts = Facts {
        stack: Some(Some(stack.clone())),
        unfinished_import: Some(true),
        ..facts.clone()
    };
    let look = site.decide::<Preview>(&facts, &desired.stack)?;
    let before = differences_before_update(site, desired, &stack.id, imported).await?;
    site.progress.step(&desired.stack, Step::ChangeSet);
    let input = site.watched_input(desired, Some(stack));
    let pending = site.cloud.preview(look, Some(stack), &input).await?;
    let pending = ensure_executable(site, desired, pending).await?;
    if let Some(fault) = harms_imported(&pending, facts.changes_imported == Some(true)) {
        site.cloud.without_cancellation().discard(pending).await?;
        return Err(OperationError::VerificationFailed(fault));
    }
    Ok(RestOfImport { pending, before })
}

/// Runs the change set, and compares what was imported.
pub(super) async fn run_rest<E: RunsChangeSet>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    (stack, imported): (&Stack, &[ImportedResource]),
    RestOfImport { pending, before }: RestOfImport,
    permit: Permit<E>,
) -> Result<Provisioned, OperationError> {
    site.progress.step(&desired.stack, Step::Creation);
    let mut running = site.cloud.execute(permit, pending).await?;
    let ended = match watch(site, desired, &mut running).await {
        Ok(ended) => ended,
        Err(failure) => return Err(what_remains(site, &desired.stack, &stack.id, failure).await),
    };
    match &ended.stack {
        Some(stack) if stack.status.health() == Health::Stable && !is_rolled_back(stack) => {
            let created = verified(site, desired, stack, ProvisionOutcome::Created).await?;
            site.warn(&compare_imported(site, desired, &stack.id, imported).await?);
            site.warn(&Vec::from_iter(overwritten(desired, &before)));
            Ok(Provisioned {
                imported: imported.to_vec(),
                ..created
            })
        }
        Some(stack) => Err(operation_failed(stack_status(stack), &ended)),
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}

fn is_rolled_back(stack: &Stack) -> bool {
    stack.status.0.contains("ROLLBACK")
}

/// Names the imported resource that the change set would delete or replace. `is_changed`: the config changes what was imported, and the
/// guard decides on the effect. Otherwise nothing but an update in place is expected.
fn harms_imported(pending: &PendingChangeSet, is_changed: bool) -> Option<Fault> {
    let change_set = &pending.described().change_set;
    let harms = |change: &&ResourceChange| match &change.action {
        ChangeAction::Add => false,
        ChangeAction::Modify if is_changed => {
            !matches!(change.replacement, None | Some(Replacement::False))
        }
        _ => assess_resource(change).verdict > Verdict::InPlace,
    };
    let harmed = change_set.changes.iter().find(harms)?;
    Some(Fault::ImportedReplaced {
        logical_id: harmed.logical_id.clone(),
    })
}
