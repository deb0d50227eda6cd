//! The policy file of the repository around the working directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::read_contents;
use super::repository::{folders_upwards, is_in_repository};
use crate::config::MAX_BYTES;
use crate::guard::POLICY_FILE;
use crate::model::{FileContents, RepoPath};

/// The nearest policy file at or above the working directory, inside the repository. A file that cannot be read counts as empty,
/// which is an invalid policy.
pub fn policy_file() -> (RepoPath, Option<FileContents>) {
    for (up, folder) in folders_upwards(Path::new(".")).iter().enumerate() {
        let path = folder.join(POLICY_FILE);
        if fs::symlink_metadata(&path).is_ok() {
            let shown = RepoPath::typed(&("../".repeat(up) + POLICY_FILE));
            let contents = read_contents(&path, MAX_BYTES);
            let unreadable = |_| FileContents::Regular(Vec::new());
            return (shown, Some(contents.unwrap_or_else(unreadable)));
        }
    }
    (RepoPath::typed(POLICY_FILE), None)
}

/// A file that looks like the policy of configs, and is not read.
pub struct IgnoredPolicy {
    pub path: PathBuf,
    pub reason: &'static str,
    pub help: &'static str,
}

/// Names that are nearly the one of the policy file.
const NEAR_NAMES: [&str; 3] = [".provisioner.yml", "provisioner.yaml", "provisioner.yml"];

/// The files that are not read although they look like the policy of configs in these folders.
pub fn ignored_policies(folders: &BTreeSet<&Path>) -> Vec<IgnoredPolicy> {
    let read = folders_upwards(Path::new("."));
    let mut searched = read.clone();
    for folder in folders {
        for folder in folders_upwards(folder) {
            if !searched.contains(&folder) {
                searched.push(folder);
            }
        }
    }
    let mut ignored: Vec<IgnoredPolicy> = above_working_directory().into_iter().collect();
    for folder in &searched {
        let policy = folder.join(POLICY_FILE);
        // Below the working directory no folder has a policy of its own.
        let is_elsewhere = !read.iter().any(|known| folder.starts_with(known));
        if is_elsewhere && policy.exists() {
            ignored.push(IgnoredPolicy {
                path: policy,
                reason: "it is not in the repository of the working directory",
                help: "run provisioner in the repository of the config",
            });
        }
        let near = NEAR_NAMES.iter().map(|name| folder.join(name));
        ignored.extend(near.filter(|path| path.exists()).map(|path| IgnoredPolicy {
            path,
            reason: "it is not named `.provisioner.yaml`",
            help: "rename it if it is your policy",
        }));
    }
    ignored
}

/// A policy file above the working directory, which is in no repository.
fn above_working_directory() -> Option<IgnoredPolicy> {
    let here = fs::canonicalize(".").ok()?;
    if is_in_repository(&here) || here.join(POLICY_FILE).exists() {
        return None;
    }
    let mut above = here
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(POLICY_FILE));
    Some(IgnoredPolicy {
        path: above.find(|path| path.exists())?,
        reason: "outside of a git repository, only one in the working directory is",
        help: "run `git init` beside the policy file, or run provisioner there",
    })
}
