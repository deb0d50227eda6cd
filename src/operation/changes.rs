//! The changes of a deployment.

use super::creatable::problems_after_failure;
use super::failed_creation::{imports_after, inspect_failed};
use super::free_names::update_problems;
use super::import::Imports;
use super::preflight::new_name_problems;
use super::{Desired, Occupancy, OperationContext, OperationError, preflight};
use crate::cloud::{AwsErrorKind, CloudError};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::{Authority, Denial, EffectKind, Facts, Inspect, Preview, denials};
use crate::plan::{
    Changes, DriftImpact, EffectNames, change_set_digest, effect_digest, with_policy_values,
};
use crate::report::Step;
use crate::stack::{ChangeSet, DescribedChangeSet, Health, Stack};
use crate::template::Document;

/// Creates a change set, reads it, and deletes it in any case. A stack that has the template and the tags already gets none.
///
/// `facts`: those of the stack, as [`OperationContext::facts`] reads them. `deployed` finds the config that a deployed template was rendered from, if the history has it.
///
/// With `real`, a change set is also created for a stack that does not exist; the empty stack that CloudFormation then adds is deleted.
pub async fn changes(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    real: bool,
    deployed: &(dyn Fn(&str) -> Option<Config> + Sync),
) -> Result<Changes, OperationError> {
    let _looking = site.decide::<Inspect>(facts, &desired.stack)?;
    if let Some(failed) = facts.own_failed_creation() {
        return after_failed_creation(site, desired, failed).await;
    }
    let existing = facts.stack.clone().flatten();
    let exists = existing
        .as_ref()
        .is_some_and(|stack| stack.status.health() != Health::ReviewInProgress);
    if !exists && !real {
        // Without its macros and nested templates, the template does not show what would be created.
        if !desired.external_references().is_empty() {
            let _allowed = site.decide::<Preview>(facts, &desired.stack)?;
        }
        let imports = Imports::find(site, desired, Vec::new()).await?;
        let new = Changes::for_new_stack(desired.config, &desired.stack, &desired.document);
        let new = new
            .with_former(&imports.former)
            .with_leftovers(imports.leftover_names());
        return Ok(Changes {
            unmet: new_name_problems(site, desired, Occupancy::New(&imports)).await?,
            ..site.with_alarms(desired, new)
        });
    }
    let live = existing.as_ref().filter(|_| exists);
    if live.is_some_and(|stack| !desired.tag_changes(stack).is_empty()) {
        // It needs an update in any case, so nothing is read of a stack that may not be updated.
        let _allowed = site.decide::<Preview>(facts, &desired.stack)?;
    }
    let live = match live {
        Some(stack) => Some((stack, site.cloud.template(&stack.id).await?)),
        None => None,
    };
    let live = live.as_ref().map(|(stack, body)| (*stack, body.as_str()));
    if live.is_some_and(|(stack, body)| desired.is_deployed(stack, body)) {
        let found = DescribedChangeSet {
            change_set: ChangeSet::without_changes(),
            ..DescribedChangeSet::default()
        };
        return assess(site, desired, live, &found, deployed).await;
    }
    let look = site.decide::<Preview>(facts, &desired.stack)?;
    site.progress.step(&desired.stack, Step::ChangeSet);
    let input = site.watched_input(desired, live.map(|(stack, _)| stack));
    let pending = site.cloud.preview(look, existing.as_ref(), &input).await;
    let mut pending = match pending {
        Ok(pending) => pending,
        Err(refused) => return Err(unmet_or(site, desired, exists, refused).await),
    };
    let looked = site.cloud.describe_findings(&mut pending).await;
    let changes = assess(site, desired, live, pending.described(), deployed).await;
    let unmet = match live {
        Some((stack, _)) => {
            let unmet = update_problems(site, desired, stack, &pending.described().change_set);
            unmet.await.map(|unmet| (unmet, Vec::new()))
        }
        None => new_stack_problems(site, desired).await,
    };
    site.cloud.without_cancellation().discard(pending).await?;
    looked?;
    let (unmet, leftovers) = unmet?;
    Ok(Changes {
        unmet,
        leftovers,
        ..changes?
    })
}

/// Names that the new stack needs and that something has, and the empty buckets that are deleted first.
async fn new_stack_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<(Vec<Diagnostic>, Vec<String>), OperationError> {
    let imports = Imports::find(site, desired, Vec::new()).await?;
    let problems = new_name_problems(site, desired, Occupancy::New(&imports)).await?;
    Ok((problems, imports.leftover_names()))
}

/// A change set cannot be created for a stack whose creation failed. It is deleted, and then created.
async fn after_failed_creation(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    failed: &Stack,
) -> Result<Changes, OperationError> {
    let (mut deletion, _) = inspect_failed(site, desired, failed, &[]).await?;
    let imports = imports_after(site, desired, Vec::new(), &deletion).await?;
    let new = Changes::for_new_stack(desired.config, &desired.stack, &desired.document);
    let new = new
        .with_former(&imports.former)
        .with_leftovers(imports.leftover_names());
    Ok(Changes {
        // Nothing is deleted for a creation that cannot succeed.
        unmet: problems_after_failure(site, desired, &mut deletion, &imports).await?,
        failed_creation: Some(deletion),
        ..site.with_alarms(desired, new)
    })
}

