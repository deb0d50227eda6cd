//! Pull requests.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{ChangedFile, ForgeError};
use crate::model::{CommitSha, RepoPath};

#[async_trait]
pub trait PullRequests: Send + Sync {
    /// The current state of a pull request.
    async fn pull_request(&self, number: u64) -> Result<PullRequest, ForgeError>;

    /// The files that a pull request changes. Compares trees if the forge does not list them all.
    async fn files_of(&self, pull_request: &PullRequest) -> Result<Vec<ChangedFile>, ForgeError>;

    /// The best common ancestor of two commits.
    async fn merge_base(&self, base: &CommitSha, head: &CommitSha)
    -> Result<CommitSha, ForgeError>;

    /// The groups of the merge queue into `branch`; empty if there is no queue.
    async fn merge_queue(&self, branch: &str) -> Result<Vec<QueuedPullRequest>, ForgeError>;

    /// The open pull requests with their files. They serve a notice only.
    async fn open_pull_requests(&self) -> Result<OpenPullRequests, ForgeError>;
}

/// A pull request's facts.
#[derive(Clone, Debug)]
pub struct PullRequest {
    pub number: u64,
    /// Tip of the branch that it would be merged into.
    pub base: CommitSha,
    /// The branch that it would be merged into.
    pub target: String,
    pub head: CommitSha,
    /// Whether the head is in another repository, by repository id. A head whose repository was deleted counts as a fork.
    pub fork: bool,
    /// How many files it changes, as the forge counts.
    pub changed_files: u64,
    /// When it was changed last, reviews included, by the forge's clock.
    pub updated: Option<Timestamp>,
}

/// A pull request in a merge queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedPullRequest {
    pub number: u64,
    /// The commit that it would be merged onto.
    pub base: CommitSha,
    /// The commit that the queue checks.
    pub head: CommitSha,
}

#[derive(Clone, Debug)]
pub struct OpenPullRequests {
    pub open: Vec<OpenPullRequest>,
    /// Whether these are all, with all their files.
    pub complete: bool,
}

#[derive(Clone, Debug)]
pub struct OpenPullRequest {
    pub number: u64,
    /// Files it changes.
    pub paths: Vec<RepoPath>,
}
