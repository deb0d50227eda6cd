//! Reverts the drift of a stack: its resources become what the deployed template says, and nothing else changes.

use schemars::JsonSchema;
use serde::Serialize;

use super::cancelled::what_remains;
use super::decision::PreviewedDecision;
use super::error::operation_failed;
use super::provisioned::ensure_executable;
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::cloud::PendingChangeSet;
use crate::guard::{DecidedAgain, Denial, EffectKind, Facts, Inspect, Preview, Repair, Restore};
use crate::plan::{Restoration, Verdict};
use crate::product::Level;
use crate::report::{Fault, Step};
use crate::stack::{Drift, Health, ShownStack};

/// A stack whose drift was reverted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Restored {
    #[serde(flatten)]
    pub restoration: Restoration,
    /// Drift that is left: none, except for resources that CloudFormation does not check.
    pub drift: Drift,
}

/// How a repair ended that the guard may have denied.
pub enum RepairResult<P, D> {
    Done(D),
    /// What it would do, and why it may not.
    Denied(P, Vec<Denial>),
}

/// What a restoration would change, and whether it may. Creates a change set and deletes it.
pub async fn preview_restoration(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<(Restoration, PreviewedDecision), OperationError> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let ((restoration, pending), facts) = pending(site, desired, facts).await?;
    if !restoration.has_changes {
        site.cloud.without_cancellation().discard(pending).await?;
        return Ok((restoration, PreviewedDecision::default()));
    }
    let pending = ensure_executable(site, desired, pending).await?;
    site.cloud.without_cancellation().discard(pending).await?;
    let denials = site.denials_if_confirmed(EffectKind::Restore, &facts, &desired.stack);
    Ok((restoration, PreviewedDecision::of_denials(denials)))
}

type Previewed = ((Restoration, PendingChangeSet), Facts);

async fn pending(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    mut facts: Facts,
) -> Result<Previewed, OperationError> {
    let Some(stack) = facts.stack.clone().flatten() else {
        return Err(deny_missing::<Restore>(site, desired, facts));
    };
    // A stack in review has only a change set, perhaps that of another tool.
    let is_in_review = stack.status.health() == Health::ReviewInProgress;
    if is_in_review || facts.unfinished_import.is_some() && !facts.is_owner_of(&stack) {
        return Err(deny_missing::<Restore>(site, desired, facts));
    }
    let look = site.decide::<Preview>(&facts, &desired.stack)?;
    let Some(live) = site.cloud.live_stack(&stack.id).await? else {
        return Err(deny_missing::<Restore>(site, desired, facts));
    };
    site.progress.step(&desired.stack, Step::ChangeSet);
    let description = format!("provisioner {} restores", env!("CARGO_PKG_VERSION"));
    let pending = site
        .cloud
        .preview_restoration(look, &live, &description)
        .await?;
    let restoration = Restoration::new(&desired.stack, &live, &pending.described().change_set);
    facts.verdict = Some(restoration.worst.verdict);
    // The template stays the same, so no key of the config changes.
    facts.declared = Some(Level::None);
    facts.repair = Some(Repair {
        digest: restoration.digest.to_string(),
        beyond: restoration.beyond.clone(),
    });
    facts.since_shown = Some(Vec::new());
    Ok(((restoration, pending), facts))
}

/// The denial of a repair of a stack that does not exist, or that is not finished.
pub(super) fn deny_missing<E: DecidedAgain>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: Facts,
) -> OperationError {
    let is_unfinished = facts.unfinished_import.is_some();
    let stack = facts.stack.clone().flatten().filter(|_| is_unfinished);
    let facts = Facts {
        stack: Some(stack),
        verdict: Some(Verdict::None),
        declared: Some(Level::None),
        repair: Some(Repair::default()),
        since_shown: Some(Vec::new()),
        ..facts
    };
    match site.ensure_allowed::<E>(&facts, &desired.stack) {
        Ok(()) => OperationError::VerificationFailed(Fault::StackGone),
        Err(denied) => denied,
    }
}

/// Reverts the drift of a stack, and detects drift again. A stack without drift is left as it is, so a run can be repeated.
pub async fn restore(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<RepairResult<Restoration, Restored>, OperationError> {
    let facts = site.facts(desired).await?;
    let ((restoration, pending), mut facts) = pending(site, desired, facts).await?;
    if !restoration.has_changes {
        site.cloud.without_cancellation().discard(pending).await?;
        return verified(site, desired, restoration).await;
    }
    let pending = ensure_executable(site, desired, pending).await?;
    let effect = (ShownEffect::Restoration(&restoration), &[][..]);
    let shown = ShownStack {
        stack: facts.stack.clone().flatten(),
        // CloudFormation executes no change set that was created before another update.
        template: None,
    };
    let permit = match site
        .confirmed::<Restore>(desired, &mut facts, &shown, effect)
        .await
    {
        Ok(permit) => permit,
        Err(denied) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return match denied {
                OperationError::Denied(denials) => Ok(RepairResult::Denied(restoration, denials)),
                failed => Err(failed),
            };
        }
    };
    site.progress.step(&desired.stack, Step::Restoration);
    let notify = |event: &_| site.progress.event(&desired.stack, event);
    let mut running = site.cloud.execute(permit, pending).await?;
    let ended = match site.cloud.watch(&mut running, &notify).await {
        Ok(ended) => ended,
        // CloudFormation continues the update of a cancelled run.
        Err(failure) => {
            let id = &restoration.stack_id;
            return Err(what_remains(site, &desired.stack, id, failure.into()).await);
        }
    };
    match &ended.stack {
        Some(stack) if stack.status.0 == "UPDATE_COMPLETE" => {
            verified(site, desired, restoration).await
        }
        Some(stack) => {
            let status = stack.status.to_string();
            Err(operation_failed(Fault::Stack { status }, &ended))
        }
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}

async fn verified(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    restoration: Restoration,
) -> Result<RepairResult<Restoration, Restored>, OperationError> {
    site.progress.step(&desired.stack, Step::DriftDetection);
    let drift = site.cloud.drift(&restoration.stack_id).await?;
    let drifted = drift.drifted().map(|left| left.logical_id.clone());
    let drifted: Vec<String> = drifted.collect();
    if !drifted.is_empty() {
        let fault = Fault::DriftLeft { resources: drifted };
        return Err(OperationError::VerificationFailed(fault));
    }
    Ok(RepairResult::Done(Restored { restoration, drift }))
}
