//! The lock of the built-in products in a work tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::outputs::write_output;
use super::read_contents;
use super::repository::folders_upwards;
use crate::config::{LOCK_FILE, MAX_BYTES};
use crate::model::{FileContents, RepoPath};

/// The nearest lock at or above `start`, inside the repository. A file that cannot be read counts as empty, which is an invalid lock.
pub fn product_lock_file(start: &Path) -> (RepoPath, Option<FileContents>) {
    for (up, folder) in folders_upwards(start).iter().enumerate() {
        let path = folder.join(LOCK_FILE);
        if fs::symlink_metadata(&path).is_ok() {
            let shown = RepoPath::typed(&("../".repeat(up) + LOCK_FILE));
            let contents = read_contents(&path, MAX_BYTES);
            let unreadable = |_| FileContents::Regular(Vec::new());
            return (shown, Some(contents.unwrap_or_else(unreadable)));
        }
    }
    let up = folders_upwards(start).len().saturating_sub(1);
    (RepoPath::typed(&("../".repeat(up) + LOCK_FILE)), None)
}

/// Writes the lock of the repository around `start`: the nearest one, or a new one at the root. Replaces no link.
pub fn write_product_lock(start: &Path, text: &str) -> io::Result<()> {
    let (shown, _) = product_lock_file(start);
    let path: PathBuf = start.join(shown.as_str());
    write_output(&path, text)
}
