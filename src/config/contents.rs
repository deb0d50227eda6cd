//! What a config is read from: its own file, and the file of defaults in its folder.

use std::sync::Arc;

use crate::model::{FileContents, RepoPath};

/// The file of a folder whose values the configs beside it have, unless they set their own. It is no config.
pub const DEFAULTS_FILE: &str = "_defaults.yaml";

/// The files of a config at one commit, or in one work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigContents {
    pub file: FileContents,
    /// `None` if the folder has no defaults. Configs of one folder share them.
    pub defaults: Option<Arc<FileContents>>,
}

impl ConfigContents {
    /// A config of a folder without defaults.
    pub fn alone(file: FileContents) -> Self {
        let defaults = None;
        Self { file, defaults }
    }
}

/// Whether a path is that of a file of defaults.
pub fn is_defaults(path: &RepoPath) -> bool {
    path.file_name() == DEFAULTS_FILE
}

/// The path of the defaults of a config.
pub fn defaults_of(config: &RepoPath) -> RepoPath {
    config.sibling(DEFAULTS_FILE)
}
