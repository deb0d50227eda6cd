//! The tip of the default branch, as far as it concerns a merged change: the policy of now, which configs later commits changed, and
//! which configs claim its stacks.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{link_needs, stack_claims};
use super::history::MergedRange;
use super::inputs::{ChangeInputs, other_configs_at};
use super::later_commits::LaterCommits;
use super::policy::policy_file_at;
use super::products::products;
use crate::config::{Config, ConfigContents, load_contents};
use crate::guard::{LoadedPolicy, POLICY_FILE, read_policy_file};
use crate::job::{Job, JobError};
use crate::model::{CommitSha, FileContents, RepoPath};
use crate::plan::{
    Change, ChangeKey, HeadClaims, Input, Intent, LinkNeeds, Plan, StackClaims, assess,
};
use crate::product::Registry;
use crate::workspace::ConfigSelector;

#[derive(Debug)]
pub(super) struct Tip {
    pub(super) commit: CommitSha,
    pub(super) policy: LoadedPolicy,
    pub(super) policy_file: Option<FileContents>,
    /// Changes whose configs render otherwise now.
    superseded: BTreeSet<ChangeKey>,
    /// The changed configs as commits between the merge and the tip had them.
    later: BTreeMap<RepoPath, Vec<Config>>,
    /// Whether the commits since the merge show who may delete its stacks.
    is_history_known: bool,
    claims: StackClaims,
    /// `None` if the change deletes no stack.
    needs: Option<LinkNeeds>,
}

impl Tip {
    /// `inputs` and `plan` are those of the change.
    pub(super) async fn read(
        job: &Job,
        tip: &CommitSha,
        range: &MergedRange,
        (inputs, plan): (&ChangeInputs, &Plan),
        selection: &ConfigSelector,
    ) -> Result<Self, JobError> {
        let source = job.source(&[tip]);
        let merge = &range.merge;
        let policy_file = policy_file_at(source, tip).await?;
        let known = |path: &RepoPath| inputs.at_head(path).filter(|_| tip == merge);
        let read;
        let registry = match tip == merge {
            true => &inputs.head,
            false => {
                read = products(source, tip, &inputs.head.given).await?;
                &read
            }
        };
        let configs = other_configs_at(source, tip, registry, selection, known).await?;
        let known_claims = match tip == merge {
            true => inputs.head_claims(plan, selection),
            false => HeadClaims::new(),
        };
        let all = (known_claims, &configs);
        let claims = stack_claims(source, tip, registry, all, plan).await?;
        let later = LaterCommits::read(job, range, tip, plan, registry, selection).await?;
        let mut superseded = superseded(inputs, plan, registry, &configs, &claims);
        superseded.extend(later.superseded);
        let mut versions: BTreeMap<RepoPath, Vec<Config>> = BTreeMap::new();
        for (path, contents) in later.contents {
            let found = contents.as_ref().into_iter();
            // The product may have changed in between.
            let found = found.flat_map(|contents| {
                let registries = [registry, &inputs.head].into_iter();
                registries.filter_map(|registry| load_contents(registry, &path, contents).config)
            });
            versions.entry(path.clone()).or_default().extend(found);
            superseded.extend(rendered_otherwise(inputs, registry, [(path, contents)]));
        }
        Ok(Self {
            commit: tip.clone(),
            policy: read_policy_file(&RepoPath::typed(POLICY_FILE), policy_file.as_ref()),
            policy_file,
            superseded,
            later: versions,
            is_history_known: later.complete,
            needs: link_needs(registry, &configs, plan),
            claims,
        })
    }

    /// Whether the config of a change still renders as it was merged; for a removed config, whether no config claimed its stack since;
    /// for a former stack, whether its config never named it again. `None` if too many commits followed.
    pub(super) fn is_current(&self, change: &Change) -> Option<bool> {
        if self.superseded.contains(&change.key()) {
            return Some(false);
        }
        self.is_history_known.then_some(true)
    }

    /// A changed config as commits between the merge and the tip had it.
    pub(super) fn later_configs(&self, path: &RepoPath) -> &[Config] {
        self.later.get(path).map_or(&[], Vec::as_slice)
    }

    pub(super) fn claims(&self) -> &StackClaims {
        &self.claims
    }

    /// What the configs need of other stacks.
    pub(super) fn needs(&self) -> Option<&LinkNeeds> {
        self.needs.as_ref()
    }

    /// The other configs that claim the stack of a change.
    pub(super) fn other_claims(&self, change: &Change) -> Vec<String> {
        self.claims
            .others(change)
            .map(RepoPath::to_string)
            .collect()
    }

    /// The configs with errors that may claim the stack of a deletion.
    pub(super) fn broken_claims(&self, change: &Change) -> Vec<String> {
        self.claims
            .broken_others(change)
            .map(RepoPath::to_string)
            .collect()
    }
}

fn superseded(
    inputs: &ChangeInputs,
    plan: &Plan,
    registry: &Registry,
    configs: &BTreeMap<RepoPath, ConfigContents>,
    claims: &StackClaims,
) -> BTreeSet<ChangeKey> {
    let (removed, merged): (Vec<&Change>, Vec<&Change>) =
        plan.changes.iter().partition(|change| change.is_removed());
    let is_restored = |change: &&Change| match change.is_former_stack() {
        true => claims.others(change).any(|path| *path == change.path),
        false => configs.contains_key(&change.path),
    };
    let restored = removed.into_iter().filter(is_restored).map(Change::key);
    // Of a config with errors only the text can be compared.
    let is_same_text = |path: &RepoPath| inputs.at_head(path) == configs.get(path);
    let (invalid, merged): (Vec<&Change>, Vec<&Change>) = merged
        .into_iter()
        .partition(|change| change.intent == Intent::Invalid);
    let invalid = invalid.into_iter().map(|change| &change.path);
    let edited = invalid
        .filter(|path| !is_same_text(path))
        .map(ChangeKey::for_config);
    let merged = merged.into_iter().map(|change| &change.path);
    let now = merged.map(|path| (path.clone(), configs.get(path).cloned()));
    let changed = rendered_otherwise(inputs, registry, now);
    restored.chain(edited).chain(changed).collect()
}

/// The configs whose later contents render otherwise than the merged ones.
fn rendered_otherwise(
    inputs: &ChangeInputs,
    registry: &Registry,
    later: impl IntoIterator<Item = (RepoPath, Option<ConfigContents>)>,
) -> Vec<ChangeKey> {
    let since = later.into_iter().map(|(path, contents)| Input {
        base: inputs.at_head(&path).cloned(),
        head: contents,
        ..Input::new(path)
    });
    // The same contents render as they did, by the same products.
    let is_same_registry = std::ptr::eq(&inputs.head, registry);
    let since = since.filter(|input| !is_same_registry || input.base != input.head);
    let since: Vec<Input> = since.collect();
    let changes = assess(&inputs.head, registry, &since).changes.into_iter();
    let is_other =
        |change: &Change| change.intent != Intent::Unchanged || !change.folders.is_empty();
    changes
        .filter(is_other)
        .map(|change| ChangeKey::for_config(&change.path))
        .collect()
}
