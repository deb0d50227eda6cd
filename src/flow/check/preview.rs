//! The preview of a check: change sets and deletions as AWS sees them, with the plan role, which cannot change stacks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::sample::PreviewSamples;
use crate::change::ChangeInputs;
use crate::cloud::{self, CancellationToken};
use crate::config::Config;
use crate::exit::Exit;
use crate::forge::IdentityTokens;
use crate::guard::{EffectKind, Facts, Policies, denials_before_credentials};
use crate::job::CredentialCache;
use crate::job::ReadOnly;
use crate::lanes::{Lane, Lanes, work_in_lanes};
use crate::model::Digest;
use crate::operation::to_diagnostics;
use crate::operation::{self, ComparedStack, Desired, OperationContext, OperationError, Warnings};
use crate::plan::{Change, ChangeKey, Changes, Intent, LinkNeeds};
use crate::product::Target;
use crate::report::{
    Notice, OfflineReason, Preview, Redactor, Refusal, Report, Text, problems_line,
};
use crate::stack::{Health, StackName};

pub struct PreviewContext<'a> {
    /// The policy where the change begins, whose author may have chosen it, and the one at the tip of the default branch.
    pub policies: Policies<'a>,
    /// Issues the tokens that AWS trusts.
    pub identity: Option<Arc<dyn IdentityTokens>>,
    /// Role session name, which CloudTrail shows.
    pub session: String,
    /// What the configs at the head need of other stacks.
    pub needs: Option<&'a LinkNeeds>,
    pub stop: CancellationToken,
}

/// What a preview read.
#[derive(Default)]
pub struct Seen {
    /// Facts of the stacks.
    pub facts: BTreeMap<ChangeKey, Facts>,
    /// Set if AWS or the forge did not answer: a later run can then read the impact.
    pub unanswered: Option<Exit>,
}

/// Adds AWS's preview of each change to the report, or a notice with the reason why the preview is missing.
pub async fn preview(
    report: &mut Report,
    inputs: &ChangeInputs,
    plan: &PreviewContext<'_>,
) -> Seen {
    let concerned = |change: &&Change| {
        matches!(
            change.intent,
            // An earlier merge may not have been applied: then the stack differs although the template does not change.
            Intent::Create
                | Intent::Update
                | Intent::Delete
                | Intent::Unchanged
                | Intent::Adopt
                | Intent::Unadopt
                | Intent::Replace
                | Intent::Import
        )
    };
    let mut seen = Seen::default();
    if !report.plan.changes.iter().any(|change| concerned(&change)) {
        return seen;
    }
    let policies = plan.policies;
    if policies.problems().next().is_some() {
        let reason = OfflineReason::PolicyInvalid;
        report.notices.push(Notice::Offline { reason });
        return seen;
    }
    let samples = PreviewSamples::new(report, policies);
    let mut lacking: BTreeSet<String> = BTreeSet::new();
    let mut work: Vec<PreviewTask<'_>> = Vec::new();
    for change in report.plan.changes.iter().filter(concerned) {
        // A removed config with errors has no target.
        let Some(target) = &change.target else {
            continue;
        };
        match policies.plan_role(target) {
            Some(role) => work.push((change, target, role)),
            None => {
                lacking.insert(target.environment.clone());
            }
        }
    }
    let mut notices = Vec::new();
    if !lacking.is_empty() {
        let reason = OfflineReason::NoPlanRole {
            environments: lacking.into_iter().collect(),
        };
        notices.push(Notice::Offline { reason });
    }
    let mut previews = Vec::new();
    let mut report_samples = Vec::new();
    match &plan.identity {
        _ if work.is_empty() => {}
        None => notices.push(Notice::Offline {
            reason: OfflineReason::NoIdentityToken,
        }),
        Some(identity) => {
            let sessions = CredentialCache::new(
                Arc::clone(identity),
                plan.session.clone(),
                plan.stop.clone(),
            );
            let look = Previewer {
                inputs,
                needs: plan.needs,
                policies,
            };
            let rest = samples.rest();
            let (later, first): (Vec<_>, Vec<_>) = work
                .into_iter()
                .partition(|(change, ..)| rest.contains(&change.key()));
            previews = look.all(first, &sessions).await;
            let (mut stand, unsettled) = samples.settle(&effects(&previews));
            let (mut later, left): (Vec<_>, Vec<_>) = later
                .into_iter()
                .partition(|(change, ..)| unsettled.contains(&change.key()));
            // No update stands for a creation, which may import what a former stack retained.
            let (created, left) = look.without_stack(left, &sessions).await;
            let keys: BTreeSet<ChangeKey> = created.iter().map(|(one, ..)| one.key()).collect();
            stand.iter_mut().for_each(|sample| sample.leave_out(&keys));
            stand.retain(|sample| !sample.not_previewed.is_empty());
            later.extend(created);
            previews.extend(look.all(later, &sessions).await);
            if !left.is_empty() {
                let previewed = stand.iter().map(|sample| sample.previewed.len()).sum();
                notices.push(Notice::Sampled {
                    previewed,
                    not_previewed: left.len(),
                });
            }
            report_samples = stand;
        }
    }
    for (key, (preview, exit), facts) in previews {
        if let Some(preview) = preview {
            report.add(key.clone(), preview);
        }
        seen.unanswered = seen.unanswered.max(exit);
        if let Some(facts) = facts {
            seen.facts.insert(key, facts);
        }
    }
    report.samples = report_samples;
    report.notices.extend(notices);
    report.update_digest();
    seen
}

