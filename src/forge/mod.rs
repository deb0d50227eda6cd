//! What the flows need of a forge, in domain words. Adapters: GitHub, and a local git repository.

mod claims;
pub mod github;
pub mod local;
mod reviews;
mod talk;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::model::{CommitSha, RepoPath, UserId};

pub use claims::Claims;
pub use reviews::{DefaultBranch, ReviewedPullRequest, Reviews, User};
pub use talk::{Comment, Deployment, DeploymentState, Issue, Reaction, StatusRecord, Talk};

/// Reading a repository at fixed commits.
#[async_trait]
pub trait Source: Send + Sync {
    /// The files that differ between two commits.
    async fn changed_files(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<ChangedFile>, ForgeError>;

    /// The contents of files, in their order; `None` for a file that is not there. Contents far beyond what a config may
    /// have can be cut.
    async fn read(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<Vec<Option<Vec<u8>>>, ForgeError>;

    /// All files below a folder ("" is the root); none if it is not there.
    async fn list(&self, at: &CommitSha, folder: &str) -> Result<Vec<RepoPath>, ForgeError>;
}

/// Proves to a cloud which job this is. A token is asked for when it is needed: it lives for minutes.
#[async_trait]
pub trait IdentityTokens: Send + Sync + std::fmt::Debug {
    /// A new token, or why there is none.
    async fn token(&self) -> Result<SecretString, ForgeError>;
}

/// Reading and reporting on pull requests.
#[async_trait]
pub trait PullRequests: Send + Sync {
    /// A pull request as it is now.
    async fn pull_request(&self, number: u64) -> Result<PullRequest, ForgeError>;

    /// The files it changes.
    async fn files_of(&self, pull_request: &PullRequest) -> Result<Vec<ChangedFile>, ForgeError>;

    /// The commit from which two commits went apart.
    async fn merge_base(&self, base: &CommitSha, head: &CommitSha)
    -> Result<CommitSha, ForgeError>;

    /// Who we are, and which other open pull requests touch which files.
    async fn open_pull_requests(&self) -> Result<OpenPullRequests, ForgeError>;

    /// Makes the one comment of the check say `body`. Only a comment with `marker` at its start and by `own` is ours.
    async fn upsert_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError>;

    /// Makes a commit's status say something, unless `own` made it say that already.
    async fn set_status(
        &self,
        at: &CommitSha,
        own: Option<UserId>,
        status: &CommitStatus,
    ) -> Result<Upsert, ForgeError>;
}

/// A pull request's facts.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Tip of the branch that it would be merged into.
    pub base: CommitSha,
    /// Its last commit.
    pub head: CommitSha,
    /// Whether the head lives in another repository, by repository id. A head whose repository is gone counts as one.
    pub fork: bool,
    /// How many files it changes, as the forge counts.
    pub changed_files: u64,
}

/// A file that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedFile {
    /// Its path at the head; for a removal at the base.
    pub path: RepoPath,
    /// What happened.
    pub kind: ChangeKind,
}

impl ChangedFile {
    /// Whether the file is this one, or below this folder, on either side.
    pub fn is_under(&self, place: &str) -> bool {
        let inside = |path: &RepoPath| {
            let rest = path.as_str().strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        inside(&self.path) || matches!(&self.kind, ChangeKind::Renamed { from } if inside(from))
    }
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It has other contents.
    Modified,
    /// It is gone.
    Removed,
    /// It stood elsewhere.
    Renamed {
        /// There.
        from: RepoPath,
    },
}

/// Who we are, and what else is open.
#[derive(Clone, Debug)]
pub struct OpenPullRequests {
    /// The identity behind the token, if the forge tells.
    pub own: Option<UserId>,
    /// Open pull requests and their files; `None` if the forge does not tell.
    pub open: Option<Vec<OpenPullRequest>>,
    /// Whether these are all, with all their files.
    pub complete: bool,
}

/// An open pull request.
#[derive(Clone, Debug)]
pub struct OpenPullRequest {
    /// Its number.
    pub number: u64,
    /// Files it touches.
    pub paths: Vec<RepoPath>,
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upsert {
    /// There was nothing of ours.
    Created(String),
    /// Ours said something else.
    Updated(String),
    /// Ours already said this; nothing was written.
    Unchanged(String),
}

impl Upsert {
    /// Where people see it.
    pub fn url(&self) -> &str {
        match self {
            Self::Created(url) | Self::Updated(url) | Self::Unchanged(url) => url,
        }
    }
}

/// What a commit's status says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatus {
    /// Whether the check passed.
    pub success: bool,
    /// Which status it is, such as `provisioner/plan`.
    pub context: &'static str,
    /// At most 140 characters.
    pub description: String,
}

/// Why the forge gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The forge says no: a permission of the token is missing, or the thing is not visible to it.
    #[error("{what}: the forge refuses ({status}): {message}")]
    Refused {
        /// What was asked for.
        what: String,
        /// HTTP status.
        status: u16,
        /// The forge's words.
        message: String,
    },
    /// No usable answer, after retries.
    #[error("{what}: {message}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// What came instead.
        message: String,
    },
}

impl ForgeError {
    /// No usable answer.
    pub fn unreachable(what: &str, message: impl ToString) -> Self {
        Self::Unreachable {
            what: what.to_owned(),
            message: message.to_string(),
        }
    }

    /// Whether it was refused for lack of rights.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
