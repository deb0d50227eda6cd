//! A repository's contents at fixed commits.

use async_trait::async_trait;

use super::ForgeError;
use super::git::{FileChange, LastChanges};
use crate::model::{CommitSha, FileContents, RepoPath};

/// Files whose histories are read one by one.
const MAX_SINGLE_HISTORIES: usize = 20;

/// Reads a repository at fixed commits.
#[async_trait]
pub trait Source: Send + Sync {
    /// The files that differ between two commits. A link and a submodule count as files.
    async fn changed_files(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<ChangedFile>, ForgeError>;

    /// The contents of files, in their order; `None` for a file that does not exist. Follows no link: a path through a link or a
    /// submodule is not a regular file. May truncate contents that are larger than a config may be.
    async fn read(&self, files: &[FileAt<'_>]) -> Result<Vec<Option<FileContents>>, ForgeError>;

    /// The paths that a selection matches, sorted. Links and submodules are paths too; folders are not. Opens only folders that
    /// can hold a match. A listing that is incomplete or too large is an error.
    async fn list(
        &self,
        at: &CommitSha,
        selection: &dyn PathSelection,
    ) -> Result<Vec<RepoPath>, ForgeError>;

    /// The commits up to `at` that changed a file at this path, at most `limit`.
    async fn history(
        &self,
        at: &CommitSha,
        path: &RepoPath,
        limit: usize,
    ) -> Result<FileHistory, ForgeError>;

    /// The commits up to `at` that changed files last.
    async fn last_changes(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<LastChanges, ForgeError> {
        if paths.len() > MAX_SINGLE_HISTORIES {
            return self.last_changes_of_many(at, paths).await;
        }
        let mut changes = LastChanges::default();
        for path in paths {
            let history = self.history(at, path, 1).await?;
            if let Some(commit) = history.commits.into_iter().next() {
                let change = FileChange { commit, time: None };
                changes.found.insert(path.clone(), change);
            }
        }
        Ok(changes)
    }

    /// The same in one query; nothing is found where that is not possible.
    async fn last_changes_of_many(
        &self,
        _at: &CommitSha,
        _paths: &[RepoPath],
    ) -> Result<LastChanges, ForgeError> {
        Ok(LastChanges::default())
    }
}

/// The commits that changed a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHistory {
    /// Newest first.
    pub commits: Vec<CommitSha>,
    /// Whether these are all of them. False also in a shallow clone.
    pub complete: bool,
}

/// A commit that an answer about `what` names.
pub(super) fn commit_sha(what: &str, text: &str) -> Result<CommitSha, ForgeError> {
    CommitSha::parse(text).map_err(|error| ForgeError::invalid(what, error))
}

/// A path at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAt<'a> {
    pub commit: &'a CommitSha,
    pub path: &'a RepoPath,
}

/// Selects paths of a repository.
pub trait PathSelection: Send + Sync {
    fn matches(&self, path: &str) -> bool;

    /// Whether a folder can hold a match, at any depth.
    fn may_match_below(&self, folder: &str) -> bool;
}

/// A file that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedFile {
    /// Its path at the head; for a removed file at the base.
    pub path: RepoPath,
    pub kind: ChangeKind,
}

impl ChangedFile {
    /// Its path, and of a renamed file the former one too.
    pub fn paths(&self) -> impl Iterator<Item = &RepoPath> + Clone {
        let from = match &self.kind {
            ChangeKind::Renamed { from } => Some(from),
            _ => None,
        };
        [&self.path].into_iter().chain(from)
    }

    /// Whether the file is `place`, or is below the folder `place`, on either side.
    pub fn is_under(&self, place: &str) -> bool {
        let inside = |path: &RepoPath| {
            let rest = path.as_str().strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths().any(inside)
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
