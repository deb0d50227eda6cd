//! Commit statuses.

use serde_json::{Value, json};

use super::super::auth::{Permission, readable, writer};
use super::super::shape;
use super::super::state::{RepoData, State, Status};
use super::super::wire::{Answer, Call, Reply, paged};
use super::Named;
use super::pulls::no_commit;

const STATES: &[&str] = &["error", "failure", "pending", "success"];

pub fn create(state: &mut State, call: &Call, (owner, name): Named, sha: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let creator = writer(state, call, repo, &["statuses"], Permission::Write)?;
    let known = state
        .objects
        .commit(sha)
        .filter(|c| c.network == repo.network);
    let sha = known.ok_or_else(|| no_commit(sha))?.sha.clone();
    let json = call.json()?;
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let Some(to) = text("state").filter(|s| STATES.contains(&s.as_str())) else {
        let message = "state is not included in the list";
        return Err(Reply::invalid("Status", "state", "custom", message));
    };
    let description = text("description");
    if description
        .as_ref()
        .is_some_and(|d| d.chars().count() > 140)
    {
        let message = "description is too long (maximum is 140 characters)";
        return Err(Reply::invalid("Status", "description", "custom", message));
    }
    let context = text("context").unwrap_or_else(|| "default".to_owned());
    let same = repo
        .statuses
        .iter()
        .filter(|s| s.sha == sha && s.context == context)
        .count();
    if same >= 1000 {
        let message = "This SHA and context has reached the maximum number of statuses.";
        return Err(Reply::invalid("Status", "base", "custom", message));
    }
    let repo = repo.id;
    let status = Status {
        id: state.id(),
        sha,
        state: to,
        context,
        description,
        target_url: text("target_url"),
        creator,
        at: state.now(),
    };
    if let Some(repo) = state.repos.get_mut(&repo) {
        repo.statuses.push(status.clone());
    }
    Reply::created(shape::status(
        state,
        &call.base,
        &state.repos[&repo],
        &status,
    ))
}

/// Newest first.
pub fn list(state: &State, call: &Call, (owner, name): Named, reference: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let sha = &state
        .resolve(repo, reference)
        .ok_or_else(|| no_commit(reference))?
        .sha;
    let of_this = repo.statuses.iter().rev().filter(|s| s.sha == *sha);
    let all = of_this
        .map(|s| shape::status(state, &call.base, repo, s))
        .collect();
    paged(call, Some(repo.id), all)
}

/// The newest status of each context.
pub fn latest<'a>(repo: &'a RepoData, sha: &str) -> Vec<&'a Status> {
    let mut found: Vec<&Status> = Vec::new();
    for status in repo.statuses.iter().rev().filter(|s| s.sha == sha) {
        if found.iter().all(|known| known.context != status.context) {
            found.push(status);
        }
    }
    found
}

pub fn combined(state: &State, call: &Call, (owner, name): Named, reference: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let sha = &state
        .resolve(repo, reference)
        .ok_or_else(|| no_commit(reference))?
        .sha;
    let found = latest(repo, sha);
    let any = |states: &[&str]| found.iter().any(|s| states.contains(&s.state.as_str()));
    let overall = match () {
        () if any(&["error", "failure"]) => "failure",
        () if found.is_empty() || any(&["pending"]) => "pending",
        () => "success",
    };
    let total = found.len();
    let page = super::super::wire::Page::new(call);
    let link = page.link(call, Some(repo.id), total);
    let all: Vec<Value> = found
        .into_iter()
        .map(|s| shape::status_simple(&call.base, repo, s))
        .collect();
    let url = format!("{}/repos/{}/commits/{sha}", call.base, repo.full_name());
    let reply = Reply::json(
        200,
        json!({
            "state": overall,
            "statuses": page.cut(all),
            "sha": sha,
            "total_count": total,
            "repository": shape::repo_minimal(state, &call.base, repo),
            "commit_url": url,
            "url": format!("{url}/status"),
        }),
    );
    Ok(match link {
        Some(link) => reply.header("link", link),
        None => reply,
    })
}
