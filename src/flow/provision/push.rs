//! Provisions what a push brought.

use super::find_pushed::find_pushed_environments;
use super::merge::provision_range;
use crate::apply::Run;
use crate::change::merged_ranges;
use crate::exit::Exit;
use crate::job::{Job, JobResult};
use crate::model::CommitSha;
use crate::report::NothingToDo;

/// Provisions the pull requests of a push. `finds`: only writes the environments that it concerns.
pub async fn provision(
    job: &Job,
    finds: bool,
    reference: &str,
    before: Option<&CommitSha>,
    after: Option<&CommitSha>,
) -> JobResult {
    let branch = job.forge.default_branch().await?;
    let is_default = reference.strip_prefix("refs/heads/") == Some(&branch.branch.name);
    if !is_default {
        let reference = reference.to_owned();
        log::info!("{}", NothingToDo::Push { reference });
        return Ok((String::new(), Exit::Ok));
    }
    let (Some(before), Some(after)) = (before, after) else {
        log::warn!("{}", NothingToDo::UnknownPush);
        return Ok((String::new(), Exit::Ok));
    };
    if finds {
        return find_pushed_environments(job, &branch, before, after).await;
    }
    let own = job.forge.current_user().await?;
    let ranges = merged_ranges(&*job.forge, before, after).await?;
    let mut run = Run::new(job, own);
    for (index, range) in ranges.iter().enumerate() {
        // A failed merge does not stop the others.
        if let Err(failure) = provision_range(job, &mut run, &branch, range, index == 0, None).await
        {
            run.record_failure(range, &failure);
        }
    }
    run.finish()
}
