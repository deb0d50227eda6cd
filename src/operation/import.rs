//! Creates a stack that takes back what its former stack retained: an import of these resources, then an update that adds the rest.
//! CloudFormation creates and imports in one operation only for types whose identifier is a name.

use std::collections::{BTreeMap, BTreeSet};

use super::cancelled::what_remains;
use super::error::operation_failed;
use super::provisioned::{ensure_executable, stack_status, verified, watch};
use super::{Desired, OperationContext, OperationError, ProvisionOutcome, Provisioned};
use crate::cloud::{ChangeSetInput, CloudError, PendingChangeSet, ResourceImport};
use crate::guard::{Create, Facts, ImportFact, Permit, Preview, RunsChangeSet, TEST_TAG};
use crate::plan::{Verdict, assess_resource};
use crate::report::{Fault, Step};
use crate::stack::{ChangeAction, ChangeSet, Health, ResourceChange, Stack};
use crate::template::{ImportedResource, import_template, importable, is_import_template};

/// What the deleted stacks of this config retained and the new stack imports.
pub async fn retained_imports(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Vec<ImportedResource>, OperationError> {
    let mut resources = desired.document.resources();
    // A template that retains nothing has nothing to take back.
    if !resources.any(|resource| resource.is_importable()) {
        return Ok(Vec::new());
    }
    let owner = desired.owner();
    let retained = match site.cloud.retained_resources(&desired.stack, &owner).await {
        Ok(retained) => retained,
        // Then the names are taken, and the creation says so.
        Err(CloudError::Aws(error)) if error.is_refusal() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for resource in importable(&desired.document, &retained) {
        let Some((_, id)) = resource.identifier(&desired.document, &retained) else {
            continue;
        };
        if site.cloud.still_exists(&resource.kind, &id).await? {
            found.push(resource);
        }
    }
    // A policy is imported with its bucket only.
    Ok(importable(&desired.document, &found))
}

/// The imports of a change set. `former`: what the config's deleted stacks retained.
pub(super) fn import_facts(found: &ChangeSet, former: &[ImportedResource]) -> Vec<ImportFact> {
    let imports = found
        .changes
        .iter()
        .filter(|change| change.action == ChangeAction::Import);
    let facts = imports.map(|change| ImportFact {
        former: former.iter().any(|known| {
            known.logical_id == change.logical_id
                && known.kind == change.kind
                && change.physical_id.as_ref().is_none_or(|id| {
                    // CloudFormation names a policy by its bucket.
                    *id == known.physical_id || former.iter().any(|other| other.physical_id == *id)
                })
        }),
        logical_id: change.logical_id.clone(),
        kind: change.kind.clone(),
        physical_id: change.physical_id.clone(),
    });
    facts.collect()
}

/// Creates a stack of the imported resources. `rest` permits the update that adds all others.
pub(super) async fn create_with_imports<E: RunsChangeSet>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &mut Facts,
    imports: &[ImportedResource],
    rest: Permit<E>,
) -> Result<Provisioned, OperationError> {
    let input = import_input(desired, imports)?;
    let look = site.decide::<Preview>(facts, &desired.stack)?;
    site.progress.step(&desired.stack, Step::ChangeSet);
    let shell = facts.stack.as_ref().and_then(Option::as_ref);
    let pending = site.cloud.preview(look, shell, &input).await?;
    let pending = ensure_executable(site, desired, pending).await?;
    let described = &pending.described().change_set;
    facts.imports = Some(import_facts(described, imports));
    let only_imports = described
        .changes
        .iter()
        .all(|change| change.action == ChangeAction::Import);
    let permit = match site.decide::<Create>(facts, &desired.stack) {
        Ok(permit) if only_imports => permit,
        Ok(_) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(OperationError::VerificationFailed(Fault::NotAnImport));
        }
        Err(denied) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(denied);
        }
    };
    site.progress.step(&desired.stack, Step::Import);
    let mut running = site.cloud.execute(permit, pending).await?;
    let id = running.stack_id().to_owned();
    let ended = match watch(site, desired, &mut running).await {
        Ok(ended) => ended,
        Err(failure) => return Err(what_remains(site, &desired.stack, &id, failure).await),
    };
    match &ended.stack {
        Some(stack) if stack.status.0 == "IMPORT_COMPLETE" => {
            add_rest(site, desired, facts, stack, rest).await
        }
        // What was imported stays as it was.
        Some(stack) => Err(operation_failed(stack_status(stack), &ended)),
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}

