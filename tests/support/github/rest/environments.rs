//! Environments, and which refs can deploy to them.

use serde_json::{Value, json};

use super::super::auth::{not_found, readable};
use super::super::shape::{WEB, node_id};
use super::super::state::{DeploymentRefs, State};
use super::super::wire::{Answer, Call, Reply};
use super::Named;

pub fn one(state: &State, call: &Call, (owner, repo): Named, name: &str) -> Answer {
    let repo = readable(state, call, owner, repo)?;
    let refs = repo.environments.get(name).ok_or_else(not_found)?;
    let policy = refs.as_ref().map(|refs| {
        let is_custom = matches!(refs, DeploymentRefs::Custom(_));
        json!({"protected_branches": !is_custom, "custom_branch_policies": is_custom})
    });
    let rules = refs
        .iter()
        .map(|_| json!({"id": 3736, "node_id": node_id("Gate", name), "type": "branch_policy"}));
    Reply::ok(json!({
        "id": 161_088_068,
        "node_id": node_id("Environment", name),
        "name": name,
        "url": format!("{}/repos/{}/environments/{name}", call.base, repo.full_name()),
        "html_url": format!("{WEB}/{}/deployments/activity_log?environments_filter={name}", repo.full_name()),
        "created_at": repo.created,
        "updated_at": repo.created,
        "protection_rules": rules.collect::<Vec<_>>(),
        "deployment_branch_policy": policy,
    }))
}

/// One page holds all that tests add.
pub fn branch_policies(state: &State, call: &Call, (owner, repo): Named, name: &str) -> Answer {
    let repo = readable(state, call, owner, repo)?;
    let refs = repo.environments.get(name).ok_or_else(not_found)?;
    let named = match refs {
        Some(DeploymentRefs::Custom(named)) => named.as_slice(),
        Some(DeploymentRefs::ProtectedBranches) | None => &[],
    };
    let policies = named.iter().enumerate().map(|(index, (kind, name))| {
        let id = 361_471 + index;
        json!({"id": id, "node_id": node_id("GateBranchPolicy", id), "name": name, "type": kind})
    });
    let policies: Vec<Value> = policies.collect();
    Reply::ok(json!({"total_count": policies.len(), "branch_policies": policies}))
}
