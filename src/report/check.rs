//! What a check found, ready to be shown anywhere.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Preview;

use crate::diagnostic::Diagnostic;
use crate::model::{Digest, RepoPath};
use crate::plan::{Change, Plan, combined_digest};

/// Everything that a check has to say.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub context: CheckContext,
    pub plan: Plan,
    /// What AWS says of the changes, by path, as far as it was asked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub previews: BTreeMap<String, Preview>,
    /// Other open pull requests that touch the same configs; `None` if that could not be found out.
    pub collisions: Option<Vec<Collision>>,
    /// Sentences about what this report lacks, and why.
    pub notices: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct CheckContext {
    /// What the change is compared with, for people: a short commit or a revision.
    pub base: String,
    /// The commit or work tree that was checked.
    pub head: String,
    pub version: &'static str,
}

/// Another pull request that touches configs of this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collision {
    pub number: u64,
    /// The configs that both touch.
    pub paths: Vec<RepoPath>,
}

impl Report {
    /// Adds what AWS says of a change: the higher level counts, and the plan's digest covers it.
    pub fn add(&mut self, path: &str, preview: Preview) {
        let changes = self.plan.changes.iter_mut();
        for change in changes.filter(|change| change.path.as_str() == path) {
            change.level = change.level.max(preview.level);
        }
        self.plan.level = self.plan.level.max(preview.level);
        self.previews.insert(path.to_owned(), preview);
    }

    /// What AWS said of the changes, as digests by path.
    pub fn preview_digests(&self) -> BTreeMap<String, Digest> {
        let previews = self.previews.iter();
        previews
            .filter_map(|(path, preview)| Some((path.clone(), preview.digest?)))
            .collect()
    }

    /// The digest of the plan with everything that AWS said of it. Equal digests mean that the same would happen.
    pub fn update_digest(&mut self) {
        self.plan.digest = combined_digest(self.plan.digest, &self.preview_digests());
    }

    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> + Clone {
        self.plan
            .changes
            .iter()
            .flat_map(|change: &Change| &change.diagnostics)
    }

    /// Errors and warnings, counted.
    pub fn counts(&self) -> (usize, usize) {
        self.diagnostics()
            .fold((0, 0), |(errors, warnings), diagnostic| {
                match diagnostic.severity {
                    crate::diagnostic::Severity::Error => (errors + 1, warnings),
                    crate::diagnostic::Severity::Warning => (errors, warnings + 1),
                }
            })
    }
}
