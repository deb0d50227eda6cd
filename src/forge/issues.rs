//! Issues that provisioner opens.

use async_trait::async_trait;

use super::ForgeError;
use crate::model::UserId;

/// Reads and writes issues.
#[async_trait]
pub trait Issues: Send + Sync {
    /// Open issues by `own` whose bodies begin with `marker`, oldest first.
    async fn own_issues(&self, own: UserId, marker: &str) -> Result<Vec<Issue>, ForgeError>;

    async fn open_issue(&self, title: &str, body: &str) -> Result<Issue, ForgeError>;

    /// Replaces an issue's body, and closes the issue if `close` is set.
    async fn update_issue(&self, number: u64, body: &str, close: bool) -> Result<(), ForgeError>;
}

/// An issue that provisioner opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub number: u64,
    pub body: String,
    pub url: String,
}
