//! Which configs of a commit claim stacks.

use std::collections::BTreeMap;

use super::inputs::{ChangeInputs, earlier_versions, other_configs_at};
use crate::config::ConfigContents;
use crate::forge::{ForgeError, Source};
use crate::model::{CommitSha, RepoPath};
use crate::plan::{Intent, Plan, StackClaims};
use crate::product::Registry;
use crate::workspace::ConfigSelector;

/// Configs with errors whose history is read. More of them may claim any stack.
const MAX_BROKEN: usize = 10;

/// The claims of a commit's configs. The history of configs with errors is read only for a plan that deletes a stack.
pub async fn stack_claims(
    source: &dyn Source,
    at: &CommitSha,
    registry: &Registry,
    configs: &BTreeMap<RepoPath, ConfigContents>,
    plan: &Plan,
) -> Result<StackClaims, ForgeError> {
    let mut claims = StackClaims::new(registry, configs);
    let mut changes = plan.changes.iter();
    if changes.any(|change| change.intent == Intent::Delete) {
        for path in claims.broken().into_iter().take(MAX_BROKEN) {
            let earlier = earlier_versions(source, at, &path).await?;
            claims.add_former(registry, &path, &earlier);
        }
    }
    Ok(claims)
}

/// Reports stacks that a config outside of the change claims.
pub async fn reject_claimed_stacks(
    plan: &mut Plan,
    inputs: &ChangeInputs,
    source: &dyn Source,
    head: &CommitSha,
    selection: &ConfigSelector,
) -> Result<(), ForgeError> {
    if !plan.changes.is_empty() {
        let known = |path: &RepoPath| inputs.at_head(path);
        let configs = other_configs_at(source, head, &inputs.head, selection, known).await?;
        let claims = stack_claims(source, head, &inputs.head, &configs, plan).await?;
        plan.reject_claimed_stacks(&claims);
        plan.reject_claimed_names(&claims, |path| inputs.config_at_head(path));
    }
    Ok(())
}
