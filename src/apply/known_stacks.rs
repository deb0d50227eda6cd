//! How stacks are that a run does not work on: what earlier runs left of a merge.

use std::collections::{BTreeMap, BTreeSet};

use super::failed_before::FailedBefore;
use super::schedule::Before;
use super::unapplied::{InspectedConfig, Unapplied};
use crate::model::{Digest, RepoPath};
use crate::report::LeftReason;

/// What is known of configs at the tip of the default branch. A config that is not listed may be in any state.
#[derive(Clone, Debug, Default)]
pub struct KnownStacks {
    /// As their configs say, as far as the policy lets a run change them.
    applied: BTreeSet<RepoPath>,
    /// Of these, those whose templates were not compared.
    uncompared: BTreeSet<RepoPath>,
    /// Those whose last operation failed. The reason for which no run applies them can be another one.
    failed: BTreeSet<RepoPath>,
    left: BTreeMap<RepoPath, LeftReason>,
    /// What else failed before, for the digest.
    limited: Vec<String>,
}

impl KnownStacks {
    pub fn add(&mut self, path: RepoPath, found: &InspectedConfig) {
        let reason = match found {
            InspectedConfig::Applied | InspectedConfig::Restored => {
                self.applied.insert(path);
                return;
            }
            InspectedConfig::NotCompared => {
                self.uncompared.insert(path.clone());
                self.applied.insert(path);
                return;
            }
            InspectedConfig::NotUpdated => LeftReason::NoUpdates,
            InspectedConfig::Left(reason) => reason.clone(),
            InspectedConfig::Unapplied(Unapplied::NotOwned) => LeftReason::NotOwned,
            InspectedConfig::Unapplied(Unapplied::Behind {
                rolled_back: true, ..
            }) => LeftReason::RolledBack,
            InspectedConfig::Unapplied(_) => return,
            InspectedConfig::Superseded { newer, rolled_back } => {
                if *rolled_back {
                    self.failed.insert(path.clone());
                }
                LeftReason::Superseded(newer.clone())
            }
        };
        if reason.is_failure() {
            self.failed.insert(path.clone());
        }
        self.leave(path, reason);
    }

    /// The same with other findings about some configs.
    pub fn replaced(&self, paths: &BTreeSet<RepoPath>, found: Self) -> Self {
        let kept = |known: &BTreeSet<RepoPath>, found: BTreeSet<RepoPath>| {
            known.difference(paths).cloned().chain(found).collect()
        };
        let left = self.left.iter().filter(|(path, _)| !paths.contains(*path));
        let left = left.map(|(path, reason)| (path.clone(), reason.clone()));
        Self {
            applied: kept(&self.applied, found.applied),
            uncompared: kept(&self.uncompared, found.uncompared),
            failed: kept(&self.failed, found.failed),
            left: left.chain(found.left).collect(),
            limited: self.limited.clone(),
        }
    }

    /// Whether a config counts as applied, although its template was not compared.
    pub fn is_uncompared(&self, path: &RepoPath) -> bool {
        self.uncompared.contains(path)
    }

    /// Lets the digest tell what the limit of failures counts.
    pub fn add_failed(&mut self, failed: &FailedBefore) {
        self.limited = failed.lines().collect();
    }

    pub fn leave(&mut self, path: RepoPath, reason: LeftReason) {
        self.left.insert(path, reason);
    }

    /// What is known of a config that the run does not work on. An unknown one is not done.
    pub fn before(&self, path: &RepoPath) -> Before {
        if self.applied.contains(path) {
            return Before::Done;
        }
        match self.reason(path) {
            Some(reason) if reason.is_unread() => Before::Unread(reason.plain()),
            Some(LeftReason::Superseded(newer)) => Before::Superseded {
                newer: newer.clone(),
                failed: self.failed.contains(path),
            },
            _ if self.failed.contains(path) => Before::Failed,
            _ => Before::Left,
        }
    }

    /// A digest of what is known, and of the configs that wait, by which a later run finds out whether anything changed. `facts`: what else
    /// decides about the merge; empty for a merge of which nothing could begin because of its stacks.
    pub fn digest(&self, waiting: &BTreeSet<RepoPath>, facts: &str) -> String {
        let waiting = waiting.iter().map(|path| format!("waits {path}"));
        let applied = self.applied.iter().map(|path| format!("applied {path}"));
        let failed = self.failed.iter().map(|path| format!("failed {path}"));
        let left = self.left.iter();
        let left = left.map(|(path, reason)| format!("{path} {}", reason.plain()));
        let facts = (!facts.is_empty()).then(|| format!("decided by {facts}"));
        let lines = waiting
            .chain(applied)
            .chain(failed)
            .chain(left)
            .chain(self.limited.iter().cloned())
            .chain(facts);
        let lines: Vec<String> = lines.collect();
        Digest::sha256(lines.join("\n")).prefix(16)
    }

    /// Why no run applies a config.
    pub fn reason(&self, path: &RepoPath) -> Option<&LeftReason> {
        self.left.get(path)
    }
}

/// What earlier runs left of a merge.
#[derive(Clone, Copy)]
pub struct EarlierRuns<'a> {
    /// The configs to work on, besides deletions.
    pub waiting: &'a BTreeSet<RepoPath>,
    /// Of the environment.
    pub known: &'a KnownStacks,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reasons for which a config is left are about its commits. Its stack failed all the same.
    #[test]
    fn attack_another_reason_hides_a_failure() {
        let path = RepoPath::typed("a.yaml");
        let rolled_back = InspectedConfig::Unapplied(Unapplied::Behind {
            changed: None,
            rolled_back: true,
        });
        for reason in [
            LeftReason::NotMerged,
            LeftReason::NextRun,
            LeftReason::Attempted,
            LeftReason::HistoryUnknown,
            LeftReason::RolledBack,
        ] {
            let mut known = KnownStacks::default();
            known.add(path.clone(), &rolled_back);
            known.leave(path.clone(), reason.clone());
            assert_eq!(known.before(&path), Before::Failed, "{reason:?}");
        }
    }

    #[test]
    fn a_later_finding_replaces_an_earlier_one() {
        let (one, other) = (RepoPath::typed("a.yaml"), RepoPath::typed("b.yaml"));
        let mut known = KnownStacks::default();
        known.add(one.clone(), &InspectedConfig::NotCompared);
        known.add(other.clone(), &InspectedConfig::Applied);
        assert!(known.is_uncompared(&one));
        let known = known.replaced(&[one.clone()].into(), KnownStacks::default());
        assert_eq!(known.before(&one), Before::Left);
        assert_eq!(known.before(&other), Before::Done);
    }
}
