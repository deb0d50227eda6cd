//! One merge of a run.

use crate::apply::{EarlierRuns, Run};
use crate::change::MergedRange;
use crate::forge::DefaultBranch;
use crate::job::{Job, JobError};
use crate::model::RepoPath;

/// Provisions one merge. `is_first`: the branch was read just now. `only`: what earlier runs left; `None` to work on all.
pub(super) async fn provision_range(
    job: &Job,
    run: &mut Run<'_>,
    branch: &DefaultBranch,
    range: &MergedRange,
    is_first: bool,
    only: Option<EarlierRuns<'_>>,
) -> Result<Vec<RepoPath>, JobError> {
    if is_first {
        return run.provision_range(branch, range, only).await;
    }
    let branch = job.forge.default_branch().await?;
    run.provision_range(&branch, range, only).await
}

/// Fails if a person or a schedule started the job on another branch or on a tag.
pub(super) fn require_default_branch(
    branch: &DefaultBranch,
    reference: &str,
) -> Result<(), JobError> {
    let name = &branch.branch.name;
    if reference.strip_prefix("refs/heads/") == Some(name) {
        return Ok(());
    }
    Err(JobError::Usage(anyhow::anyhow!(
        "only `{name}` is applied: start the workflow on it, not on {reference}"
    )))
}
