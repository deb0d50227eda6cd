//! What a check found, ready to be shown anywhere.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::plan::{Change, Plan};

/// Everything that a check has to say.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was compared.
    pub context: Context,
    /// The plan.
    pub plan: Plan,
    /// Other open pull requests that touch the same configs; `None` if that could not be found out.
    pub collisions: Option<Vec<Collision>>,
    /// Sentences about what this report lacks, and why.
    pub notices: Vec<String>,
}

/// What was compared.
#[derive(Clone, Debug, Serialize)]
pub struct Context {
    /// What the change is compared with, for people: a short commit or a revision.
    pub base: String,
    /// The commit or work tree that was checked.
    pub head: String,
    /// Version of the program.
    pub version: &'static str,
}

/// Another pull request that touches configs of this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collision {
    /// Its number.
    pub number: u64,
    /// The configs that both touch.
    pub paths: Vec<RepoPath>,
}

impl Report {
    /// All diagnostics of all configs.
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
