//! Commit statuses.

use async_trait::async_trait;

use super::{ForgeError, Upsert};
use crate::model::{CommitSha, UserId};

/// Reads and sets commit statuses.
#[async_trait]
pub trait Statuses: Send + Sync {
    /// All statuses of a context, oldest first.
    async fn status_history(
        &self,
        at: &CommitSha,
        own: UserId,
        context: &str,
    ) -> Result<Vec<StatusRecord>, ForgeError>;

    /// Sets a commit's status, unless the newest one is by `own` and equal.
    async fn set_status(
        &self,
        at: &CommitSha,
        own: Option<UserId>,
        status: &CommitStatus,
    ) -> Result<Upsert, ForgeError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatus {
    /// Whether the check passed.
    pub success: bool,
    /// Its name, such as `provisioner/plan`.
    pub context: &'static str,
    /// For people. The forge's profile says how long it may be.
    pub description: String,
}

/// A status that the forge holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRecord {
    /// Whether the token's user set it.
    pub is_own: bool,
    pub success: bool,
    pub description: String,
    /// When the forge recorded it, by the forge's clock; `None` if the forge does not say.
    pub created_at: Option<jiff::Timestamp>,
}
