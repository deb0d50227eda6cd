//! Deployments and their statuses.

use serde_json::{Value, json};

use super::super::auth::{Permission, not_found, readable, writer};
use super::super::shape;
use super::super::state::{Deployment, DeploymentStatus, RepoData, State};
use super::super::wire::{Answer, Call, Reply, paged};
use super::statuses::latest;
use super::{Named, number};

const STATES: &[&str] = &[
    "error",
    "failure",
    "inactive",
    "in_progress",
    "queued",
    "pending",
    "success",
];
const SCOPES: &[&str] = &["deployments"];

/// Newest first.
pub fn list(state: &State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let is = |key: &str, value: &str| call.param(key).is_none_or(|wanted| wanted == value);
    let wanted = |d: &&Deployment| {
        is("sha", &d.sha)
            && is("ref", &d.reference)
            && is("task", &d.task)
            && is("environment", &d.environment)
    };
    let found = repo.deployments.iter().rev().filter(wanted);
    let all = found
        .map(|d| shape::deployment(state, &call.base, repo, d))
        .collect();
    paged(call, Some(repo.id), all)
}

pub fn create(state: &mut State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let creator = writer(state, call, repo, SCOPES, Permission::Write)?;
    let json = call.json()?;
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let Some(reference) = text("ref") else {
        return Err(Reply::invalid(
            "Deployment",
            "ref",
            "missing_field",
            "ref is required",
        ));
    };
    let no_ref = || Reply::error(422, &format!("No ref found for: {reference}"));
    let sha = state
        .resolve(repo, &reference)
        .ok_or_else(no_ref)?
        .sha
        .clone();
    checks(repo, &sha, &reference, &json["required_contexts"])?;
    let repo = repo.id;
    let deployment = Deployment {
        id: state.id(),
        sha,
        reference,
        task: text("task").unwrap_or_else(|| "deploy".to_owned()),
        environment: text("environment").unwrap_or_else(|| "production".to_owned()),
        description: text("description"),
        payload: match &json["payload"] {
            Value::Null => json!({}),
            payload => payload.clone(),
        },
        creator,
        at: state.now(),
        statuses: Vec::new(),
    };
    if let Some(repo) = state.repos.get_mut(&repo) {
        repo.deployments.push(deployment.clone());
    }
    Reply::created(shape::deployment(
        state,
        &call.base,
        &state.repos[&repo],
        &deployment,
    ))
}

/// Absent: every status of the commit must be a success. A list: these contexts must be. Empty: no check.
fn checks(repo: &RepoData, sha: &str, reference: &str, required: &Value) -> Result<(), Reply> {
    let found = latest(repo, sha);
    let success = |context: &str| {
        found
            .iter()
            .any(|s| s.context == context && s.state == "success")
    };
    let green = match required.as_array() {
        Some(list) => list.iter().filter_map(Value::as_str).all(success),
        None => found.iter().all(|s| s.state == "success"),
    };
    if green {
        return Ok(());
    }
    let message = format!("Conflict: Commit status checks failed for {reference}.");
    Err(Reply::error(409, &message))
}

fn find<'a>(repo: &'a RepoData, id: &str) -> Result<&'a Deployment, Reply> {
    let id = number(id)?;
    repo.deployments
        .iter()
        .find(|d| d.id == id)
        .ok_or_else(not_found)
}

/// Newest first.
pub fn statuses(state: &State, call: &Call, (owner, name): Named, id: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let of = find(repo, id)?;
    let entry = |s| shape::deployment_status(state, &call.base, repo, of, s);
    paged(
        call,
        Some(repo.id),
        of.statuses.iter().rev().map(entry).collect(),
    )
}

pub fn create_status(state: &mut State, call: &Call, (owner, name): Named, id: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let creator = writer(state, call, repo, SCOPES, Permission::Write)?;
    let of = find(repo, id)?.id;
    let json = call.json()?;
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let to = text("state");
    if !STATES.contains(&to.as_str()) {
        let message = "state is not included in the list";
        return Err(Reply::invalid(
            "DeploymentStatus",
            "state",
            "custom",
            message,
        ));
    }
    if text("description").chars().count() > 140 {
        let message = "description is too long (maximum is 140 characters)";
        return Err(Reply::invalid(
            "DeploymentStatus",
            "description",
            "custom",
            message,
        ));
    }
    let repo = repo.id;
    let status = DeploymentStatus {
        id: state.id(),
        state: to,
        description: text("description"),
        environment_url: text("environment_url"),
        log_url: text("log_url"),
        creator,
        at: state.now(),
    };
    let data = state.repos.get_mut(&repo).ok_or_else(not_found)?;
    let known = data
        .deployments
        .iter_mut()
        .find(|d| d.id == of)
        .ok_or_else(not_found)?;
    known.statuses.push(status.clone());
    let data = &state.repos[&repo];
    let of = find(data, id)?;
    Reply::created(shape::deployment_status(
        state, &call.base, data, of, &status,
    ))
}
