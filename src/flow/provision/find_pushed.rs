//! Finds the environments of a push, in a job without an environment and without a role, so that no reviewer is asked about a push that
//! changes nothing in an environment. The answer only decides which jobs start. Each of them reads the push again.

use std::collections::{BTreeMap, BTreeSet};

use super::find::{write_environments, write_summary};
use crate::apply::{concerns_a_job, report_unserved};
use crate::change::{MergeContents, MergedRange, merged_ranges, policy_at};
use crate::exit::Exit;
use crate::forge::DefaultBranch;
use crate::guard::{LoadedPolicy, Policies};
use crate::job::{Job, JobError, JobResult};
use crate::model::CommitSha;
use crate::report::{UnservedConfig, pushed_environments, unread_merge};
use crate::text::escape_invisible;

/// Writes the environments whose jobs have something to apply or to report into the output `environments`.
pub async fn find_pushed_environments(
    job: &Job,
    branch: &DefaultBranch,
    before: &CommitSha,
    after: &CommitSha,
) -> JobResult {
    let ranges = merged_ranges(&*job.forge, before, after).await?;
    let now = policy_at(job.source(&[&branch.tip]), &branch.tip).await?;
    let mut found = BTreeSet::new();
    let mut pages = Vec::new();
    let mut exit = Exit::Ok;
    for range in &ranges {
        // A merge that cannot be read does not hold the others.
        match environments(job, (branch, &now), range, &mut found).await {
            Ok(unserved) if unserved.is_empty() => {}
            Ok(unserved) => tell_unserved(job, range, &unserved).await?,
            Err(failure) => {
                let (commit, text) = (range.merge.short(), failure.text());
                log::error!("merge {commit}: {text}");
                pages.push(unread_merge(commit, &text));
                exit = exit.max(failure.exit());
            }
        }
    }
    write_environments(job, &found)?;
    let found: Vec<String> = found.into_iter().collect();
    let line = pushed_environments(&found);
    log::info!("{}", line.plain());
    pages.push(format!("## Provisioner\n\n{}\n", line.markdown()));
    write_summary(&pages.concat())?;
    Ok((String::new(), exit))
}

/// Adds the environments of a merge to `found`. Returns its configs whose environments have no apply role, so that no job can apply them.
async fn environments(
    job: &Job,
    (branch, now): (&DefaultBranch, &LoadedPolicy),
    range: &MergedRange,
    found: &mut BTreeSet<String>,
) -> Result<Vec<UnservedConfig>, JobError> {
    let merge = MergeContents::read(job, branch, range).await?;
    let policies = Policies::new(&merge.policy, merge.is_judged_by_now.then_some(now));
    let is_broken = policies.problems().next().is_some();
    let mut unserved = BTreeMap::new();
    for change in merge
        .plan
        .changes
        .iter()
        .filter(|change| concerns_a_job(change))
    {
        let Some(target) = &change.target else {
            // Each job reports an error in a config that names no environment.
            found.extend(policies.applied_environments());
            continue;
        };
        if !job.environment.covers(target) {
            continue;
        }
        // A job denies its configs if the policy does not load.
        if is_broken || policies.names_apply_role(target) {
            found.insert(target.environment.clone());
        } else {
            unserved.insert(change.path.to_string(), target.environment.clone());
        }
    }
    let unserved = unserved.into_iter();
    Ok(unserved
        .map(|(path, environment)| UnservedConfig { path, environment })
        .collect())
}

/// Reports the configs that no job applies, in the log and on the pull request.
async fn tell_unserved(
    job: &Job,
    range: &MergedRange,
    unserved: &[UnservedConfig],
) -> Result<(), JobError> {
    for UnservedConfig { path, environment } in unserved {
        let environment = escape_invisible(environment, false);
        log::warn!(
            "{path}: the policy does not list environment `{environment}`, or sets no apply role for it"
        );
    }
    let own = match job.environment.comment {
        true => job.forge.current_user().await?,
        false => None,
    };
    if let Some(pull_request) = range.number.zip(own) {
        report_unserved(job, pull_request, unserved).await;
    }
    Ok(())
}
