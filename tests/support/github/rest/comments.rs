//! Comments on issues and pull requests.

use super::super::auth::{Permission, forbidden, not_found, readable, writer};
use super::super::shape;
use super::super::state::{Comment, RepoData, State};
use super::super::wire::{Answer, Call, Reply, paged};
use super::{Named, number};

const SCOPES: &[&str] = &["issues", "pull-requests"];

pub fn find<'a>(
    state: &'a State,
    call: &Call,
    (owner, name): Named,
    id: &str,
) -> Result<(&'a RepoData, &'a Comment), Reply> {
    let repo = readable(state, call, owner, name)?;
    let comment = repo.comments.get(&number(id)?).ok_or_else(not_found)?;
    Ok((repo, comment))
}

/// Oldest first.
pub fn list(state: &State, call: &Call, (owner, name): Named, n: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let n = number(n)?;
    if !repo.has_number(n) {
        return Err(not_found());
    }
    let of_this = repo.comments.values().filter(|c| c.number == n);
    let recent = of_this.filter(|c| call.param("since").is_none_or(|s| c.updated.as_str() >= s));
    let all = recent
        .map(|c| shape::comment(state, &call.base, repo, c))
        .collect();
    paged(call, Some(repo.id), all)
}

pub fn one(state: &State, call: &Call, named: Named, id: &str) -> Answer {
    let (repo, comment) = find(state, call, named, id)?;
    Reply::ok(shape::comment(state, &call.base, repo, comment))
}

pub fn create(state: &mut State, call: &Call, (owner, name): Named, n: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let n = number(n)?;
    if !repo.has_number(n) {
        return Err(not_found());
    }
    let user = writer(state, call, repo, SCOPES, Permission::Read)?;
    let body = body(state, call)?;
    let id = repo.id;
    let comment = state.add_comment(id, n, user, &body);
    Reply::created(shape::comment(
        state,
        &call.base,
        &state.repos[&id],
        &comment,
    ))
}

pub fn update(state: &mut State, call: &Call, named: Named, id: &str) -> Answer {
    let (repo, comment) = find(state, call, named, id)?;
    editor(state, call, repo, comment)?;
    let (repo, id) = (repo.id, comment.id);
    let body = body(state, call)?;
    let at = state.now();
    let known = state
        .repos
        .get_mut(&repo)
        .and_then(|r| r.comments.get_mut(&id));
    let known = known.ok_or_else(not_found)?;
    // Saving the same text does not count as an edit.
    if known.body != body {
        known.body = body;
        known.updated = at;
        known.editor = call.who.as_ref().map(|token| token.user);
    }
    let repo = &state.repos[&repo];
    Reply::ok(shape::comment(state, &call.base, repo, &repo.comments[&id]))
}

pub fn delete(state: &mut State, call: &Call, named: Named, id: &str) -> Answer {
    let (repo, comment) = find(state, call, named, id)?;
    editor(state, call, repo, comment)?;
    let (repo, id) = (repo.id, comment.id);
    state
        .repos
        .get_mut(&repo)
        .ok_or_else(not_found)?
        .comments
        .remove(&id);
    Reply::empty()
}

/// Users may edit their own comments; writers may edit all. A job's token counts as a writer.
fn editor(state: &State, call: &Call, repo: &RepoData, comment: &Comment) -> Result<(), Reply> {
    let user = writer(state, call, repo, SCOPES, Permission::Read)?;
    let installation = call.who.as_ref().is_some_and(|token| token.installation);
    let may =
        user == comment.user || installation || state.permission(repo, user) >= Permission::Write;
    if may {
        Ok(())
    } else {
        Err(forbidden("Must have admin rights to Repository."))
    }
}

fn body(state: &State, call: &Call) -> Result<String, Reply> {
    let json = call.json()?;
    let Some(body) = json["body"].as_str().filter(|body| !body.trim().is_empty()) else {
        return Err(Reply::invalid(
            "IssueComment",
            "body",
            "missing_field",
            "body can't be blank",
        ));
    };
    let most = state.limits.body_chars;
    if body.chars().count() > most {
        let message = format!("body is too long (maximum is {most} characters)");
        return Err(Reply::invalid(
            "IssueComment",
            "body",
            "unprocessable",
            &message,
        ));
    }
    Ok(body.to_owned())
}
