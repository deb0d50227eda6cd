//! A stack that was created or updated, and the steps that creations, imports and updates share.

use super::verification::verify;
use super::{Desired, OperationContext, OperationError};
use crate::cloud::{CloudError, OperationResult, PendingChangeSet, StackOperation};
use crate::diagnostic::Code;
use crate::guard::{Denial, Permit, Update};
use crate::plan;
use crate::report::{Fault, Success};
use crate::stack::Stack;
use crate::template::ImportedResource;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html>
const INVALID_STATUS: &str = "InvalidChangeSetStatus";

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProvisionOutcome {
    /// The stack did not exist.
    Created,
    /// The stack was updated.
    Updated,
    /// The stack existed and equals its template.
    Unchanged,
}

impl ProvisionOutcome {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }

    pub fn success(&self) -> Success {
        match self {
            Self::Created => Success::Created,
            Self::Updated => Success::Updated,
            Self::Unchanged => Success::Unchanged,
        }
    }
}

/// A stack that was verified.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Provisioned {
    /// What happened to the stack.
    pub outcome: ProvisionOutcome,
    /// ARN.
    pub stack_id: String,
    /// Keys of the stack's outputs.
    pub outputs: Vec<String>,
    /// Names of the SSM parameters.
    pub parameters: Vec<String>,
    /// Logical ids of resources that the update replaced.
    pub replaced: Vec<String>,
    /// Physical ids of resources that the update, or the deletion of a failed creation, left behind: they exist, and no stack
    /// manages them.
    pub left_behind: Vec<String>,
    /// Existing resources that became the new stack's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imported: Vec<ImportedResource>,
    /// ARN of the stack whose creation had failed, and that was deleted before this one was created.
    pub removed: Option<String>,
}

/// Deletes a failed change set and returns its reason as an error.
pub(super) async fn ensure_executable(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    mut pending: PendingChangeSet,
) -> Result<PendingChangeSet, OperationError> {
    let change_set = &pending.described().change_set;
    let is_created = change_set.status == "CREATE_COMPLETE";
    if is_created && matches!(&*change_set.execution_status, "" | "AVAILABLE") {
        return Ok(pending);
    }
    // The reason may only say that there are findings; it is returned even if they cannot be read.
    let _ = site.cloud.describe_findings(&mut pending).await;
    let found = pending.described().clone();
    site.cloud.without_cancellation().discard(pending).await?;
    let config = desired.config;
    let influences = plan::key_dependencies(config).unwrap_or_default();
    Err(OperationError::ChangeSetFailed {
        what: Fault::ChangeSet {
            status: match is_created {
                true => found.change_set.execution_status,
                false => found.change_set.status,
            },
        },
        reason: found.change_set.status_reason.unwrap_or_default(),
        findings: plan::locate_findings(config, &influences, &found.validations),
    })
}

/// Executes the change set of an update. CloudFormation makes it obsolete if another operation changes the stack meanwhile.
pub(super) async fn execute_update(
    site: &OperationContext<'_>,
    permit: Permit<Update>,
    pending: PendingChangeSet,
) -> Result<StackOperation, OperationError> {
    match site.cloud.execute(permit, pending).await {
        Err(CloudError::Aws(error)) if error.code() == INVALID_STATUS => {
            let denial = Denial {
                code: Code::PlanChanged,
                fact: format!("the stack changed after the change set was shown: {error}"),
                remedy: "run it again, and read the new change set".to_owned(),
            };
            Err(OperationError::Denied(vec![denial]))
        }
        running => Ok(running?),
    }
}

pub(super) fn stack_status(stack: &Stack) -> Fault {
    Fault::Stack {
        status: stack.status.to_string(),
    }
}

pub(super) async fn watch(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    running: &mut StackOperation,
) -> Result<OperationResult, OperationError> {
    let notify = |event: &_| site.progress.event(&desired.stack, event);
    Ok(site.cloud.watch(running, &notify).await?)
}

pub(super) async fn verified(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: &Stack,
    outcome: ProvisionOutcome,
) -> Result<Provisioned, OperationError> {
    let verified = verify(site, desired, stack).await?;
    Ok(Provisioned {
        outcome,
        stack_id: stack.id.clone(),
        outputs: verified.outputs,
        parameters: verified.parameters,
        replaced: Vec::new(),
        left_behind: Vec::new(),
        imported: Vec::new(),
        removed: None,
    })
}
