//! Detects drift of a stack from its template, and of the template from the config.

use super::{Desired, OperationContext, OperationError};
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind, Facts, Inspect, denials};
use crate::report::Step;
use crate::stack::{Drifted, Health, ROLLBACK_FAILED, StackStatus};

/// Changes nothing.
pub async fn drift(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Drifted, OperationError> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    // An import sets no tags.
    let unfinished = facts.unfinished_import == Some(true);
    let owned = |stack| facts.is_owner_of(stack) || unfinished;
    let owned = facts
        .stack
        .as_ref()
        .and_then(Option::as_ref)
        .is_none_or(owned);
    let stack = facts.stack.clone().flatten();
    let stack = stack.filter(|stack| stack.status.health() != Health::ReviewInProgress);
    let Some(stack) = stack else {
        return Ok(Drifted {
            stack: desired.stack.clone(),
            status: None,
            drift: None,
            current: true,
            owned,
            unfinished,
        });
    };
    if !has_detection(&stack.status) {
        let facts = Facts {
            stack: Some(Some(stack)),
            ..facts
        };
        return Err(without_detection(site, desired, &facts));
    }
    site.progress.step(&desired.stack, Step::DriftDetection);
    let drift = site.cloud.drift(&stack.id).await?;
    let deployed = site.cloud.template(&stack.id).await?;
    Ok(Drifted {
        stack: desired.stack.clone(),
        status: Some(stack.status.0),
        drift: Some(drift),
        current: deployed == desired.sent,
        owned,
        unfinished,
    })
}

/// Whether CloudFormation detects drift of a stack with this status. A status that provisioner does not know is tried.
fn has_detection(status: &StackStatus) -> bool {
    status.has_drift_detection()
        || status.0 == ROLLBACK_FAILED
        || status.health() == Health::Unknown
}

/// Why the drift of a stack cannot be detected now: an operation runs, or failed.
fn without_detection(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
) -> OperationError {
    let mut found = denials(EffectKind::Preview, site.policies, facts, &desired.stack);
    found.retain(|denial| matches!(denial.code, Code::StackBusy | Code::StackFailed));
    if found.is_empty() {
        let stack = facts.stack.as_ref().and_then(Option::as_ref);
        let status = stack.map(|stack| stack.status.0.as_str());
        found.push(Denial {
            code: Code::StackFailed,
            fact: format!(
                "CloudFormation detects no drift of a stack that is {}",
                status.unwrap_or("unknown")
            ),
            remedy: "update or create the stack, then try again".to_owned(),
        });
    }
    OperationError::Denied(found)
}
