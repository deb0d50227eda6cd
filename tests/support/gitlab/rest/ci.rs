//! Pipelines and merge trains.

use super::super::auth::{AccessLevel, forbidden, member, not_found, readable};
use super::super::shape;
use super::super::state::{Pipeline, State};
use super::super::wire::{Answer, Call, Reply, number, paged};

/// Newest first. <https://docs.gitlab.com/api/pipelines/#list-all-project-pipelines>
pub fn pipelines(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    let is = |key: &str, value: &str| call.param(key).is_none_or(|wanted| wanted == value);
    let fits = |p: &&Pipeline| {
        is("sha", &p.sha)
            && is("ref", &p.reference)
            && is("source", p.source)
            && is("status", p.status)
    };
    let newest_first = project.pipelines.iter().rev().filter(fits);
    paged(
        call,
        newest_first
            .map(|p| shape::listed_pipeline(state, project, p))
            .collect(),
    )
}

/// <https://docs.gitlab.com/api/pipelines/#retrieve-a-pipeline>
pub fn pipeline(state: &State, call: &Call, id: &str, pipeline: &str) -> Answer {
    let project = readable(state, call, id)?;
    let pipeline = number("pipeline_id", pipeline)?;
    let known = project.pipelines.iter().find(|p| p.id == pipeline);
    let known = known.ok_or_else(|| not_found(""))?;
    let mut all = shape::head_pipeline(state, project, known);
    all["name"] = serde_json::Value::Null;
    Reply::ok(all)
}

/// <https://docs.gitlab.com/api/pipeline_schedules/#list-all-pipeline-schedules>
pub fn schedules(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Reporter)?;
    let all = project.schedules.iter();
    paged(call, all.map(|one| shape::schedule(state, one)).collect())
}

/// 403 without the feature. <https://docs.gitlab.com/api/merge_trains/#list-merge-requests-in-a-merge-train>
pub fn merge_train(state: &State, call: &Call, id: &str, branch: &str) -> Answer {
    let project = readable(state, call, id)?;
    member(state, call, project, AccessLevel::Developer)?;
    if !project.merge_trains {
        return Err(forbidden());
    }
    let on = project.trains.iter().filter(|car| car.target == branch);
    let mut all: Vec<_> = on
        .map(|car| shape::train_car(state, project, car))
        .collect();
    if call.param("sort") != Some("asc") {
        all.reverse();
    }
    paged(call, all)
}
