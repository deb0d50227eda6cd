//! The policy file of the repository around the working directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::read_contents;
use crate::config::MAX_BYTES;
use crate::guard::POLICY_FILE;
use crate::model::{FileContents, RepoPath};

/// The nearest policy file at or above the working directory, up to the repository root. A file that cannot be read counts as empty,
/// which is an invalid policy.
pub fn policy_file() -> (RepoPath, Option<FileContents>) {
    let start = fs::canonicalize(".").unwrap_or_else(|_| PathBuf::from("."));
    for (up, folder) in start.ancestors().enumerate() {
        let path = folder.join(POLICY_FILE);
        if fs::symlink_metadata(&path).is_ok() {
            let shown = RepoPath::typed(&("../".repeat(up) + POLICY_FILE));
            let contents = read_contents(&path, MAX_BYTES);
            let unreadable = |_| FileContents::Regular(Vec::new());
            return (shown, Some(contents.unwrap_or_else(unreadable)));
        }
        if is_repository_root(folder) {
            break;
        }
    }
    (RepoPath::typed(POLICY_FILE), None)
}

fn is_repository_root(folder: &Path) -> bool {
    folder.join(".git").exists()
}
