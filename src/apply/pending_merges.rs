//! What was merged and is not applied: the merges that brought it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::cause::{LeftCause, left_reason};
use super::earlier_merges::ReplacedConfig;
use super::failed_before::{FailedBefore, Origins, RecordReader};
use super::known_stacks::KnownStacks;
use super::unapplied::{InspectedConfig, SearchRole, Unapplied, UnappliedSearch};
use crate::change::{MergedRange, governing_files, merge_with};
use crate::config::Config;
use crate::entries::ENTRY_FILES;
use crate::guard::Policy;
use crate::job::{CredentialCache, Job, JobError};
use crate::model::{CommitSha, Digest, RepoPath, UserId};
use crate::report::{LeftReason, PendingReport};

/// Merges of a run. Each costs some forty requests, of the 1,000 an hour that all jobs of a repository can share.
const MAX_MERGES: usize = 10;
/// Commits of a run whose merges are read.
const MAX_COMMITS: usize = 20;
/// Of them, the oldest. The others change from run to run, so that merges which stay denied do not hold the rest.
const OLDEST: usize = 5;

/// A merge with configs that it leaves to this run.
pub struct PendingMerge {
    pub range: MergedRange,
    merged_at: Option<Timestamp>,
    pub configs: BTreeSet<RepoPath>,
}

/// A commit that changed files of configs.
struct LastCommit {
    /// Of the committer. A claim: it only orders.
    time: Option<i64>,
    configs: BTreeSet<RepoPath>,
}

/// The merges that a run may work on, and what it knows.
pub struct PendingMerges {
    /// The oldest first.
    pub merges: Vec<PendingMerge>,
    pub known: KnownStacks,
    /// As far as the stacks show it.
    pub failed: FailedBefore,
    pub origins: Origins,
}

impl PendingMerges {
    /// What failed before by the stacks and by the records of the merges, for a job of a schedule.
    pub async fn read_failed(
        &mut self,
        job: &Job,
        (own, marker): (Option<UserId>, String),
    ) -> FailedBefore {
        let reader = RecordReader {
            job,
            own,
            marker,
            absent_counts: true,
        };
        let mut failed = std::mem::take(&mut self.failed);
        failed.add_records(&reader, &self.origins).await;
        self.known.add_failed(&failed);
        failed
    }
}

