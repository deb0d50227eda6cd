//! Reads deleted stacks. CloudFormation keeps them for 90 days.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudformation::types::StackStatus;

use super::{Cloud, error};
use crate::cloud::bucket::{HELD, Holding};
use crate::cloud::{Result, StackBucket};
use crate::guard::{Permit, RunsChangeSet};
use crate::stack::{Stack, StackEvent, StackName};
use crate::template::ImportedResource;

/// Maximum number of deleted stacks of one name that are read, the latest first.
const MAX_DELETED: usize = 3;

/// A bucket that a deleted stack retained.
struct RetainedBucket {
    bucket: StackBucket,
    /// Whether the stack was ever complete.
    was_complete: bool,
    /// Whether the deletion of the stack retained it, and not an earlier update.
    by_deletion: bool,
}

/// Statuses of a stack that people may have used.
const COMPLETE: &[&str] = &[
    "CREATE_COMPLETE",
    "IMPORT_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
];

impl Cloud {
    /// Buckets that the last deleted stacks of this name still had when they were deleted, and that they retained. `owner`: tags that those
    /// stacks must have. What an update retained was left behind on purpose.
    pub async fn retained_buckets(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<Vec<StackBucket>> {
        let found = self.retained(stack, owner).await?;
        let held = found.into_iter().filter(|found| found.by_deletion);
        Ok(held.map(|found| found.bucket).collect())
    }

    /// Resources that the last deleted stacks of this name retained, the latest stack first. `owner`: tags that those stacks must have. A
    /// stack retains only what it created, updated or imported itself. Stacks that were never complete retain nothing of use.
    pub async fn retained_resources(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<Vec<ImportedResource>> {
        let mut found: Vec<ImportedResource> = Vec::new();
        for id in self.deleted_stacks(&stack.name).await? {
            let Some(events) = self.events_of_deleted(&id, owner).await? else {
                continue;
            };
            if !was_complete(&id, &events) {
                continue;
            }
            for event in events
                .iter()
                .filter(|event| event.status == "DELETE_SKIPPED")
            {
                let Some(physical_id) = event.physical_id.clone().filter(|id| !id.is_empty())
                else {
                    continue;
                };
                let was_held = events.iter().any(|other| {
                    other.physical_id.as_deref() == Some(&*physical_id)
                        && other.logical_id == event.logical_id
                        && HELD.contains(&other.status.as_str())
                });
                let is_known = found
                    .iter()
                    .any(|known| known.logical_id == event.logical_id);
                if was_held && !is_known {
                    found.push(ImportedResource {
                        logical_id: event.logical_id.clone(),
                        kind: event.kind.clone(),
                        physical_id,
                    });
                }
            }
        }
        Ok(found)
    }

    /// The deleted stack of this name that had the tags and was complete.
    pub async fn former_stack(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<Option<Stack>> {
        for id in self.deleted_stacks(&stack.name).await? {
            let events = self.events_of_deleted(&id, owner).await?;
            if events.is_some_and(|events| was_complete(&id, &events)) {
                return self.stack(&id).await;
            }
        }
        Ok(None)
    }

    /// The events of a deleted stack; `None` if it lacks the tags.
    async fn events_of_deleted(
        &self,
        id: &str,
        owner: &BTreeMap<String, String>,
    ) -> Result<Option<Vec<StackEvent>>> {
        let is_owned = |deleted: &Stack| {
            let mut owner = owner.iter();
            owner.all(|(key, value)| deleted.tags.get(key) == Some(value))
        };
        let deleted = self.stack(id).await?;
        if owner.is_empty() || !deleted.as_ref().is_some_and(is_owned) {
            return Ok(None);
        }
        Ok(Some(self.events(id, &HashSet::new()).await?))
    }

    /// Deletes the buckets that a cancelled creation of the permit's stack left, because they block the next one. Returns whether it
    /// deleted any. S3 deletes only empty buckets.
    pub async fn finish_cancelled_creation<E: RunsChangeSet>(
        &self,
        permit: &Permit<E>,
        owner: &BTreeMap<String, String>,
    ) -> Result<bool> {
        let mut is_any = false;
        for found in self.retained(permit.stack(), owner).await? {
            // Data may have come into a bucket of a stack that was complete.
            if !found.was_complete {
                self.ensure_not_cancelled()?;
                self.delete_bucket(&found.bucket).await?;
                is_any = true;
            }
        }
        Ok(is_any)
    }

    async fn retained(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<Vec<RetainedBucket>> {
        let mut found: Vec<RetainedBucket> = Vec::new();
        for id in self.deleted_stacks(&stack.name).await? {
            let Some(events) = self.events_of_deleted(&id, owner).await? else {
                continue;
            };
            // Nothing that was imported is a leftover.
            let imports = |event: &StackEvent| event.status.starts_with("IMPORT_");
            let was_complete = was_complete(&id, &events) || events.iter().any(imports);
            let deletions = events.iter().filter(|event| {
                event.physical_id.as_deref() == Some(&*id) && event.status == "DELETE_IN_PROGRESS"
            });
            let began = deletions.map(|event| event.time).min();
            for event in &events {
                let is_retained = event.status == "DELETE_SKIPPED"
                    && Holding::new(&event.kind, &event.status) == Holding::Uncertain;
                let Some(name) = event.physical_id.as_deref().filter(|_| is_retained) else {
                    continue;
                };
                let bucket = StackBucket::new(&id, name);
                let is_known = found.iter().any(|known| known.bucket.name() == name);
                if bucket.was_created(&events) && !is_known {
                    found.push(RetainedBucket {
                        bucket,
                        was_complete,
                        by_deletion: began.is_some_and(|began| event.time >= began),
                    });
                }
            }
        }
        Ok(found)
    }

    /// ARNs of deleted stacks of this name, the latest first.
    async fn deleted_stacks(&self, name: &str) -> Result<Vec<String>> {
        let mut pages = self
            .stacks
            .list_stacks()
            .stack_status_filter(StackStatus::DeleteComplete)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("ListStacks", e))?;
            for summary in page.stack_summaries.into_iter().flatten() {
                if let (Some(known), Some(id)) = (summary.stack_name, summary.stack_id)
                    && known == name
                {
                    let deleted = summary.deletion_time.map_or(0, |time| time.secs());
                    found.push((deleted, id));
                }
            }
        }
        found.sort();
        let latest = found.into_iter().rev().take(MAX_DELETED);
        Ok(latest.map(|(_, id)| id).collect())
    }
}

/// Whether a stack was ever complete.
fn was_complete(id: &str, events: &[StackEvent]) -> bool {
    let mut of_stack = events
        .iter()
        .filter(|event| event.physical_id.as_deref() == Some(id));
    of_stack.any(|event| COMPLETE.contains(&event.status.as_str()))
}
