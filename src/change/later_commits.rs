//! What later commits say about a merged change. The tip is not enough: a config that was changed and changed back looks as if
//! nothing had happened, and approvals of the older change do not count for the newer ones.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::read_configs;
use super::history::MergedRange;
use crate::config::ConfigContents;
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
    /// Deletions whose stack a config claimed again.
    pub(super) reclaimed: BTreeSet<ChangeKey>,
    /// The former contents of configs that commits after the push changed, each with one of its paths.
    pub(super) contents: Vec<(RepoPath, Option<ConfigContents>)>,
    /// Whether all commits were read. Otherwise there are too many, or the branch was rewritten.
    pub(super) complete: bool,
}

impl LaterCommits {
    /// Follows first parents from `tip`: to the push for configs that stacks have, to the merge for deletions. The tip itself is compared
    /// elsewhere.
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
        let end = match deletions.is_empty() {
            true => &range.pushed,
            false => &range.merge,
        };
        let mut later = Self {
            reclaimed: BTreeSet::new(),
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
            let paths = files.iter().flat_map(|file| file.paths());
            let paths: BTreeSet<&RepoPath> = paths.filter(|path| selection.matches(path)).collect();
            // The state after the change itself is the one to compare with.
            if !paths.is_empty() && parent != *end {
                let configs = configs_of(source, &parent, &paths).await?;
                let claims = StackClaims::new(registry, HeadClaims::new(), &configs);
                let claimed = |change: &&&Change| is_claimed(&claims, &configs, change);
                let claimed = deletions.iter().filter(claimed).map(|change| change.key());
                later.reclaimed.extend(claimed);
                let own = paths.into_iter().filter(|path| others.contains(path));
                let own = own.filter(|_| is_after_push && parent != range.pushed);
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
