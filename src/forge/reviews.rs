//! What the guard decides by: merged pull requests, reviews, and the branch that they are merged into.

use async_trait::async_trait;

use jiff::Timestamp;

use super::{ForgeError, User};
use crate::guard::{Branch, ChangeRequest};
use crate::model::CommitSha;

/// Reads the guard's facts. An adapter omits a fact that the token may not read, so that the guard denies; an answer that every decision
/// needs is an error.
#[async_trait]
pub trait Reviews: Send + Sync {
    /// The current default branch.
    async fn default_branch(&self) -> Result<DefaultBranch, ForgeError>;

    /// Whether only `branch` gets the identity of jobs in an environment; `None` if the token may not read it, or if the environment does
    /// not exist.
    async fn is_limited_to(
        &self,
        environment: &str,
        branch: &str,
    ) -> Result<Option<bool>, ForgeError>;

    /// A commit's parents, in order.
    async fn parents(&self, commit: &CommitSha) -> Result<Vec<CommitSha>, ForgeError>;

    /// The merged pull requests that brought a commit into the default branch.
    async fn merged_by(&self, commit: &CommitSha) -> Result<Vec<u64>, ForgeError>;

    /// The merged pull requests that have a commit of the default branch, on their branches too.
    async fn merged_with(&self, commit: &CommitSha) -> Result<Vec<u64>, ForgeError> {
        self.merged_by(commit).await
    }

    /// A pull request with its reviews, its reviewers' permissions, and which of `teams` (`organisation/team`) they belong to.
    async fn request(
        &self,
        number: u64,
        teams: &[String],
    ) -> Result<ReviewedPullRequest, ForgeError>;
}

#[derive(Clone, Debug)]
pub struct DefaultBranch {
    pub branch: Branch,
    pub tip: CommitSha,
    /// Whether only members can read the repository.
    pub private: bool,
}

/// A pull request for the guard.
#[derive(Clone, Debug)]
pub struct ReviewedPullRequest {
    /// When it was changed last, by the forge's clock.
    pub updated: Option<Timestamp>,
    /// Facts about the pull request; facts about one stack are not set.
    pub request: ChangeRequest,
    /// Every push to the head's branch, oldest first; `None` if not all of them are known.
    pub pushes: Option<Vec<Push>>,
    /// Who opened it; `None` for an account that was deleted.
    pub author: Option<User>,
    /// The commit that the merge put onto the branch: a merge commit, a squashed one, or the last of those that were rebased.
    pub merge: Option<CommitSha>,
    /// When it was merged, by the forge's clock.
    pub merged_at: Option<Timestamp>,
}

/// A push to a branch, as the forge recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// `None` for an account that was deleted.
    pub by: Option<User>,
    /// The branch before the push; `None` if the push created it.
    pub before: Option<CommitSha>,
    pub after: CommitSha,
    /// By the forge's clock.
    pub at: Option<Timestamp>,
}
