//! The folders of the repository around a place.

use std::fs;
use std::path::{Path, PathBuf};

/// `start` and the folders above it, up to the root of the repository. Without a repository, up to the working directory; a `start`
/// outside of that counts alone. What lies above is not part of the user's files: on a shared machine another user may write there.
pub fn folders_upwards(start: &Path) -> Vec<PathBuf> {
    let absolute = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let start = absolute(start);
    let here = absolute(Path::new("."));
    let top = match root(&start) {
        Some(root) => root.to_path_buf(),
        None if start.starts_with(&here) => here,
        None => start.clone(),
    };
    let mut folders = Vec::new();
    for folder in start.ancestors() {
        folders.push(folder.to_path_buf());
        if folder == top {
            break;
        }
    }
    folders
}

/// Whether a folder is in a git repository.
pub fn is_in_repository(folder: &Path) -> bool {
    root(folder).is_some()
}

/// The root of the repository around a folder.
pub fn root_around(folder: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder).ok()?;
    root(&folder).map(Path::to_path_buf)
}

/// The root of the repository around a folder that is not the root itself.
pub fn root_above(folder: &Path) -> Option<PathBuf> {
    let root = root_around(folder)?;
    let folder = fs::canonicalize(folder).ok()?;
    (root != folder).then_some(root)
}

fn root(start: &Path) -> Option<&Path> {
    let mut folders = start.ancestors();
    folders.find(|folder| folder.join(".git").exists())
}

/// The root of the repository around the working directory, relative to it; without a repository, the working directory.
pub fn repository_folder() -> PathBuf {
    let above = folders_upwards(Path::new(".")).len().saturating_sub(1);
    (0..above).map(|_| "..").collect()
}
