//! Deletes change sets: those of the run, and those that killed runs left.

use super::change_sets::{PREFIX, digest};
use super::poll::PollBackoff;
use super::{Cloud, error};
use crate::cloud::{ChangeSetInput, PendingChangeSet, Result};
use crate::stack::Health;

/// Maximum number of polls while a change set is being deleted: about a minute.
const MAX_EMPTY_POLLS: usize = 12;
/// Age from which a change set of this program cannot belong to a running job.
const ABANDONED_SECONDS: i64 = 3600;

/// A change set as a list of a stack's change sets describes it.
struct ListedChangeSet {
    name: String,
    /// ARN.
    id: String,
    /// Unix time in seconds.
    created: i64,
    /// Its execution began.
    is_executed: bool,
}

impl Cloud {
    /// Deletes a change set, and the empty stack that exists only because of it.
    pub async fn discard(&self, pending: PendingChangeSet) -> Result<()> {
        self.delete_change_set(&pending.stack_id, &pending.described.change_set.id)
            .await?;
        if pending.shell {
            let own = &pending.described.change_set.id;
            self.delete_empty_stack(&pending.stack_id, own).await?;
        }
        Ok(())
    }

    pub(super) async fn delete_change_set(&self, stack: &str, id: &str) -> Result<()> {
        let deleted = self
            .stacks
            .delete_change_set()
            .stack_name(stack)
            .change_set_name(id)
            .send();
        match deleted
            .await
            .map_err(|e| error::from_sdk("DeleteChangeSet", e))
        {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes a stack by its ARN, if it is still the empty stack of the change set `own`: in review, without resources, and
    /// without change sets of others.
    async fn delete_empty_stack(&self, stack_id: &str, own: &str) -> Result<()> {
        let Some(stack) = self.stack(stack_id).await? else {
            return Ok(());
        };
        let empty = stack.status.health() == Health::ReviewInProgress
            && self.holds_no_change_set(stack_id, own).await?
            && self.resources(stack_id).await?.is_empty();
        if !empty {
            return Ok(());
        }
        self.request_deletion(stack_id).await?;
        let mut pauses = PollBackoff::new(&self.stop);
        while let Some(stack) = self.stack(stack_id).await? {
            if stack.status.health() == Health::Deleted {
                break;
            }
            pauses.wait().await?;
        }
        Ok(())
    }

    /// Whether a stack has no change set once `deleted` is gone. Deleting nested change sets takes a while.
    async fn holds_no_change_set(&self, stack_id: &str, deleted: &str) -> Result<bool> {
        let mut pauses = PollBackoff::new(&self.stop);
        for _ in 0..MAX_EMPTY_POLLS {
            let listed = self.change_sets(stack_id).await?;
            if listed.iter().any(|listed| listed.id != deleted) {
                return Ok(false);
            }
            if listed.is_empty() {
                return Ok(true);
            }
            pauses.wait().await?;
        }
        Ok(false)
    }

    async fn change_sets(&self, stack: &str) -> Result<Vec<ListedChangeSet>> {
        let mut pages = self
            .stacks
            .list_change_sets()
            .stack_name(stack)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("ListChangeSets", e))?;
            for summary in page.summaries.into_iter().flatten() {
                let time = summary.creation_time.map_or(0, |time| time.secs());
                let execution = summary.execution_status.as_ref();
                found.push(ListedChangeSet {
                    name: summary.change_set_name.unwrap_or_default(),
                    id: summary.change_set_id.unwrap_or_default(),
                    created: time,
                    is_executed: execution.is_some_and(|it| it.as_str().starts_with("EXECUTE_")),
                });
            }
        }
        Ok(found)
    }

    /// Whether a stack has a change set of this program and of equal content that is not executed.
    pub async fn has_change_set(&self, stack: &str, proposal: &ChangeSetInput) -> Result<bool> {
        self.has_own_change_set(stack, &digest(stack, proposal))
            .await
    }

    /// `digest`: of its content, as in its name.
    pub(super) async fn has_own_change_set(&self, stack: &str, digest: &str) -> Result<bool> {
        let name = format!("{PREFIX}{digest}-");
        let change_sets = self.change_sets(stack).await?;
        let mut own = change_sets.iter().filter(|set| set.name.starts_with(&name));
        Ok(own.any(|set| !set.is_executed))
    }

    /// Deletes change sets that killed runs left: those of this program for the same template, and old ones for any template.
    pub(super) async fn sweep(&self, stack: &str, digest: &str) -> Result<()> {
        let change_sets = self.change_sets(stack).await?;
        let newest = change_sets.iter().map(|listed| listed.created).max();
        let newest = newest.unwrap_or_default();
        for listed in change_sets {
            let Some(rest) = listed.name.strip_prefix(PREFIX) else {
                continue;
            };
            if rest.starts_with(digest) || newest - listed.created > ABANDONED_SECONDS {
                self.delete_change_set(stack, &listed.id).await?;
            }
        }
        Ok(())
    }
}
