//! Comments, reactions, statuses, deployments.

use serde_json::{Value, json};

use super::super::rest::association;
use super::super::state::{
    Comment, Deployment, DeploymentStatus, Reaction, RepoData, State, Status,
};
use super::{WEB, account, node_id, user};

pub fn comment(state: &State, base: &str, data: &RepoData, it: &Comment) -> Value {
    let name = data.full_name();
    let url = format!("{base}/repos/{name}/issues/comments/{}", it.id);
    let count = |content: &str| it.reactions.iter().filter(|r| r.content == content).count();
    json!({
        "url": url,
        "html_url": format!("{WEB}/{name}/pull/{}#issuecomment-{}", it.number, it.id),
        "issue_url": format!("{base}/repos/{name}/issues/{}", it.number),
        "id": it.id,
        "node_id": node_id("IssueComment", it.id),
        "user": account(state, base, it.user),
        "created_at": it.created,
        "updated_at": it.updated,
        "author_association": association(state, data, it.user),
        "body": it.body,
        "reactions": {
            "url": format!("{url}/reactions"),
            "total_count": it.reactions.len(),
            "+1": count("+1"),
            "-1": count("-1"),
            "laugh": count("laugh"),
            "hooray": count("hooray"),
            "confused": count("confused"),
            "heart": count("heart"),
            "rocket": count("rocket"),
            "eyes": count("eyes"),
        },
        "performed_via_github_app": null,
    })
}

pub fn reaction(state: &State, base: &str, it: &Reaction) -> Value {
    json!({
        "id": it.id,
        "node_id": node_id("Reaction", it.id),
        "user": user(base, state.user(it.user)),
        "content": it.content,
        "created_at": it.at,
    })
}

pub fn status_simple(base: &str, data: &RepoData, it: &Status) -> Value {
    json!({
        "url": format!("{base}/repos/{}/statuses/{}", data.full_name(), it.sha),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", it.creator),
        "id": it.id,
        "node_id": node_id("StatusContext", it.id),
        "state": it.state,
        "description": it.description,
        "target_url": it.target_url,
        "context": it.context,
        "created_at": it.at,
        "updated_at": it.at,
    })
}

pub fn status(state: &State, base: &str, data: &RepoData, it: &Status) -> Value {
    let mut all = status_simple(base, data, it);
    all["creator"] = user(base, state.user(it.creator));
    all
}

pub fn deployment(state: &State, base: &str, data: &RepoData, it: &Deployment) -> Value {
    let repo = format!("{base}/repos/{}", data.full_name());
    let url = format!("{repo}/deployments/{}", it.id);
    json!({
        "url": url,
        "id": it.id,
        "node_id": node_id("Deployment", it.id),
        "sha": it.sha,
        "ref": it.reference,
        "task": it.task,
        "payload": it.payload,
        "original_environment": it.environment,
        "environment": it.environment,
        "description": it.description,
        "creator": user(base, state.user(it.creator)),
        "created_at": it.at,
        "updated_at": it.statuses.last().map_or(&it.at, |s| &s.at),
        "statuses_url": format!("{url}/statuses"),
        "repository_url": repo,
        "transient_environment": false,
        "production_environment": it.environment == "production",
    })
}

pub fn deployment_status(
    state: &State,
    base: &str,
    data: &RepoData,
    of: &Deployment,
    it: &DeploymentStatus,
) -> Value {
    let repo = format!("{base}/repos/{}", data.full_name());
    let url = format!("{repo}/deployments/{}", of.id);
    json!({
        "url": format!("{url}/statuses/{}", it.id),
        "id": it.id,
        "node_id": node_id("DeploymentStatus", it.id),
        "state": it.state,
        "creator": user(base, state.user(it.creator)),
        "description": it.description,
        "environment": of.environment,
        "target_url": it.log_url,
        "created_at": it.at,
        "updated_at": it.at,
        "deployment_url": url,
        "repository_url": repo,
        "environment_url": it.environment_url,
        "log_url": it.log_url,
    })
}
