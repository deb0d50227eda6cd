//! Workflows and their runs, as far as provisioner reads them.

use serde_json::{Value, json};

use super::super::auth::{not_found, readable};
use super::super::shape::{self, WEB, node_id};
use super::super::state::State;
use super::super::wire::{Answer, Call, Reply};
use super::{Named, number};

/// One page holds all that tests add.
pub fn workflows(state: &State, call: &Call, (owner, repo): Named) -> Answer {
    let repo = readable(state, call, owner, repo)?;
    let name = repo.full_name();
    let list = repo.workflows.iter().enumerate();
    let list = list.map(|(index, (path, state))| {
        let id = 161_335 + index;
        let url = format!("{}/repos/{name}/actions/workflows/{id}", call.base);
        json!({
            "id": id,
            "node_id": node_id("Workflow", id),
            "name": path,
            "path": path,
            "state": state,
            "created_at": repo.created,
            "updated_at": repo.created,
            "url": url,
            "html_url": format!("{WEB}/{name}/blob/main/{path}"),
            "badge_url": format!("{WEB}/{name}/workflows/x/badge.svg"),
        })
    });
    let list: Vec<Value> = list.collect();
    Reply::ok(json!({"total_count": list.len(), "workflows": list}))
}

/// Runs of the default branch that wait; no others exist here.
pub fn runs(state: &State, call: &Call, (owner, repo): Named) -> Answer {
    let repo = readable(state, call, owner, repo)?;
    let name = repo.full_name();
    let branch = &repo.default_branch;
    let is_meant = call.param("status") == Some("waiting") && call.param("branch") == Some(branch);
    let runs = repo.waiting_runs.iter().filter(|_| is_meant);
    let runs = runs.map(|(id, path, _)| {
        let url = format!("{}/repos/{name}/actions/runs/{id}", call.base);
        let about = |what: &str| format!("{url}/{what}");
        json!({
            "id": id,
            "name": path,
            "node_id": node_id("WorkflowRun", id),
            "head_branch": branch,
            "head_sha": repo.branches[branch],
            "path": path,
            "display_title": path,
            "run_number": 1,
            "event": "schedule",
            "status": "waiting",
            "conclusion": null,
            "workflow_id": 161_335,
            "url": url,
            "html_url": format!("{WEB}/{name}/actions/runs/{id}"),
            "pull_requests": [],
            "created_at": repo.created,
            "updated_at": repo.created,
            "run_attempt": 1,
            "run_started_at": repo.created,
            "jobs_url": about("jobs"),
            "logs_url": about("logs"),
            "check_suite_url": about("check-suite"),
            "artifacts_url": about("artifacts"),
            "cancel_url": about("cancel"),
            "rerun_url": about("rerun"),
            "workflow_url": about("workflow"),
            "head_commit": null,
            "repository": shape::repo(state, &call.base, repo),
            "head_repository": shape::repo(state, &call.base, repo),
        })
    });
    let runs: Vec<Value> = runs.collect();
    Reply::ok(json!({"total_count": runs.len(), "workflow_runs": runs}))
}

pub fn pending_deployments(state: &State, call: &Call, (owner, repo): Named, id: &str) -> Answer {
    let repo = readable(state, call, owner, repo)?;
    let id = number(id)?;
    let run = repo.waiting_runs.iter().find(|(known, _, _)| *known == id);
    let (_, _, environments) = run.ok_or_else(not_found)?;
    let pending = environments.iter().map(|name| {
        json!({
            "environment": {
                "id": 56_780,
                "node_id": node_id("Environment", name),
                "name": name,
                "url": format!("{}/repos/{}/environments/{name}", call.base, repo.full_name()),
                "html_url": format!("{WEB}/{}/deployments", repo.full_name()),
            },
            "wait_timer": 0,
            "wait_timer_started_at": null,
            "current_user_can_approve": false,
            "reviewers": [],
        })
    });
    Reply::ok(Value::Array(pending.collect()))
}
