//! The repository besides the files of the setup: configs, and what git knows of them.

use std::collections::BTreeSet;

/// The repository, without a query of the remote.
#[derive(Clone, Debug, Default)]
pub struct GitState {
    /// Whether the current branch has a commit.
    pub has_commits: bool,
    /// Whether there is a remote `origin`.
    pub has_remote: bool,
    /// `None` if no branch is checked out.
    pub current: Option<String>,
    /// Names of local branches.
    pub local: BTreeSet<String>,
    /// Whether the last fetch or push saw the default branch of the remote.
    pub is_pushed: bool,
    /// Paths with changes that no commit has.
    pub uncommitted: BTreeSet<String>,
    /// Paths with commits that the default branch of the remote lacks.
    pub unmerged: BTreeSet<String>,
}

impl GitState {
    /// Whether a path of a commit is not on the default branch of the remote. A checkout without a branch is a job's.
    pub fn is_unmerged(&self, path: &str) -> bool {
        self.current.is_some() && (!self.is_pushed || self.unmerged.contains(path))
    }

    /// A name that no local branch has.
    pub fn unused(&self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let unused = names.find(|name| !self.local.contains(name));
        unused.unwrap_or_default()
    }

    /// The branch that is checked out, if it is not the default branch.
    pub fn topic_branch(&self, default: &str) -> Option<&str> {
        let current = self.current.as_deref().filter(|_| self.has_commits);
        current.filter(|current| *current != default)
    }

    /// Where a branch for a change begins.
    pub fn base(&self, default: &str) -> String {
        let is_known = self.local.contains(default) || !self.is_pushed;
        match is_known {
            true => default.to_owned(),
            false => format!("origin/{default}"),
        }
    }
}

/// What is known of the repository besides its files.
#[derive(Clone, Debug, Default)]
pub struct RepositoryFacts {
    /// Configs in the folder of the answers, from the repository's root.
    pub configs: Vec<String>,
    /// Whether the existing policy selects configs of the folder of the answers.
    pub is_selected: bool,
    pub git: GitState,
    /// The way to the root of the repository, such as `..`; empty at the root.
    pub above: String,
}
