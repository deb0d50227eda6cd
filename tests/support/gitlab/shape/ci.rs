//! Pipelines, statuses, environments, deployments and merge trains.

use serde_json::{Value, json};

use super::super::state::{
    Car, Deployment, Environment, Pipeline, Project, Schedule, State, Status,
};
use super::user;

/// As merge requests, commits and merge trains have it.
pub fn pipeline(state: &State, project: &Project, pipeline: &Pipeline) -> Value {
    json!({
        "id": pipeline.id,
        "iid": pipeline.iid,
        "project_id": project.id,
        "sha": pipeline.sha,
        "ref": pipeline.reference,
        "status": pipeline.status,
        "source": pipeline.source,
        "created_at": pipeline.created,
        "updated_at": pipeline.updated,
        "web_url": format!("{}/{}/-/pipelines/{}", state.web, project.full_name(), pipeline.id),
    })
}

/// <https://docs.gitlab.com/api/pipelines/#list-all-project-pipelines>
pub fn listed_pipeline(state: &State, project: &Project, of: &Pipeline) -> Value {
    let mut all = pipeline(state, project, of);
    all["name"] = Value::Null;
    all
}

/// The head pipeline of a merge request.
pub fn head_pipeline(state: &State, project: &Project, of: &Pipeline) -> Value {
    let mut all = pipeline(state, project, of);
    all["user"] = user(state, of.user);
    all
}

/// <https://docs.gitlab.com/api/commits/#list-the-statuses-of-a-commit>
pub fn status(state: &State, status: &Status) -> Value {
    json!({
        "id": status.id,
        "sha": status.sha,
        "ref": status.reference,
        "status": status.state,
        "name": status.context,
        "target_url": status.target_url,
        "description": status.description,
        "created_at": status.at,
        "started_at": status.started,
        "finished_at": status.finished,
        "allow_failure": false,
        "coverage": null,
        "pipeline_id": status.pipeline,
        "author": user(state, status.creator),
    })
}

/// <https://docs.gitlab.com/api/environments/#retrieve-an-environment>
pub fn environment(state: &State, project: &Project, environment: &Environment) -> Value {
    let slug = environment
        .name
        .to_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let deployments = project.deployments.iter().rev();
    let last = deployments
        .clone()
        .find(|d| d.environment == environment.id && d.status == "success");
    let mut all = basic(environment, &slug);
    let more = json!({
        "description": null,
        "tier": tier(&environment.name),
        "state": environment.state,
        "auto_stop_at": null,
        "created_at": environment.created,
        "updated_at": environment.updated,
        "project": {"id": project.id, "path_with_namespace": project.full_name()},
        "last_deployment": last.map(|d| deployment(state, project, d)),
        "cluster_agent": null,
        "kubernetes_namespace": null,
        "flux_resource_path": null,
    });
    super::merge(&mut all, more);
    all
}

fn basic(environment: &Environment, slug: &str) -> Value {
    json!({
        "id": environment.id,
        "name": environment.name,
        "slug": slug,
        "external_url": environment.external_url,
        "created_at": environment.created,
        "updated_at": environment.updated,
    })
}

/// <https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments>
fn tier(name: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| name.to_lowercase().contains(word));
    if has(&["dev", "review", "trunk"]) {
        "development"
    } else if has(&["test", "tst", "int", "ac", "qa"]) {
        "testing"
    } else if has(&["st", "model", "pre", "demo", "non"]) {
        "staging"
    } else if has(&["prod", "live"]) {
        "production"
    } else {
        "other"
    }
}

/// <https://docs.gitlab.com/api/deployments/#retrieve-a-deployment>
pub fn deployment(state: &State, project: &Project, deployment: &Deployment) -> Value {
    let environment = project
        .environments
        .iter()
        .find(|e| e.id == deployment.environment);
    json!({
        "id": deployment.id,
        "iid": deployment.iid,
        "ref": deployment.reference,
        "sha": deployment.sha,
        "created_at": deployment.created,
        "updated_at": deployment.updated,
        "user": user(state, deployment.creator),
        "environment": environment.map(|e| basic(e, &e.name.to_lowercase().replace('/', "-"))),
        "deployable": deployment.job.as_ref().map(|name| json!({ "name": name })),
        "status": deployment.status,
    })
}

/// <https://docs.gitlab.com/api/pipeline_schedules/#list-all-pipeline-schedules>
pub fn schedule(state: &State, schedule: &Schedule) -> Value {
    json!({
        "id": schedule.id,
        "description": schedule.description,
        "ref": schedule.reference,
        "cron": "37 * * * *",
        "cron_timezone": "UTC",
        "next_run_at": schedule.created,
        "active": schedule.active,
        "created_at": schedule.created,
        "updated_at": schedule.created,
        "owner": user(state, schedule.owner),
        "inputs": [],
    })
}

/// <https://docs.gitlab.com/api/merge_trains/#list-merge-requests-in-a-merge-train>
pub fn train_car(state: &State, project: &Project, car: &Car) -> Value {
    let pull = &project.pulls[&car.pull];
    let request = super::merge_request(state, project, pull, false);
    let kept = [
        "id",
        "iid",
        "project_id",
        "title",
        "description",
        "state",
        "created_at",
        "updated_at",
        "web_url",
    ];
    let request: serde_json::Map<String, Value> = kept
        .iter()
        .map(|key| ((*key).to_owned(), request[*key].clone()))
        .collect();
    let known = project.pipelines.iter().find(|p| p.id == car.pipeline);
    json!({
        "id": car.id,
        "merge_request": request,
        "user": user(state, car.user),
        "pipeline": known.map(|p| pipeline(state, project, p)),
        "created_at": car.at,
        "updated_at": car.at,
        "target_branch": car.target,
        "status": car.status,
        "merged_at": null,
        "duration": null,
    })
}
