//! What was merged and is not applied: configs that a job may work on now, and the merges that brought them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::cause::{LeftCause, left_reason};
use super::merge::require_default_branch;
use crate::apply::{InspectedConfig, KnownStacks, SearchRole, Unapplied, UnappliedSearch};
use crate::change::{MergedRange, governing_files, merge_with, policy_at, valid_configs};
use crate::config::Config;
use crate::entries::ENTRY_FILES;
use crate::forge::DefaultBranch;
use crate::guard::{LoadedPolicy, Policy};
use crate::job::{CredentialCache, Job, JobError};
use crate::model::{CommitSha, Digest, RepoPath};
use crate::report::{ClosedEnvironment, LeftReason, PendingReport};

/// Merges of a run. Each costs some forty requests, of the 1,000 an hour that all jobs of a repository can share.
const MAX_MERGES: usize = 10;
/// Commits of a run whose merges are read.
const MAX_COMMITS: usize = 20;
/// Of them, the oldest. The others change from run to run, so that merges which stay denied do not hold the rest.
const OLDEST: usize = 5;

/// A merge with configs that it leaves to this run.
pub(super) struct PendingMerge {
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

/// The default branch, its policy, and its valid configs of the job's environment and accounts.
pub(super) struct TipConfigs {
    pub branch: DefaultBranch,
    pub policy: LoadedPolicy,
    /// Empty if the policy does not load.
    pub configs: Vec<Config>,
    /// Those with errors, of all environments.
    pub invalid: Vec<RepoPath>,
}

/// Reads the tip of the default branch. `reference` is a claim: it ends the job, and satisfies no rule. `names`: paths or file names of
/// configs; empty means all.
pub(super) async fn tip_configs(
    job: &Job,
    reference: &str,
    names: &[String],
) -> Result<TipConfigs, JobError> {
    let branch = job.forge.default_branch().await?;
    require_default_branch(&branch, reference)?;
    let source = job.source(&[&branch.tip]);
    let policy = policy_at(source, &branch.tip).await?;
    let (mut configs, mut invalid) = (Vec::new(), Vec::new());
    if policy.is_ok() {
        (configs, invalid) = valid_configs(job, source, &branch.tip, &policy, names).await?;
    }
    configs.retain(|config| job.environment.covers(&config.target));
    Ok(TipConfigs {
        branch,
        policy,
        configs,
        invalid,
    })
}

/// Removes the configs of environments in which nothing may change now.
pub(super) fn leave_closed(
    policy: &Policy,
    configs: &mut Vec<Config>,
    now: Option<Timestamp>,
) -> Vec<ClosedEnvironment> {
    let environments = configs.iter().map(|config| &config.target.environment);
    let environments: BTreeSet<String> = environments.cloned().collect();
    let closed = environments.into_iter().filter_map(|name| {
        let closed = policy.closed_time(&name, now)?;
        Some(ClosedEnvironment {
            name,
            why: closed.why,
            opens: closed.opens,
        })
    });
    let closed: Vec<ClosedEnvironment> = closed.collect();
    configs.retain(|config| {
        let mut closed = closed.iter();
        !closed.any(|closed| closed.name == config.target.environment)
    });
    closed
}

/// The merges of the configs that are not applied, the oldest first.
pub(super) async fn pending_merges(
    job: &Job,
    branch: &DefaultBranch,
    (policy, role): (&Policy, SearchRole),
    sessions: &CredentialCache,
    configs: Vec<Config>,
    report: &mut PendingReport,
) -> Result<(Vec<PendingMerge>, KnownStacks), JobError> {
    let search = UnappliedSearch {
        policy,
        role,
        sessions,
        finish_cancelled: job.environment.finish_cancelled,
        compares_all: false,
    };
    let mut known = KnownStacks::default();
    let mut unapplied = BTreeMap::new();
    let mut pending = Vec::new();
    for (config, found) in search.search(configs).await {
        known.add(config.path.clone(), &found);
        match found {
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
    let mut files = governing_files(job.source(&[&branch.tip]), &branch.tip, &pending).await?;
    leave_foreign(&mut files, &unapplied, report);
    pending.retain(|config| files.contains_key(&config.path));
    let commits = last_commits(job, &branch.tip, files).await?;
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
        let (range, merged_at) = match merge_with(&*job.forge, &commit).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                leave(last.configs, LeftCause::NotMerged);
                continue;
            }
            Err(error) => {
                leave(last.configs, LeftCause::Unread(error.to_string()));
                continue;
            }
        };
        let (configs, attempted): (BTreeSet<_>, BTreeSet<_>) = last
            .configs
            .into_iter()
            .partition(|path| !is_attempted(unapplied.get(path), merged_at));
        let (rolled_back, attempted) = attempted
            .into_iter()
            .partition(|path| is_rolled_back(unapplied.get(path)));
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
    for (_, last) in commits.into_iter().flatten() {
        for path in last.configs {
            causes.entry(path).or_default().insert(LeftCause::NextRun);
        }
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
    Ok((merges, known))
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

fn is_rolled_back(unapplied: Option<&Unapplied>) -> bool {
    matches!(
        unapplied,
        Some(Unapplied::Behind {
            rolled_back: true,
            ..
        })
    )
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
