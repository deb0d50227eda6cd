//! Deletes a stack, after a preview of what is deleted with it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::cancelled::what_remains;
use super::error::operation_failed;
use super::import_drift::returning_drift;
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::cloud::{StackBucket, StackOperation, StackResource};
use crate::guard::{Delete, Facts, Inspect, Permit, TearDown};
use crate::plan::{DeletedResource, Deletion, behavior_on_delete};
use crate::report::{Counted, Fault, Step};
use crate::stack::{Health, ShownStack, Stack, StackName, StackPart};
use crate::template::{
    BUCKET_POLICY, DeletionBehavior, Document, Link, LinkKind, PolicyBucket, SSM_PARAMETER,
    bucket_policies, name_claims, physical_names, policy_claims,
};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeletionResult {
    #[serde(flatten)]
    pub deletion: Deletion,
    /// Number of object versions and delete markers that were deleted.
    pub versions: u64,
}

/// Reads everything that a deletion would delete, and adds it to the stack's facts. Changes nothing.
pub async fn preview_deletion(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &mut Facts,
    empties: bool,
) -> Result<Deletion, OperationError> {
    let _looking = site.decide::<Inspect>(facts, &desired.stack)?;
    let stack = facts.stack.clone().flatten();
    let inspected = inspect_deletion(site, desired, stack.as_ref(), empties).await?;
    facts.add_deletion(&inspected.deletion);
    Ok(inspected.deletion)
}

/// What a deletion would delete, and the stack of which that was read.
pub(super) struct InspectedDeletion {
    pub deletion: Deletion,
    pub shown: ShownStack,
    buckets: Vec<StackBucket>,
}

