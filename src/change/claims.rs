//! Which configs of a commit claim stacks.

use std::collections::BTreeMap;

use super::inputs::{ChangeInputs, earlier_versions, other_configs_at};
use crate::config::ConfigContents;
use crate::forge::{ForgeError, Source};
use crate::model::{CommitSha, RepoPath};
use crate::plan::{HeadClaims, Intent, LinkNeeds, Plan, RarePlaces, StackClaims, rare_places};
use crate::product::Registry;
use crate::workspace::ConfigSelector;

/// Configs with errors whose history is read. More of them may claim any stack.
const MAX_BROKEN: usize = 10;

/// The claims of a commit's configs. `known`: claims of some of them. The history of configs with errors is read only for a plan that
/// deletes a stack.
pub async fn stack_claims(
    source: &dyn Source,
    at: &CommitSha,
    registry: &Registry,
    (known, configs): (HeadClaims, &BTreeMap<RepoPath, ConfigContents>),
    plan: &Plan,
) -> Result<StackClaims, ForgeError> {
    let mut claims = StackClaims::new(registry, known, configs);
    let mut changes = plan.changes.iter();
    if changes.any(|change| change.intent == Intent::Delete) {
        for path in claims.broken().into_iter().take(MAX_BROKEN) {
            let earlier = earlier_versions(source, at, &path).await?;
            claims.add_former(registry, &path, &earlier);
        }
    }
    Ok(claims)
}

/// What a commit's configs need of other stacks; `None` for a plan that deletes no stack.
pub fn link_needs(
    registry: &Registry,
    configs: &BTreeMap<RepoPath, ConfigContents>,
    plan: &Plan,
) -> Option<LinkNeeds> {
    let mut changes = plan.changes.iter();
    let deletes = changes.any(|change| change.intent.deletes_stack());
    deletes.then(|| LinkNeeds::new(registry, configs))
}

/// Reports stacks that a config outside of the change claims, and adds the consumers of deleted stacks. Returns what the configs need, and the
/// places of new stacks that few configs of their environment have.
pub async fn add_other_configs(
    plan: &mut Plan,
    inputs: &ChangeInputs,
    source: &dyn Source,
    head: &CommitSha,
    selection: &ConfigSelector,
) -> Result<(Option<LinkNeeds>, Vec<RarePlaces>), ForgeError> {
    if plan.changes.is_empty() {
        return Ok((None, Vec::new()));
    }
    let known = |path: &RepoPath| inputs.at_head(path);
    let configs = other_configs_at(source, head, &inputs.head, selection, known).await?;
    let all = (inputs.head_claims(plan, selection), &configs);
    let claims = stack_claims(source, head, &inputs.head, all, plan).await?;
    plan.reject_claimed_stacks(&claims);
    plan.reject_claimed_names(&claims, |path| inputs.config_at_head(path));
    let needs = link_needs(&inputs.head, &configs, plan);
    if let Some(needs) = &needs {
        plan.add_consumers(needs, |change| inputs.config(change, true));
    }
    Ok((needs, rare_places(&plan.changes, &claims)))
}
