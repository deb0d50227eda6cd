//! Reads deleted stacks. CloudFormation keeps them for 90 days.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudformation::types::StackStatus;

use super::{Cloud, error};
use crate::cloud::bucket::Holding;
use crate::cloud::{Result, StackBucket};
use crate::guard::{Permit, RunsChangeSet};
use crate::stack::{StackEvent, StackName};

/// Maximum number of deleted stacks of one name that are read, the latest first.
const MAX_DELETED: usize = 3;

/// Statuses of a stack that people may have used.
const COMPLETE: &[&str] = &[
    "CREATE_COMPLETE",
    "IMPORT_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
];

impl Cloud {
    /// Buckets that the last deleted stacks of this name retained. `owner`: tags that those stacks must have.
    pub async fn retained_buckets(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<Vec<StackBucket>> {
        let found = self.retained(stack, owner).await?;
        Ok(found.into_iter().map(|(bucket, _)| bucket).collect())
    }

    /// Deletes the buckets that a cancelled creation of the permit's stack left, because they block the next one. Returns whether it
    /// deleted any. S3 deletes only empty buckets.
    pub async fn finish_cancelled_creation<E: RunsChangeSet>(
        &self,
        permit: &Permit<E>,
        owner: &BTreeMap<String, String>,
    ) -> Result<bool> {
        let mut is_any = false;
        for (bucket, was_complete) in self.retained(permit.stack(), owner).await? {
            // Data may have come into a bucket of a stack that was complete.
            if !was_complete {
                self.ensure_not_cancelled()?;
                self.delete_bucket(&bucket).await?;
                is_any = true;
            }
        }
        Ok(is_any)
    }

    /// Each bucket with whether its stack was ever complete.
    async fn retained(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<Vec<(StackBucket, bool)>> {
        let mut found: Vec<(StackBucket, bool)> = Vec::new();
        for id in self.deleted_stacks(&stack.name).await? {
            let Some(deleted) = self.stack(&id).await? else {
                continue;
            };
            let is_owned = owner
                .iter()
                .all(|(key, value)| deleted.tags.get(key) == Some(value));
            if owner.is_empty() || !is_owned {
                continue;
            }
            let events = self.events(&id, &HashSet::new()).await?;
            let of_stack = |event: &&StackEvent| event.physical_id.as_deref() == Some(&id);
            let was_complete = events
                .iter()
                .filter(of_stack)
                .any(|event| COMPLETE.contains(&event.status.as_str()));
            for event in &events {
                let is_retained = event.status == "DELETE_SKIPPED"
                    && Holding::new(&event.kind, &event.status) == Holding::Uncertain;
                let Some(name) = event.physical_id.as_deref().filter(|_| is_retained) else {
                    continue;
                };
                let bucket = StackBucket::new(&id, name);
                let is_known = found.iter().any(|(known, _)| known.name() == name);
                if bucket.was_created(&events) && !is_known {
                    found.push((bucket, was_complete));
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
