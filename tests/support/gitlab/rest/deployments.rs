//! Deployments. GitLab knows neither tasks nor descriptions of them.

use serde_json::json;

use super::super::auth::{AccessLevel, member, not_found, readable};
use super::super::shape;
use super::super::state::{Deployment, State};
use super::super::wire::{Answer, Call, Reply, error, number, paged};

/// Oldest first. <https://docs.gitlab.com/api/deployments/#list-project-deployments>
pub fn list(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Reporter)?;
    let name = |id: u64| {
        project
            .environments
            .iter()
            .find(|e| e.id == id)
            .map(|e| e.name.as_str())
    };
    let is =
        |key: &str, value: Option<&str>| call.param(key).is_none_or(|wanted| Some(wanted) == value);
    let fits =
        |d: &&Deployment| is("environment", name(d.environment)) && is("status", Some(&d.status));
    let mut all: Vec<_> = project.deployments.iter().filter(fits).collect();
    match call.param("order_by") {
        Some("updated_at") => all.sort_by(|a, b| a.updated.cmp(&b.updated)),
        _ => all.sort_by_key(|d| d.id),
    }
    if call.param("sort") == Some("desc") {
        all.reverse();
    }
    paged(
        call,
        all.into_iter()
            .map(|d| shape::deployment(state, project, d))
            .collect(),
    )
}

/// <https://docs.gitlab.com/api/deployments/#retrieve-a-deployment>
pub fn one(state: &State, call: &Call, id: &str, deployment: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Reporter)?;
    let deployment = number("deployment_id", deployment)?;
    let known = project.deployments.iter().find(|d| d.id == deployment);
    Reply::ok(shape::deployment(
        state,
        project,
        known.ok_or_else(|| not_found(""))?,
    ))
}

const STATES: [&str; 4] = ["running", "success", "failed", "canceled"];

fn wanted(call: &Call) -> Result<String, Reply> {
    let status = call.required("status")?;
    match STATES.contains(&status.as_str()) {
        true => Ok(status),
        false => Err(Reply::json(
            400,
            json!({"error": "status does not have a valid value"}),
        )),
    }
}

/// A new environment is created. <https://docs.gitlab.com/api/deployments/#create-a-deployment>
pub fn create(state: &mut State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    let user = member(state, call, project, AccessLevel::Developer)?;
    let (project, name) = (project.id, call.required("environment")?);
    let (sha, reference) = (call.required("sha")?, call.required("ref")?);
    if call.input("tag").is_null() {
        return Err(Reply::json(400, json!({"error": "tag is missing"})));
    }
    let status = wanted(call)?;
    if state.resolve(&state.repos[&project], &sha).is_none() {
        return Err(error(400, "The commit does not exist"));
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_/${}. ".contains(&b);
    if !name.bytes().all(allowed) || name.starts_with('/') || name.ends_with('/') {
        let text = "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'";
        return Err(Reply::json(400, json!({"message": {"name": [text]}})));
    }
    let environment = state.environment(project, &name);
    let (id, created) = (state.id(), state.now());
    let deployment = Deployment {
        id,
        iid: state.repos[&project].deployments.len() as u64 + 1,
        sha,
        reference,
        environment,
        status,
        creator: user,
        updated: created.clone(),
        created,
        job: None,
    };
    state.repo_mut(project).deployments.push(deployment.clone());
    restart(state, project, environment);
    Reply::created(shape::deployment(
        state,
        &state.repos[&project],
        &deployment,
    ))
}

/// A deployment to a stopped environment makes it available again.
fn restart(state: &mut State, project: u64, environment: u64) {
    let environments = &mut state.repo_mut(project).environments;
    if let Some(known) = environments.iter_mut().find(|e| e.id == environment) {
        known.state = "available";
    }
}

/// <https://docs.gitlab.com/api/deployments/#update-a-deployment>
pub fn update(state: &mut State, call: &Call, id: &str, deployment: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Developer)?;
    let project = project.id;
    let deployment = number("deployment_id", deployment)?;
    let status = wanted(call)?;
    let updated = state.now();
    let all = &mut state.repo_mut(project).deployments;
    let known = all
        .iter_mut()
        .find(|d| d.id == deployment)
        .ok_or_else(|| not_found(""))?;
    if known.status == status || (known.status != "running" && status == "running") {
        let text = format!(
            "Cannot transition status via :{status} from :{}",
            known.status
        );
        return Err(Reply::json(400, json!({"message": {"status": [text]}})));
    }
    known.status = status;
    known.updated = updated;
    let known = known.clone();
    Reply::ok(shape::deployment(state, &state.repos[&project], &known))
}
