//! The policy file of the repository around the working directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::read_contents;
use super::repository::{folders_upwards, is_in_repository};
use crate::config::MAX_BYTES;
use crate::guard::POLICY_FILE;
use crate::model::{FileContents, RepoPath};

/// The nearest policy file at or above the working directory, inside the repository. A file that cannot be read counts as empty,
/// which is an invalid policy.
pub fn policy_file() -> (RepoPath, Option<FileContents>) {
    for (up, folder) in folders_upwards(Path::new(".")).iter().enumerate() {
        let path = folder.join(POLICY_FILE);
        if fs::symlink_metadata(&path).is_ok() {
            let shown = RepoPath::typed(&("../".repeat(up) + POLICY_FILE));
            let contents = read_contents(&path, MAX_BYTES);
            let unreadable = |_| FileContents::Regular(Vec::new());
            return (shown, Some(contents.unwrap_or_else(unreadable)));
        }
    }
    (RepoPath::typed(POLICY_FILE), None)
}

/// A policy file above the working directory that is not read, because the working directory is in no repository.
pub fn ignored_policy_file() -> Option<PathBuf> {
    let here = fs::canonicalize(".").ok()?;
    if is_in_repository(&here) || here.join(POLICY_FILE).exists() {
        return None;
    }
    let mut above = here
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(POLICY_FILE));
    above.find(|path| path.exists())
}
