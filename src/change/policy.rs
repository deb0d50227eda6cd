//! The operator's policy at a commit.

use crate::forge::{FileAt, ForgeError, Source};
use crate::guard::{LoadedPolicy, POLICY_FILE, read_policy_file};
use crate::model::{CommitSha, FileContents, RepoPath};

/// Reads the policy at a commit. A change is judged by the policy at its base, never by its own.
pub async fn policy_at(source: &dyn Source, at: &CommitSha) -> Result<LoadedPolicy, ForgeError> {
    let path = RepoPath::typed(POLICY_FILE);
    let file = policy_file_at(source, at).await?;
    Ok(read_policy_file(&path, file.as_ref()))
}

/// The policy file; `None` if the commit has no policy file.
pub async fn policy_file_at(
    source: &dyn Source,
    commit: &CommitSha,
) -> Result<Option<FileContents>, ForgeError> {
    let path = &RepoPath::typed(POLICY_FILE);
    let files = source.read(&[FileAt { commit, path }]).await?;
    Ok(files.into_iter().next().flatten())
}
