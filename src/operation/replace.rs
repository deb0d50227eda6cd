//! Replaces a stack: deletes it by its ARN, and creates it again from the config.

use schemars::JsonSchema;
use serde::Serialize;

use super::deletion::{inspect_deletion, watch_deletion};
use super::import::is_unfinished_import;
use super::provision::{DeployedConfig, is_own_creation};
use super::{
    AuthoritySource, Desired, OperationContext, OperationError, Provisioned, ShownEffect,
    ToConfirm, preflight, provision,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::{Authority, Create, Denial, EffectKind, Facts, Replace};
use crate::plan::Deletion;
use crate::report::Step;
use crate::stack::{Health, Stack, StackName};

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

/// Deletes the stack, and creates it again. Everything that could deny or block the creation is checked before the deletion. The next
/// run continues one that was killed: a stack that is deleted, or being created again, is not deleted.
pub async fn replace(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: DeployedConfig<'_>,
) -> Result<Replacement, OperationError> {
    let mut facts = site.facts(desired).await?;
    if is_deleted_already(site, desired, &facts).await? {
        let created = provision(site, desired, deployed).await?;
        return Ok(done(None, created));
    }
    let Some(stack) = facts.stack.clone().flatten() else {
        let _missing = site.decide::<Replace>(&facts, &desired.stack)?;
        return Err(OperationError::Denied(Vec::new()));
    };
    let (deletion, _) = inspect_deletion(site, desired, Some(&stack), false).await?;
    facts.add_deletion(&deletion);
    let blocked = ensure_creatable(site, desired, &facts, &stack, &deletion).await;
    if let Err(OperationError::Denied(denials)) = blocked {
        let deletion = Box::new(deletion);
        return Ok(Replacement::Denied { denials, deletion });
    }
    blocked?;
    site.confirm(
        EffectKind::Replace,
        &mut facts,
        &desired.stack,
        ShownEffect::Deletion(&deletion),
    );
    let permit = match site.decide::<Replace>(&facts, &desired.stack) {
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
    let created = provision(&site, desired, deployed).await?;
    Ok(done(Some(deletion), created))
}

/// The authority of a person who has confirmed the effect.
struct Confirmed<'a>(&'a dyn AuthoritySource);

impl AuthoritySource for Confirmed<'_> {
    fn authority(&self, stack: &StackName, _: Option<ToConfirm<'_>>) -> Authority {
        self.0.authority(stack, None)
    }
}

fn done(deletion: Option<Deletion>, created: Provisioned) -> Replacement {
    Replacement::Done(Box::new(Replaced { deletion, created }))
}

/// Whether an earlier run deleted the stack. A pull request names it by its ARN. At a command line, a former stack of this config is
/// deleted, and its successor is missing or unfinished.
async fn is_deleted_already(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
) -> Result<bool, OperationError> {
    if facts.replaced.is_some() {
        return Ok(true);
    }
    if !matches!(facts.authority, Authority::CommandLine { .. }) {
        return Ok(false);
    }
    match facts.stack.clone().flatten() {
        Some(stack) if stack.status.health() != Health::ReviewInProgress => {
            Ok(is_own_creation(site, desired, facts, &stack).await?
                || is_unfinished_import(site, desired, facts, &stack).await?)
        }
        _ => {
            let owner = desired.owner();
            Ok(site.cloud.was_deleted(&desired.stack, &owner).await?)
        }
    }
}

/// Checks the creation before anything is deleted: the guard's rules, the template, what the stack requires, and the names that the
/// deletion retains.
async fn ensure_creatable(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
    deletion: &Deletion,
) -> Result<(), OperationError> {
    let after = Facts {
        stack: Some(None),
        replaced: Some(stack.id.clone()),
        ..facts.clone()
    };
    if let Err(OperationError::Denied(mut denials)) = site.decide::<Create>(&after, &desired.stack)
    {
        // The deletion asks for it too.
        denials.retain(|denial| denial.code != Code::ForceRequired);
        if !denials.is_empty() {
            return Err(OperationError::Denied(denials));
        }
    }
    let mut problems = preflight(site, desired, true, &[]).await?;
    problems.extend(deletion.blockers().map(|kept| {
        let id = kept.physical_id.as_deref().unwrap_or_default();
        let message = format!(
            "the deletion retains {id} ({}), and a new stack cannot import it",
            kept.kind
        );
        Diagnostic::error(Code::PreflightFailed, &desired.config.path, message)
            .with_help("delete it by hand after the stack, or update the stack instead")
    }));
    if problems.iter().any(Diagnostic::is_error) {
        return Err(OperationError::Invalid(problems));
    }
    site.cloud.validate(&desired.sent).await?;
    Ok(())
}
