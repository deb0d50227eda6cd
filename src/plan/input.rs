//! One config of a change, as bytes.

use super::Renamed;
use crate::model::RepoPath;

#[derive(Clone, Debug)]
pub struct Input {
    pub path: RepoPath,
    /// Bytes; `None` if the file does not exist at the base.
    pub base: Option<Vec<u8>>,
    /// Bytes; `None` if the file does not exist at the head.
    pub head: Option<Vec<u8>>,
    /// The other path of a rename.
    pub renamed: Option<Renamed>,
    /// The file is unchanged, but its product may have changed.
    pub governed: bool,
}
