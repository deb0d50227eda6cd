//! A repository's contents at fixed commits.

use async_trait::async_trait;

use super::ForgeError;
use crate::model::{CommitSha, RepoPath};

/// Reads a repository at fixed commits.
#[async_trait]
pub trait Source: Send + Sync {
    /// The files that differ between two commits.
    async fn changed_files(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<ChangedFile>, ForgeError>;

    /// The contents of files, in their order; `None` for a file that does not exist. May truncate contents that are larger than a config may
    /// be.
    async fn read(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<Vec<Option<Vec<u8>>>, ForgeError>;

    /// All files below a folder ("" is the root); empty if the folder does not exist.
    async fn list(&self, at: &CommitSha, folder: &str) -> Result<Vec<RepoPath>, ForgeError>;
}

/// A file that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedFile {
    /// Its path at the head; for a removed file at the base.
    pub path: RepoPath,
    pub kind: ChangeKind,
}

impl ChangedFile {
    /// Whether the file is `place`, or is below the folder `place`, on either side.
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
    /// The base does not have it.
    Added,
    /// Its contents differ.
    Modified,
    /// The head does not have it.
    Removed,
    Renamed {
        from: RepoPath,
    },
}
