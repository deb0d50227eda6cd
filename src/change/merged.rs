//! A merged change with the facts that the guard needs.

use std::collections::BTreeSet;

use super::contributors::add_contributors;
use super::history::MergedRange;
use super::inputs::{ChangeInputs, read_inputs};
use super::policy::{LoadedPolicy, policy_file_at};
use super::reviewed::{ReportedPlan, plan_reports, reviewed_plan};
use super::selection::ConfigSelector;
use crate::config::Config;
use crate::forge::{ChangedFile, DefaultBranch};
use crate::guard::{
    ChangeRequest, CommentCommand, POLICY_FILE, RequestedChange, Trigger, read_policy_file,
};
use crate::job::{Job, JobError};
use crate::model::{CommitSha, FileContents, RepoPath, UserId};
use crate::plan::{Change, Intent, Plan, assess};
use crate::product::PRODUCTS_FOLDER;

pub struct MergedChange {
    /// Facts of the pull request, without those of a single stack.
    pub request: ChangeRequest,
    /// The default branch after the merge.
    pub merge: CommitSha,
    /// The policy before the merge.
    pub policy: LoadedPolicy,
    /// That policy file, for the evidence.
    pub policy_file: Option<FileContents>,
    pub plan: Plan,
    inputs: ChangeInputs,
    reviewed: Option<ReportedPlan>,
    outdated: Superseded,
}

/// What later commits changed again.
enum Superseded {
    /// A product changed, so every config may render differently.
    All,
    Only(BTreeSet<RepoPath>),
}

impl MergedChange {
    pub async fn read(
        job: &Job,
        branch: &DefaultBranch,
        own: Option<UserId>,
        range: &MergedRange,
    ) -> Result<Self, JobError> {
        let (base, merge) = (&range.base, &range.merge);
        let source = job.source(&[base, merge]);
        let policy_file = policy_file_at(source, base).await?;
        let policy = read_policy_file(&RepoPath::typed(POLICY_FILE), policy_file.as_ref());
        let selection = ConfigSelector::for_policy(&job.environment.configs, &policy)
            .map_err(JobError::Usage)?;
        let files = source.changed_files(base, merge).await?;
        let given = &job.environment.given;
        let inputs = read_inputs(source, base, merge, &files, &selection, given).await?;
        let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
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
            policy,
            policy_file,
            plan,
            inputs,
            reviewed: None,
            outdated: Superseded::Only(BTreeSet::new()),
        };
        // Without configs no more facts are needed.
        if merged.plan.changes.is_empty() {
            return Ok(merged);
        }
        if *merge != branch.tip {
            let source = job.source(&[merge, &branch.tip]);
            merged.outdated = Superseded::by(&source.changed_files(merge, &branch.tip).await?);
        }
        let Some(number) = range.number else {
            return Ok(merged);
        };
        let teams = merged.policy.as_ref().map(|policy| policy.teams());
        let mut reviewed = job
            .forge
            .request(number, &teams.unwrap_or_default())
            .await?;
        // A fork's check cannot report a plan, and a fork's pushes are not recorded here.
        if let (Some(head), Some(false)) = (reviewed.request.head.clone(), reviewed.request.fork) {
            let checkout = job.checkout.as_ref();
            let fork = match checkout.and_then(|checkout| checkout.merge_base(base, &head)) {
                Some(fork) => fork,
                None => job.forge.merge_base(base, &head).await?,
            };
            add_contributors(&*job.forge, &mut reviewed, (base, &fork), &selection).await?;
            if let Some(own) = own {
                reviewed.request.reports = plan_reports(job, own, &head).await?;
                merged.reviewed =
                    reviewed_plan(job, own, &reviewed.request, (&fork, &head), &selection).await?;
            }
        }
        merged.request = reviewed.request;
        Ok(merged)
    }

    /// The request that the guard decides on, for one stack.
    pub fn guard_request(&self, change: &Change, command: Option<CommentCommand>) -> ChangeRequest {
        let mut request = self.request.clone();
        request.shown = self
            .reviewed
            .as_ref()
            .map(|plan| plan.reviewed_plan(change));
        request.asks = match change.intent {
            Intent::Invalid => None,
            Intent::Delete => Some(RequestedChange::Delete),
            Intent::Update | Intent::Create | Intent::Unchanged => Some(RequestedChange::Provision),
        };
        request.current = Some(self.outdated.is_current(change));
        request.trigger = Some(command.map_or(Trigger::Change, Trigger::Comment));
        request
    }

    /// Whether a later commit changed the config again.
    pub fn is_outdated(&self, change: &Change) -> bool {
        !self.outdated.is_current(change)
    }

    /// The config as merged; for a removed config, as it was before.
    pub fn config(&self, change: &Change) -> Option<Config> {
        self.inputs.config(change, change.intent == Intent::Delete)
    }

    pub fn config_before(&self, change: &Change) -> Option<Config> {
        self.inputs.config(change, true)
    }
}

impl Superseded {
    fn by(files: &[ChangedFile]) -> Self {
        if files.iter().any(|file| file.is_under(PRODUCTS_FOLDER)) {
            return Self::All;
        }
        let paths = files.iter().flat_map(|file| match &file.kind {
            crate::forge::ChangeKind::Renamed { from } => vec![file.path.clone(), from.clone()],
            _ => vec![file.path.clone()],
        });
        Self::Only(paths.collect())
    }

    fn is_current(&self, change: &Change) -> bool {
        match self {
            Self::All => false,
            Self::Only(paths) => {
                !paths.contains(&change.path)
                    && !change.moved_from.iter().any(|from| paths.contains(from))
            }
        }
    }
}
