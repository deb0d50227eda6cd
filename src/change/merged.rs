//! A merged change with the facts that the guard needs.

use jiff::Timestamp;

use super::contributors::add_contributors;
use super::history::MergedRange;
use super::limits::IdentityLimits;
use super::lock::merged_lock;
use super::merge_contents::MergeContents;
use super::reviewed::{ReportedPlan, plan_reports, reviewed_plan};
use super::tip::Tip;
use crate::config::Config;
use crate::forge::{DefaultBranch, ForgeError};
use crate::guard::{ChangeRequest, CommentCommand, LockState, Policies, RequestedChange, Trigger};
use crate::job::{Job, JobError};
use crate::model::{CommitSha, FileContents, UserId};
use crate::plan::{Change, Intent, LinkNeeds};

pub struct MergedChange {
    /// Facts of the pull request, without those of a single stack.
    pub request: ChangeRequest,
    /// The default branch after the merge.
    pub merge: CommitSha,
    /// What its files say.
    pub contents: MergeContents,
    reviewed: Option<ReportedPlan>,
    limits: IdentityLimits,
    /// `None` for a change without configs.
    lock: Option<LockState>,
    /// `None` for a change without configs.
    tip: Option<Tip>,
    /// When the pull request was changed last.
    updated: Option<Timestamp>,
    merged_at: Option<Timestamp>,
    own: Option<UserId>,
    range: MergedRange,
}

impl MergedChange {
    pub async fn read(
        job: &Job,
        branch: &DefaultBranch,
        own: Option<UserId>,
        range: &MergedRange,
    ) -> Result<Self, JobError> {
        let contents = MergeContents::read(job, branch, range).await?;
        let (base, merge) = (&range.base, &range.merge);
        let source = job.source(&[base, merge]);
        let mut merged = Self {
            // A direct push: on the branch, and never reviewed.
            request: ChangeRequest {
                merged: Some(false),
                target: Some(branch.branch.clone()),
                fork: Some(false),
                reviews: Some(Vec::new()),
                ..ChangeRequest::default()
            },
            merge: merge.clone(),
            contents,
            reviewed: None,
            limits: IdentityLimits::default(),
            lock: None,
            tip: None,
            updated: None,
            merged_at: None,
            own,
            range: range.clone(),
        };
        // Without configs no more facts are needed.
        let contents = &mut merged.contents;
        if contents.plan.changes.is_empty() {
            return Ok(merged);
        }
        let change = (&contents.inputs, &contents.plan);
        let tip = Tip::read(job, &branch.tip, range, change, &contents.selection).await?;
        let of_tip = (job.source(&[&branch.tip]), &branch.tip);
        merged.lock = Some(merged_lock((source, base, merge), of_tip).await?);
        let (plan, inputs) = (&mut contents.plan, &contents.inputs);
        plan.reject_claimed_names(tip.claims(), |path| inputs.config_at_head(path));
        merged.tip = Some(tip);
        let Some(number) = range.number else {
            return Ok(merged);
        };
        let own_environment = job.environment.environment.as_deref();
        let changes = merged.contents.plan.changes.iter();
        let targets = changes.filter_map(|change| change.target.as_ref());
        let environments = targets
            .map(|target| target.environment.as_str())
            .filter(|environment| own_environment.is_none_or(|own| own == *environment));
        merged.limits =
            IdentityLimits::read(&*job.forge, &branch.branch, environments.collect()).await?;
        let teams = merged.policies().teams();
        let mut reviewed = job.forge.request(number, &teams).await?;
        // Its commit was read as merged before.
        if reviewed.request.merged == Some(false) {
            let what = format!("pull request {number}");
            let message = "the forge lists its commit as merged and answers that it is not merged";
            return Err(ForgeError::unreachable(&what, message).into());
        }
        merged.updated = reviewed.updated;
        merged.merged_at = reviewed.merged_at;
        // A fork's check cannot report a plan, and a fork's pushes are not recorded here.
        if let (Some(head), Some(false)) = (reviewed.request.head.clone(), reviewed.request.fork) {
            let checkout = job.checkout.as_ref();
            let fork = match checkout.and_then(|checkout| checkout.merge_base(base, &head)) {
                Some(fork) => fork,
                None => job.forge.merge_base(base, &head).await?,
            };
            add_contributors(
                &*job.forge,
                &mut reviewed,
                (base, &fork),
                &merged.contents.selection,
            )
            .await?;
            if let Some(own) = own {
                reviewed.request.reports = plan_reports(job, own, &head).await?;
                merged.reviewed = reviewed_plan(
                    job,
                    own,
                    &reviewed.request,
                    (&fork, &head),
                    &merged.contents.selection,
                )
                .await?;
            }
        }
        merged.request = reviewed.request;
        Ok(merged)
    }

