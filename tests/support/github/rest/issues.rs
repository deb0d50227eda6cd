//! Issues. Every pull request is an issue too.

use serde_json::Value;

use super::super::auth::{Permission, forbidden, not_found, readable, writer};
use super::super::shape;
use super::super::state::{Issue, State};
use super::super::wire::{Answer, Call, Reply, paged};
use super::{Named, number};

const SCOPES: &[&str] = &["issues"];

pub fn one(state: &State, call: &Call, (owner, name): Named, n: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let n = number(n)?;
    if let Some(pull) = repo.pulls.get(&n) {
        return Reply::ok(shape::issue_of_pull(state, &call.base, repo, pull));
    }
    let issue = repo.issues.get(&n).ok_or_else(not_found)?;
    Reply::ok(shape::issue(state, &call.base, repo, issue))
}

/// Newest first unless asked otherwise, pull requests among them.
pub fn list(state: &State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let issues = repo
        .issues
        .values()
        .map(|issue| (issue.number, shape::issue(state, &call.base, repo, issue)));
    let pulls = repo.pulls.values().map(|pull| {
        (
            pull.number,
            shape::issue_of_pull(state, &call.base, repo, pull),
        )
    });
    let wanted = call.param("state").unwrap_or("open");
    let creator = call.param("creator");
    let mut all: Vec<(u64, Value)> = issues
        .chain(pulls)
        .filter(|(_, it)| wanted == "all" || it["state"] == wanted)
        .filter(|(_, it)| creator.is_none_or(|login| it["user"]["login"] == login))
        .collect();
    all.sort_by_key(|(number, _)| *number);
    if call.param("direction") != Some("asc") {
        all.reverse();
    }
    let all = all.into_iter().map(|(_, it)| it).collect();
    paged(call, Some(repo.id), all)
}

pub fn create(state: &mut State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let author = writer(state, call, repo, SCOPES, Permission::Read)?;
    let json = call.json()?;
    let Some(title) = json["title"]
        .as_str()
        .filter(|title| !title.trim().is_empty())
    else {
        let message = "title can't be blank";
        return Err(Reply::invalid("Issue", "title", "missing_field", message));
    };
    let body = json["body"].as_str().unwrap_or_default();
    within(state, body)?;
    let repo = repo.id;
    let issue = state.add_issue(repo, author, title, body);
    Reply::created(shape::issue(state, &call.base, &state.repos[&repo], &issue))
}

/// Users may edit their own issues; users with triage permission may edit all. A job's token counts as one.
pub fn update(state: &mut State, call: &Call, (owner, name): Named, n: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let n = number(n)?;
    let issue = repo.issues.get(&n).ok_or_else(not_found)?;
    let user = writer(state, call, repo, SCOPES, Permission::Read)?;
    let installation = call.who.as_ref().is_some_and(|token| token.installation);
    let may =
        user == issue.author || installation || state.permission(repo, user) >= Permission::Triage;
    if !may {
        return Err(forbidden("Must have admin rights to Repository."));
    }
    let json = call.json()?;
    if let Some(body) = json["body"].as_str() {
        within(state, body)?;
    }
    let (repo, at) = (repo.id, state.now());
    let data = state.repos.get_mut(&repo).ok_or_else(not_found)?;
    let known = data.issues.get_mut(&n).ok_or_else(not_found)?;
    change(known, &json, &at)?;
    let data = &state.repos[&repo];
    Reply::ok(shape::issue(state, &call.base, data, &data.issues[&n]))
}

fn change(known: &mut Issue, json: &Value, at: &str) -> Result<(), Reply> {
    let invalid = |field| Reply::invalid("Issue", field, "invalid", "not included in the list");
    match json["state"].as_str() {
        None if json["state"].is_null() => {}
        Some("closed") => {
            let reason = json["state_reason"].as_str().unwrap_or("completed");
            if !matches!(reason, "completed" | "not_planned" | "duplicate") {
                return Err(invalid("state_reason"));
            }
            known.open = false;
            known.closed = Some(at.to_owned());
            known.state_reason = Some(reason.to_owned());
        }
        Some("open") => {
            known.open = true;
            known.closed = None;
            known.state_reason = Some("reopened".to_owned());
        }
        _ => return Err(invalid("state")),
    }
    for (field, text) in [("title", &mut known.title), ("body", &mut known.body)] {
        if let Some(new) = json[field].as_str() {
            new.clone_into(text);
        }
    }
    at.clone_into(&mut known.updated);
    Ok(())
}

fn within(state: &State, body: &str) -> Result<(), Reply> {
    let most = state.limits.body_chars;
    if body.chars().count() <= most {
        return Ok(());
    }
    let message = format!("body is too long (maximum is {most} characters)");
    Err(Reply::invalid("Issue", "body", "custom", &message))
}