/// A change with its target and the role that reads its stack.
type PreviewTask<'a> = (&'a Change, &'a Target, String);
/// What was read about a change. The exit code is set if AWS may answer a later run.
type PreviewedChange = (ChangeKey, (Option<Preview>, Option<Exit>), Option<Facts>);

/// What the previews say of the effects of updates.
fn effects(previews: &[PreviewedChange]) -> BTreeMap<ChangeKey, Option<Digest>> {
    let effects = previews.iter().map(|(key, (preview, _), _)| {
        let effect = preview.as_ref().and_then(|preview| preview.effect);
        (key.clone(), effect)
    });
    effects.collect()
}

struct Previewer<'a> {
    inputs: &'a ChangeInputs,
    needs: Option<&'a LinkNeeds>,
    policies: Policies<'a>,
}

impl Previewer<'_> {
    async fn all(
        &self,
        work: Vec<PreviewTask<'_>>,
        sessions: &CredentialCache,
    ) -> Vec<PreviewedChange> {
        let queries = work
            .into_iter()
            .map(|(change, target, role)| (Lane::from(target), (change, target, role)));
        let lanes = Lanes::new(self.policies.concurrency());
        work_in_lanes(
            lanes,
            sessions,
            queries,
            async |(change, target, role): PreviewTask<'_>| {
                let mut facts = None;
                let preview = self.at(change, sessions, &role, target, &mut facts).await;
                (change.key(), preview, facts)
            },
        )
        .await
    }

    /// The tasks whose stacks do not exist or cannot be read, and the others.
    async fn without_stack<'a>(
        &self,
        work: Vec<PreviewTask<'a>>,
        sessions: &CredentialCache,
    ) -> (Vec<PreviewTask<'a>>, Vec<PreviewTask<'a>>) {
        let queries = work.into_iter().map(|task| (Lane::from(task.1), task));
        let lanes = Lanes::new(self.policies.concurrency());
        let found = work_in_lanes(lanes, sessions, queries, async |task: PreviewTask<'a>| {
            let exists = self.has_stack(&task, sessions).await;
            (exists.unwrap_or(false), task)
        })
        .await;
        let (exist, lack): (Vec<_>, Vec<_>) = found.into_iter().partition(|(exists, _)| *exists);
        let tasks = |all: Vec<(bool, PreviewTask<'a>)>| all.into_iter().map(|(_, task)| task);
        (tasks(lack).collect(), tasks(exist).collect())
    }

    async fn has_stack(
        &self,
        (change, target, role): &PreviewTask<'_>,
        sessions: &CredentialCache,
    ) -> cloud::Result<bool> {
        let Some(config) = self.inputs.config(change, false) else {
            return Ok(false);
        };
        let stack = StackName::for_config(&config);
        let kind = EffectKind::Preview;
        let denials = denials_before_credentials(kind, self.policies, &Facts::default(), &stack);
        if !denials.is_empty() {
            return Ok(false);
        }
        let session = sessions.session(role, &target.region).await;
        let cloud = session.at(&target.region).await?;
        let stack = cloud.stack(&stack.name).await?;
        Ok(stack.is_some_and(|stack| {
            stack.status.health() != Health::ReviewInProgress && !stack.status.is_failed_creation()
        }))
    }

    /// `None` if neither the template nor the stack changes. The exit code is set if AWS may answer a later run.
    async fn at(
        &self,
        change: &Change,
        sessions: &CredentialCache,
        role: &str,
        target: &Target,
        facts: &mut Option<Facts>,
    ) -> (Option<Preview>, Option<Exit>) {
        let before = self.inputs.config(change, true);
        let after = self.inputs.config(change, false);
        let Some(config) = after.as_ref().or(before.as_ref()) else {
            let text = Refusal::ConfigUnreadable.fact().quoted();
            return (Some(Preview::from_failure(text)), None);
        };
        let values = Redactor::for_config(config, &self.policies.shown_values());
        let role = (sessions, role, target);
        let configs = (config, before.as_ref());
        let preview = self.query(change, role, configs, &values, facts);
        match preview.await {
            Ok(preview) => (preview, None),
            Err(failure) => {
                let is_transient =
                    matches!(&failure, OperationError::Cloud(error) if error.is_transient());
                let failed = to_diagnostics(config, &values, failure);
                let preview = Preview::from_failure(problems_line(&failed.diagnostics));
                (Some(preview), is_transient.then_some(failed.exit))
            }
        }
    }

    async fn query(
        &self,
        change: &Change,
        (sessions, role, target): (&CredentialCache, &str, &Target),
        (config, before): (&Config, Option<&Config>),
        values: &Redactor,
        seen: &mut Option<Facts>,
    ) -> Result<Option<Preview>, OperationError> {
        let nothing = Facts::default();
        let stack = StackName::for_config(config);
        let denials =
            denials_before_credentials(EffectKind::Preview, self.policies, &nothing, &stack);
        if !denials.is_empty() {
            return Err(OperationError::Denied(denials));
        }
        let session = sessions.session(role, &target.region).await;
        let cloud = session.at(&config.target.region).await?;
        let site = OperationContext {
            cloud: &cloud,
            policies: self.policies,
            authority: &ReadOnly,
            progress: &ReadOnly,
            needs: self.needs,
            warnings: &Warnings::default(),
        };
        let desired = Desired::new(config)?;
        if matches!(change.intent, Intent::Adopt | Intent::Unadopt) {
            let kind = match change.intent {
                Intent::Unadopt => EffectKind::Unadopt,
                _ => EffectKind::Adopt,
            };
            let (facts, compared) = operation::compare(&site, &desired, kind).await?;
            *seen = Some(facts);
            return Ok(Some(compared_stack(change.intent, &stack, compared)));
        }
        let facts = seen.insert(site.facts(&desired).await?);
        if change.intent == Intent::Delete {
            let empties = config.deletion_empties_buckets();
            let deletion = operation::preview_deletion(&site, &desired, facts, empties).await?;
            return Ok(Some(Preview::from_deletion(&deletion, change.level)));
        }
        if change.intent == Intent::Replace {
            let mut deletion = operation::preview_deletion(&site, &desired, facts, false).await?;
            let unmet = operation::replacement_problems(&site, &desired, &mut deletion).await?;
            let created =
                Changes::for_new_stack(config, &stack, &desired.document).with_returning(&deletion);
            let mut preview = Preview::from_replacement(&deletion, &created, change.level, values);
            preview.add_unmet(&problems_line(&unmet));
            return Ok(Some(preview));
        }
        if change.intent == Intent::Import {
            let named = change.imported_resources();
            let (changes, unmet) = operation::preview_import(&site, &desired, facts, named).await?;
            let mut preview = Preview::from_changes(&changes, values);
            preview.add_unmet(&problems_line(&unmet));
            return Ok(Some(preview));
        }
        // The deployed template may be older than the base, if the policy denied an update.
        let deployed = |body: &str| {
            before
                .filter(|config| Desired::renders_to(config, body))
                .cloned()
        };
        let changes = operation::changes(&site, &desired, facts, false, &deployed).await?;
        let is_unchanged = change.intent == Intent::Unchanged;
        if is_unchanged && !changes.has_changes && changes.refused.is_none() {
            return Ok(None);
        }
        if let Some(failed) = &changes.failed_creation {
            facts.add_deletion(failed);
        }
        facts.verdict = Some(changes.worst.verdict);
        facts.declared = changes.declared_level();
        let mut preview = Preview::from_changes(&changes, values);
        preview.add_unmet(&problems_line(&changes.unmet));
        // The run after the merge sees by the digest that the stack is to be changed.
        let digest = preview
            .digest
            .or_else(|| is_unchanged.then_some(changes.digest));
        Ok(Some(Preview { digest, ..preview }))
    }
}

/// The comparison of a stack with its config. A stack that does not exist has no digest, so that nothing is reviewed.
fn compared_stack(intent: Intent, stack: &StackName, compared: Option<ComparedStack>) -> Preview {
    let stack = &stack.name;
    match (compared, intent) {
        (None, _) => {
            let text = Text::ours("stack ").and(Text::name(stack));
            Preview::from_failure(text.and(Text::ours(" does not exist")).quoted())
        }
        (Some(compared), Intent::Unadopt) => Preview::from_unadoption(stack, &compared.adoption),
        (Some(compared), _) => Preview::from_adoption(stack, &compared.adoption),
    }
}
