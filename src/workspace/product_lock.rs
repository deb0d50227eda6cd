//! The lock of the built-in products in a work tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::outputs::write_output;
use super::read_contents;
use super::repository::folders_upwards;
use crate::config::{LOCK_FILE, MAX_BYTES};
use crate::model::{FileContents, IrregularFile, RepoPath};

/// Where the lock of the repository around a folder is.
#[derive(Debug)]
pub struct ProductLockFile {
    /// Relative to the folder.
    pub shown: RepoPath,
    path: PathBuf,
}

impl ProductLockFile {
    /// The lock at the root of the repository around `start`, as CI reads it. Without a repository the working directory is the root.
    pub fn around(start: &Path) -> Self {
        let folders = folders_upwards(start);
        let up = folders.len().saturating_sub(1);
        let root = folders.last().cloned().unwrap_or_default();
        Self {
            shown: RepoPath::typed(&("../".repeat(up) + LOCK_FILE)),
            path: root.join(LOCK_FILE),
        }
    }

    /// What is there; `None` only if nothing is there. A link is not followed, that of a folder neither.
    pub fn read(&self) -> io::Result<Option<FileContents>> {
        let folder = self.path.parent().unwrap_or(&self.path);
        for (path, is_right) in [
            (folder, fs::Metadata::is_dir as fn(&fs::Metadata) -> bool),
            (&self.path, fs::Metadata::is_file),
        ] {
            let found = match fs::symlink_metadata(path) {
                Ok(metadata) if is_right(&metadata) => continue,
                Ok(metadata) if metadata.is_symlink() => IrregularFile::SymbolicLink,
                Ok(metadata) if metadata.is_dir() => IrregularFile::Folder,
                Ok(_) => IrregularFile::Other,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            return Ok(Some(FileContents::NotRegular(found)));
        }
        read_contents(&self.path, MAX_BYTES).map(Some)
    }

    /// Replaces the file, or creates it. Replaces no link.
    pub fn write(&self, text: &str) -> io::Result<()> {
        write_output(&self.path, text)
    }
}
