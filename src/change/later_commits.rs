//! What later commits say about a merged change. The tip is not enough: a config that was changed and changed back looks as if
//! nothing had happened, and approvals of the older change do not count for the newer ones.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::read_configs;
use super::entries::{edits_entries, entries_at};
use super::history::MergedRange;
use crate::config::ConfigContents;
use crate::entries::StackEntry;
use crate::forge::{FileAt, ForgeError, Source};
use crate::job::{Job, JobError};
use crate::model::{CommitSha, RepoPath};
use crate::plan::{Change, ChangeKey, HeadClaims, Intent, Plan, StackClaims};
use crate::product::Registry;
use crate::workspace::ConfigSelector;

/// Commits of the default branch after the change.
const MAX_COMMITS: usize = 250;

/// What the commits after a merged change say about it.
pub(super) struct LaterCommits {
    /// Deletions whose stack a config claimed again, and changes whose entry was withdrawn or followed by another one.
    pub(super) superseded: BTreeSet<ChangeKey>,
    /// The former contents of configs that commits after the push changed, each with one of its paths.
    pub(super) contents: Vec<(RepoPath, Option<ConfigContents>)>,
    /// Whether all commits were read. Otherwise there are too many, or the branch was rewritten.
    pub(super) complete: bool,
}

impl LaterCommits {
    /// Follows first parents from `tip`: to the push for configs that stacks have, to the merge for deletions and entries. Configs of the
    /// tip itself are compared elsewhere.
    pub(super) async fn read(
        job: &Job,
        range: &MergedRange,
        tip: &CommitSha,
        plan: &Plan,
        registry: &Registry,
        selection: &ConfigSelector,
    ) -> Result<Self, JobError> {
        let deletes = |change: &&Change| change.intent == Intent::Delete;
        let (deletions, others): (Vec<&Change>, Vec<&Change>) =
            plan.changes.iter().partition(deletes);
        let others: BTreeSet<&RepoPath> = others.iter().map(|change| &change.path).collect();
        let with_entry = || plan.changes.iter().filter(|change| change.entry.is_some());
        let entered: BTreeSet<&RepoPath> = with_entry().map(|change| &change.path).collect();
        let merged = match entered.is_empty() {
            true => Vec::new(),
            false => entries_at(job.source(&[&range.merge]), &range.merge, &entered).await?,
        };
        let end = match deletions.is_empty() && entered.is_empty() {
            true => &range.pushed,
            false => &range.merge,
        };
        let mut later = Self {
            superseded: BTreeSet::new(),
            contents: Vec::new(),
            complete: true,
        };
        let mut is_after_push = true;
        let mut at = tip.clone();
        for _ in 0..MAX_COMMITS {
            is_after_push &= at != range.pushed;
            if at == *end {
                return Ok(later);
            }
            let Some(parent) = job.forge.parents(&at).await?.into_iter().next() else {
                break;
            };
            let source = job.source(&[&parent, &at]);
            let files = source.changed_files(&parent, &at).await?;
            if !entered.is_empty() && edits_entries(&files) {
                let now = entries_at(source, &at, &entered).await?;
                let is_other = |change: &&Change| !has_same(&merged, &now, &change.path);
                let other = with_entry().filter(is_other).map(Change::key);
                later.superseded.extend(other);
            }
            let paths = files.iter().flat_map(|file| file.paths());
            let paths: BTreeSet<&RepoPath> = paths.filter(|path| selection.matches(path)).collect();
            // The state after the change itself is the one to compare with.
            if !paths.is_empty() && parent != *end {
                let configs = configs_of(source, &parent, &paths).await?;
                let claims = StackClaims::new(registry, HeadClaims::new(), &configs);
                let claimed = |change: &&&Change| is_claimed(&claims, &configs, change);
                let claimed = deletions.iter().filter(claimed).map(|change| change.key());
                later.superseded.extend(claimed);
                let own = paths.into_iter().filter(|path| others.contains(path));
                let is_later = is_after_push && parent != range.pushed;
                let own = own.filter(|path| is_later || entered.contains(path));
                later
                    .contents
                    .extend(own.map(|path| (path.clone(), configs.get(path).cloned())));
            }
            at = parent;
        }
        later.complete = false;
        Ok(later)
    }
}

async fn configs_of(
    source: &dyn Source,
    commit: &CommitSha,
    paths: &BTreeSet<&RepoPath>,
) -> Result<BTreeMap<RepoPath, ConfigContents>, ForgeError> {
    let files: Vec<FileAt<'_>> = paths.iter().map(|path| FileAt { commit, path }).collect();
    let contents = read_configs(source, &files).await?.into_iter();
    let each = paths.iter().zip(contents);
    Ok(each
        .filter_map(|(path, contents)| Some(((*path).clone(), contents?)))
        .collect())
}

/// A config with errors at the change's own path claims the stack: what it meant is not known.
fn is_claimed(
    claims: &StackClaims,
    configs: &BTreeMap<RepoPath, ConfigContents>,
    change: &Change,
) -> bool {
    let own = match change.is_former_stack() {
        true => claims.broken().contains(&change.path),
        false => configs.contains_key(&change.path),
    };
    own || claims.others(change).next().is_some()
}

/// Whether two lists have the same entries for a config.
fn has_same(one: &[StackEntry], other: &[StackEntry], config: &RepoPath) -> bool {
    let of = |entries: &[StackEntry]| {
        entries
            .iter()
            .filter(|entry| entry.config == *config)
            .count()
    };
    let mut own = one.iter().filter(|entry| entry.config == *config);
    of(one) == of(other) && own.all(|entry| other.contains(entry))
}
