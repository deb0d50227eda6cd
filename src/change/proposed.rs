//! The pull request that a comment command acts on.

use super::contributors::add_contributors;
use super::inputs::{ChangeInputs, read_inputs};
use super::policy::policy_at;
use crate::forge::{DefaultBranch, ReviewedPullRequest};
use crate::guard::{self, LoadedPolicy};
use crate::job::{Job, JobError};
use crate::model::CommitSha;
use crate::plan::{Plan, assess};
use crate::product::RunInput;
use crate::workspace::ConfigSelector;

pub struct PullRequestContext {
    /// The tier of configs that name none.
    pub tier: Option<String>,
    pub branch: DefaultBranch,
    pub reviewed: ReviewedPullRequest,
    /// The policy at the tip of the default branch: the author of a pull request chooses its base.
    pub policy: LoadedPolicy,
    pub inputs: ChangeInputs,
    pub plan: Plan,
    pub head: CommitSha,
}

impl PullRequestContext {
    pub async fn read(job: &Job, number: u64, tier: Option<&str>) -> Result<Self, JobError> {
        let forge = &*job.forge;
        let branch = forge.default_branch().await?;
        let pull = forge.pull_request(number).await?;
        let base = forge.merge_base(&pull.base, &pull.head).await?;
        let source = job.source(&[&base, &pull.head, &branch.tip]);
        let policy = policy_at(source, &branch.tip).await?;
        let teams = policy.as_ref().map(guard::Policy::teams);
        let mut reviewed = forge.request(number, &teams.unwrap_or_default()).await?;
        let selection = ConfigSelector::for_policy(&job.environment.configs, &policy)
            .map_err(JobError::Usage)?;
        let commits = (&pull.base, &base);
        add_contributors(forge, &mut reviewed, commits, &selection).await?;
        let files = forge.files_of(&pull).await?;
        let given = RunInput {
            tier: tier
                .map(str::to_owned)
                .or(job.environment.given.tier.clone()),
            ..job.environment.given.clone()
        };
        let inputs = read_inputs(source, &base, &pull.head, &files, &selection, &given).await?;
        let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
        Ok(Self {
            tier: tier.map(str::to_owned),
            branch,
            reviewed,
            policy,
            plan,
            inputs,
            head: pull.head,
        })
    }
}