/// Why the policy denies a previewed creation or update. Empty for a pull request: its report says what the merge does.
pub fn denied_update(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    changes: &Changes,
) -> Vec<Denial> {
    if !changes.has_changes || !matches!(facts.authority, Authority::CommandLine { .. }) {
        return Vec::new();
    }
    let kind = match changes.status {
        Some(_) if facts.unfinished_import == Some(true) => EffectKind::Resume,
        Some(_) => EffectKind::Update,
        None => EffectKind::Create,
    };
    let mut facts = update_facts(facts, changes);
    let kind = match &changes.failed_creation {
        Some(deletion) => {
            facts.add_deletion(deletion);
            EffectKind::RemoveFailed
        }
        None => kind,
    };
    let mut denials = denials(kind, site.policies, &facts, &desired.stack);
    denials.retain(|denial| {
        matches!(
            denial.code,
            Code::UpdateNotAllowed
                | Code::ImpactTooHigh
                | Code::ImpactUnknown
                | Code::AlarmMismatch
                | Code::BucketNotEmpty
        )
    });
    denials
}

/// The facts of a previewed update. A person at a command line sees the change set that runs.
pub(super) fn update_facts(facts: &Facts, changes: &Changes) -> Facts {
    let digest = changes.digest.to_string();
    Facts {
        verdict: Some(changes.worst.verdict),
        declared: changes.declared_level(),
        digests: Some([digest.clone(), digest]),
        ..facts.clone()
    }
}

/// The unmet requirements, if AWS rejects a change set because of one: its own message does not name the parameter.
async fn unmet_or(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    exists: bool,
    refused: CloudError,
) -> OperationError {
    let is_invalid = refused
        .aws()
        .is_some_and(|error| error.kind == AwsErrorKind::Invalid);
    let imports = Imports::default();
    let occupancy = match exists {
        true => Occupancy::Updated,
        false => Occupancy::New(&imports),
    };
    if is_invalid && let Ok(missing) = preflight(site, desired, occupancy).await {
        let missing: Vec<Diagnostic> = missing.into_iter().filter(Diagnostic::is_error).collect();
        if !missing.is_empty() {
            return OperationError::Invalid(missing);
        }
    }
    refused.into()
}

impl OperationContext<'_> {
    /// The changes with the alarms that watch them.
    pub(super) fn with_alarms(&self, desired: &Desired<'_>, changes: Changes) -> Changes {
        let alarms = self.policies.rollback(&desired.stack.target);
        Changes {
            // The alarms of an environment say nothing about a test's own stack.
            rollback: alarms.filter(|_| changes.has_changes && !desired.is_test()),
            ..changes
        }
    }
}

/// `live`: the stack and its template; `None` if the stack does not exist.
pub(super) async fn assess(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    live: Option<(&Stack, &str)>,
    found: &DescribedChangeSet,
    deployed: &(dyn Fn(&str) -> Option<Config> + Sync),
) -> Result<Changes, OperationError> {
    let changes = |before, status, found| {
        let changes =
            Changes::from_change_set(desired.config, before, &desired.stack, status, found);
        site.with_alarms(desired, changes)
    };
    let Some((stack, body)) = live else {
        return Ok(changes(None, None, found));
    };
    let (drifted, unread) = site.cloud.last_drift(stack).await?;
    let before = deployed(body);
    let known = DescribedChangeSet {
        change_set: with_values(desired, body, &found.change_set),
        ..found.clone()
    };
    let mut changes = changes(before.as_ref(), Some(stack.status.0.clone()), &known);
    // The digest is that of the change set as CloudFormation describes it.
    changes.digest = change_set_digest(&found.change_set);
    let names = EffectNames::new(&desired.stack, desired.config.path.stem());
    changes.effect = effect_digest(&found.change_set, &names);
    changes.unread.extend(unread);
    changes.tags = desired.tag_changes(stack);
    changes.drift = Some(DriftImpact::new(
        stack.drift.clone(),
        &drifted,
        &found.change_set,
    ));
    Ok(changes)
}

/// A change set with what both templates say of it. `body`: the deployed template.
pub(super) fn with_values(desired: &Desired<'_>, body: &str, found: &ChangeSet) -> ChangeSet {
    match Document::parse(&desired.config.path, body) {
        Ok(deployed) => with_policy_values(found, &deployed, &desired.document),
        Err(_) => found.clone(),
    }
}

/// The digests of the change set that was shown and of the one that would run; `None` if either is not known. A person at the command
/// line reviews the current change set. Reviewers of a pull request saw an earlier one, or those of a sample.
pub(super) fn digests(
    desired: &Desired<'_>,
    authority: &Authority,
    change_set: &ChangeSet,
) -> Option<[String; 2]> {
    let digest = change_set_digest(change_set).to_string();
    let Authority::Request(request) = authority else {
        return Some([digest.clone(), digest]);
    };
    let reviewed = request.shown.as_ref()?;
    let shown = reviewed.change_set.clone()?;
    if !reviewed.sampled {
        return Some([shown, digest]);
    }
    let names = EffectNames::new(&desired.stack, desired.config.path.stem());
    let effect = effect_digest(change_set, &names)?;
    Some([shown, effect.to_string()])
}