/// The merges of the configs that are not applied, the oldest first.
pub async fn pending_merges(
    job: &Job,
    tip: &CommitSha,
    (policy, role): (&Policy, SearchRole),
    sessions: &CredentialCache,
    configs: Vec<Config>,
    report: &mut PendingReport,
) -> Result<PendingMerges, JobError> {
    let search = UnappliedSearch {
        policy,
        role,
        sessions,
        finish_cancelled: job.environment.finish_cancelled,
        compares_all: false,
    };
    let mut known = KnownStacks::default();
    let mut failed = FailedBefore::default();
    let mut origins = Origins::default();
    let mut unapplied = BTreeMap::new();
    let mut pending = Vec::new();
    let mut restored = Vec::new();
    for (config, found) in search.search(configs).await {
        known.add(config.path.clone(), &found);
        failed.add_stack(&config, &found);
        match found {
            InspectedConfig::Restored => restored.push(config),
            InspectedConfig::Applied
            | InspectedConfig::Superseded { .. }
            | InspectedConfig::NotCompared
            | InspectedConfig::NotUpdated => {}
            InspectedConfig::Unapplied(found) => {
                unapplied.insert(config.path.clone(), found);
                pending.push(config);
            }
            InspectedConfig::Left(reason) => report.left.push((config.path.to_string(), reason)),
        }
    }
    let mut files = governing_files(job.source(&[tip]), tip, &pending).await?;
    leave_foreign(&mut files, &unapplied, report);
    pending.retain(|config| files.contains_key(&config.path));
    if !job.environment.finish_cancelled {
        let of_restored = governing_files(job.source(&[tip]), tip, &restored).await?;
        let absent = files
            .iter()
            .filter(|(path, _)| unapplied.get(*path) == Some(&Unapplied::Unfinished));
        let replaced = absent.map(|one| (one, false));
        let replaced = replaced.chain(of_restored.iter().map(|one| (one, true)));
        origins.replaced = replaced
            .map(|((path, files), is_restored)| ReplacedConfig {
                path: path.clone(),
                files: files.clone(),
                is_restored,
            })
            .collect();
        origins.tip = Some(tip.clone());
    }
    let commits = last_commits(job, tip, files).await?;
    let seed = job.environment.run.name().unwrap_or_default();
    let order = order(commits.len(), &seed);
    let mut commits: Vec<Option<(CommitSha, LastCommit)>> = commits.into_iter().map(Some).collect();
    let mut merges: Vec<PendingMerge> = Vec::new();
    let mut causes: BTreeMap<RepoPath, BTreeSet<LeftCause>> = BTreeMap::new();
    // A commit without a merge, such as a push, takes no room of a merge.
    for index in order.into_iter().take(MAX_COMMITS) {
        if merges.len() == MAX_MERGES {
            break;
        }
        let Some((commit, last)) = commits[index].take() else {
            continue;
        };
        let mut leave = |configs: BTreeSet<RepoPath>, cause: LeftCause| {
            for path in configs {
                causes.entry(path).or_default().insert(cause.clone());
            }
        };
        let paths = last.configs.clone();
        let (range, merged_at) = match merge_with(&*job.forge, &commit).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                leave(last.configs, LeftCause::NotMerged);
                continue;
            }
            Err(error) => {
                let words = error.to_string();
                let unread = paths.into_iter().map(|path| (path, words.clone()));
                origins.unread.extend(unread);
                leave(last.configs, LeftCause::Unread(words));
                continue;
            }
        };
        origins
            .merges
            .extend(range.number.map(|number| (number, paths)));
        let (configs, attempted): (BTreeSet<_>, BTreeSet<_>) = last
            .configs
            .into_iter()
            .partition(|path| !is_attempted(unapplied.get(path), merged_at));
        let (rolled_back, attempted) = attempted.into_iter().partition(|path| {
            unapplied
                .get(path)
                .is_some_and(|found| found.is_rolled_back())
        });
        leave(rolled_back, LeftCause::RolledBack);
        leave(attempted, LeftCause::Attempted);
        if configs.is_empty() {
            continue;
        }
        match merges.iter_mut().find(|known| known.range == range) {
            Some(known) => known.configs.extend(configs),
            None => merges.push(PendingMerge {
                // No person chose the present policy alone, so the policy before the merge counts too.
                range: MergedRange {
                    is_requested: false,
                    ..range
                },
                merged_at,
                configs,
            }),
        }
    }
    for (commit, last) in commits.into_iter().flatten() {
        for path in &last.configs {
            let causes = causes.entry(path.clone()).or_default();
            causes.insert(LeftCause::NextRun);
        }
        origins.rest.push((commit, last.configs));
    }
    let chosen: BTreeSet<&RepoPath> = merges.iter().flat_map(|merge| &merge.configs).collect();
    let left = pending.iter().map(|config| &config.path);
    for path in left.filter(|path| !chosen.contains(path)) {
        let reason = left_reason(causes.get(path));
        known.leave(path.clone(), reason.clone());
        report.left.push((path.to_string(), reason));
    }
    report.left.sort_by(|(a, _), (b, _)| a.cmp(b));
    report.configs += chosen.len();
    report.merges += merges.len();
    merges.sort_by_key(|merge| (merge.merged_at, merge.range.number));
    let configs = pending.into_iter().chain(restored);
    origins.configs = configs
        .map(|config| (config.path.clone(), config))
        .collect();
    Ok(PendingMerges {
        merges,
        known,
        failed,
        origins,
    })
}

