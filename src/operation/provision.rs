//! Creates a stack, or updates it where the policy allows that, and verifies it.

use super::cancelled::what_remains;
use super::changes::{assess, digests, with_values};
use super::confirmed::Confirmed;
use super::error::operation_failed;
use super::failed_creation::{remove_failed, unmanaged};
use super::free_names::update_problems;
use super::import::{
    Imports, create_with_imports, named_resources, unfinished_import, unmet_imports,
};
use super::import_drift::compare_imported;
use super::provisioned::{
    ProvisionOutcome, Provisioned, ensure_executable, execute_update, stack_status, verified, watch,
};
use super::remains::after_deletion;
use super::replaced::{candidates, replaced};
use super::taken_back::delete_leftovers;
use super::unfinished::finish_import;
use super::{Desired, Occupancy, OperationContext, OperationError, ShownEffect, preflight};
use crate::cloud::{CloudError, OperationResult, StackOperation};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::entries::NamedResource;
use crate::guard::{
    Authority, Create, DecidedOnce, Denial, EffectKind, Facts, Inspect, Preview, Resume,
    RunsChangeSet, Update,
};
use crate::model::Digest;
use crate::plan::{self, Changes};
use crate::product::Verb;
use crate::report::{Fault, Step};
use crate::stack::{Health, Stack, StackStatus};

/// Finds the version of the config that a deployed template was rendered from.
pub type DeployedConfig<'a> = &'a (dyn Fn(&str) -> Option<Config> + Sync);

/// Creates or updates the stack of a config. A stack that equals the template is only verified, so a run can be repeated. A creation
/// that another run started is watched to its end. `given`: resources that a command line names for the import into a new stack.
pub async fn provision(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: DeployedConfig<'_>,
    given: &[NamedResource],
) -> Result<Provisioned, OperationError> {
    let facts = site.facts(desired).await?;
    if let Some(failed) = facts.own_failed_creation().cloned() {
        let kept = remove_failed(site, desired, facts, &failed, given).await?;
        // The person confirmed the deletion and the creation.
        let authority = Confirmed(site.authority);
        let site = &OperationContext {
            authority: &authority,
            ..*site
        };
        let desired = &desired.carrying(&failed.tags);
        let created = match site.facts(desired).await {
            Ok(facts) => create::<Create>(site, desired, facts, given).await,
            Err(failure) => Err(failure),
        };
        let created = match created {
            Ok(created) => created,
            Err(failure) => {
                let (stack, verb) = (&desired.stack, Verb::Provision);
                return Err(after_deletion(site, stack, verb, &failed.id, failure).await);
            }
        };
        let left_behind = unmanaged(site, &created.stack_id, kept).await;
        return Ok(Provisioned {
            removed: Some(failed.id),
            left_behind,
            ..created
        });
    }
    if let Some(stack) = existing(&facts) {
        return resume(site, desired, deployed, (facts, stack), given).await;
    }
    let created = create::<Create>(site, desired, facts, given).await;
    // Another run may have been faster: then its creation, running or about to start, is what blocks this one.
    match &created {
        Err(OperationError::Cloud(error)) if error.is_not_found() => {
            site.progress.step(&desired.stack, Step::OtherRun);
            site.cloud.wait_until_started(&desired.stack.name).await?;
        }
        Err(OperationError::Cloud(CloudError::Aws(error))) if error.is_refusal() => {}
        Err(OperationError::Invalid(_)) => {}
        _ => return created,
    }
    let Ok(facts) = site.facts(desired).await else {
        return created;
    };
    match existing(&facts) {
        Some(stack) => resume(site, desired, deployed, (facts, stack), given).await,
        None => created,
    }
}

/// The stack; `None` if it is missing or only in review.
pub(super) fn existing(facts: &Facts) -> Option<Stack> {
    let stack = facts.stack.clone().flatten();
    stack.filter(|stack| stack.status.health() != Health::ReviewInProgress)
}

async fn resume(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: DeployedConfig<'_>,
    (mut facts, mut stack): (Facts, Stack),
    given: &[NamedResource],
) -> Result<Provisioned, OperationError> {
    if is_own_creation(site, desired, &facts, &stack).await? {
        let permit = site.decide::<Resume>(&facts, &desired.stack)?;
        site.progress.step(&desired.stack, Step::CreationResumed);
        let mut running = site.cloud.attach(permit, &stack.id)?;
        let ended = match watch(site, desired, &mut running).await {
            Ok(ended) => ended,
            // The run that started the creation may still watch it.
            Err(failure) => {
                return Err(what_remains(site, &desired.stack, &stack.id, failure).await);
            }
        };
        stack = created(site, desired, running, ended).await?;
        facts.stack = Some(Some(stack.clone()));
    } else if let Some(held) = unfinished_import(site, desired, &facts, &stack).await? {
        return finish_import(site, desired, deployed, (facts, stack, held), given).await;
    }
    update(site, desired, deployed, (facts, stack), given).await
}

