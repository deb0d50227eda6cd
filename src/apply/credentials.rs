//! A task with the credentials of a role.

use super::recorder::DecisionRecorder;
use crate::guard::Policies;
use crate::job::CredentialCache;
use crate::operation::{
    ActionOutcome, OperationContext, OperationError, Task, Warnings, missing_setup, perform,
};
use crate::report::{Redactor, Refusal};
use crate::stack::StackName;

/// Does a task with the credentials of a role.
pub async fn run_with_role(
    sessions: Option<&CredentialCache>,
    policies: Policies<'_>,
    role: Option<String>,
    recorder: &DecisionRecorder,
    task: &Task<'_>,
    values: &Redactor,
) -> Result<ActionOutcome, OperationError> {
    let target = &task.config.target;
    let stack = StackName::for_config(task.config);
    let refused = recorder.early_denials_for(task.verb.effect(), policies, &stack);
    if !refused.is_empty() {
        return Err(OperationError::Denied(refused));
    }
    let role = role.ok_or_else(|| {
        let environment = target.environment.clone();
        missing_setup(&Refusal::NoRole { environment })
    })?;
    let sessions = sessions.ok_or_else(|| missing_setup(&Refusal::NoIdentityToken))?;
    let session = sessions.session(&role, &target.region).await;
    let cloud = session.at(&target.region).await?;
    let site = OperationContext {
        cloud: &cloud,
        policies,
        authority: recorder,
        progress: recorder,
        needs: task.options.needs,
        warnings: &Warnings::default(),
    };
    perform(task, &site, values).await
}
