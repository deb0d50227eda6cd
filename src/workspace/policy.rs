//! The policy file of the repository around the working directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::guard::POLICY_FILE;
use crate::model::RepoPath;

/// The nearest policy file at or above the working directory, up to the repository root. A file that cannot be read counts as empty,
/// which is an invalid policy.
pub fn policy_file() -> (RepoPath, Option<Vec<u8>>) {
    let start = fs::canonicalize(".").unwrap_or_else(|_| PathBuf::from("."));
    for (up, folder) in start.ancestors().enumerate() {
        let path = folder.join(POLICY_FILE);
        if fs::symlink_metadata(&path).is_ok() {
            let shown = RepoPath::typed(&("../".repeat(up) + POLICY_FILE));
            return (shown, Some(fs::read(&path).unwrap_or_default()));
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
