//! Files that exist in the repository.

use std::collections::BTreeMap;

use crate::guard::POLICY_FILE;

/// Files from which answers are read, for all answers.
pub const SETUP_PATHS: [&str; 11] = [
    POLICY_FILE,
    ".github/workflows/provisioner-apply.yml",
    ".github/workflows/provisioner-check.yml",
    ".github/workflows/provisioner-command.yml",
    ".github/workflows/provisioner-drift.yml",
    ".github/workflows/provisioner-provision.yml",
    ".gitlab-ci.yml",
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

/// Texts by path. Only paths that `init` reads or writes.
#[derive(Clone, Debug, Default)]
pub struct ExistingFiles(pub BTreeMap<String, String>);

impl ExistingFiles {
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub fn policy(&self) -> Option<&str> {
        self.get(POLICY_FILE)
    }

    /// The first of these paths that exists.
    pub fn first<'a>(&'a self, paths: &[&'static str]) -> Option<(&'static str, &'a str)> {
        let mut found = paths
            .iter()
            .filter_map(|path| Some((*path, self.get(path)?)));
        found.next()
    }
}
