//! What the deleted stacks of a config left for its next stack. The preview and the run decide by this.

use std::collections::{BTreeMap, BTreeSet};

use super::former::is_of_former_stack;
use super::unimportable::{Unimportable, find_unimportable, is_told_by_record};
use super::{Desired, OperationContext, OperationError};
use crate::cloud::{CloudError, Existence, FormerStacks, STACK_ID_TAG, StackBucket};
use crate::guard::{Permit, RunsChangeSet};
use crate::plan::BUCKET;
use crate::report::Step;
use crate::template::{ImportedResource, importable, physical_names};

/// What the deleted stacks left.
#[derive(Default)]
pub(super) struct TakenBack {
    /// What the new stack imports.
    pub former: Vec<ImportedResource>,
    /// What no stack can import.
    pub unimportable: Vec<Unimportable>,
    /// Empty buckets of creations that did not end. The creation deletes them first, because it needs their names.
    pub leftovers: Vec<StackBucket>,
    /// Tags of the last deleted stack, if its creation failed.
    pub failed_tags: Option<BTreeMap<String, String>>,
}

pub(super) async fn taken_back(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<TakenBack, OperationError> {
    let mut resources = desired.document.resources();
    let mut names = physical_names(&desired.document);
    // A template that retains nothing has nothing to take back.
    if !resources.any(|resource| resource.is_importable() || resource.kind == BUCKET)
        && !names.any(|name| is_told_by_record(&name, desired))
    {
        return Ok(TakenBack::default());
    }
    let owner = desired.owner();
    let stacks = match site.cloud.former_stacks(&desired.stack, &owner).await {
        Ok(stacks) => stacks,
        // Then the names are taken, and the creation says so.
        Err(CloudError::Aws(error)) if error.is_refusal() => return Ok(TakenBack::default()),
        Err(error) => return Err(error.into()),
    };
    let retained = stacks.resources();
    let unimportable = find_unimportable(site, desired, &retained).await?;
    let mut found = Vec::new();
    for resource in importable(&desired.document, &retained) {
        let Some((_, id)) = resource.identifier(&desired.document, &retained) else {
            continue;
        };
        // CloudFormation has the record, and checks again. A deletion of the former stack requires that it can be read.
        let existence = site.cloud.existence(&resource.kind, &id).await?;
        if matches!(existence, Existence::Exists | Existence::Unknown)
            && is_of_former_stack(site, desired, &resource).await?
        {
            found.push(resource);
        }
    }
    Ok(TakenBack {
        // A policy is imported with its bucket only.
        former: importable(&desired.document, &found),
        unimportable,
        leftovers: leftovers(site, desired, &stacks).await?,
        failed_tags: stacks.failed_tags().cloned(),
    })
}

/// Empty buckets of creations that did not end, whose names the new stack needs.
async fn leftovers(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stacks: &FormerStacks,
) -> Result<Vec<StackBucket>, OperationError> {
    let names: BTreeSet<&str> = physical_names(&desired.document)
        .filter(|name| name.resource.kind == BUCKET)
        .map(|name| name.name)
        .collect();
    let mut found = Vec::new();
    for bucket in stacks.cancelled_buckets() {
        if names.contains(bucket.name()) && is_leftover(site, desired, &bucket).await? {
            found.push(bucket);
        }
    }
    Ok(found)
}

/// Whether the bucket is empty and still that of its stack: CloudFormation's tag names the stack, or the bucket has the template's own tag.
async fn is_leftover(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    bucket: &StackBucket,
) -> Result<bool, OperationError> {
    let tags = match site.cloud.bucket_tags(bucket.name()).await {
        // Tags that cannot be read prove nothing.
        Err(CloudError::Aws(error)) if error.is_refusal() => return Ok(false),
        tags => tags?,
    };
    let is_own = match tags.get(STACK_ID_TAG) {
        Some(stack) => stack == bucket.stack_id(),
        None => desired
            .bucket_tag()
            .is_some_and(|(key, value)| tags.get(&key) == Some(&value)),
    };
    if !is_own {
        return Ok(false);
    }
    match site.cloud.count_versions(bucket).await {
        Err(CloudError::Aws(error)) if error.is_refusal() => Ok(false),
        count => Ok(count? == Some(0)),
    }
}

/// Deletes the leftovers, each after another look: somebody may have used it since. Returns whether one is left.
pub(super) async fn delete_leftovers<E: RunsChangeSet>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    permit: &Permit<E>,
    leftovers: &[StackBucket],
) -> Result<bool, OperationError> {
    let mut is_any_left = false;
    for bucket in leftovers {
        if !is_leftover(site, desired, bucket).await? {
            is_any_left = true;
            continue;
        }
        let step = Step::BucketDeleted {
            bucket: bucket.name(),
        };
        site.progress.step(&desired.stack, step);
        match site.cloud.delete_leftover(permit, bucket).await {
            Ok(()) => {}
            Err(CloudError::Aws(error)) if error.is_refusal() => is_any_left = true,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(is_any_left)
}
