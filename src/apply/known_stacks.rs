//! How stacks are that a run does not work on: what earlier runs left of a merge.

use std::collections::{BTreeMap, BTreeSet};

use super::schedule::Before;
use super::unapplied::{InspectedConfig, Unapplied};
use crate::model::{Digest, RepoPath};
use crate::report::LeftReason;

/// What is known of configs at the tip of the default branch. A config that is not listed may be in any state.
#[derive(Debug, Default)]
pub struct KnownStacks {
    /// As their configs say, as far as the policy lets a run change them.
    applied: BTreeSet<RepoPath>,
    left: BTreeMap<RepoPath, LeftReason>,
}

impl KnownStacks {
    pub fn add(&mut self, path: RepoPath, found: &InspectedConfig) {
        let reason = match found {
            InspectedConfig::Applied | InspectedConfig::NotCompared => {
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
        };
        self.leave(path, reason);
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
            Some(reason) if reason.is_failure() => Before::Failed,
            _ => Before::Left,
        }
    }

    /// A digest of what is known, and of the configs that wait, by which a later run finds out whether anything changed. `facts`: what else
    /// decides about the merge; empty for a merge of which nothing could begin because of its stacks.
    pub fn digest(&self, waiting: &BTreeSet<RepoPath>, facts: &str) -> String {
        let waiting = waiting.iter().map(|path| format!("waits {path}"));
        let applied = self.applied.iter().map(|path| format!("applied {path}"));
        let left = self.left.iter();
        let left = left.map(|(path, reason)| format!("{path} {}", reason.plain()));
        let facts = (!facts.is_empty()).then(|| format!("decided by {facts}"));
        let lines: Vec<String> = waiting.chain(applied).chain(left).chain(facts).collect();
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
