//! What the deletion of its stack does to a resource, in words.

use super::Text;
use crate::template::{DataKind, DeletionBehavior};

/// In the order of lists: what destroys data first, then what stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AfterDeletion {
    DataDeleted,
    /// Deleted; the type is in no list of what types hold.
    UnknownDeleted,
    Retained,
    /// Deleted after a snapshot.
    Snapshotted,
    Deleted,
}

impl AfterDeletion {
    pub fn new(behavior: DeletionBehavior, holds: DataKind) -> Self {
        match (behavior, holds) {
            (DeletionBehavior::Deleted, DataKind::Data) => Self::DataDeleted,
            (DeletionBehavior::Deleted, DataKind::NotKnown) => Self::UnknownDeleted,
            (DeletionBehavior::Deleted, DataKind::Nothing) => Self::Deleted,
            (DeletionBehavior::Snapshotted, _) => Self::Snapshotted,
            (DeletionBehavior::Retained, _) => Self::Retained,
        }
    }

    /// Whether data is lost for good, or may be.
    pub fn may_destroy(self) -> bool {
        matches!(self, Self::DataDeleted | Self::UnknownDeleted)
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::DataDeleted => "deleted, with its data",
            Self::UnknownDeleted => "deleted; contents not known",
            Self::Retained => "retained, no longer managed",
            Self::Snapshotted => "deleted, a snapshot stays",
            Self::Deleted => "deleted",
        }
    }

    /// With Markdown, for comments.
    pub fn marked(self) -> Text {
        Text::ours(match self {
            Self::DataDeleted => "🔴 deleted, **with its data**",
            Self::UnknownDeleted => "🔴 deleted; contents not known",
            Self::Retained | Self::Snapshotted | Self::Deleted => self.words(),
        })
    }
}
