//! Finishes a stack that a killed run left: it has imported its resources and lacks the others. The config may have changed since.

use super::changes::{assess, changes, digests, update_facts, with_values};
use super::decision::PreviewedDecision;
use super::free_names::rest_problems;
use super::import::{Imports, changes_imported, named_resources};
use super::import_rest::{RestOfImport, propose_rest, run_rest};
use super::provisioned::Provisioned;
use super::{Desired, OperationContext, OperationError, ShownEffect};
use crate::cloud::StackResource;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::entries::NamedResource;
use crate::guard::{EffectKind, Facts, Preview, Resume};
use crate::plan::{self, Assessed, Changes};
use crate::report::Fault;
use crate::stack::Stack;
use crate::template::ImportedResource;

/// Adds the rest. A person at a terminal confirms it; changes of what was imported are an update of it. `held`: what the stack has.
pub(super) async fn finish_import(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: &(dyn Fn(&str) -> Option<Config> + Sync),
    (facts, stack, held): (Facts, Stack, Vec<StackResource>),
    given: &[NamedResource],
) -> Result<Provisioned, OperationError> {
    let body = site.cloud.template(&stack.id).await?;
    let mut facts = unfinished_facts(facts, desired, &body, &held);
    let named = named_resources(desired, &facts, given)?;
    // The template does not tell which resources of the account were imported.
    if !named.is_empty() {
        let imports = match held.len() == named.len() {
            true => Imports {
                named,
                ..Imports::default()
            },
            false => Imports::find(site, desired, named).await?,
        };
        facts.imports = Some(imports.facts_of_held(&held));
    }
    // What is certain without the change set denies first.
    let mut early = site.denials_if_confirmed(EffectKind::Resume, &facts, &desired.stack);
    early.retain(|denial| !matches!(denial.code, Code::ImpactUnknown | Code::PlanChanged));
    if !early.is_empty() {
        drop(site.decide::<Resume>(&facts, &desired.stack)?);
        return Err(OperationError::Denied(early));
    }
    let _looking = site.decide::<Preview>(&facts, &desired.stack)?;
    let missing = rest_problems(site, desired, &held).await?;
    let warnings = site.ensure_met(missing)?;
    let imported: Vec<ImportedResource> = held.iter().map(StackResource::as_imported).collect();
    let rest = propose_rest(site, desired, &facts, (&stack, &imported)).await?;
    let found = rest.pending.described();
    let known = with_values(desired, &body, &found.change_set);
    facts.verdict = Some(plan::worst(&known));
    facts.declared =
        deployed(&body).and_then(|before| plan::declared_level(&before, desired.config).ok());
    facts.digests = digests(desired, &facts.authority, &found.change_set);
    if site.authority.prompts() {
        match assess(site, desired, Some((&stack, &body)), found, deployed).await {
            Ok(changes) => {
                let effect = (ShownEffect::Changes(&changes), &*warnings);
                site.confirm(EffectKind::Resume, &mut facts, &desired.stack, effect);
            }
            Err(failure) => return discard(site, rest, failure).await,
        }
    }
    match site.decide::<Resume>(&facts, &desired.stack) {
        Ok(permit) => run_rest(site, desired, (&stack, &imported), rest, permit).await,
        Err(denied) => discard(site, rest, denied).await,
    }
}

async fn discard<T>(
    site: &OperationContext<'_>,
    rest: RestOfImport,
    failure: OperationError,
) -> Result<T, OperationError> {
    let cloud = site.cloud.without_cancellation();
    cloud.discard(rest.pending).await?;
    Err(failure)
}

/// What the stack would get, and what would stop it. `None` for the changes if names are taken: then no change set is created.
pub(super) async fn preview_finish(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: &(dyn Fn(&str) -> Option<Config> + Sync),
    (facts, stack, held): (Facts, &Stack, &[StackResource]),
) -> Result<(Option<Changes>, PreviewedDecision), OperationError> {
    let body = site.cloud.template(&stack.id).await?;
    let facts = unfinished_facts(facts, desired, &body, held);
    let mut early = site.denials_if_confirmed(EffectKind::Resume, &facts, &desired.stack);
    early.retain(|denial| !matches!(denial.code, Code::ImpactUnknown | Code::PlanChanged));
    let is_denied = early
        .iter()
        .any(|denial| denial.code != Code::UpdateNotAllowed);
    let problems = match early.is_empty() {
        true => rest_problems(site, desired, held).await?,
        false => Vec::new(),
    };
    if is_denied || problems.iter().any(Diagnostic::is_error) {
        let stop = PreviewedDecision {
            denials: early,
            problems,
        };
        return Ok((None, stop));
    }
    let changes = changes(site, desired, &facts, false, deployed).await?;
    if let Some(harmed) = changes.resources.iter().find(|one| is_harmed(one)) {
        let logical_id = harmed.logical_id.clone();
        let fault = Fault::ImportedReplaced { logical_id };
        return Err(OperationError::VerificationFailed(fault));
    }
    let facts = update_facts(&facts, &changes);
    let denials = site.denials_if_confirmed(EffectKind::Resume, &facts, &desired.stack);
    Ok((Some(changes), PreviewedDecision { denials, problems }))
}

fn is_harmed(resource: &Assessed) -> bool {
    let is_kept = matches!(resource.replacement.as_deref(), None | Some("False"));
    resource.action == "Remove" || resource.action == "Modify" && !is_kept
}

fn unfinished_facts(
    facts: Facts,
    desired: &Desired<'_>,
    body: &str,
    held: &[StackResource],
) -> Facts {
    Facts {
        unfinished_import: Some(true),
        changes_imported: Some(changes_imported(desired, body, held)),
        ..facts
    }
}
