//! Deletes the config's own stack if its creation failed, so that the stack can be created.

use std::collections::BTreeSet;

use super::creatable::ensure_creatable;
use super::deletion::{inspect_deletion, watch_deletion};
use super::import::{Imports, named_resources};
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::entries::NamedResource;
use crate::guard::{EffectKind, Facts, RemoveFailed};
use crate::plan::{Changes, Deletion};
use crate::report::Step;
use crate::stack::{ShownStack, Stack, StackPart};
use crate::template::{ImportedResource, importable};

/// What the deletion of a failed creation deletes, and the stack of which that was read. `named`: what the new stack imports.
pub(super) async fn inspect_failed(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: &Stack,
    named: &[ImportedResource],
) -> Result<(Deletion, ShownStack), OperationError> {
    let inspected = inspect_deletion(site, desired, Some(stack), false).await?;
    let deletion = inspected.deletion.of_failed_creation(named);
    Ok((deletion, inspected.shown))
}

/// What the new stack imports. A former stack of the config may have retained resources; those of the failed one are deleted or block it.
pub(super) async fn imports_after(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    named: Vec<ImportedResource>,
    deletion: &Deletion,
) -> Result<Imports, OperationError> {
    let mut imports = Imports::find(site, desired, named).await?;
    let held = |one: &ImportedResource| deletion.behavior_of(&one.kind, &one.physical_id);
    imports.former.retain(|one| held(one).is_none());
    // A policy is imported with its bucket only.
    imports.former = importable(&desired.document, &imports.former);
    Ok(imports)
}

/// Deletes the stack by its ARN. Returns the physical ids of the resources that its template retains.
///
/// Buckets are not emptied: objects in them did not come from provisioner, and deny the deletion. What could deny or block the next creation is checked before.
pub(super) async fn remove_failed(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    mut facts: Facts,
    stack: &Stack,
    given: &[NamedResource],
) -> Result<Vec<String>, OperationError> {
    let named = named_resources(desired, &facts, given)?;
    let (mut deletion, shown) = inspect_failed(site, desired, stack, &named).await?;
    let deletion = &mut deletion;
    facts.add_deletion(deletion);
    // Denials come before the checks, which query AWS.
    site.ensure_allowed::<RemoveFailed>(&facts, &desired.stack)?;
    let imports = imports_after(site, desired, named, deletion).await?;
    let checked = ensure_creatable(site, desired, &facts, stack, deletion, &imports).await?;
    let warnings = site.ensure_met(checked)?;
    // One confirmation is for both.
    let changes = Changes::for_new_stack(desired.config, &desired.stack, &desired.document);
    let changes = Changes {
        failed_creation: Some(deletion.clone()),
        ..site.with_alarms(
            desired,
            changes
                .with_former(&imports.former)
                .with_named(&imports.named)
                .with_leftovers(imports.leftover_names()),
        )
    };
    let effect = (ShownEffect::Changes(&changes), &*warnings);
    let kind = EffectKind::RemoveFailed;
    site.confirm(kind, &mut facts, &desired.stack, effect);
    site.ensure_allowed::<RemoveFailed>(&facts, &desired.stack)?;
    let mut changed = Vec::new();
    if !deletion.buckets.is_empty() {
        let (now, _) = inspect_failed(site, desired, stack, &imports.named).await?;
        if now.buckets != deletion.buckets {
            changed.push(StackPart::BucketContents);
        }
    }
    let permit = site
        .decide_on::<RemoveFailed>(desired, &mut facts, &shown, changed)
        .await?;
    site.progress
        .step(&desired.stack, Step::FailedCreationRemoved);
    let running = site.cloud.delete(permit, &stack.id).await?;
    watch_deletion(site, &desired.stack, running).await?;
    let kept = deletion.retained();
    Ok(kept.filter_map(|kept| kept.physical_id.clone()).collect())
}

/// Those of the retained resources that the new stack does not have. If AWS does not answer, all of them.
pub(super) async fn unmanaged(
    site: &OperationContext<'_>,
    stack_id: &str,
    mut kept: Vec<String>,
) -> Vec<String> {
    if kept.is_empty() {
        return kept;
    }
    let resources = site.cloud.resources(stack_id).await.unwrap_or_default();
    let managed: BTreeSet<String> = resources
        .into_iter()
        .filter_map(|resource| resource.physical_id)
        .collect();
    kept.retain(|id| !managed.contains(id));
    kept
}
