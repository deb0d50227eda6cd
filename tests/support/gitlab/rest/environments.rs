//! Environments.

use serde_json::json;

use super::super::auth::{AccessLevel, member, not_found, readable};
use super::super::shape;
use super::super::state::{Environment, State};
use super::super::wire::{Answer, Call, Reply, number, paged};

/// <https://docs.gitlab.com/api/environments/#list-environments>
pub fn list(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Reporter)?;
    let fits = |e: &&Environment| {
        call.param("name").is_none_or(|name| e.name == name)
            && call
                .param("search")
                .is_none_or(|text| e.name.contains(text))
            && call.param("states").is_none_or(|wanted| e.state == wanted)
    };
    let mut all: Vec<_> = project.environments.iter().filter(fits).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let all = all.into_iter().map(|e| {
        let mut entry = shape::environment(state, project, e);
        // Only one environment by number has its last deployment.
        entry
            .as_object_mut()
            .map(|fields| fields.remove("last_deployment"));
        entry
    });
    paged(call, all.collect())
}

/// <https://docs.gitlab.com/api/environments/#retrieve-an-environment>
pub fn one(state: &State, call: &Call, id: &str, environment: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Reporter)?;
    let environment = number("environment_id", environment)?;
    let known = project.environments.iter().find(|e| e.id == environment);
    let known = known.ok_or_else(|| not_found("Environment"))?;
    Reply::ok(shape::environment(state, project, known))
}

/// <https://docs.gitlab.com/api/environments/#create-an-environment>
pub fn create(state: &mut State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Developer)?;
    let name = call.required("name")?;
    if project.environments.iter().any(|e| e.name == name) {
        return Err(Reply::json(
            400,
            json!({"message": {"name": ["has already been taken"]}}),
        ));
    }
    let project = project.id;
    let id = state.environment(project, &name);
    let data = &state.repos[&project];
    let known = data
        .environments
        .iter()
        .find(|e| e.id == id)
        .expect("it was added");
    Reply::created(shape::environment(state, data, known))
}

/// <https://docs.gitlab.com/api/environments/#stop-an-environment>
pub fn stop(state: &mut State, call: &Call, id: &str, environment: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Developer)?;
    let project = project.id;
    let environment = number("environment_id", environment)?;
    let updated = state.now();
    let all = &mut state.repo_mut(project).environments;
    let known = all
        .iter_mut()
        .find(|e| e.id == environment)
        .ok_or_else(|| not_found("Environment"))?;
    known.state = "stopped";
    known.updated = updated;
    let known = known.clone();
    Reply::ok(shape::environment(state, &state.repos[&project], &known))
}
