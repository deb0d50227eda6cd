//! What deploying a config would do now, without doing it.

use super::{Desired, Failure, Site};
use crate::config::Config;
use crate::guard::{Inspect, Preview};
use crate::plan::Changes;
use crate::stack::Health;

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
    let before = match existing.as_ref().filter(|_| exists) {
        Some(stack) => site
            .cloud
            .template(&stack.id)
            .await
            .map(|body| deployed(&body)),
        None => Ok(None),
    };
    let status = existing.filter(|_| exists).map(|stack| stack.status.0);
    let changes = before.map(|before| {
        let before = before.as_ref();
        Changes::of(
            desired.config,
            before,
            &desired.stack,
            status,
            pending.found(),
        )
    });
    site.cloud.to_the_end().discard(pending).await?;
    looked?;
    Ok(changes?)
}
