//! Flow 3: provisions what was merged into the default branch and approved: after a push, and again when a person asks for it.

use crate::apply::Run;
use crate::change::{MergedRange, last_merge_of, merged_ranges, named_paths, policy_at};
use crate::exit::Exit;
use crate::forge::DefaultBranch;
use crate::job::{Job, JobError, JobResult};
use crate::model::{CommitSha, RepoPath};
use crate::report::NothingToDo;
use crate::workspace::ConfigSelector;

/// Maximum number of configs that a person names. Each costs the requests of a pull request.
const MAX_NAMED: usize = 20;

/// Provisions the pull requests of a push.
pub async fn provision(
    job: &Job,
    reference: &str,
    before: Option<&CommitSha>,
    after: Option<&CommitSha>,
) -> JobResult {
    let branch = job.forge.default_branch().await?;
    let is_default = reference.strip_prefix("refs/heads/") == Some(&branch.branch.name);
    let (Some(before), Some(after), true) = (before, after, is_default) else {
        let reference = reference.to_owned();
        let line = NothingToDo::Push { reference }.to_string();
        log::info!("{line}");
        return Ok((String::new(), Exit::Ok));
    };
    let own = job.forge.current_user().await?;
    let ranges = merged_ranges(&*job.forge, before, after).await?;
    let mut run = Run::new(job, own);
    for (index, range) in ranges.iter().enumerate() {
        // A failed merge does not stop the others.
        if let Err(failure) = provision_range(job, &mut run, &branch, range, index == 0).await {
            run.record_failure(range, &failure);
        }
    }
    run.finish()
}

/// Provisions one merge. `is_first`: the branch was read just now.
async fn provision_range(
    job: &Job,
    run: &mut Run<'_>,
    branch: &DefaultBranch,
    range: &MergedRange,
    is_first: bool,
) -> Result<Vec<RepoPath>, JobError> {
    if is_first {
        return run.provision_range(branch, range).await;
    }
    let branch = job.forge.default_branch().await?;
    run.provision_range(&branch, range).await
}

/// Provisions the merges that brought configs last, as their own runs did. The guard decides by the facts, the approvals and the policies
/// of now. `reference` is a claim: it ends the job, and satisfies no rule.
pub async fn provision_again(job: &Job, reference: &str, names: &[String]) -> JobResult {
    let branch = job.forge.default_branch().await?;
    let name = &branch.branch.name;
    let usage = |message: String| JobError::Usage(anyhow::anyhow!(message));
    if reference.strip_prefix("refs/heads/") != Some(name) {
        let text =
            format!("only `{name}` is applied: start the workflow on it, not on {reference}");
        return Err(usage(text));
    }
    if names.is_empty() {
        let text = "no config given: list the paths of configs in the input `configs`";
        return Err(usage(text.to_owned()));
    }
    if names.len() > MAX_NAMED {
        let text = format!(
            "{} configs are more than the {MAX_NAMED} of a run",
            names.len()
        );
        return Err(usage(text));
    }
    let tip = &branch.tip;
    let source = job.source(&[tip]);
    let policy = policy_at(source, tip).await?;
    let selection =
        ConfigSelector::for_policy(&job.environment.configs, &policy).map_err(JobError::Usage)?;
    let paths = source.list(tip, &selection).await?;
    let paths = named_paths(&paths, names).map_err(JobError::Usage)?;
    let mut merges: Vec<(MergedRange, Vec<RepoPath>)> = Vec::new();
    for path in paths {
        let range = last_merge_of(&*job.forge, tip, &path).await?;
        match merges.iter_mut().find(|(known, _)| *known == range) {
            Some((_, named)) => named.push(path),
            None => merges.push((range, vec![path])),
        }
    }
    let own = job.forge.current_user().await?;
    let mut run = Run::new(job, own);
    for (index, (range, named)) in merges.iter().enumerate() {
        let done = provision_range(job, &mut run, &branch, range, index == 0).await;
        let failure = match done {
            Ok(changed) => named
                .iter()
                .find(|path| !changed.contains(path))
                .map(|path| usage(format!("the merge does not change {path}"))),
            Err(failure) => Some(failure),
        };
        if let Some(failure) = failure {
            run.record_failure(range, &failure);
        }
    }
    run.finish()
}
