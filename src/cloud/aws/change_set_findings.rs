//! Findings of CloudFormation's validation and hooks about a change set.

use super::{Cloud, error};
use crate::cloud::{AwsError, AwsErrorKind, CloudError, PendingChangeSet, Result};
use crate::stack::{Hook, Validation};

impl Cloud {
    /// Adds the findings of CloudFormation's validation and the hooks. A failed query is noted and does not fail the call: the
    /// change set itself is known.
    pub async fn describe_findings(&self, pending: &mut PendingChangeSet) -> Result<()> {
        let id = pending.described.change_set.id.clone();
        let found = &mut pending.described;
        match self.validations(&id).await {
            Ok(validations) => found.validations = validations,
            Err(error) => found
                .unread
                .push(unread("findings of the validation", error)?),
        }
        match self.hooks(&pending.stack_id, &id).await {
            Ok(hooks) => found.hooks = hooks,
            Err(error) => found.unread.push(unread("hooks", error)?),
        }
        Ok(())
    }

    /// Findings of CloudFormation's validation before deployment.
    async fn validations(&self, id: &str) -> Result<Vec<Validation>> {
        let mut pages = self
            .stacks
            .describe_events()
            .change_set_name(id)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("DescribeEvents", e))?;
            for event in page.operation_events.into_iter().flatten() {
                let kind = event.event_type.as_ref().map(|kind| kind.as_str());
                if kind != Some("VALIDATION_ERROR") {
                    continue;
                }
                let mode = event.validation_failure_mode;
                found.push(Validation {
                    name: event.validation_name.unwrap_or_default(),
                    mode: mode.map_or("FAIL".to_owned(), |mode| mode.as_str().to_owned()),
                    logical_id: event.logical_resource_id.unwrap_or_default(),
                    path: event.validation_path.unwrap_or_default(),
                    reason: event.validation_status_reason.unwrap_or_default(),
                });
            }
        }
        Ok(found)
    }

    async fn hooks(&self, stack: &str, id: &str) -> Result<Vec<Hook>> {
        let mut hooks = Vec::new();
        let mut next = None;
        loop {
            let page = self
                .stacks
                .describe_change_set_hooks()
                .stack_name(stack)
                .change_set_name(id)
                .set_next_token(next.take())
                .send()
                .await;
            let page = page.map_err(|e| error::from_sdk("DescribeChangeSetHooks", e))?;
            for hook in page.hooks.into_iter().flatten() {
                let target = hook.target_details;
                let target = target.and_then(|target| target.resource_target_details);
                hooks.push(Hook {
                    name: hook.type_name.unwrap_or_default(),
                    mode: hook
                        .failure_mode
                        .map(|mode| mode.as_str().to_owned())
                        .unwrap_or_default(),
                    logical_id: target
                        .and_then(|target| target.logical_resource_id)
                        .unwrap_or_default(),
                });
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(hooks);
            }
        }
    }
}

/// A note about a failed query. A cancelled run and rejected credentials are errors, because later queries would fail too.
pub(super) fn unread(what: &str, error: CloudError) -> Result<String> {
    match error {
        CloudError::Aws(error) if error.is_refusal() => {
            Ok(format!("the {what} could not be read: {}", error.code))
        }
        CloudError::Aws(AwsError {
            operation,
            kind: AwsErrorKind::Limited { .. },
            ..
        }) => Ok(format!(
            "the {what} could not be read: AWS limits the rate of {operation}"
        )),
        CloudError::Aws(AwsError {
            operation,
            kind: AwsErrorKind::Unreachable | AwsErrorKind::NoConnection(_),
            ..
        }) => Ok(format!(
            "the {what} could not be read: {operation} gives no answer"
        )),
        error => Err(error),
    }
}
