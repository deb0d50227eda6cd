//! Flow 3: provisions what was pushed to the default branch, if it was merged and approved.

use crate::apply::Run;
use crate::change::{MergedRange, merged_ranges};
use crate::exit::Exit;
use crate::forge::DefaultBranch;
use crate::job::{Job, JobError, JobResult};
use crate::model::CommitSha;
use crate::report::NothingToDo;

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
) -> Result<(), JobError> {
    if is_first {
        return run.provision_range(branch, range).await;
    }
    let branch = job.forge.default_branch().await?;
    run.provision_range(&branch, range).await
}
