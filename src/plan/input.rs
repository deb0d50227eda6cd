//! One config of a change, as files.

use super::Renamed;
use crate::model::{FileContents, RepoPath};

#[derive(Clone, Debug)]
pub struct Input {
    pub path: RepoPath,
    /// `None` if the file does not exist at the base.
    pub base: Option<FileContents>,
    /// `None` if the file does not exist at the head.
    pub head: Option<FileContents>,
    /// The other path of a rename.
    pub renamed: Option<Renamed>,
    /// The file is unchanged, but its product may have changed.
    pub governed: bool,
}
