//! Repairs a stack: reverts its drift, or continues the failed rollback of an update.

use aws_sdk_cloudformation::types::{Capability, ChangeSetType, DeploymentMode, Parameter};

use super::change_sets::{PREFIX, digest};
use super::operations::of_same_stack;
use super::{Cloud, error, token};
use crate::cloud::{ChangeSetInput, PendingChangeSet, Result, StackOperation};
use crate::guard::{ContinueRollback, Permit, Preview};
use crate::stack::{FailedRollback, LiveStack, StackName};

/// The status of a resource whose rollback failed.
const UPDATE_FAILED: &str = "UPDATE_FAILED";

impl Cloud {
    /// Creates a change set that reverts the drift of a stack, and describes it: with the deployed template, its parameters and tags,
    /// so that nothing else changes. Nothing is deployed.
    ///
    /// Deletes change sets that a killed run left.
    pub async fn preview_restoration(
        &self,
        permit: Permit<Preview>,
        live: &LiveStack,
        description: &str,
    ) -> Result<PendingChangeSet> {
        self.ensure_not_cancelled()?;
        let existing = &live.stack;
        of_same_stack(&permit, &existing.id)?;
        let stack = permit.stack().clone();
        let digest = digest(
            &stack.name,
            &ChangeSetInput {
                body: format!("restore {}", existing.id),
                tags: Default::default(),
                description: String::new(),
                imports: Vec::new(),
            },
        );
        self.sweep(&existing.id, &digest).await?;
        let name = format!("{PREFIX}{digest}-{:08x}", fastrand::u32(..));
        let parameters = live.parameters.keys().map(|key| {
            Parameter::builder()
                .parameter_key(key)
                .use_previous_value(true)
                .build()
        });
        let created = self
            .stacks
            .create_change_set()
            // By its ARN, so that it never concerns a newer stack of the same name.
            .stack_name(&existing.id)
            .change_set_name(&name)
            .client_token(token())
            .description(description)
            .change_set_type(ChangeSetType::Update)
            .use_previous_template(true)
            .set_parameters(Some(parameters.collect()))
            .capabilities(Capability::CapabilityNamedIam)
            .deployment_mode(DeploymentMode::RevertDrift)
            .send()
            .await;
        let id = match created.map_err(|e| error::from_sdk("CreateChangeSet", e)) {
            Ok(created) => created.id.unwrap_or_default(),
            // An attempt whose response was lost created it: the name is random.
            Err(error) if error.has_code("AlreadyExistsException") => {
                self.described(&existing.id, &name).await?.id
            }
            Err(error) => return Err(error),
        };
        self.examined(PendingChangeSet::of_existing(stack, &existing.id, id))
            .await
    }

    /// The resources whose rollback failed, with the reasons. Those of nested stacks are not read.
    pub async fn failed_rollbacks(&self, stack_id: &str) -> Result<Vec<FailedRollback>> {
        let mut pages = self
            .stacks
            .list_stack_resources()
            .stack_name(stack_id)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("ListStackResources", e))?;
            for resource in page.stack_resource_summaries.into_iter().flatten() {
                let status = resource.resource_status.as_ref().map(|word| word.as_str());
                if status == Some(UPDATE_FAILED) {
                    found.push(FailedRollback {
                        logical_id: resource.logical_resource_id.unwrap_or_default(),
                        physical_id: resource.physical_resource_id.filter(|id| !id.is_empty()),
                        kind: resource.resource_type.unwrap_or_default(),
                        reason: resource.resource_status_reason.unwrap_or_default(),
                    });
                }
            }
        }
        found.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
        Ok(found)
    }

    /// Continues the rollback of an update, without the resources to skip.
    pub async fn continue_rollback(
        &self,
        permit: Permit<ContinueRollback>,
        stack_id: &str,
        skip: &[String],
    ) -> Result<StackOperation> {
        of_same_stack(&permit, stack_id)?;
        self.ensure_not_cancelled()?;
        let seen = self.events(stack_id, &Default::default()).await?;
        let token = token();
        let started = self
            .stacks
            .continue_update_rollback()
            .stack_name(stack_id)
            .set_resources_to_skip((!skip.is_empty()).then(|| skip.to_vec()))
            .client_request_token(&token)
            .send()
            .await;
        match started.map_err(|e| error::from_sdk("ContinueUpdateRollback", e)) {
            Ok(_) => {}
            // An attempt whose response was lost started it.
            Err(error) if error.has_code("TokenAlreadyExistsException") => {}
            Err(error) => return Err(error),
        }
        Ok(StackOperation::on_existing(
            stack_id,
            seen.into_iter().map(|event| event.id),
        ))
    }
}

impl PendingChangeSet {
    /// The change set of a stack that exists, before it is described.
    fn of_existing(stack: StackName, stack_id: &str, id: String) -> Self {
        let mut pending = Self {
            stack,
            stack_id: stack_id.to_owned(),
            shell: false,
            imports: false,
            described: Default::default(),
        };
        pending.described.change_set.id = id;
        pending
    }
}

impl StackOperation {
    fn on_existing(stack_id: &str, seen: impl Iterator<Item = String>) -> Self {
        Self {
            stack_id: stack_id.to_owned(),
            creates: false,
            seen: seen.collect(),
        }
    }
}

impl Cloud {
    async fn examined(&self, mut pending: PendingChangeSet) -> Result<PendingChangeSet> {
        match self.examine(&mut pending).await {
            Ok(()) => Ok(pending),
            Err(error) => {
                // The first error is returned. The next run deletes the change set.
                let _ = self.without_cancellation().discard(pending).await;
                Err(error)
            }
        }
    }
}
