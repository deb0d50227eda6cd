//! What the limit of failures counts for one merge: the configs of other merges.

use std::collections::{BTreeMap, BTreeSet};

use super::failed_before::{FailedBefore, PastFailure};
use super::order::PlannedTask;
use super::schedule::{Before, FailureLimit};
use crate::model::RepoPath;

/// The failures of the environments of a run.
#[derive(Clone, Copy)]
pub struct Failures<'a> {
    /// By environment, the configs of other merges that failed in this run.
    pub now: &'a BTreeMap<String, BTreeSet<RepoPath>>,
    /// `None` if a person named the configs: then only this run counts.
    pub before: Option<&'a FailedBefore>,
}

impl<'a> Failures<'a> {
    pub fn has(self, environment: &str, path: &RepoPath) -> bool {
        let now = self.now.get(environment);
        now.is_some_and(|now| now.contains(path))
            || self.before.is_some_and(|before| before.has_failed(path))
    }

    /// The limit of an environment for the tasks of a merge, whose own failures the schedule counts.
    pub fn limit(
        self,
        environment: &'a str,
        most: usize,
        tasks: &[PlannedTask<'_>],
    ) -> FailureLimit {
        let others = self.before(environment, tasks);
        let failed = |failure: &PastFailure| *failure == PastFailure::Failed;
        let before = others.iter().filter(|(_, failure)| failed(failure)).count();
        FailureLimit {
            most,
            failed: self.now.get(environment).map_or(0, BTreeSet::len),
            before,
            unknown: others.len() - before,
        }
    }

    /// What failed before or may have failed, without what the tasks or this run count themselves.
    fn before(
        self,
        environment: &'a str,
        tasks: &[PlannedTask<'_>],
    ) -> Vec<(&'a RepoPath, &'a PastFailure)> {
        let counts = |before: &Before| match before {
            Before::Open | Before::Retry | Before::Failed => true,
            Before::Superseded { failed, .. } => *failed,
            Before::Done | Before::Left | Before::Unread(_) => false,
        };
        let own = tasks.iter().filter(|(_, before)| counts(before));
        let own: BTreeSet<&RepoPath> = own.map(|(task, _)| &task.change.path).collect();
        let now = self.now.get(environment);
        let all = self.before.into_iter();
        let all = all.flat_map(|before| before.of(environment));
        all.filter(|(path, _)| !own.contains(path) && now.is_none_or(|now| !now.contains(*path)))
            .collect()
    }

    /// The configs of other merges that failed.
    pub fn failed(self, environment: &'a str, tasks: &[PlannedTask<'_>]) -> Vec<&'a RepoPath> {
        let before = self.before(environment, tasks).into_iter();
        let before = before.filter(|(_, failure)| **failure == PastFailure::Failed);
        let now = self.now.get(environment).into_iter().flatten();
        now.chain(before.map(|(path, _)| path)).collect()
    }

    /// A config of another merge that may have failed, and why that is not known.
    pub fn unknown(
        self,
        environment: &'a str,
        tasks: &[PlannedTask<'_>],
    ) -> Option<(&'a RepoPath, &'a PastFailure)> {
        let mut others = self.before(environment, tasks).into_iter();
        others.find(|(_, failure)| **failure != PastFailure::Failed)
    }
}
