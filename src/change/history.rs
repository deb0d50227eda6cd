//! Finds the pull request of each commit on the default branch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::forge::{Forge, ForgeError, Reviews};
use crate::model::{CommitSha, RepoPath};

/// Maximum number of commits of one push. A rewritten branch may have thousands.
const MAX_COMMITS: usize = 250;
const WHAT: &str = "commits of the push";

/// Adjacent commits of the default branch that one pull request merged, or that belong to no pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRange {
    /// `None` if the commits belong to no pull request or to more than one.
    pub number: Option<u64>,
    /// The commit before the range.
    pub base: CommitSha,
    /// The last commit of the range.
    pub merge: CommitSha,
    /// The last commit of the push; of a range that a person names, its own last commit.
    pub pushed: CommitSha,
    /// Whether a person requested the run after the merge, rather than the push.
    pub is_requested: bool,
}

/// The ranges between two commits of the default branch, oldest first. Follows first parents only: the other parents of a merge
/// commit belong to its pull request.
pub async fn merged_ranges(
    forge: &dyn Reviews,
    before: &CommitSha,
    after: &CommitSha,
) -> Result<Vec<MergedRange>, ForgeError> {
    let mut ranges: Vec<MergedRange> = Vec::new();
    let mut at = after.clone();
    for _ in 0..MAX_COMMITS {
        if at == *before {
            ranges.reverse();
            return Ok(ranges);
        }
        let (number, parent) = tokio::try_join!(pull_request_of(forge, &at), parent(forge, &at))?;
        let Some(parent) = parent else { break };
        match ranges.last_mut() {
            // A rebased pull request has several commits.
            Some(newer) if newer.number.is_some() && newer.number == number => {
                newer.base = parent.clone();
            }
            _ => ranges.push(MergedRange {
                number,
                base: parent.clone(),
                merge: at,
                pushed: after.clone(),
                is_requested: false,
            }),
        }
        at = parent;
    }
    let message = format!(
        "{} is not among the last {MAX_COMMITS} commits before {}: the branch was rewritten, or too much was pushed at once. A scheduled run applies what was merged; if the policy sets `max-failures`, start a run by hand with `configs`",
        before.short(),
        after.short()
    );
    Err(ForgeError::invalid(WHAT, message))
}

/// The range of a pull request that a person names, found from its merge commit.
pub async fn range_of_pull_request(
    forge: &dyn Reviews,
    number: u64,
    merge: &CommitSha,
) -> Result<MergedRange, ForgeError> {
    let mut at = merge.clone();
    for _ in 0..MAX_COMMITS {
        // The branch may begin with the pull request's base, whose parents are never read.
        if pull_request_of(forge, &at).await? != Some(number) {
            break;
        }
        let before = parent(forge, &at).await?;
        at = before.ok_or_else(|| {
            let message = format!("{} is the branch's first commit", at.short());
            ForgeError::invalid(WHAT, message)
        })?;
    }
    Ok(MergedRange {
        // If a merge commit is uncertain, so is the whole range.
        number: (at != *merge).then_some(number),
        base: at,
        merge: merge.clone(),
        pushed: merge.clone(),
        is_requested: true,
    })
}

/// The range of the merge that changed a file last, before `tip`. A commit that no pull request brought is a range of its own, which the
/// guard denies.
pub async fn last_merge_of(
    forge: &dyn Forge,
    tip: &CommitSha,
    path: &RepoPath,
) -> Result<MergedRange, ForgeError> {
    let what = format!("history of {path}");
    // A shallow clone would name another commit.
    let history = forge.history(tip, path, 1).await?;
    let commit = history.commits.into_iter().next();
    let commit = commit.ok_or_else(|| ForgeError::invalid(&what, "no commit has the file"))?;
    if let Some((range, _)) = merge_with(forge, &commit).await? {
        return Ok(range);
    }
    let base = parent(forge, &commit).await?;
    Ok(MergedRange {
        number: None,
        base: base.ok_or_else(|| ForgeError::invalid(&what, "the first commit has the file"))?,
        pushed: commit.clone(),
        merge: commit,
        is_requested: true,
    })
}

/// The range of the merge that brought a commit of a file's history, and when the forge merged it; `None` if no single pull request brought
/// it.
pub async fn merge_with(
    forge: &dyn Forge,
    commit: &CommitSha,
) -> Result<Option<(MergedRange, Option<Timestamp>)>, ForgeError> {
    let Some(number) = pull_request_with(forge, commit).await? else {
        return Ok(None);
    };
    let reviewed = forge.request(number, &[]).await?;
    let Some(merge) = reviewed.merge else {
        return Ok(None);
    };
    let range = range_of_pull_request(forge, number, &merge).await?;
    Ok(Some((range, reviewed.merged_at)))
}

/// The newest merge of some files.
pub enum NewestMerge {
    Found {
        range: MergedRange,
        merged_at: Option<Timestamp>,
    },
    /// No single pull request brought them.
    None,
    /// The reader has read as many merges as it may.
    TooMany,
}

/// Reads each merge once.
pub struct MergeReader {
    known: BTreeMap<CommitSha, Option<(MergedRange, Option<Timestamp>)>>,
    most: usize,
}

impl MergeReader {
    /// `most`: commits whose merges are read.
    pub fn new(most: usize) -> Self {
        Self {
            known: BTreeMap::new(),
            most,
        }
    }

    /// The merge that changed one of the files last, by the forge's time.
    pub async fn newest(
        &mut self,
        forge: &dyn Forge,
        at: &CommitSha,
        files: &[RepoPath],
    ) -> Result<NewestMerge, ForgeError> {
        let changes = forge.last_changes(at, files).await?;
        let commits = changes.found.into_values().map(|change| change.commit);
        let commits: BTreeSet<CommitSha> = commits.collect();
        let mut newest: Option<(Option<Timestamp>, &MergedRange)> = None;
        for commit in &commits {
            if self.known.contains_key(commit) {
                continue;
            }
            if self.known.len() == self.most {
                return Ok(NewestMerge::TooMany);
            }
            let found = merge_with(forge, commit).await?;
            self.known.insert(commit.clone(), found);
        }
        let found = commits.iter().filter_map(|commit| self.known.get(commit));
        for (range, merged_at) in found.flatten() {
            if newest.is_none_or(|(known, _)| known < *merged_at) {
                newest = Some((*merged_at, range));
            }
        }
        Ok(match newest {
            Some((merged_at, range)) => NewestMerge::Found {
                range: range.clone(),
                merged_at,
            },
            None => NewestMerge::None,
        })
    }
}

/// `None` if the commit belongs to no pull request or to more than one.
async fn pull_request_of(forge: &dyn Reviews, at: &CommitSha) -> Result<Option<u64>, ForgeError> {
    let numbers = forge.merged_by(at).await?;
    Ok(match numbers[..] {
        [one] => Some(one),
        _ => None,
    })
}

/// The pull request that merged a commit of a file's history, which may follow the branch rather than its merge.
pub async fn pull_request_with(
    forge: &dyn Reviews,
    commit: &CommitSha,
) -> Result<Option<u64>, ForgeError> {
    match forge.merged_with(commit).await?[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        // Of branches that share the commit, the merge decides.
        _ => pull_request_of(forge, commit).await,
    }
}

/// First parent; `None` for the first commit of the branch.
async fn parent(forge: &dyn Reviews, at: &CommitSha) -> Result<Option<CommitSha>, ForgeError> {
    Ok(forge.parents(at).await?.into_iter().next())
}
