//! What decides about a merged pull request besides its stacks, as a digest by which a later run finds out whether anything changed.

use super::policy::policy_file_at;
use crate::config::LOCK_FILE;
use crate::forge::FileAt;
use crate::job::{Job, JobError};
use crate::model::{CommitSha, Digest, RepoPath};

/// A digest of the reviews, of the policy and the lock at the tip of the default branch, and of the day: what else a person can change, such
/// as a role or the protection of a branch, counts from the next day on. `None` if the forge does not tell the time.
pub async fn review_facts(
    job: &Job,
    number: u64,
    tip: &CommitSha,
) -> Result<Option<String>, JobError> {
    let Some(now) = job.forge.server_time() else {
        return Ok(None);
    };
    let request = job.forge.request(number, &[]).await?.request;
    let reviews = request.reviews.map(|reviews| {
        let reviews = reviews.into_iter();
        let facts = reviews.map(|one| (one.by.id, one.state, one.commit, one.at));
        facts.collect::<Vec<_>>()
    });
    let source = job.source(&[tip]);
    let policy = policy_file_at(source, tip).await?;
    let path = &RepoPath::typed(LOCK_FILE);
    let lock = source.read(&[FileAt { commit: tip, path }]).await?;
    let day = now.strftime("%F").to_string();
    let facts = format!(
        "{day}\n{:?}\n{reviews:?}\n{policy:?}\n{lock:?}",
        request.head
    );
    Ok(Some(Digest::sha256(facts).prefix(16)))
}
