//! Repairs a stack: reverts its drift, or continues the failed rollback of an update.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, ChangeSetType, DeploymentMode};

use super::change_sets::{PREFIX, digest_of, previous_parameters};
use super::operations::of_same_stack;
use super::{Cloud, error, token};
use crate::cloud::{PendingChangeSet, Result, StackOperation};
use crate::guard::{ContinueRollback, Permit, Preview};
use crate::stack::{FailedRollback, LiveStack};

/// The status of a resource whose rollback failed.
const UPDATE_FAILED: &str = "UPDATE_FAILED";
/// The reason of a resource that has the status because the update stopped. CloudFormation refuses to skip it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
const CANCELLED: &str = "Resource update cancelled";

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
        let digest = digest_of(
            &stack.name,
            &BTreeMap::new(),
            &format!("restore {}", existing.id),
        );
        self.sweep(&existing.id, &digest).await?;
        let name = format!("{PREFIX}{digest}-{:08x}", fastrand::u32(..));
        let request = self
            .stacks
            .create_change_set()
            // By its ARN, so that it never concerns a newer stack of the same name.
            .stack_name(&existing.id)
            .change_set_name(&name)
            .client_token(token())
            .description(description)
            .change_set_type(ChangeSetType::Update)
            // AWS advises against it for templates of `AWS::LanguageExtensions`: values of parameters would not change. They must not.
            .use_previous_template(true)
            .set_parameters(Some(previous_parameters(live.parameters.keys())))
            .capabilities(Capability::CapabilityNamedIam)
            .deployment_mode(DeploymentMode::RevertDrift);
        self.propose(request, (stack, false), &name).await
    }

    /// The resources whose rollback failed, with the reasons. Those of nested stacks are not read.
    pub async fn failed_rollbacks(&self, stack_id: &str) -> Result<Vec<FailedRollback>> {
        let summaries = self.resource_summaries(stack_id).await?.into_iter();
        let failed = summaries.filter(|resource| {
            let status = resource.resource_status.as_ref().map(|word| word.as_str());
            let reason = resource.resource_status_reason.as_deref();
            status == Some(UPDATE_FAILED) && reason.is_none_or(|reason| !reason.contains(CANCELLED))
        });
        let mut found: Vec<FailedRollback> = failed
            .map(|resource| FailedRollback {
                logical_id: resource.logical_resource_id.unwrap_or_default(),
                physical_id: resource.physical_resource_id.filter(|id| !id.is_empty()),
                kind: resource.resource_type.unwrap_or_default(),
                reason: resource.resource_status_reason.unwrap_or_default(),
            })
            .collect();
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
        let started = started.map(drop);
        error::accepted(started.map_err(|e| error::from_sdk("ContinueUpdateRollback", e)))?;
        Ok(StackOperation {
            stack_id: stack_id.to_owned(),
            creates: false,
            imports: false,
            seen: seen.into_iter().map(|event| event.id).collect(),
        })
    }
}
