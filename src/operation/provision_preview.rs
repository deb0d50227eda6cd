//! What a creation or an update would do, and what would stop it. Decides as the run does, in the same order.

use super::changes::{changes, update_facts};
use super::creatable::ensure_creatable;
use super::decision::PreviewedDecision;
use super::failed_creation::{imports_after, inspect_failed};
use super::import::{Imports, named_resources, unfinished_import};
use super::preflight::missing_requirements;
use super::provision::{DeployedConfig, existing, import_into_existing, is_own_creation};
use super::unfinished::preview_finish;
use super::verification::verify;
use super::{Desired, Occupancy, OperationContext, OperationError, preflight};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::entries::NamedResource;
use crate::guard::{EffectKind, Facts, Inspect, Preview};
use crate::plan::Changes;
use crate::template::ImportedResource;

/// What a run would do with a stack.
pub enum ProvisionPreview {
    Changes(Box<Changes>),
    /// It would finish the creation that another run began.
    Resume {
        /// Status of the stack.
        status: String,
        /// What a stack gets that has imported its resources; `None` if CloudFormation still creates the stack, or if anything is in the way.
        changes: Option<Box<Changes>>,
    },
}

/// `kind`: the effect on a stack that does not exist, a creation or a test.
pub async fn preview_provision(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    kind: EffectKind,
    deployed: DeployedConfig<'_>,
    given: &[NamedResource],
) -> Result<(ProvisionPreview, PreviewedDecision), OperationError> {
    let mut facts = site.facts(desired).await?;
    if kind == EffectKind::Create
        && let Some(stack) = existing(&facts)
    {
        if let Some(held) = unfinished_import(site, desired, &facts, &stack).await? {
            let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
            let unfinished = (facts, &stack, &*held);
            let (changes, stop) = preview_finish(site, desired, deployed, unfinished).await?;
            let status = stack.status.to_string();
            let changes = changes.map(Box::new);
            return Ok((ProvisionPreview::Resume { status, changes }, stop));
        }
        if is_own_creation(site, desired, &facts, &stack).await? {
            let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
            facts.unfinished_import = Some(false);
            let denials = site.denials_if_confirmed(EffectKind::Resume, &facts, &desired.stack);
            let preview = ProvisionPreview::Resume {
                status: stack.status.to_string(),
                changes: None,
            };
            return Ok((preview, PreviewedDecision::of_denials(denials)));
        }
    }
    let named = named_resources(desired, &facts, given)?;
    // Nothing is imported into a stack that exists. One whose creation failed is deleted first.
    if !given.is_empty()
        && facts.own_failed_creation().is_none()
        && let Some(stack) = existing(&facts)
    {
        let body = site.cloud.template(&stack.id).await?;
        if !desired.is_deployed(&stack, &body) {
            let _allowed = site.decide::<Preview>(&facts, &desired.stack)?;
            return Err(OperationError::Denied(vec![import_into_existing()]));
        }
    }
    let mut changes = changes(site, desired, &facts, false, deployed).await?;
    if let Some(failed) = facts.own_failed_creation()
        && !named.is_empty()
    {
        let (deletion, _) = inspect_failed(site, desired, failed, &named).await?;
        changes.failed_creation = Some(deletion);
    }
    let changes = match changes.failed_creation {
        Some(_) => changes.with_named(&named),
        None => changes,
    };
    // CloudFormation stops it.
    let stop = match changes.refused {
        Some(_) => PreviewedDecision::default(),
        None => stop(site, desired, kind, facts, &changes, &named).await?,
    };
    Ok((ProvisionPreview::Changes(Box::new(changes)), stop))
}

async fn stop(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    kind: EffectKind,
    mut facts: Facts,
    changes: &Changes,
    named: &[ImportedResource],
) -> Result<PreviewedDecision, OperationError> {
    let denials = |kind, facts: &Facts| {
        let denials = site.denials_if_confirmed(kind, facts, &desired.stack);
        PreviewedDecision::of_denials(denials)
    };
    if let (Some(deletion), Some(failed)) = (
        &changes.failed_creation,
        facts.own_failed_creation().cloned(),
    ) {
        facts.add_deletion(deletion);
        let stop = denials(EffectKind::RemoveFailed, &facts);
        if stop.stops() {
            return Ok(stop);
        }
        let imports = imports_after(site, desired, named.to_vec(), deletion).await?;
        let mut deletion = deletion.clone();
        return PreviewedDecision::of_check(
            ensure_creatable(site, desired, &facts, &failed, &mut deletion, &imports).await,
        );
    }
    if changes.status.is_none() {
        let stop = denials(kind, &facts);
        if stop.stops() {
            return Ok(stop);
        }
        // The names were checked with the changes.
        let imports = Imports::default();
        let others = missing_requirements(site, desired, Occupancy::New(&imports)).await?;
        let problems = [changes.unmet.clone(), others].concat();
        return Ok(PreviewedDecision::of_problems(problems));
    }
    if !changes.has_changes {
        // The run verifies the stack, and creates nothing.
        if let Some(stack) = existing(&facts) {
            verify(site, desired, &stack).await?;
        }
        return Ok(PreviewedDecision::of_problems(not_compared(desired, named)));
    }
    let mut missing = preflight(site, desired, Occupancy::Updated).await?;
    missing.extend(changes.unmet.iter().cloned());
    let missing = PreviewedDecision::of_problems(missing);
    if missing.stops() {
        return Ok(missing);
    }
    let stop = denials(EffectKind::Update, &update_facts(&facts, changes));
    Ok(PreviewedDecision {
        problems: missing.problems,
        ..stop
    })
}

/// A warning that a preview compares no resource that an earlier import added.
fn not_compared(desired: &Desired<'_>, named: &[ImportedResource]) -> Vec<Diagnostic> {
    let ids: Vec<&str> = named.iter().map(|one| &*one.logical_id).collect();
    let message = format!(
        "the dry run does not compare imported resources with the template: {}",
        ids.join(", ")
    );
    let warning = Diagnostic::error(Code::StackVerificationFailed, &desired.config.path, message)
        .with_severity(Severity::Warning)
        .with_help(
            "the run compares them, and names those of which CloudFormation detects no drift",
        );
    match ids.is_empty() {
        true => Vec::new(),
        false => vec![warning],
    }
}
