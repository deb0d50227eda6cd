//! Stack operations, watched to their end, event by event.

use std::collections::HashSet;

use super::poll::PollBackoff;
use super::{Cloud, error, token};
use crate::cloud::{CloudError, OperationResult, Result, Rollback, StackOperation};
use crate::guard::{DeletesStack, Effect, Permit, Resume};
use crate::stack::{Health, Stack, StackEvent, StackStatus};

/// Maximum number of polls of a stack that another run is about to create: about a minute.
const MAX_POLLS: usize = 12;

/// Maximum number of polls without an event of the operation: about four minutes.
const MAX_QUIET_POLLS: usize = 30;

/// Statuses of resources that the stack of a failed import does not hold.
const NOT_HELD: &[&str] = &[
    "DELETE_COMPLETE",
    "IMPORT_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
];

impl Cloud {
    /// Starts the deletion of a stack by its ARN, so that a newer stack of the same name is not deleted.
    pub async fn delete<E: DeletesStack>(
        &self,
        permit: Permit<E>,
        stack_id: &str,
    ) -> Result<StackOperation> {
        of_same_stack(&permit, stack_id)?;
        self.start_deletion(stack_id).await
    }

    async fn start_deletion(&self, stack_id: &str) -> Result<StackOperation> {
        self.ensure_not_cancelled()?;
        let seen = self.events(stack_id, &HashSet::new()).await?;
        self.request_deletion(stack_id).await?;
        Ok(StackOperation {
            stack_id: stack_id.to_owned(),
            creates: false,
            imports: false,
            seen: seen.into_iter().map(|event| event.id).collect(),
        })
    }

    pub(super) async fn request_deletion(&self, stack_id: &str) -> Result<()> {
        let started = self
            .stacks
            .delete_stack()
            .stack_name(stack_id)
            .client_request_token(token())
            .send()
            .await;
        let started = started.map(drop);
        error::accepted(started.map_err(|e| error::from_sdk("DeleteStack", e)))
    }

    /// Deletes a stack whose creation was permitted, with any current status. Does not delete a stack that existed before.
    pub async fn roll_back(&self, running: StackOperation) -> Result<Rollback> {
        if !running.creates {
            let message = "only a creation can be taken back";
            return Err(CloudError::Misused(message.to_owned()));
        }
        let resources = self.resources(&running.stack_id).await?.into_iter();
        Ok(Rollback {
            buckets: resources.filter_map(|resource| resource.bucket).collect(),
            running: self.start_deletion(&running.stack_id).await?,
        })
    }

    /// Deletes the stack that a failed import left, if it holds no resource. Its template retains all of them.
    pub async fn abandon_import(&self, running: StackOperation) -> Result<()> {
        if !running.imports {
            let message = "only an import can be abandoned";
            return Err(CloudError::Misused(message.to_owned()));
        }
        let id = &running.stack_id;
        let is_held = |status: &str| !NOT_HELD.contains(&status);
        let resources = self.resources(id).await?;
        if resources.iter().any(|resource| is_held(&resource.status)) {
            return Ok(());
        }
        self.request_deletion(id).await?;
        self.wait_until_deleted(id).await.map(drop)
    }

    /// Deletes the buckets that the template retains, because they would block the next run. S3 only deletes empty buckets.
    pub async fn finish_rollback(&self, undoing: Rollback) -> Result<()> {
        for bucket in &undoing.buckets {
            self.delete_bucket(bucket).await?;
        }
        Ok(())
    }

    /// Attaches to the creation that another run started.
    pub fn attach(&self, permit: Permit<Resume>, stack_id: &str) -> Result<StackOperation> {
        of_same_stack(&permit, stack_id)?;
        Ok(StackOperation {
            stack_id: stack_id.to_owned(),
            creates: true,
            imports: false,
            seen: HashSet::new(),
        })
    }

    /// Waits until the creation of an empty stack starts, or the stack is gone. Waits a short time only: the run that creates it
    /// may have been killed.
    pub async fn wait_until_started(&self, name: &str) -> Result<()> {
        let mut pauses = PollBackoff::new(&self.stop);
        for _ in 0..MAX_POLLS {
            let stack = self.stack(name).await?;
            if stack.is_none_or(|stack| stack.status.health() != Health::ReviewInProgress) {
                break;
            }
            pauses.wait().await?;
        }
        Ok(())
    }

    /// Waits until a deletion ends. Returns the stack if it still exists.
    pub async fn wait_until_deleted(&self, stack_id: &str) -> Result<Option<Stack>> {
        let mut pauses = PollBackoff::new(&self.stop);
        loop {
            let stack = self.stack(stack_id).await?;
            match stack.as_ref().map(|stack| stack.status.health()) {
                None | Some(Health::Deleted) => return Ok(None),
                Some(Health::InProgress) => pauses.wait().await?,
                Some(_) => return Ok(stack),
            }
        }
    }

    /// Watches an operation to its end. `notify` receives every event once, oldest first.
    pub async fn watch(
        &self,
        running: &mut StackOperation,
        notify: &(dyn Fn(&StackEvent) + Send + Sync),
    ) -> Result<OperationResult> {
        let mut events: Vec<StackEvent> = Vec::new();
        let mut pauses = PollBackoff::new(&self.stop);
        let mut quiet = 0;
        loop {
            // Reads the status before the events, so that no event of a finished operation is missed.
            let stack = self.stack(&running.stack_id).await?;
            let Some(stack) = stack else {
                return Ok(OperationResult {
                    stack: None,
                    events,
                });
            };
            let new = self.events(&running.stack_id, &running.seen).await?;
            for event in new {
                running.seen.insert(event.id.clone());
                notify(&event);
                events.push(event);
            }
            let of_stack = |event: &&StackEvent| {
                event.physical_id.as_deref() == Some(running.stack_id.as_str())
            };
            let last = events.iter().rev().find(of_stack);
            let began = last.is_some();
            let under_way = last.is_some_and(|event| {
                StackStatus(event.status.clone()).health() == Health::InProgress
            });
            match stack.status.health() {
                // A deleted stack never comes back under its ARN. Deleting an empty stack causes no event.
                Health::Deleted => {
                    return Ok(OperationResult {
                        stack: None,
                        events,
                    });
                }
                Health::InProgress | Health::ReviewInProgress => {}
                // The operation was accepted, so its events follow.
                _ if !began => {
                    quiet += 1;
                    if quiet == MAX_QUIET_POLLS {
                        return Err(CloudError::NoEvents(stack.status.to_string()));
                    }
                }
                _ if under_way => {}
                _ => {
                    return Ok(OperationResult {
                        stack: Some(stack),
                        events,
                    });
                }
            }
            pauses.wait().await?;
        }
    }
}

/// Checks that the ARN has the name of the permit's stack.
pub(super) fn of_same_stack<E: Effect>(permit: &Permit<E>, stack_id: &str) -> Result<()> {
    if stack_id.contains(&format!(":stack/{}/", permit.stack().name)) {
        return Ok(());
    }
    let message = "a permit for one stack was spent on another";
    Err(CloudError::Misused(message.to_owned()))
}