    /// The change with the facts of now; `None` if neither the default branch nor the pull request moved since they were read.
    pub async fn reread(&self, job: &Job) -> Result<Option<Self>, JobError> {
        let branch = job.forge.default_branch().await?;
        let updated = match self.range.number {
            Some(number) => job.forge.pull_request(number).await?.updated,
            None => None,
        };
        let is_same_tip = self.tip.as_ref().map(|tip| &tip.commit) == Some(&branch.tip);
        // An unknown time proves nothing.
        let is_same = self.range.number.is_none() || updated.is_some() && updated == self.updated;
        if is_same_tip && is_same {
            return Ok(None);
        }
        let again = Self::read(job, &branch, self.own, &self.range).await?;
        Ok(Some(again))
    }

    /// The tip of the default branch; `None` for a change without configs.
    pub fn tip_commit(&self) -> Option<&CommitSha> {
        self.tip.as_ref().map(|tip| &tip.commit)
    }

    /// The policy before the merge, and the one of now.
    pub fn policies(&self) -> Policies<'_> {
        let now = self.tip_with_other_policy();
        Policies::new(&self.contents.policy, now.map(|tip| &tip.policy))
    }

    /// The policy file of now, if it is another one than before the merge.
    pub fn policy_file_of_now(&self) -> Option<Option<&FileContents>> {
        Some(self.tip_with_other_policy()?.policy_file.as_ref())
    }

    fn tip_with_other_policy(&self) -> Option<&Tip> {
        let tip = self
            .tip
            .as_ref()
            .filter(|_| self.contents.is_judged_by_now)?;
        (tip.policy_file != self.contents.policy_file).then_some(tip)
    }

    /// The request that the guard decides on, for one stack. `now`: by the forge's clock.
    pub fn guard_request(
        &self,
        change: &Change,
        command: Option<CommentCommand>,
        now: Option<Timestamp>,
    ) -> ChangeRequest {
        let mut request = self.request.clone();
        request.now = now;
        request.shown = self
            .reviewed
            .as_ref()
            .map(|plan| plan.reviewed_plan(change));
        request.asks = match change.intent {
            Intent::Invalid | Intent::Abandon => None,
            Intent::Delete => Some(RequestedChange::Delete),
            Intent::Adopt => Some(RequestedChange::Adopt),
            Intent::Unadopt => Some(RequestedChange::Unadopt),
            Intent::Replace => Some(RequestedChange::Replace),
            Intent::Import => Some(RequestedChange::Import),
            Intent::Update | Intent::Create | Intent::Unchanged => Some(RequestedChange::Provision),
        };
        request.entry = change.entry.as_ref().and_then(|entry| entry.stack.clone());
        request.imports = change.imported_resources().to_vec();
        request.identity_limited = self.limits.of(change.target.as_ref());
        request.lock = self.lock.clone();
        request.current = self.tip.as_ref().and_then(|tip| tip.is_current(change));
        request.other_claims = self.tip.as_ref().map(|tip| tip.other_claims(change));
        request.broken_claims = self.tip.as_ref().map(|tip| tip.broken_claims(change));
        request.trigger = Some(command.map_or(Trigger::Change, Trigger::Comment));
        request
    }

    /// Whether reviewers were shown the change set of a stack.
    pub fn was_previewed(&self, change: &Change) -> bool {
        let reviewed = self.reviewed.as_ref();
        reviewed.is_some_and(|reviewed| reviewed.reviewed_plan(change).change_set.is_some())
    }

    /// Whether a later commit changed the config again.
    pub fn is_outdated(&self, change: &Change) -> bool {
        let tip = self.tip.as_ref();
        tip.is_some_and(|tip| tip.is_current(change) == Some(false))
    }

    /// Whether no later commit changed the config again. Not known if too many commits followed.
    pub fn is_current(&self, change: &Change) -> bool {
        let tip = self.tip.as_ref();
        tip.is_some_and(|tip| tip.is_current(change) == Some(true))
    }

    /// The config of a change as commits between the merge and the tip had it.
    pub fn later_configs(&self, change: &Change) -> &[Config] {
        let tip = self.tip.as_ref();
        tip.map_or(&[], |tip| tip.later_configs(&change.path))
    }

    /// When the forge merged it; `None` if it does not say.
    pub fn merged_at(&self) -> Option<Timestamp> {
        self.merged_at
    }

    /// What the configs of the default branch need of other stacks; `None` if the change deletes no stack.
    pub fn needs(&self) -> Option<&LinkNeeds> {
        self.tip.as_ref()?.needs()
    }

    /// The config as merged; for a removed config, as it was before.
    pub fn config(&self, change: &Change) -> Option<Config> {
        self.contents.inputs.config(change, change.is_removed())
    }

    pub fn config_before(&self, change: &Change) -> Option<Config> {
        self.contents.inputs.config(change, true)
    }
}
