//! Replaces a stack: deletes it by its ARN, and creates it again from the config.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::confirmed::Confirmed;
use super::creatable::ensure_creatable;
use super::decision::PreviewedDecision;
use super::deletion::{InspectedDeletion, inspect_deletion, watch_deletion};
use super::import::{Imports, unfinished_import};
use super::provision::{DeployedConfig, is_own_creation};
use super::remains::after_deletion;
use super::{Desired, OperationContext, OperationError, Provisioned, ShownEffect, provision};
use crate::cloud::FormerStacks;
use crate::guard::{Authority, Denial, EffectKind, Facts, Inspect, Replace};
use crate::plan::Deletion;
use crate::product::Verb;
use crate::report::Step;
use crate::stack::{Health, foreign_tags};

/// What a replacement did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Replaced {
    /// What was deleted; `None` if an earlier run deleted it.
    pub deletion: Option<Deletion>,
    /// The new stack.
    pub created: Provisioned,
}

pub enum Replacement {
    Done(Box<Replaced>),
    /// Nothing was deleted.
    Denied {
        denials: Vec<Denial>,
        deletion: Box<Deletion>,
    },
}

/// What a replacement would do.
pub enum ReplacementPreview {
    /// An earlier run deleted the stack, so it would be created with the tags of others from the former one.
    Creation(BTreeMap<String, String>),
    Deletion(Box<Deletion>, PreviewedDecision),
}

/// What a replacement would delete, and what would stop it. Reads only.
pub async fn preview_replacement(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<ReplacementPreview, OperationError> {
    let mut facts = site.facts(desired).await?;
    let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
    if let Some(former) = deleted_already(site, desired, &facts).await? {
        return Ok(ReplacementPreview::Creation(foreign_tags(&former)));
    }
    if facts.stack == Some(None) {
        facts.add_deletion(&Deletion::of_nothing(&desired.stack));
    }
    let Some(stack) = facts.stack.clone().flatten() else {
        let denials = site.denials_if_confirmed(EffectKind::Replace, &facts, &desired.stack);
        return Err(OperationError::Denied(denials));
    };
    let deletion = inspect_deletion(site, desired, Some(&stack), false).await?;
    let mut deletion = deletion.deletion;
    facts.add_deletion(&deletion);
    let denials = site.denials_if_confirmed(EffectKind::Replace, &facts, &desired.stack);
    let none = Imports::default();
    let decision = match denials.is_empty() {
        true => PreviewedDecision::of_check(
            ensure_creatable(site, desired, &facts, &stack, &mut deletion, &none).await,
        )?,
        false => PreviewedDecision::of_denials(denials),
    };
    Ok(ReplacementPreview::Deletion(Box::new(deletion), decision))
}

/// Deletes the stack, and creates it again. Everything that could deny or block the creation is checked before the deletion. The next
/// run continues one that was killed: a stack that is deleted, or being created again, is not deleted.
pub async fn replace(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: DeployedConfig<'_>,
) -> Result<Replacement, OperationError> {
    let mut facts = site.facts(desired).await?;
    if let Some(former) = deleted_already(site, desired, &facts).await? {
        let desired = desired.carrying(&former);
        let created = provision(site, &desired, deployed, &[]).await?;
        return Ok(done(None, created));
    }
    if facts.stack == Some(None) {
        let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
        facts.add_deletion(&Deletion::of_nothing(&desired.stack));
    }
    let Some(stack) = facts.stack.clone().flatten() else {
        site.ensure_allowed::<Replace>(&facts, &desired.stack)?;
        return Err(OperationError::Denied(Vec::new()));
    };
    let InspectedDeletion {
        mut deletion,
        shown,
        ..
    } = inspect_deletion(site, desired, Some(&stack), false).await?;
    facts.add_deletion(&deletion);
    // Denials come before the checks, which query AWS.
    let denials = site.denials_if_confirmed(EffectKind::Replace, &facts, &desired.stack);
    let none = Imports::default();
    let blocked = match denials.is_empty() {
        true => ensure_creatable(site, desired, &facts, &stack, &mut deletion, &none).await,
        false => site
            .ensure_allowed::<Replace>(&facts, &desired.stack)
            .map(|()| Vec::new()),
    };
    if let Err(OperationError::Denied(denials)) = blocked {
        let deletion = Box::new(deletion);
        return Ok(Replacement::Denied { denials, deletion });
    }
    let warnings = site.ensure_met(blocked?)?;
    let effect = (ShownEffect::Deletion(&deletion), &*warnings);
    let permit = match site
        .confirmed::<Replace>(desired, &mut facts, &shown, effect)
        .await
    {
        Err(OperationError::Denied(denials)) => {
            let deletion = Box::new(deletion);
            return Ok(Replacement::Denied { denials, deletion });
        }
        decided => decided?,
    };
    site.progress.step(&desired.stack, Step::Deletion);
    let running = site.cloud.delete(permit, &stack.id).await?;
    watch_deletion(site, &desired.stack, running).await?;
    // The person confirmed the replacement as a whole.
    let authority = Confirmed(site.authority);
    let site = OperationContext {
        authority: &authority,
        ..*site
    };
    let desired = &desired.carrying(&stack.tags);
    match provision(&site, desired, deployed, &[]).await {
        Ok(created) => Ok(done(Some(deletion), created)),
        Err(failure) => {
            let (name, verb) = (&desired.stack, Verb::Replace);
            Err(after_deletion(&site, name, verb, &stack.id, failure).await)
        }
    }
}

fn done(deletion: Option<Deletion>, created: Provisioned) -> Replacement {
    Replacement::Done(Box::new(Replaced { deletion, created }))
}

/// The tags of the stack that an earlier run deleted; `None` if none did. A pull request names the stack by its ARN. At a command line, a
/// former stack of this config is deleted, and its successor is missing or unfinished.
async fn deleted_already(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
) -> Result<Option<BTreeMap<String, String>>, OperationError> {
    if let Some(replaced) = &facts.replaced {
        let former = site.cloud.stack(replaced).await?;
        return Ok(Some(former.map(|stack| stack.tags).unwrap_or_default()));
    }
    if !matches!(facts.authority, Authority::CommandLine { .. }) {
        return Ok(None);
    }
    let owner = desired.owner();
    let former = site.cloud.former_stacks(&desired.stack, &owner);
    let tags = |former: FormerStacks| former.last_complete().map(|stack| stack.tags.clone());
    match facts.stack.clone().flatten() {
        Some(stack) if stack.status.health() != Health::ReviewInProgress => {
            if is_own_creation(site, desired, facts, &stack).await? {
                return Ok(Some(BTreeMap::new()));
            }
            match unfinished_import(site, desired, facts, &stack).await? {
                Some(_) => Ok(Some(tags(former.await?).unwrap_or_default())),
                None => Ok(None),
            }
        }
        _ => Ok(tags(former.await?)),
    }
}
