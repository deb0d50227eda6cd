//! What is not finished of a setup.

use schemars::JsonSchema;
use serde::Serialize;

use super::git_state::GitState;
use super::gitlab_pipeline::{self, COMPONENT};
use super::planned_file::PlannedFile;
use super::setup::{NO_COMMIT, NO_IMAGE};
use super::workflows::our_action;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetupFinding {
    /// The kind of the problem.
    pub kind: FindingKind,
    /// From the repository's root.
    pub path: String,
    /// `None` if it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A value that has to be replaced before jobs work.
    Placeholder,
    /// The file has changes that no commit has.
    Uncommitted,
    /// The file has commits that the default branch of the remote lacks, by the last fetch.
    Unmerged,
}

impl FindingKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Placeholder => "placeholder",
            Self::Uncommitted => "uncommitted",
            Self::Unmerged => "unmerged",
        }
    }
}

/// The findings of files that exist, in the order of the files. Samples have none.
pub fn findings(files: &[PlannedFile], git: &GitState, branch: &str) -> Vec<SetupFinding> {
    let mut all = Vec::new();
    for file in files.iter().filter(|file| !file.is_sample) {
        let Some(text) = &file.before else {
            continue;
        };
        let mut add = |kind, line, message: String| {
            let path = file.path.clone();
            all.push(SetupFinding {
                kind,
                path,
                line,
                message,
            });
        };
        for (index, line) in text.lines().enumerate() {
            if let Some(message) = placeholder(&file.path, line) {
                add(
                    FindingKind::Placeholder,
                    Some(index + 1),
                    message.to_owned(),
                );
            }
        }
        if git.uncommitted.contains(&file.path) {
            add(FindingKind::Uncommitted, None, "not committed".to_owned());
        } else if git.is_unmerged(&file.path) {
            let message = format!("not on `origin/{branch}`, by the last fetch");
            add(FindingKind::Unmerged, None, message);
        }
    }
    all
}

/// Whether a text of the setup has a value to replace.
pub fn has_placeholder(path: &str, text: &str) -> bool {
    text.lines().any(|line| placeholder(path, line).is_some())
}

fn placeholder(path: &str, line: &str) -> Option<&'static str> {
    let body = line.trim_start();
    if path != gitlab_pipeline::PATH {
        let (pin, _) = our_action(line)?;
        let is_open = pin.ends_with(NO_COMMIT);
        return is_open.then_some("zeros in place of the commit of a release");
    }
    if body.starts_with('#') {
        None
    } else if body.contains(COMPONENT) && body.contains(NO_COMMIT) {
        Some("zeros in place of the commit of a release")
    } else if body.contains(NO_IMAGE) {
        Some("zeros in place of the digest of the image")
    } else if gitlab_pipeline::is_open_user(body) {
        Some("`1` in place of the id of the check token's user")
    } else {
        None
    }
}