pub(super) async fn inspect_deletion(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: Option<&Stack>,
    empties: bool,
) -> Result<InspectedDeletion, OperationError> {
    let mut buckets = Vec::new();
    let mut deletion = Deletion {
        id: stack.map(|stack| stack.id.clone()),
        status: stack.map(|stack| stack.status.0.clone()),
        protected: stack.is_some_and(|stack| stack.protected),
        empties,
        ..Deletion::of_nothing(&desired.stack)
    };
    let Some(stack) = stack else {
        // A killed run may have deleted the stack and not yet its retained buckets.
        if empties && let Some((key, value)) = desired.bucket_tag() {
            let owner = desired.owner();
            let former = site.cloud.former_stacks(&desired.stack, &owner).await?;
            for bucket in former.retained_buckets() {
                if site.cloud.is_tagged(&bucket, &key, &value).await?
                    && let Some(count) = site.cloud.count_versions(&bucket).await?
                {
                    deletion.buckets.insert(bucket.name().to_owned(), count);
                    buckets.push(bucket);
                }
            }
        }
        return Ok(InspectedDeletion {
            deletion,
            shown: ShownStack {
                stack: None,
                template: None,
            },
            buckets,
        });
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
    let mut held = site.cloud.resources(&stack.id).await?;
    held.retain(|resource| resource.status != "DELETE_COMPLETE");
    for resource in held.clone() {
        if let Some(bucket) = &resource.bucket
            && let Some(count) = site.cloud.count_versions(bucket).await?
        {
            deletion.buckets.insert(bucket.name().to_owned(), count);
            buckets.push(bucket.clone());
        }
        deletion.resources.push(DeletedResource {
            deletion_behavior: behavior_on_delete(
                &resource.kind,
                deletion_behavior(document.as_ref(), &resource),
                empties,
            ),
            name: deployed_name(document.as_ref(), &resource, &held),
            logical_id: resource.logical_id,
            physical_id: resource.physical_id,
            kind: resource.kind,
        });
    }
    deletion
        .resources
        .sort_by(|a, b| (&a.kind, &a.logical_id).cmp(&(&b.kind, &b.logical_id)));
    buckets.sort_by(|a, b| a.name().cmp(b.name()));
    let links = deleted_links(&deletion, &exports);
    deletion.consumers = site
        .needs
        .map(|needs| needs.consumers(&desired.stack, &links));
    let target = &desired.stack.target;
    let claims = [
        name_claims(&desired.document, target),
        policy_claims(&desired.document, target),
    ];
    deletion.find_blocking(&claims.concat());
    // Nothing is taken back of a stack that never was complete.
    if !stack.status.is_failed_creation() {
        deletion.find_returning(&desired.document);
        let former = (stack, document.as_ref());
        deletion.drifted = returning_drift(site, desired, former, &deletion.returning).await?;
    }
    Ok(InspectedDeletion {
        deletion,
        shown: ShownStack {
            stack: Some(stack.clone()),
            template: Some(deployed),
        },
        buckets,
    })
}

/// The exports of the stack, and its parameters that are not retained.
fn deleted_links(deletion: &Deletion, exports: &[String]) -> BTreeSet<Link> {
    let target = &deletion.stack.target;
    let exports = exports
        .iter()
        .map(|name| Link::new(target, LinkKind::Export, name));
    let deleted = deletion.resources.iter().filter(|resource| {
        resource.kind == SSM_PARAMETER && resource.deletion_behavior != DeletionBehavior::Retained
    });
    let parameters = deleted.filter_map(|resource| resource.physical_id.as_deref());
    let parameters = parameters.map(|name| Link::new(target, LinkKind::Parameter, name));
    exports.chain(parameters).collect()
}

/// The name that the deployed template writes out. That of a policy is its bucket's, one of the resources that the stack holds.
fn deployed_name(
    document: Option<&Document>,
    resource: &StackResource,
    held: &[StackResource],
) -> Option<String> {
    let document = document?;
    if resource.kind == BUCKET_POLICY {
        let mut policies = bucket_policies(document);
        let policy = policies.find(|policy| policy.logical_id == resource.logical_id)?;
        return match policy.bucket {
            PolicyBucket::Named(name) => Some(name.to_owned()),
            PolicyBucket::OfTemplate(id) => {
                let mut held = held.iter();
                held.find(|one| one.logical_id == id)?.physical_id.clone()
            }
        };
    }
    let mut names = physical_names(document);
    let named = names.find(|name| name.resource.logical_id == resource.logical_id)?;
    Some(named.name.to_owned())
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
    let inspected = inspect_deletion(site, desired, stack.as_ref(), empties).await?;
    facts.add_deletion(&inspected.deletion);
    if empties {
        return tear_down(site, desired, facts, inspected).await;
    }
    let effect = (ShownEffect::Deletion(&inspected.deletion), &[][..]);
    let permit = site
        .confirmed::<Delete>(desired, &mut facts, &inspected.shown, effect)
        .await?;
    if let Some(stack) = stack {
        site.progress.step(&desired.stack, Step::Deletion);
        let running = site.cloud.delete(permit, &stack.id).await?;
        watch_deletion(site, &desired.stack, running).await?;
    }
    Ok(DeletionResult {
        deletion: inspected.deletion,
        versions: 0,
    })
}

/// Emptying a bucket takes time, so the stack is read again before each bucket and before its deletion.
async fn tear_down(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    mut facts: Facts,
    inspected: InspectedDeletion,
) -> Result<DeletionResult, OperationError> {
    let InspectedDeletion {
        deletion,
        shown,
        buckets,
    } = inspected;
    let effect = (ShownEffect::Deletion(&deletion), &[][..]);
    let permit = site
        .confirmed::<TearDown>(desired, &mut facts, &shown, effect)
        .await?;
    let mut first = Some(permit);
    let mut versions = 0;
    for bucket in &buckets {
        let name = bucket.name();
        let count = deletion.buckets.get(name).copied();
        let counted = Counted::Versions { bucket: name };
        let notify = |done| site.progress.count(&desired.stack, counted, done, count);
        let permit = match (&shown.stack, first.take()) {
            (Some(_), Some(permit)) => permit,
            (Some(_), None) => site.decide_again(desired, &mut facts, &shown).await?,
            (None, _) => {
                let changed = retained_changes(site, desired, bucket, count).await?;
                site.decide_on(desired, &mut facts, &shown, changed).await?
            }
        };
        let step = Step::BucketEmptied { bucket: name };
        site.progress.step(&desired.stack, step);
        drop(site.cloud.empty(permit, bucket, &notify).await?);
        versions += count.unwrap_or_default();
    }
    let Some(stack) = &shown.stack else {
        let mut changed = Vec::new();
        for bucket in &buckets {
            changed.extend(retained_changes(site, desired, bucket, None).await?);
        }
        let permit = site.decide_on(desired, &mut facts, &shown, changed).await?;
        delete_buckets(site, desired, permit, &buckets).await?;
        return Ok(DeletionResult { deletion, versions });
    };
    let permit = match first {
        Some(permit) => permit,
        None => site.decide_again(desired, &mut facts, &shown).await?,
    };
    // The buckets are those of the stack that is deleted here.
    let rest = match buckets.is_empty() {
        true => None,
        false => Some(site.decide_again(desired, &mut facts, &shown).await?),
    };
    site.progress.step(&desired.stack, Step::Deletion);
    let running = site.cloud.delete(permit, &stack.id).await?;
    watch_deletion(site, &desired.stack, running).await?;
    if let Some(rest) = rest {
        delete_buckets(site, desired, rest, &buckets).await?;
    }
    Ok(DeletionResult { deletion, versions })
}

/// What changed in a bucket that a deleted stack retained. No stack holds it, so only its tags say whose it is. `count`: the versions
/// that were shown; `None` once the bucket is emptied.
async fn retained_changes(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    bucket: &StackBucket,
    count: Option<u64>,
) -> Result<Vec<StackPart>, OperationError> {
    let is_own = match desired.bucket_tag() {
        Some((key, value)) => site.cloud.is_tagged(bucket, &key, &value).await?,
        None => false,
    };
    if !is_own {
        return Ok(vec![StackPart::BucketTags]);
    }
    let is_same = count.is_none() || site.cloud.count_versions(bucket).await? == count;
    Ok(match is_same {
        true => Vec::new(),
        false => vec![StackPart::BucketContents],
    })
}

async fn delete_buckets(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    permit: Permit<TearDown>,
    buckets: &[StackBucket],
) -> Result<(), OperationError> {
    for bucket in buckets {
        let bucket = bucket.name();
        let step = Step::BucketDeleted { bucket };
        site.progress.step(&desired.stack, step);
    }
    Ok(site.cloud.delete_buckets(permit, buckets).await?)
}

pub(super) async fn watch_deletion(
    site: &OperationContext<'_>,
    stack: &StackName,
    mut running: StackOperation,
) -> Result<(), OperationError> {
    let notify = |event: &_| site.progress.event(stack, event);
    let ended = match site.cloud.watch(&mut running, &notify).await {
        Ok(ended) => ended,
        Err(failure) => {
            return match what_remains(site, stack, running.stack_id(), failure.into()).await {
                OperationError::Cancelled(Fault::RemovedAfterCancellation { .. }) => Ok(()),
                left => Err(left),
            };
        }
    };
    match &ended.stack {
        None => Ok(()),
        Some(stack) if stack.status.health() == Health::Deleted => Ok(()),
        Some(stack) => {
            let status = stack.status.to_string();
            Err(operation_failed(Fault::Stack { status }, &ended))
        }
    }
}
