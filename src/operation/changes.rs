//! What deploying a config would do now, without doing it.

use super::{Desired, Failure, Site};
use crate::config::Config;
use crate::guard::{Inspect, Preview};
use crate::plan::{Changes, Overlay};
use crate::stack::{Found, Health, Stack};

/// Asks CloudFormation what would change; what was made for that is gone afterwards, whatever happens.
///
/// `deployed` finds the config that a deployed template was rendered from, if it can.
///
/// With `real`, a stack that does not exist is asked about too, and the empty stack that this leaves is deleted.
pub async fn changes(
    site: &Site<'_>,
    desired: &Desired<'_>,
    real: bool,
    deployed: &(dyn Fn(&str) -> Option<Config> + Sync),
) -> Result<Changes, Failure> {
    let facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    let existing = facts.stack.clone().flatten();
    let exists = existing
        .as_ref()
        .is_some_and(|stack| stack.status.health() != Health::Shell);
    if !exists && !real {
        return Ok(Changes::of_new(
            desired.config,
            &desired.stack,
            &desired.document,
        ));
    }
    let look = site.decide::<Preview>(&facts, &desired.stack)?;
    site.progress.step(&desired.stack, "change set");
    let mut pending = site
        .cloud
        .preview(look, existing.as_ref(), &desired.proposal())
        .await?;
    let looked = site.cloud.look_closer(&mut pending).await;
    let stack = existing.as_ref().filter(|_| exists);
    let changes = judged(site, desired, stack, pending.found(), deployed).await;
    site.cloud.to_the_end().discard(pending).await?;
    looked?;
    changes
}

/// What a change set means for a stack, if that exists.
async fn judged(
    site: &Site<'_>,
    desired: &Desired<'_>,
    stack: Option<&Stack>,
    found: &Found,
    deployed: &(dyn Fn(&str) -> Option<Config> + Sync),
) -> Result<Changes, Failure> {
    let changes =
        |before, status| Changes::of(desired.config, before, &desired.stack, status, found);
    let Some(stack) = stack else {
        return Ok(changes(None, None));
    };
    let body = site.cloud.template(&stack.id).await?;
    let (drifted, unread) = site.cloud.last_drift(stack).await?;
    let before = deployed(&body);
    let mut changes = changes(before.as_ref(), Some(stack.status.0.clone()));
    changes.unread.extend(unread);
    changes.drift = Some(Overlay::of(
        stack.drift.clone(),
        &drifted,
        &found.change_set,
    ));
    Ok(changes)
}
