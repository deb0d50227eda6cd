//! What is said on a forge: comments, reactions, statuses, deployments, issues.

use async_trait::async_trait;

use super::{ForgeError, Upsert, User};
use crate::model::{CommitSha, UserId};

/// Speaking, and reading what was said. Only what `own` said is ever changed.
#[async_trait]
pub trait Talk: Send + Sync {
    /// The identity behind the token, if the forge tells.
    async fn current_user(&self) -> Result<Option<UserId>, ForgeError>;

    /// A comment as it is now; `None` if it is gone.
    async fn comment(&self, id: u64) -> Result<Option<Comment>, ForgeError>;

    /// The body of the one comment by `own` that begins with `marker`.
    async fn own_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<String>, ForgeError>;

    /// Reacts to a comment; a reaction that is there stays.
    async fn react(&self, comment: u64, reaction: Reaction) -> Result<(), ForgeError>;

    /// What the newest status of this context says, if `own` set it.
    async fn own_status(
        &self,
        at: &CommitSha,
        own: UserId,
        context: &str,
    ) -> Result<Option<StatusRecord>, ForgeError>;

    /// Makes a deployment of a stack say something. The deployment of the same commit, environment and task by `own` is used again.
    async fn put_deployment(
        &self,
        own: UserId,
        deployment: &Deployment,
    ) -> Result<Upsert, ForgeError>;

    /// Open issues by `own` whose bodies begin with `marker`, oldest first.
    async fn own_issues(&self, own: UserId, marker: &str) -> Result<Vec<Issue>, ForgeError>;

    /// Opens an issue.
    async fn open_issue(&self, title: &str, body: &str) -> Result<Issue, ForgeError>;

    /// Makes an issue say something else, or closes it.
    async fn update_issue(&self, number: u64, body: &str, close: bool) -> Result<(), ForgeError>;
}

/// A comment on a pull request or an issue.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Number of the pull request or issue.
    pub number: u64,
    /// Who wrote it; `None` for an account that is gone.
    pub by: Option<User>,
    /// What it says.
    pub body: String,
    /// Whether it was changed after it was written.
    pub edited: bool,
}

/// How a comment is answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// 👀 It was read, and work begins.
    Seen,
    /// 🚀 It was done.
    Done,
    /// 😕 It was not.
    Failed,
}

/// A status that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRecord {
    /// Whether it is a success.
    pub success: bool,
    /// Its text.
    pub description: String,
}

/// What becomes of a stack, in the forge's list of deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The commit that is provisioned.
    pub commit: CommitSha,
    /// The config's environment.
    pub environment: String,
    /// Tells one stack's deployments from another's: `provisioner:<account>/<region>/<stack>`.
    pub task: String,
    /// For people, at most 140 characters.
    pub description: String,
    /// How it stands.
    pub state: DeploymentState,
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentState {
    /// Something waits for a person.
    Pending,
    /// Work is under way.
    InProgress,
    /// Done.
    Success,
    /// Not done.
    Failure,
    /// The stack is gone.
    Inactive,
}

/// An issue of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// What it says.
    pub body: String,
    /// Where people see it.
    pub url: String,
}
