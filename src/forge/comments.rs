//! Comments on pull requests and issues.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{ForgeError, Upsert, User};
use crate::model::UserId;

/// Reads and writes comments. Changes only comments of the user `own`.
#[async_trait]
pub trait Comments: Send + Sync {
    /// The current text and author of a comment; `None` if it was deleted. `number`: of the pull request or issue that the event names. A forge may find a
    /// comment without it: its own number counts.
    async fn comment(&self, number: u64, id: u64) -> Result<Option<Comment>, ForgeError>;

    /// The body of the first comment by `own` that begins with `marker`.
    async fn own_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<String>, ForgeError>;

    /// The same, and whether its text counts. Callers read it before each own edit.
    async fn own_record(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<OwnRecord, ForgeError>;

    /// The text of that comment if it counts.
    async fn own_text(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<String>, ForgeError> {
        Ok(match self.own_record(number, own, marker).await? {
            OwnRecord::Text(text) => Some(text),
            OwnRecord::Absent | OwnRecord::Edited(_) => None,
        })
    }

    /// Creates the comment by `own` that begins with `marker`, or replaces its body. `body` has to begin with `marker`.
    async fn upsert_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError>;

    /// Reacts to a comment on a pull request. Does nothing if the reaction exists.
    async fn react(&self, number: u64, comment: u64, reaction: Reaction) -> Result<(), ForgeError>;
}

/// A comment of the program, from which it reads what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnRecord {
    Absent,
    /// Another user edited it last, or the forge does not say who did: its text proves nothing.
    Edited(String),
    Text(String),
}

/// A comment on a pull request or an issue.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    /// Number of the pull request or issue.
    pub number: u64,
    /// The page that people read.
    pub url: String,
    /// Who wrote it; `None` for an account that was deleted.
    pub by: Option<User>,
    pub body: String,
    /// By the forge's clock; `None` if unknown.
    pub created: Option<Timestamp>,
    /// Whether it was changed after it was written.
    pub edited: bool,
}

/// The immediate answer to a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// 👀 Work begins.
    Seen,
    /// 🚀 Work succeeded.
    Done,
    /// 😕 Work failed or was denied.
    Failed,
}
