//! The policy file of the repository around the working directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::read_contents;
use super::repository::{folders_upwards, is_in_repository, root_around};
use crate::config::MAX_BYTES;
use crate::diagnostic::{Code, Diagnostic};
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
    let mut searched = folders_upwards(Path::new("."));
    let mut elsewhere = BTreeSet::new();
    for folder in folders {
        elsewhere.extend(policies_elsewhere(folder));
        for folder in folders_upwards(folder) {
            if !searched.contains(&folder) {
                searched.push(folder);
            }
        }
    }
    let mut ignored: Vec<IgnoredPolicy> = above_working_directory().into_iter().collect();
    let elsewhere = elsewhere.into_iter().map(|path| IgnoredPolicy {
        path,
        reason: "it is not in the repository of the working directory",
        help: "run provisioner in the repository of the config",
    });
    ignored.extend(elsewhere);
    for folder in &searched {
        let near = NEAR_NAMES.iter().map(|name| folder.join(name));
        ignored.extend(near.filter(|path| path.exists()).map(|path| IgnoredPolicy {
            path,
            reason: "it is not named `.provisioner.yaml`",
            help: "rename it if it is your policy",
        }));
    }
    ignored
}

/// The policy files of a config's folder that are not those of the working directory.
fn policies_elsewhere(folder: &Path) -> Vec<PathBuf> {
    let read = folders_upwards(Path::new("."));
    let is_same = is_in_repository_of_working_directory(folder);
    let mut folders = folders_upwards(folder);
    // Below the working directory no folder of the repository has a policy of its own.
    folders.retain(|one| !is_same || !read.iter().any(|known| one.starts_with(known)));
    let files = folders.iter().map(|folder| folder.join(POLICY_FILE));
    files
        .filter(|path| fs::symlink_metadata(path).is_ok())
        .collect()
}

/// A folder without a repository counts as one of the working directory.
fn is_in_repository_of_working_directory(folder: &Path) -> bool {
    let own = root_around(folder);
    own.is_none() || own == root_around(Path::new("."))
}

/// An error if the policy file of the working directory is not the one of a config's repository. Either file may forbid what the other
/// allows, so neither decides.
pub fn policy_mismatch(config: &RepoPath, folder: &Path) -> Option<Diagnostic> {
    let message = match policies_elsewhere(folder).first() {
        Some(policy) => format!(
            "the policy file of the config is not the one of the working directory: {}",
            policy.display()
        ),
        None if is_in_repository_of_working_directory(folder) => return None,
        None => match policy_file() {
            (path, Some(_)) => format!(
                "the config is in another repository than the policy file of the working directory: {path}"
            ),
            (_, None) => return None,
        },
    };
    let help = "run provisioner in the repository of the config";
    Some(Diagnostic::error(Code::PolicyElsewhere, config, message).with_help(help))
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
