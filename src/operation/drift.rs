//! Detects drift of a stack from its template, and of the template from the config.

use super::{Desired, OperationContext, OperationError};
use crate::guard::Inspect;
use crate::report::Step;
use crate::stack::{Drifted, Health};

/// Changes nothing.
pub async fn drift(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Drifted, OperationError> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let owned = |stack| facts.is_owner_of(stack);
    let owned = facts
        .stack
        .as_ref()
        .and_then(Option::as_ref)
        .is_none_or(owned);
    let stack = facts.stack.flatten();
    let stack = stack.filter(|stack| stack.status.health() != Health::ReviewInProgress);
    let Some(stack) = stack else {
        return Ok(Drifted {
            stack: desired.stack.clone(),
            status: None,
            drift: None,
            current: true,
            owned,
        });
    };
    site.progress.step(&desired.stack, Step::DriftDetection);
    let drift = site.cloud.drift(&stack.id).await?;
    let deployed = site.cloud.template(&stack.id).await?;
    Ok(Drifted {
        stack: desired.stack.clone(),
        status: Some(stack.status.0),
        drift: Some(drift),
        current: deployed == desired.sent,
        owned,
    })
}
