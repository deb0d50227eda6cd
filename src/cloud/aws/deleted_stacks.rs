//! Reads deleted stacks. CloudFormation keeps them for 90 days.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudformation::types::StackStatus;

use super::operations::of_same_stack;
use super::{Cloud, error};
use crate::cloud::{FormerStack, FormerStacks, Result, StackBucket};
use crate::guard::{Permit, RunsChangeSet};
use crate::stack::StackName;

/// Maximum number of deleted stacks of one name that are read, the latest first.
const MAX_DELETED: usize = 3;

impl Cloud {
    /// The deleted stacks of this name that were those of `owner`, by their tags.
    pub async fn former_stacks(
        &self,
        stack: &StackName,
        owner: &BTreeMap<String, String>,
    ) -> Result<FormerStacks> {
        let mut found = Vec::new();
        if owner.is_empty() {
            return Ok(FormerStacks::default());
        }
        for id in self.deleted_stacks(&stack.name).await? {
            if let Some(stack) = self.stack(&id).await? {
                let events = self.events(&id, &HashSet::new()).await?;
                found.push(FormerStack { stack, events });
            }
        }
        Ok(FormerStacks::of_owner(found, owner))
    }

    /// Deletes an empty bucket that a creation of the permit's stack left. S3 deletes only empty buckets.
    pub async fn delete_leftover<E: RunsChangeSet>(
        &self,
        permit: &Permit<E>,
        bucket: &StackBucket,
    ) -> Result<()> {
        of_same_stack(permit, bucket.stack_id())?;
        self.ensure_not_cancelled()?;
        self.delete_bucket(bucket).await
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
