//! Commit statuses.

use super::super::auth::{AccessLevel, code, forbidden, member, not_found, readable, signed_in};
use super::super::shape;
use super::super::state::{State, Status};
use super::super::wire::{Answer, Call, Reply, error, paged};

/// `ref` defaults to the default branch; without `all` only the newest of each name.
/// <https://docs.gitlab.com/api/commits/#list-the-statuses-of-a-commit>
pub fn list(state: &State, call: &Call, id: &str, sha: &str) -> Answer {
    let project = code(state, call, id)?;
    signed_in(call)?;
    let commit = state
        .resolve(project, sha)
        .ok_or_else(|| not_found("Commit"))?;
    let reference = call
        .param("ref")
        .filter(|r| !r.is_empty())
        .unwrap_or(&project.default_branch);
    let is = |name: &str, value: &str| call.param(name).is_none_or(|wanted| wanted == value);
    let mut all: Vec<&Status> = project
        .statuses
        .iter()
        .filter(|s| s.sha == commit.sha && s.reference == reference)
        .filter(|s| is("name", &s.context) && is("pipeline_id", &s.pipeline.to_string()))
        .collect();
    if !call.flag("all") {
        let newest = |s: &&Status| {
            let mut others = all.iter();
            others.all(|o| o.context != s.context || o.pipeline != s.pipeline || o.id <= s.id)
        };
        all = all.iter().filter(|s| newest(s)).copied().collect();
    }
    match call.param("order_by") {
        Some("pipeline_id") => all.sort_by_key(|s| (s.pipeline, s.id)),
        _ => all.sort_by_key(|s| s.id),
    }
    if call.param("sort") == Some("desc") {
        all.reverse();
    }
    paged(
        call,
        all.into_iter().map(|s| shape::status(state, s)).collect(),
    )
}

/// Without a fitting pipeline this creates one whose source is `external`.
/// <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>
pub fn create(state: &mut State, call: &Call, id: &str, sha: &str) -> Answer {
    let project = readable(state, call, id)?;
    let user = member(state, call, project, AccessLevel::Developer)?;
    let wanted = call.required("state")?;
    let states = [
        "pending", "running", "success", "failed", "canceled", "skipped",
    ];
    if !states.contains(&wanted.as_str()) {
        return Err(Reply::json(
            400,
            serde_json::json!({"error": "state does not have a valid value"}),
        ));
    }
    for name in ["description", "target_url"] {
        if call
            .text(name)
            .is_some_and(|text| text.chars().count() > 255)
        {
            let text = format!("{{\"{name}\":[\"is too long (maximum is 255 characters)\"]}}");
            return Err(error(400, &text));
        }
    }
    let project = project.id;
    if state.colliding_statuses > 0 {
        state.colliding_statuses -= 1;
        return Err(error(
            409,
            "Another update to this commit status is in progress",
        ));
    }
    let commit = state
        .resolve(&state.repos[&project], sha)
        .filter(|c| c.sha == sha);
    let sha = commit.ok_or_else(|| not_found("Commit"))?.sha.clone();
    let given = call.text("ref");
    let number = match call.text("pipeline_id") {
        Some(text) => Some(super::super::wire::number("pipeline_id", &text)?),
        None => None,
    };
    let fitting = state.fitting_pipeline(project, &sha, given.as_deref(), number);
    let of_pipeline = |id: u64| {
        let pipelines = &state.repos[&project].pipelines;
        pipelines
            .iter()
            .find(|p| p.id == id)
            .map(|p| p.reference.clone())
    };
    let reference = given
        .or_else(|| fitting.and_then(of_pipeline))
        .or_else(|| state.branch_of(project, &sha));
    let reference = reference.ok_or_else(|| not_found("References for commit"))?;
    if number.is_some() && fitting.is_none() {
        return Err(not_found("Pipeline for pipeline_id, sha and ref"));
    }
    // Whoever may not push to a protected branch may not change its pipelines.
    let level = state.level(&state.repos[&project], user);
    if state
        .protection(project, &reference)
        .is_some_and(|p| !updates(p, level))
    {
        return Err(forbidden());
    }
    let pipeline = match fitting {
        Some(known) => known,
        None => {
            state
                .add_pipeline(project, &sha, &reference, "external", user)
                .id
        }
    };
    let name = call.text("name").or_else(|| call.text("context"));
    let name = name.unwrap_or_else(|| "default".to_owned());
    let at = state.now();
    let fresh = Status {
        id: state.id(),
        sha,
        reference,
        pipeline,
        state: "created".to_owned(),
        context: name,
        description: None,
        target_url: None,
        creator: user,
        at: at.clone(),
        started: None,
        finished: None,
    };
    let all = &mut state.repo_mut(project).statuses;
    // Only an unfinished status of the same user is changed.
    let known = all.iter_mut().find(|s| {
        let unfinished = s.state == "pending" || s.state == "running";
        let same = s.context == fresh.context && s.reference == fresh.reference;
        unfinished && same && s.pipeline == pipeline && s.creator == user
    });
    let mut status = known.as_deref().cloned().unwrap_or(fresh);
    advance(&mut status, &wanted, at)?;
    status.description = call.text("description").or(status.description);
    status.target_url = call.text("target_url").or(status.target_url);
    match known {
        Some(known) => *known = status.clone(),
        None => all.push(status.clone()),
    }
    Reply::created(shape::status(state, &status))
}

fn updates(protection: &super::super::state::Protection, level: i64) -> bool {
    use super::super::state::PushLevel;
    let pushes =
        |push: &PushLevel| matches!(push, PushLevel::Role(role) if *role > 0 && level >= *role);
    protection.push.iter().any(pushes) || level >= protection.merge
}

/// An unfinished status cannot enter the state that it has.
fn advance(status: &mut Status, wanted: &str, at: String) -> Result<(), Reply> {
    let event = match wanted {
        "pending" => "enqueue",
        "running" => "run",
        _ => "",
    };
    let backwards = wanted == status.state || (wanted == "pending" && status.state == "running");
    if !event.is_empty() && backwards {
        let text = format!(
            "Cannot transition status via :{event} from :{} (Reason(s): Status cannot transition via \"{event}\")",
            status.state
        );
        return Err(error(400, &text));
    }
    match wanted {
        "pending" => {}
        "running" => status.started = Some(at),
        _ => {
            status.started.get_or_insert(at.clone());
            status.finished = Some(at);
        }
    }
    wanted.clone_into(&mut status.state);
    Ok(())
}