/// Whether this config owns the stack, and the stack is being created from the same template.
pub(super) async fn is_own_creation(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
) -> Result<bool, OperationError> {
    let owned = facts
        .owner
        .iter()
        .all(|(key, value)| stack.tags.get(key) == Some(value));
    let under_way = stack.status == StackStatus("CREATE_IN_PROGRESS".to_owned());
    Ok(owned && under_way && site.cloud.template(&stack.id).await? == desired.sent)
}

/// Creates a stack. `E`: the effect that the guard decides on. `given`: resources that a command line names for an import.
pub(super) async fn create<E: RunsChangeSet + DecidedOnce>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    mut facts: Facts,
    given: &[NamedResource],
) -> Result<Provisioned, OperationError> {
    let mut imports = Imports::default();
    if E::KIND == EffectKind::Create {
        let named = named_resources(desired, &facts, given)?;
        imports = Imports::find(site, desired, named).await?;
    }
    let carrying = imports.failed_tags.as_ref();
    let carrying = carrying.map(|tags| desired.or_carrying(tags));
    let desired = carrying.as_ref().unwrap_or(desired);
    if E::KIND == EffectKind::Create {
        let changes = Changes::for_new_stack(desired.config, &desired.stack, &desired.document)
            .with_former(&imports.former)
            .with_named(&imports.named)
            .with_leftovers(imports.leftover_names());
        let changes = site.with_alarms(desired, changes);
        facts.digests = reviewed_digests(&facts.authority, &changes.digest);
        // A person reads what is missing before the prompt.
        let warnings = match site.is_confirmed_by_prompt(E::KIND, &facts, &desired.stack) {
            true => site.ensure_met(creation_problems(site, desired, &imports).await?)?,
            false => Vec::new(),
        };
        let effect = (ShownEffect::Changes(&changes), &*warnings);
        site.confirm(E::KIND, &mut facts, &desired.stack, effect);
    }
    // The guard decides before the change set is created.
    let permit = site.decide::<E>(&facts, &desired.stack)?;
    let look = site.decide::<Preview>(&facts, &desired.stack)?;
    site.ensure_met(creation_problems(site, desired, &imports).await?)?;
    if delete_leftovers(site, desired, &permit, &imports.leftovers).await? {
        imports.leftovers.clear();
        site.ensure_met(creation_problems(site, desired, &imports).await?)?;
    }
    if !imports.all().is_empty() {
        return create_with_imports(site, desired, &mut facts, &imports, permit).await;
    }
    site.progress.step(&desired.stack, Step::ChangeSet);
    let shell = facts.stack.as_ref().and_then(Option::as_ref);
    let input = site.watched_input(desired, None);
    let pending = site.cloud.preview(look, shell, &input).await?;
    let pending = ensure_executable(site, desired, pending).await?;
    // Nothing was to be imported.
    facts.imports = Some(imports.facts(&pending.described().change_set));
    if facts
        .imports
        .as_ref()
        .is_some_and(|found| !found.is_empty())
    {
        site.cloud.without_cancellation().discard(pending).await?;
        let _denied = site.decide::<Create>(&facts, &desired.stack)?;
        return Err(OperationError::VerificationFailed(Fault::NotAnImport));
    }
    site.progress.step(&desired.stack, Step::Creation);
    let mut running = site.cloud.execute(permit, pending).await?;
    let id = running.stack_id().to_owned();
    let ended = watch(site, desired, &mut running).await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(failure) => {
            // The run stops watching, so it removes the unfinished stack.
            return match roll_back_creation(site, desired, running).await {
                Some(()) => Err(what_remains(site, &desired.stack, &id, failure).await),
                None => Err(OperationError::Cancelled(Fault::RemovalUnfinished {
                    stack: desired.stack.name.clone(),
                })),
            };
        }
    };
    let stack = created(site, desired, running, ended).await?;
    verified(site, desired, &stack, ProvisionOutcome::Created).await
}

/// What a new stack requires and does not find, and what stands in the way of its imports.
async fn creation_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    imports: &Imports,
) -> Result<Vec<Diagnostic>, OperationError> {
    let unmet = unmet_imports(site, desired, &imports.named, None).await?;
    let missing = preflight(site, desired, Occupancy::New(imports)).await?;
    Ok([unmet, missing].concat())
}

/// The created stack. After a failure the stack is removed and the first error returned.
async fn created(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    running: StackOperation,
    ended: OperationResult,
) -> Result<Stack, OperationError> {
    match &ended.stack {
        Some(stack) if stack.status.0 == "CREATE_COMPLETE" => Ok(stack.clone()),
        Some(stack) => {
            let failure = operation_failed(stack_status(stack), &ended);
            let _ = roll_back_creation(site, desired, running).await;
            Err(failure)
        }
        None => Err(operation_failed(Fault::CreationRemoved, &ended)),
    }
}

