//! One config of a change, as files.

use super::Renamed;
use crate::config::ConfigContents;
use crate::diagnostic::Diagnostic;
use crate::entries::NewEntry;
use crate::model::{CommitSha, RepoPath};

#[derive(Clone, Debug)]
pub struct Input {
    pub path: RepoPath,
    /// `None` if the file does not exist at the base.
    pub base: Option<ConfigContents>,
    /// `None` if the file does not exist at the head.
    pub head: Option<ConfigContents>,
    /// The other path of a rename.
    pub renamed: Option<Renamed>,
    /// The file is unchanged, but its product or its defaults may have changed.
    pub governed: bool,
    /// The lock names another version of the config's built-in product, so that its stack may differ from the template that stays.
    pub relocked: bool,
    /// Versions before the base, for a removed config that has errors at the base.
    pub earlier: Option<EarlierVersions>,
    /// What the change asks for the config's existing stack.
    pub entry: Option<NewEntry>,
    /// Problems of a file of entries, which is no config.
    pub faults: Vec<Diagnostic>,
}

/// Versions of a config before the base.
#[derive(Clone, Debug)]
pub struct EarlierVersions {
    /// Newest first.
    pub versions: Vec<(CommitSha, ConfigContents)>,
    /// Whether these are all versions.
    pub complete: bool,
}

impl Input {
    /// A path without files.
    pub fn new(path: RepoPath) -> Self {
        Self {
            path,
            base: None,
            head: None,
            renamed: None,
            governed: false,
            relocked: false,
            earlier: None,
            entry: None,
            faults: Vec::new(),
        }
    }

    /// A file of entries with errors.
    pub fn with_faults(path: RepoPath, faults: Vec<Diagnostic>) -> Self {
        Self {
            faults,
            ..Self::new(path)
        }
    }
}
