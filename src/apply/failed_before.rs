//! What failed before in an environment whose policy limits failures, whichever merge brought it: by the stacks, and by the records of the
//! merges that are not applied.

use std::collections::{BTreeMap, BTreeSet};

use super::earlier_merges::{EarlierMerges, ReplacedConfig};
pub use super::past_failure::{PastFailure, RecordReader};
use super::unapplied::InspectedConfig;
use crate::change::merge_with;
use crate::config::Config;
use crate::forge::OwnRecord;
use crate::model::{CommitSha, Digest, RepoPath};
use crate::report::{Attempts, LeftReason};

/// Commits whose merges are read for their records. What is left counts as failed.
const MAX_RECORDS: usize = 50;

/// The configs of the default branch that failed or may have failed, and are not applied.
#[derive(Clone, Debug, Default)]
pub struct FailedBefore {
    configs: BTreeMap<RepoPath, (String, PastFailure)>,
}

/// Where the configs that are not applied come from.
#[derive(Default)]
pub struct Origins {
    pub configs: BTreeMap<RepoPath, Config>,
    /// Pull requests whose merges were read, with configs that they changed last.
    pub merges: Vec<(u64, BTreeSet<RepoPath>)>,
    /// Commits that were not read.
    pub rest: Vec<(CommitSha, BTreeSet<RepoPath>)>,
    /// Configs about whose commits the forge did not answer, with its words.
    pub unread: Vec<(RepoPath, String)>,
    /// Configs whose earlier merges may have failed.
    pub replaced: Vec<ReplacedConfig>,
    /// Of the default branch.
    pub tip: Option<CommitSha>,
}

impl FailedBefore {
    /// Adds what AWS shows of a config's stack.
    pub fn add_stack(&mut self, config: &Config, found: &InspectedConfig) {
        let failure = match found {
            InspectedConfig::Unapplied(found) if found.is_rolled_back() => PastFailure::Failed,
            InspectedConfig::Left(reason) if reason.is_failure() => PastFailure::Failed,
            InspectedConfig::Left(LeftReason::Unread(words)) => PastFailure::Unread(words.clone()),
            _ => return,
        };
        self.add(config, failure);
    }

    /// What is known for certain stays.
    fn add(&mut self, config: &Config, failure: PastFailure) {
        let environment = config.target.environment.clone();
        let known = self.configs.entry(config.path.clone());
        let known = known.or_insert_with(|| (environment, failure.clone()));
        if failure == PastFailure::Failed {
            known.1 = failure;
        }
    }

    /// Adds what the records of merges count. `pending`: the configs that are not applied.
    pub async fn add_records(&mut self, by: &RecordReader<'_>, origins: &Origins) {
        let Some(own) = by.own.filter(|_| by.job.environment.comment) else {
            return;
        };
        let mut numbers: BTreeMap<u64, BTreeSet<&RepoPath>> = BTreeMap::new();
        for (number, paths) in &origins.merges {
            numbers.entry(*number).or_default().extend(paths);
        }
        for (path, words) in &origins.unread {
            self.add_path(origins, path, &PastFailure::Unread(words.clone()));
        }
        for (at, (commit, paths)) in origins.rest.iter().enumerate() {
            let found = match at < MAX_RECORDS {
                true => merge_with(&*by.job.forge, commit).await,
                false => {
                    let why = format!("more than {MAX_RECORDS} commits are not applied");
                    self.add_paths(origins, paths, &PastFailure::Unknown(why));
                    continue;
                }
            };
            match found {
                Ok(found) => {
                    let number = found.and_then(|(range, _)| range.number);
                    if let Some(number) = number {
                        numbers.entry(number).or_default().extend(paths);
                    }
                }
                Err(error) => {
                    let failure = PastFailure::Unread(error.to_string());
                    self.add_paths(origins, paths, &failure);
                }
            }
        }
        for (number, paths) in numbers {
            let record = by.job.forge.own_record(number, own, &by.marker).await;
            let unknown =
                |why: &str| PastFailure::Unknown(format!("{why}, of pull request #{number}"));
            let gap = match record {
                Ok(OwnRecord::Text(text)) => {
                    let attempts = Attempts::parse(&text);
                    for path in &paths {
                        self.add_attempts(origins, path, &attempts);
                    }
                    attempts
                        .is_uncertain()
                        .then(|| unknown("an earlier run did not end, or its record was lost"))
                }
                Ok(OwnRecord::Edited(_)) => Some(unknown("somebody edited the record")),
                Ok(OwnRecord::Absent) => by.absent_counts.then(|| unknown("no run left a record")),
                Err(error) => Some(PastFailure::Unread(error.to_string())),
            };
            if let Some(gap) = gap {
                self.add_paths(origins, paths.iter().copied(), &gap);
            }
        }
        let mut earlier = EarlierMerges::default();
        let known = |config: &&ReplacedConfig| !self.configs.contains_key(&config.path);
        let open: Vec<&ReplacedConfig> = origins.replaced.iter().filter(known).collect();
        for (config, tip) in open.into_iter().zip(origins.tip.iter().cycle()) {
            if let Some(failure) = earlier.failure(by, (tip, own), config).await {
                self.add_path(origins, &config.path, &failure);
            }
        }
    }

    fn add_attempts(&mut self, origins: &Origins, path: &RepoPath, attempts: &Attempts) {
        let Some(config) = origins.configs.get(path) else {
            return;
        };
        let template = config.product.render_template(&config.derived.scope);
        let template = template.ok().map(Digest::sha256);
        if attempts.have_failed_with(path, template) {
            self.add(config, PastFailure::Failed);
        }
    }

    fn add_paths<'p>(
        &mut self,
        origins: &Origins,
        paths: impl IntoIterator<Item = &'p RepoPath>,
        failure: &PastFailure,
    ) {
        for path in paths {
            self.add_path(origins, path, failure);
        }
    }

    fn add_path(&mut self, origins: &Origins, path: &RepoPath, failure: &PastFailure) {
        if let Some(config) = origins.configs.get(path) {
            self.add(config, failure.clone());
        }
    }

    /// Takes what a run applied.
    pub fn applied(&mut self, path: &RepoPath) {
        self.configs.remove(path);
    }

    pub fn has_failed(&self, path: &RepoPath) -> bool {
        let known = self.configs.get(path);
        known.is_some_and(|(_, failure)| *failure == PastFailure::Failed)
    }

    /// The configs of an environment.
    pub fn of<'a>(
        &'a self,
        environment: &'a str,
    ) -> impl Iterator<Item = (&'a RepoPath, &'a PastFailure)> {
        let all = self.configs.iter();
        let own = all.filter(move |(_, (name, _))| name == environment);
        own.map(|(path, (_, failure))| (path, failure))
    }

    /// What a later run compares.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.configs.iter().map(|(path, (_, failure))| {
            let word = match failure {
                PastFailure::Failed => "failed before",
                PastFailure::Unknown(_) | PastFailure::Unread(_) => "may have failed",
            };
            format!("{word} {path}")
        })
    }
}