/// Keeps only the entry of a config whose stack is not the program's own: nothing else makes it so. Without an entry, the config is left.
fn leave_foreign(
    files: &mut BTreeMap<RepoPath, Vec<RepoPath>>,
    unapplied: &BTreeMap<RepoPath, Unapplied>,
    report: &mut PendingReport,
) {
    files.retain(|config, files| {
        if unapplied.get(config) != Some(&Unapplied::NotOwned) {
            return true;
        }
        files.retain(|file| {
            ENTRY_FILES
                .iter()
                .any(|entries| entries.path == file.as_str())
        });
        if files.is_empty() {
            let left = (config.to_string(), LeftReason::NotOwned);
            report.left.push(left);
        }
        !files.is_empty()
    });
}

/// The commits that changed files of configs last, the oldest first. `files`: by config.
async fn last_commits(
    job: &Job,
    tip: &CommitSha,
    files: BTreeMap<RepoPath, Vec<RepoPath>>,
) -> Result<Vec<(CommitSha, LastCommit)>, JobError> {
    let all: BTreeSet<&RepoPath> = files.values().flatten().collect();
    let all: Vec<RepoPath> = all.into_iter().cloned().collect();
    // A shallow clone would name other commits.
    let changes = job.forge.last_changes(tip, &all).await?;
    let mut commits: BTreeMap<CommitSha, LastCommit> = BTreeMap::new();
    for (config, files) in files {
        for change in files.iter().filter_map(|file| changes.found.get(file)) {
            let last = commits.entry(change.commit.clone());
            let last = last.or_insert(LastCommit {
                time: change.time,
                configs: BTreeSet::new(),
            });
            last.configs.insert(config.clone());
        }
    }
    let mut commits: Vec<(CommitSha, LastCommit)> = commits.into_iter().collect();
    commits.sort_by_key(|(_, last)| last.time);
    Ok(commits)
}

/// Whether the stack was changed after a merge, and still has another template. Then the merge, or a later one, was tried: its update was
/// rolled back, or the product changed since. An update that failed is not repeated without a person.
fn is_attempted(unapplied: Option<&Unapplied>, merged_at: Option<Timestamp>) -> bool {
    match (unapplied, merged_at) {
        (
            Some(Unapplied::Behind {
                changed: Some(changed),
                ..
            }),
            Some(merged),
        ) => *changed > merged,
        _ => false,
    }
}

/// The indices of commits, of `count` in their order, as a run reads them: the oldest ones, and the others from one on that the run's name
/// chooses.
fn order(count: usize, seed: &str) -> Vec<usize> {
    if count <= MAX_MERGES {
        return (0..count).collect();
    }
    let rest = count - OLDEST;
    let digest = Digest::sha256(seed).prefix(8);
    let start = usize::from_str_radix(&digest, 16).unwrap_or_default() % rest;
    let others = (0..rest).map(|step| OLDEST + (start + step) % rest);
    (0..OLDEST).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_merges_and_in_turn_each_other_one_are_chosen() {
        assert_eq!(order(3, "1.1"), [0, 1, 2]);
        let mut all = BTreeSet::new();
        for run in 0..200 {
            let order = order(40, &format!("{run}.1"));
            assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 40);
            assert_eq!(order[..OLDEST], [0, 1, 2, 3, 4]);
            all.extend(order.into_iter().take(MAX_MERGES));
        }
        assert_eq!(all, (0..40).collect());
    }

    #[test]
    fn a_stack_that_was_changed_after_the_merge_was_tried() {
        let at = |second| Timestamp::from_second(second).ok();
        let behind = |second| Unapplied::Behind {
            changed: at(second),
            rolled_back: false,
        };
        assert!(is_attempted(Some(&behind(9)), at(8)));
        assert!(!is_attempted(Some(&behind(7)), at(8)));
        assert!(!is_attempted(Some(&behind(9)), None));
        assert!(!is_attempted(Some(&Unapplied::Unfinished), at(8)));
    }
}