/// `None` if a cancelled run has no more time to wait for the removal that it requested.
async fn roll_back_creation(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    running: StackOperation,
) -> Option<()> {
    site.progress.step(&desired.stack, Step::CreationRolledBack);
    let cloud = site.cloud.without_cancellation();
    let notify = |event: &_| site.progress.event(&desired.stack, event);
    // The creation's own error is returned; a failed removal is visible in the events.
    let removal = async {
        if let Ok(mut undoing) = cloud.roll_back(running).await
            && cloud.watch(&mut undoing.running, &notify).await.is_ok()
        {
            let _ = cloud.finish_rollback(undoing).await;
        }
    };
    site.clean_up(removal).await
}

/// A stack that needs no update. What was imported into it is compared again: an earlier run may have found differences and failed.
async fn unchanged(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
    given: &[NamedResource],
) -> Result<Provisioned, OperationError> {
    let _looking = site.decide::<Inspect>(facts, &desired.stack)?;
    let found = verified(site, desired, stack, ProvisionOutcome::Unchanged).await?;
    let named = named_resources(desired, facts, given)?;
    if !named.is_empty() {
        site.warn(&compare_imported(site, desired, &stack.id, &named).await?);
    }
    Ok(found)
}

async fn update(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    deployed: DeployedConfig<'_>,
    (mut facts, stack): (Facts, Stack),
    given: &[NamedResource],
) -> Result<Provisioned, OperationError> {
    let body = site.cloud.template(&stack.id).await?;
    if desired.is_deployed(&stack, &body) {
        return unchanged(site, desired, &facts, &stack, given).await;
    }
    named_resources(desired, &facts, given)?;
    let look = site.decide::<Preview>(&facts, &desired.stack)?;
    if !given.is_empty() {
        return Err(OperationError::Denied(vec![import_into_existing()]));
    }
    let missing = preflight(site, desired, Occupancy::Updated).await?;
    let mut warnings = site.ensure_met(missing)?;
    site.progress.step(&desired.stack, Step::ChangeSet);
    let input = site.watched_input(desired, Some(&stack));
    let pending = site.cloud.preview(look, Some(&stack), &input).await?;
    if pending.described().change_set.is_empty() {
        site.cloud.without_cancellation().discard(pending).await?;
        return unchanged(site, desired, &facts, &stack, given).await;
    }
    let pending = ensure_executable(site, desired, pending).await?;
    let unmet = update_problems(site, desired, &stack, &pending.described().change_set).await;
    match unmet.and_then(|unmet| site.ensure_met(unmet)) {
        Ok(unmet) => warnings.extend(unmet),
        Err(failure) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(failure);
        }
    }
    let known = with_values(desired, &body, &pending.described().change_set);
    facts.verdict = Some(plan::worst(&known));
    let before = deployed(&body);
    facts.declared = before.and_then(|before| plan::declared_level(&before, desired.config).ok());
    facts.digests = digests(desired, &facts.authority, &pending.described().change_set);
    if site.authority.prompts() {
        let stack = Some((&stack, body.as_str()));
        let changes = assess(site, desired, stack, pending.described(), deployed).await;
        match changes {
            Ok(changes) => {
                let effect = (ShownEffect::Changes(&changes), &*warnings);
                site.confirm(EffectKind::Update, &mut facts, &desired.stack, effect);
            }
            Err(failure) => {
                site.cloud.without_cancellation().discard(pending).await?;
                return Err(failure);
            }
        }
    }
    let permit = match site.decide::<Update>(&facts, &desired.stack) {
        Ok(permit) => permit,
        Err(denied) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(denied);
        }
    };
    site.progress.step(&desired.stack, Step::Update);
    let candidates = candidates(&pending.described().change_set, &desired.document);
    let mut running = execute_update(site, permit, pending).await?;
    let ended = match watch(site, desired, &mut running).await {
        Ok(ended) => ended,
        // CloudFormation continues the update of a cancelled run.
        Err(failure) => return Err(what_remains(site, &desired.stack, &stack.id, failure).await),
    };
    match &ended.stack {
        Some(stack) if stack.status.0 == "UPDATE_COMPLETE" => {
            let updated = verified(site, desired, stack, ProvisionOutcome::Updated).await?;
            let (replaced, left_behind) = replaced(site, stack, &candidates).await;
            Ok(Provisioned {
                replaced,
                left_behind,
                ..updated
            })
        }
        Some(stack) => Err(operation_failed(stack_status(stack), &ended)),
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}

/// The reviewed digest and that of now. A person at the command line reviews the current one. Reviewers of a pull request saw an earlier one.
fn reviewed_digests(authority: &Authority, now: &Digest) -> Option<[String; 2]> {
    let now = now.to_string();
    let shown = match authority {
        Authority::Request(request) => request.shown.as_ref()?.change_set.clone()?,
        Authority::CommandLine { .. } | Authority::Unknown => now.clone(),
    };
    Some([shown, now])
}

/// An import creates a stack, and updates none.
pub(super) fn import_into_existing() -> Denial {
    Denial {
        code: Code::StackExists,
        fact: "the stack exists and differs from the config, and an import only creates stacks"
            .to_owned(),
        remedy: "update it by the action that creates the stack, or run `show-changes`".to_owned(),
    }
}
