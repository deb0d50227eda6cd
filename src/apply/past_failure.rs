//! Whether a config failed before, and by whose records.

use crate::job::Job;
use crate::model::UserId;

/// Whether a config failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastFailure {
    Failed,
    /// Not known, for this reason.
    Unknown(String),
    /// Not known, because AWS or the forge did not answer.
    Unread(String),
}

impl PastFailure {
    pub fn why(&self) -> &str {
        match self {
            Self::Failed => "",
            Self::Unknown(why) | Self::Unread(why) => why,
        }
    }

    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_))
    }
}

/// Whose records are read.
pub struct RecordReader<'a> {
    pub job: &'a Job,
    /// `None` if the token's user is not known. Then the job writes no records.
    pub own: Option<UserId>,
    /// First line of the comments of the environment's job.
    pub marker: String,
    /// Whether a merge without a comment may have failed. The job of a push may have to wait, so that other jobs do not know.
    pub absent_counts: bool,
}
