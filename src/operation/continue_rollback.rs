//! Continues the failed rollback of an update, so that the stack can be changed again.

use schemars::JsonSchema;
use serde::Serialize;

use super::cancelled::what_remains;
use super::decision::PreviewedDecision;
use super::error::operation_failed;
use super::restore::{RepairResult, deny_missing};
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::guard::{ContinueRollback, EffectKind, Facts, Inspect, Repair};
use crate::plan::RollbackContinuation;
use crate::report::{Fault, Step};
use crate::stack::{ShownStack, Stack, StackName};

/// A rollback that was continued to its end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ContinuedRollback {
    #[serde(flatten)]
    pub continuation: RollbackContinuation,
    /// The status of the stack after it.
    pub ended: String,
}

/// What continuing the rollback would do, and whether it may. Reads only.
pub async fn preview_rollback(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    skip: &[String],
) -> Result<(RollbackContinuation, PreviewedDecision), OperationError> {
    let mut facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let Some(stack) = facts.stack.clone().flatten() else {
        return Err(deny_missing::<ContinueRollback>(site, desired, facts));
    };
    let found = continuation(site, &desired.stack, &stack, skip, &mut facts).await?;
    let denials = site.denials_if_confirmed(EffectKind::ContinueRollback, &facts, &desired.stack);
    Ok((found, PreviewedDecision::of_denials(denials)))
}

async fn continuation(
    site: &OperationContext<'_>,
    name: &StackName,
    stack: &Stack,
    skip: &[String],
    facts: &mut Facts,
) -> Result<RollbackContinuation, OperationError> {
    let failed = site.cloud.failed_rollbacks(&stack.id).await?;
    let found = RollbackContinuation::new(name, stack, failed, skip);
    facts.repair = Some(Repair {
        digest: found.digest.to_string(),
        beyond: found.beyond(),
    });
    facts.since_shown = Some(Vec::new());
    Ok(found)
}

/// Continues the rollback. `skip`: logical ids of resources that stay as they are.
pub async fn continue_rollback(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    skip: &[String],
) -> Result<RepairResult<RollbackContinuation, ContinuedRollback>, OperationError> {
    let mut facts = site.facts(desired).await?;
    let Some(stack) = facts.stack.clone().flatten() else {
        return Err(deny_missing::<ContinueRollback>(site, desired, facts));
    };
    let found = continuation(site, &desired.stack, &stack, skip, &mut facts).await?;
    let effect = (ShownEffect::Rollback(&found), &[][..]);
    let shown = ShownStack {
        stack: Some(stack.clone()),
        // No update runs before the rollback has ended.
        template: None,
    };
    let permit = site.confirmed::<ContinueRollback>(desired, &mut facts, &shown, effect);
    let permit = match permit.await {
        Ok(permit) => permit,
        Err(OperationError::Denied(denials)) => return Ok(RepairResult::Denied(found, denials)),
        Err(failed) => return Err(failed),
    };
    site.progress.step(&desired.stack, Step::RollbackContinued);
    let mut running = site
        .cloud
        .continue_rollback(permit, &stack.id, &found.skip)
        .await?;
    let notify = |event: &_| site.progress.event(&desired.stack, event);
    let ended = match site.cloud.watch(&mut running, &notify).await {
        Ok(ended) => ended,
        // CloudFormation continues the rollback of a cancelled run.
        Err(failure) => {
            return Err(what_remains(site, &desired.stack, &stack.id, failure.into()).await);
        }
    };
    match &ended.stack {
        Some(stack) if stack.status.0 == "UPDATE_ROLLBACK_COMPLETE" => {
            let ended = stack.status.0.clone();
            Ok(RepairResult::Done(ContinuedRollback {
                continuation: found,
                ended,
            }))
        }
        Some(stack) => {
            let status = stack.status.to_string();
            Err(operation_failed(Fault::Stack { status }, &ended))
        }
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}
