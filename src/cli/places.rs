//! What the policy file says about the account and the environment of a config. It needs no facts of AWS.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::guard::{LoadedPolicy, place_problems, read_policy_file};
use crate::model::RepoPath;
use crate::workspace::{ConfigFile, policy_file, policy_mismatch};

/// The policy file for actions that do without AWS. They need none, and its errors are none of theirs.
#[derive(Default)]
pub(super) struct PlacePolicy {
    policy: Option<LoadedPolicy>,
    /// Folders of configs that are not in the repository of the policy file.
    elsewhere: BTreeSet<PathBuf>,
}

impl PlacePolicy {
    /// The policy file of the working directory, for these configs.
    pub fn read(files: &[ConfigFile]) -> Self {
        let (path, file) = policy_file();
        let policy = read_policy_file(&path, file.as_ref());
        if policy.is_err() || file.is_none() {
            return Self::default();
        }
        let folders: BTreeSet<&Path> = files.iter().map(|file| folder_of(&file.file)).collect();
        let is_elsewhere = |folder: &&Path| policy_mismatch(&RepoPath::typed(""), folder).is_some();
        let elsewhere = folders.into_iter().filter(is_elsewhere);
        Self {
            elsewhere: elsewhere.map(Path::to_path_buf).collect(),
            policy: Some(policy),
        }
    }

    /// The errors of a config in a place that the policy does not allow.
    pub fn problems(&self, file: &ConfigFile, config: &Config) -> Vec<Diagnostic> {
        match &self.policy {
            Some(policy) if !self.elsewhere.contains(folder_of(&file.file)) => {
                place_problems(policy, config)
            }
            _ => Vec::new(),
        }
    }
}

/// The folder of a file.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
