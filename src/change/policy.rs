//! The operator's policy at a commit.

use crate::diagnostic::Diagnostic;
use crate::forge::{ForgeError, Source};
use crate::guard::{POLICY_FILE, Policy, read_policy};
use crate::model::{CommitSha, RepoPath};

/// A policy, or the errors of its file.
pub type LoadedPolicy = Result<Policy, Vec<Diagnostic>>;

/// Reads the policy at a commit. A change is judged by the policy at its base, never by its own.
pub async fn policy_at(source: &dyn Source, at: &CommitSha) -> Result<LoadedPolicy, ForgeError> {
    let path = RepoPath::typed(POLICY_FILE);
    let bytes = policy_bytes(source, at).await?;
    Ok(read_policy(&path, bytes.as_deref()))
}

/// The bytes of the policy file; `None` if there is none.
pub async fn policy_bytes(
    source: &dyn Source,
    at: &CommitSha,
) -> Result<Option<Vec<u8>>, ForgeError> {
    let path = RepoPath::typed(POLICY_FILE);
    let bytes = source.read(at, std::slice::from_ref(&path)).await?;
    Ok(bytes.into_iter().next().flatten())
}
