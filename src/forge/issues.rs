//! Issues that provisioner opens.

use async_trait::async_trait;

use super::{Comment, ForgeError, Reaction, Upsert};
use crate::model::UserId;

/// Reads and writes issues.
#[async_trait]
pub trait Issues: Send + Sync {
    /// Open issues by `own` whose bodies begin with `marker`, oldest first.
    async fn own_issues(&self, own: UserId, marker: &str) -> Result<Vec<Issue>, ForgeError>;

    async fn open_issue(&self, title: &str, body: &str) -> Result<Issue, ForgeError>;

    /// Replaces an issue's body, and closes the issue if `close` is set.
    async fn update_issue(&self, number: u64, body: &str, close: bool) -> Result<(), ForgeError>;

    /// `None` for a number that is not an issue's, such as a pull request's.
    async fn issue(&self, number: u64) -> Result<Option<IssueState>, ForgeError>;

    /// All comments on an issue, oldest first.
    async fn issue_comments(&self, number: u64) -> Result<Vec<Comment>, ForgeError>;

    /// Creates the comment on an issue by `own` that begins with `marker`, or replaces its body. `body` has to begin with `marker`.
    async fn upsert_issue_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError>;

    /// Reacts to a comment on an issue. Does nothing if the reaction exists.
    async fn react_on_issue(
        &self,
        number: u64,
        comment: u64,
        reaction: Reaction,
    ) -> Result<(), ForgeError>;
}

/// An issue, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueState {
    pub issue: Issue,
    /// Who opened it; `None` for an account that was deleted.
    pub by: Option<UserId>,
    pub open: bool,
}

/// An issue that provisioner opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub number: u64,
    pub body: String,
    pub url: String,
}
