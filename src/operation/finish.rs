//! Finishes what a cancelled job left. Only AWS says what there is, since the job may have been killed at any moment.

use std::time::Duration;

use super::adoption::compare;
use super::cancelled::DELETING;
use super::provision::is_own_creation;
use super::test::remove;
use super::{Desired, OperationContext, OperationError};
use crate::cloud::CloudError;
use crate::guard::{EffectKind, Inspect, Resume};
use crate::report::{Fault, Step};
use crate::stack::{Health, Stack};

/// How long the removal of a stack is watched. A runner ends the steps of a cancelled job after five minutes.
const REMOVAL_TIME: Duration = Duration::from_secs(180);

/// Rolls back the creation of a config's stack. Changes no other stack. Returns the stack's status if nothing was under way, and an
/// error that says what was done and what is left otherwise.
pub async fn finish_provision(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Option<String>, OperationError> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let Some(stack) = facts.stack.clone().flatten() else {
        return Ok(None);
    };
    if !is_own_creation(site, desired, &facts, &stack).await? {
        return what_is_left(site, desired, stack).await;
    }
    let permit = site.decide::<Resume>(&facts, &desired.stack)?;
    let running = site.cloud.attach(permit, &stack.id)?;
    site.progress.step(&desired.stack, Step::CreationRolledBack);
    let notify = |event: &_| site.progress.event(&desired.stack, event);
    within_removal_time(desired, async {
        let mut rollback = site.cloud.roll_back(running).await?;
        let ended = site.cloud.watch(&mut rollback.running, &notify).await?;
        if let Some(stack) = ended.stack {
            return Err(under_way(desired, &stack));
        }
        Ok(site.cloud.finish_rollback(rollback).await?)
    })
    .await
}

/// Removes the stack of a test, unless the test was to keep it and it is complete.
pub async fn finish_test(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    keep: bool,
) -> Result<Option<String>, OperationError> {
    let Some(stack) = site.cloud.stack(&desired.stack.name).await? else {
        return Ok(None);
    };
    let health = stack.status.health();
    if stack.status.0 == DELETING || health == Health::Deleted || (keep && health == Health::Stable)
    {
        return what_is_left(site, desired, stack).await;
    }
    site.progress.step(&desired.stack, Step::LeftoversRemoved);
    within_removal_time(desired, remove(site, &desired.stack, desired, stack)).await
}

/// Reports the stack of an action that created nothing.
pub async fn report_remains(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Option<String>, OperationError> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    match facts.stack.flatten() {
        Some(stack) => what_is_left(site, desired, stack).await,
        None => Ok(None),
    }
}

/// Reports what a cancelled change of a stack's tags left. Returns the stack's status if nothing was under way.
pub async fn finish_tags(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    kind: EffectKind,
) -> Result<Option<String>, OperationError> {
    let (facts, compared) = compare(site, desired, kind).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let (Some(stack), Some(compared)) = (facts.stack.flatten(), compared) else {
        return Ok(None);
    };
    let name = &desired.stack.name;
    match stack.status.health() {
        Health::InProgress | Health::Unknown => Err(under_way(desired, &stack)),
        _ => {
            let input = compared.input(kind, desired);
            if site.cloud.has_tag_change_set(name, &input).await? {
                return Err(OperationError::Cancelled(Fault::ChangeSetLeft {
                    stack: name.clone(),
                }));
            }
            Ok(Some(stack.status.0))
        }
    }
}

/// Waits for a removal that was requested. An error if an operation is under way.
async fn what_is_left(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: Stack,
) -> Result<Option<String>, OperationError> {
    if stack.status.0 == DELETING {
        return within_removal_time(desired, async {
            let last = site.cloud.wait_until_deleted(&stack.id).await?;
            last.map_or(Ok(()), |stack| Err(under_way(desired, &stack)))
        })
        .await;
    }
    match stack.status.health() {
        Health::InProgress | Health::Unknown => Err(under_way(desired, &stack)),
        Health::Deleted => Ok(Some(stack.status.0)),
        Health::Stable | Health::Failed | Health::ReviewInProgress => {
            let exists = stack.status.health() != Health::ReviewInProgress;
            let input = desired.change_set_input(exists.then_some(&stack));
            let name = &desired.stack.name;
            if site.cloud.has_change_set(name, &input).await? {
                return Err(OperationError::Cancelled(Fault::ChangeSetLeft {
                    stack: name.clone(),
                }));
            }
            match stack.status.health() {
                Health::ReviewInProgress => Err(under_way(desired, &stack)),
                _ => Ok(Some(stack.status.0)),
            }
        }
    }
}

fn under_way(desired: &Desired<'_>, stack: &Stack) -> OperationError {
    OperationError::Cancelled(Fault::LeftAfterCancellation {
        stack: desired.stack.name.clone(),
        status: stack.status.to_string(),
    })
}

async fn within_removal_time(
    desired: &Desired<'_>,
    removal: impl Future<Output = Result<(), OperationError>>,
) -> Result<Option<String>, OperationError> {
    let stack = desired.stack.name.clone();
    let left = match tokio::time::timeout(REMOVAL_TIME, removal).await {
        Ok(Ok(())) => Fault::RemovedAfterCancellation { stack },
        // The step of the cancelled job is ended as well.
        Ok(Err(OperationError::Cloud(CloudError::Interrupted))) | Err(_) => {
            Fault::RemovalUnfinished { stack }
        }
        Ok(Err(error)) => return Err(error),
    };
    Err(OperationError::Cancelled(left))
}
