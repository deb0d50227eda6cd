//! Deletes a stack, after a preview of what is deleted with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::operation_failed;
use super::{Desired, OperationContext, OperationError};
use crate::cloud::{StackOperation, StackResource};
use crate::guard::{Buckets, Delete, Facts, Inspect, TearDown};
use crate::plan::{self, DeletedResource, Deletion};
use crate::report::{Counted, Fault, Step};
use crate::stack::{Health, Stack, StackName};
use crate::template::{DeletionBehavior, Document};

#[derive(Clone, Debug, Serialize)]
pub struct DeletionResult {
    #[serde(flatten)]
    pub deletion: Deletion,
    /// Number of object versions and delete markers that were deleted.
    pub versions: u64,
}

/// Reads everything that a deletion would delete. Changes nothing.
pub async fn preview_deletion(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    empties: bool,
) -> Result<Deletion, OperationError> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let stack = facts.stack.flatten();
    inspect_deletion(site, desired, stack.as_ref(), empties).await
}

async fn inspect_deletion(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: Option<&Stack>,
    empties: bool,
) -> Result<Deletion, OperationError> {
    let mut deletion = Deletion {
        stack: desired.stack.clone(),
        status: stack.map(|stack| stack.status.0.clone()),
        protected: stack.is_some_and(|stack| stack.protected),
        empties,
        resources: Vec::new(),
        importers: Vec::new(),
        buckets: BTreeMap::new(),
    };
    let Some(stack) = stack else {
        // A killed run may have deleted the stack and not yet its retained buckets.
        if empties {
            let mark = desired.bucket_tag();
            for bucket in desired.buckets() {
                if let Some((key, value)) = &mark
                    && site.cloud.is_tagged(&bucket, key, value).await?
                    && let Some(count) = site.cloud.count_versions(&bucket).await?
                {
                    deletion.buckets.insert(bucket, count);
                }
            }
        }
        return Ok(deletion);
    };
    let exports: Vec<String> = stack
        .outputs
        .iter()
        .filter_map(|output| output.export.clone())
        .collect();
    deletion.importers = site.cloud.importers(&exports).await?;
    // The deployed template decides, not the one that the config renders now.
    let deployed = site.cloud.template(&stack.id).await?;
    let document = Document::parse(&desired.config.path, &deployed).ok();
    for resource in site.cloud.resources(&stack.id).await? {
        if resource.status == "DELETE_COMPLETE" {
            continue;
        }
        if let Some(bucket) = bucket_of(&resource)
            && let Some(count) = site.cloud.count_versions(bucket).await?
        {
            deletion.buckets.insert(bucket.to_owned(), count);
        }
        deletion.resources.push(DeletedResource {
            deletion_behavior: deletion_behavior(document.as_ref(), &resource),
            logical_id: resource.logical_id,
            physical_id: resource.physical_id,
            kind: resource.kind,
        });
    }
    deletion
        .resources
        .sort_by(|a, b| (&a.kind, &a.logical_id).cmp(&(&b.kind, &b.logical_id)));
    Ok(deletion)
}

fn bucket_of(resource: &StackResource) -> Option<&str> {
    resource
        .physical_id
        .as_deref()
        .filter(|_| resource.kind == plan::BUCKET)
}

/// Without a readable template nothing counts as retained.
fn deletion_behavior(document: Option<&Document>, resource: &StackResource) -> DeletionBehavior {
    let mut known = document.into_iter().flat_map(Document::resources);
    known
        .find(|known| known.logical_id == resource.logical_id)
        .map_or(DeletionBehavior::Deleted, |known| known.deletion_behavior)
}

/// Deletes a stack; with `empties` its buckets and their objects too. The next run continues a killed one.
pub async fn delete(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    empties: bool,
) -> Result<DeletionResult, OperationError> {
    let mut facts = site.facts(desired).await?;
    let stack = facts.stack.clone().flatten();
    let deletion = inspect_deletion(site, desired, stack.as_ref(), empties).await?;
    facts.deletion = Some(deletion.digest().to_string());
    facts.importers = Some(deletion.importers.clone());
    let (deleted, retained) = deletion.buckets_by_behavior();
    facts.buckets = Some(Buckets { deleted, retained });
    facts.authority = site.authority.authority(&desired.stack, Some(&deletion));
    if empties {
        tear_down(site, desired, facts, stack, deletion).await
    } else {
        let permit = site.decide::<Delete>(&facts, &desired.stack)?;
        let Some(stack) = stack else {
            return Ok(DeletionResult {
                deletion,
                versions: 0,
            });
        };
        site.progress.step(&desired.stack, Step::Deletion);
        let running = site.cloud.delete(permit, &stack.id).await?;
        watch_deletion(site, &desired.stack, running).await?;
        Ok(DeletionResult {
            deletion,
            versions: 0,
        })
    }
}

async fn tear_down(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: Facts,
    stack: Option<Stack>,
    deletion: Deletion,
) -> Result<DeletionResult, OperationError> {
    let mut permit = site.decide::<TearDown>(&facts, &desired.stack)?;
    let rest = site.decide::<TearDown>(&facts, &desired.stack)?;
    let buckets: Vec<String> = deletion.buckets.keys().cloned().collect();
    let mut versions = 0;
    for (bucket, count) in &deletion.buckets {
        let counted = Counted::Versions { bucket };
        let tell = |done| {
            site.progress
                .count(&desired.stack, counted, done, Some(*count))
        };
        site.progress
            .step(&desired.stack, Step::BucketEmptied { bucket });
        permit = site.cloud.empty(permit, bucket, &tell).await?;
        versions += count;
    }
    if let Some(stack) = stack {
        site.progress.step(&desired.stack, Step::Deletion);
        let running = site.cloud.delete(permit, &stack.id).await?;
        watch_deletion(site, &desired.stack, running).await?;
    }
    site.cloud.delete_buckets(rest, &buckets).await?;
    Ok(DeletionResult { deletion, versions })
}

pub(super) async fn watch_deletion(
    site: &OperationContext<'_>,
    stack: &StackName,
    mut running: StackOperation,
) -> Result<(), OperationError> {
    let tell = |event: &_| site.progress.event(stack, event);
    let ended = site.cloud.watch(&mut running, &tell).await?;
    match &ended.stack {
        None => Ok(()),
        Some(stack) if stack.status.health() == Health::Deleted => Ok(()),
        Some(stack) => {
            let status = stack.status.to_string();
            Err(operation_failed(Fault::Stack { status }, &ended))
        }
    }
}