fn import_input(
    desired: &Desired<'_>,
    imports: &[ImportedResource],
) -> Result<ChangeSetInput, OperationError> {
    let ids: BTreeSet<&str> = imports.iter().map(|one| &*one.logical_id).collect();
    let body = import_template(&desired.document, &ids)
        .ok_or(OperationError::VerificationFailed(Fault::NotImportable))?;
    let identified = imports.iter().filter_map(|resource| {
        Some(ResourceImport {
            identifier: resource.identifier(&desired.document, imports)?,
            resource: resource.clone(),
        })
    });
    Ok(ChangeSetInput {
        body,
        imports: identified.collect(),
        // CloudFormation refuses tags here. The update adds them.
        tags: BTreeMap::new(),
        ..desired.change_set_input()
    })
}

/// Whether the stack is a creation of this config that has imported its resources and lacks the others. An import sets no tags, so its
/// template tells it.
pub(super) async fn is_unfinished_import(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
) -> Result<bool, OperationError> {
    let can_be = matches!(
        &*stack.status.0,
        "IMPORT_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE"
    );
    let mut owner = facts.owner.iter();
    let is_foreign = owner.any(|(key, value)| stack.tags.get(key).is_some_and(|tag| tag != value));
    if !can_be || is_foreign || stack.tags.contains_key(TEST_TAG) {
        return Ok(false);
    }
    let body = site.cloud.template(&stack.id).await?;
    if !is_import_template(&body) {
        return Ok(false);
    }
    let resources = site.cloud.resources(&stack.id).await?;
    let held = resources
        .iter()
        .filter(|resource| resource.status != "DELETE_COMPLETE");
    let ids: BTreeSet<&str> = held.map(|resource| &*resource.logical_id).collect();
    Ok(import_template(&desired.document, &ids) == Some(body))
}

/// Adds all other resources to a stack that has imported some. Nothing that was imported is deleted or replaced.
pub(super) async fn add_rest<E: RunsChangeSet>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
    permit: Permit<E>,
) -> Result<Provisioned, OperationError> {
    let facts = Facts {
        stack: Some(Some(stack.clone())),
        unfinished_import: Some(true),
        ..facts.clone()
    };
    let look = site.decide::<Preview>(&facts, &desired.stack)?;
    site.progress.step(&desired.stack, Step::ChangeSet);
    let input = desired.change_set_input();
    let pending = site.cloud.preview(look, Some(stack), &input).await?;
    let pending = ensure_executable(site, desired, pending).await?;
    if let Some(fault) = harms_imported(&pending) {
        site.cloud.without_cancellation().discard(pending).await?;
        return Err(OperationError::VerificationFailed(fault));
    }
    site.progress.step(&desired.stack, Step::Creation);
    let mut running = site.cloud.execute(permit, pending).await?;
    let ended = match watch(site, desired, &mut running).await {
        Ok(ended) => ended,
        Err(failure) => return Err(what_remains(site, &desired.stack, &stack.id, failure).await),
    };
    match &ended.stack {
        Some(stack) if stack.status.health() == Health::Stable && !is_rolled_back(stack) => {
            verified(site, desired, stack, ProvisionOutcome::Created).await
        }
        Some(stack) => Err(operation_failed(stack_status(stack), &ended)),
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}

fn is_rolled_back(stack: &Stack) -> bool {
    stack.status.0.contains("ROLLBACK")
}

/// Names the imported resource that the change set would delete or replace.
fn harms_imported(pending: &PendingChangeSet) -> Option<Fault> {
    let change_set = &pending.described().change_set;
    let harms = |change: &&ResourceChange| {
        change.action != ChangeAction::Add && assess_resource(change).verdict > Verdict::InPlace
    };
    let harmed = change_set.changes.iter().find(harms)?;
    Some(Fault::ImportedReplaced {
        logical_id: harmed.logical_id.clone(),
    })
}
