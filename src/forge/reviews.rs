//! Who stands behind a commit: merged pull requests, reviews, permissions, and the branch that they go into.

use async_trait::async_trait;

use super::ForgeError;
use crate::guard::{Actor, Branch, ChangeRequest};
use crate::model::CommitSha;

/// Reading what the guard decides by. What cannot be read is left out of the answer, so that the guard denies for it; only an answer
/// without which nothing can be decided is an error.
#[async_trait]
pub trait Reviews: Send + Sync {
    /// The default branch as it is now.
    async fn default_branch(&self) -> Result<DefaultBranch, ForgeError>;

    /// A commit's parents, the first one first.
    async fn parents(&self, commit: &CommitSha) -> Result<Vec<CommitSha>, ForgeError>;

    /// The merged pull requests that brought a commit into the default branch.
    async fn merged_by(&self, commit: &CommitSha) -> Result<Vec<u64>, ForgeError>;

    /// A pull request with its reviews, its reviewers' permissions, and which of `teams` (`organisation/team`) they belong to.
    async fn request(
        &self,
        number: u64,
        teams: &[String],
    ) -> Result<ReviewedPullRequest, ForgeError>;

    /// Somebody, and what they may do. One whose id is not the one that this name has now is nobody.
    async fn actor(&self, account: &User, teams: &[String]) -> Result<Actor, ForgeError>;
}

/// The default branch.
#[derive(Clone, Debug)]
pub struct DefaultBranch {
    /// As the guard asks for it.
    pub branch: Branch,
    /// Its last commit.
    pub tip: CommitSha,
    /// Whether the repository can be seen by its members only.
    pub private: bool,
}

/// A pull request for the guard, and what is needed to find its parts.
#[derive(Clone, Debug)]
pub struct ReviewedPullRequest {
    /// What the guard asks; without what is about one stack.
    pub request: ChangeRequest,
    /// Who opened it.
    pub author: Option<User>,
    /// The commit that the merge put onto the branch: a merge commit, a squashed one, or the last of those that were rebased.
    pub merge: Option<CommitSha>,
}

/// Somebody, by id and by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Numeric id.
    pub id: crate::model::UserId,
    /// Name.
    pub login: String,
    /// Whether it is a machine.
    pub bot: bool,
}
