//! The configs that a job may work on now.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::merge::require_default_branch;
use crate::change::{policy_at, valid_configs};
use crate::config::Config;
use crate::forge::DefaultBranch;
use crate::guard::{LoadedPolicy, Policy};
use crate::job::{Job, JobError};
use crate::model::RepoPath;
use crate::report::ClosedEnvironment;

/// The default branch, its policy, and its valid configs of the job's environment and accounts.
pub(super) struct TipConfigs {
    pub branch: DefaultBranch,
    pub policy: LoadedPolicy,
    /// Empty if the policy does not load.
    pub configs: Vec<Config>,
    /// Those with errors, of all environments.
    pub invalid: Vec<RepoPath>,
}

/// Reads the tip of the default branch. `reference` is a claim: it ends the job, and satisfies no rule. `names`: paths or file names of
/// configs; empty means all.
pub(super) async fn tip_configs(
    job: &Job,
    reference: &str,
    names: &[String],
) -> Result<TipConfigs, JobError> {
    let branch = job.forge.default_branch().await?;
    require_default_branch(&branch, reference)?;
    let source = job.source(&[&branch.tip]);
    let policy = policy_at(source, &branch.tip).await?;
    let (mut configs, mut invalid) = (Vec::new(), Vec::new());
    if policy.is_ok() {
        (configs, invalid) = valid_configs(job, source, &branch.tip, &policy, names).await?;
    }
    configs.retain(|config| job.environment.covers(&config.target));
    Ok(TipConfigs {
        branch,
        policy,
        configs,
        invalid,
    })
}

/// Removes the configs of environments in which nothing may change now.
pub(super) fn leave_closed(
    policy: &Policy,
    configs: &mut Vec<Config>,
    now: Option<Timestamp>,
) -> Vec<ClosedEnvironment> {
    let environments = configs.iter().map(|config| &config.target.environment);
    let environments: BTreeSet<String> = environments.cloned().collect();
    let closed = environments.into_iter().filter_map(|name| {
        let closed = policy.closed_time(&name, now)?;
        Some(ClosedEnvironment {
            name,
            why: closed.why,
            opens: closed.opens,
        })
    });
    let closed: Vec<ClosedEnvironment> = closed.collect();
    configs.retain(|config| {
        let mut closed = closed.iter();
        !closed.any(|closed| closed.name == config.target.environment)
    });
    closed
}
