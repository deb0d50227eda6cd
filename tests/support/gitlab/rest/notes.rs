//! Notes of merge requests and issues, and emoji reactions to them.

use serde_json::{Value, json};

use super::super::auth::{AccessLevel, forbidden, not_found, readable, signed_in};
use super::super::quick_actions::{Outcome, Target};
use super::super::shape;
use super::super::state::{Comment, Reaction, State};
use super::super::wire::{Answer, Call, Reply, error, filtered, number, paged};
use super::merge_requests;

#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub id: &'a str,
    pub iid: &'a str,
    pub of_issue: bool,
}

/// Where notes go to, if the caller may see it.
fn find(state: &State, call: &Call, place: Place) -> Result<Target, Reply> {
    signed_in(call)?;
    if !place.of_issue {
        let found = merge_requests::find(state, call, place.id, place.iid);
        let (project, pull) = found.map_err(|reply| match reply.body {
            super::super::wire::Body::Json(ref body) if body["message"] == "404 Not found" => {
                not_found("Merge Request")
            }
            _ => reply,
        })?;
        return Ok(Target {
            project: project.id,
            number: pull.number,
            is_issue: false,
        });
    }
    let project = readable(state, call, place.id)?;
    let number = number("issue_iid", place.iid)?;
    match project.issues.contains_key(&number) {
        true => Ok(Target {
            project: project.id,
            number,
            is_issue: true,
        }),
        false => Err(not_found("Issue")),
    }
}

fn note<'a>(state: &'a State, at: Target, id: &str) -> Result<&'a Comment, Reply> {
    let id = number("note_id", id)?;
    let note = state.repos[&at.project].comments.get(&id);
    let note = note.filter(|n| n.number == at.number && n.of_issue == at.is_issue && !n.hidden);
    note.ok_or_else(|| not_found("Note"))
}

/// Notes that the caller may not see are removed after the page was cut.
/// <https://docs.gitlab.com/api/notes/#list-all-merge-request-notes>
pub fn list(state: &State, call: &Call, place: Place) -> Answer {
    let at = find(state, call, place)?;
    let project = &state.repos[&at.project];
    let filter = call.param("activity_filter");
    let mut all: Vec<&Comment> = project
        .comments
        .values()
        .filter(|n| n.number == at.number && n.of_issue == at.is_issue)
        // A reference is a system note in GitLab's database; the text decides only afterwards.
        .filter(|n| match filter {
            Some("only_comments") => !n.system || n.hidden,
            Some("only_activity") => n.system || n.hidden,
            _ => true,
        })
        .collect();
    match call.param("order_by") {
        Some("updated_at") => all.sort_by_key(|n| (n.updated.clone(), n.id)),
        _ => all.sort_by_key(|n| (n.created.clone(), n.id)),
    }
    if call.param("sort") != Some("asc") {
        all.reverse();
    }
    let hidden: Vec<u64> = all.iter().filter(|n| n.hidden).map(|n| n.id).collect();
    let all = all
        .into_iter()
        .map(|n| shape::note(state, project, n))
        .collect();
    let visible = |note: &Value| note["id"].as_u64().is_none_or(|id| !hidden.contains(&id));
    filtered(call, all, visible)
}

/// <https://docs.gitlab.com/api/notes/#retrieve-a-merge-request-note>
pub fn one(state: &State, call: &Call, place: Place, id: &str) -> Answer {
    let at = find(state, call, place)?;
    let note = note(state, at, id)?;
    Reply::ok(shape::note(state, &state.repos[&at.project], note))
}

/// Characters of a note. <https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics>
const NOTE_CHARACTERS: usize = 1_000_000;

fn check(body: &str) -> Result<(), Reply> {
    if body.trim().is_empty() {
        return Err(error(400, "Note {:note=>[\"can't be blank\"]}"));
    }
    if body.chars().count() > NOTE_CHARACTERS {
        let text = "Note {:note=>[\"is too long (maximum is 1000000 characters)\"]}";
        return Err(error(400, text));
    }
    Ok(())
}

/// A note of commands alone creates nothing. <https://docs.gitlab.com/api/notes/#create-a-merge-request-note>
fn commands_only(outcome: &Outcome) -> Option<Answer> {
    if !outcome.found || !outcome.rest.trim().is_empty() {
        return None;
    }
    Some(match outcome.errors.is_empty() {
        true => Ok(Reply::json(
            202,
            json!({"commands_changes": outcome.changes, "summary": outcome.summary}),
        )),
        false => Err(error(400, &outcome.errors.join(", "))),
    })
}

pub fn create(state: &mut State, call: &Call, place: Place) -> Answer {
    let at = find(state, call, place)?;
    let body = call.required("body")?;
    let user = signed_in(call)?;
    check(&body)?;
    let outcome = state.run_commands(at, user, &body);
    if let Some(answer) = commands_only(&outcome) {
        return answer;
    }
    let body = if outcome.found { &outcome.rest } else { &body };
    let note = state.add_note(at.project, at.number, at.is_issue, user, body);
    let mut all = shape::note(state, &state.repos[&at.project], &note);
    all["commands_changes"] = outcome.changes;
    Reply::created(all)
}

/// The author and maintainers; a change to commands alone deletes the note.
/// <https://docs.gitlab.com/api/notes/#update-a-merge-request-note>
pub fn update(state: &mut State, call: &Call, place: Place, id: &str) -> Answer {
    let at = find(state, call, place)?;
    let user = signed_in(call)?;
    let (note, author) = note(state, at, id).map(|n| (n.id, n.user))?;
    administers(state, at, user, author)?;
    let body = call.required("body")?;
    check(&body)?;
    let outcome = state.run_commands(at, user, &body);
    if let Some(answer) = commands_only(&outcome) {
        state.repo_mut(at.project).comments.remove(&note);
        return answer;
    }
    let updated = state.now();
    let known = state
        .repo_mut(at.project)
        .comments
        .get_mut(&note)
        .expect("it was found");
    known.body = if outcome.found { outcome.rest } else { body };
    known.updated = updated;
    let project = &state.repos[&at.project];
    Reply::ok(shape::note(state, project, &project.comments[&note]))
}

fn administers(state: &State, at: Target, user: u64, author: u64) -> Result<(), Reply> {
    let level = state.level(&state.repos[&at.project], user);
    match user == author || level >= AccessLevel::Maintainer as i64 {
        true => Ok(()),
        false => Err(forbidden()),
    }
}

/// <https://docs.gitlab.com/api/notes/#delete-a-merge-request-note>
pub fn delete(state: &mut State, call: &Call, place: Place, id: &str) -> Answer {
    let at = find(state, call, place)?;
    let user = signed_in(call)?;
    let (note, author) = note(state, at, id).map(|n| (n.id, n.user))?;
    administers(state, at, user, author)?;
    state.repo_mut(at.project).comments.remove(&note);
    Reply::empty()
}

/// <https://docs.gitlab.com/api/emoji_reactions/#list-all-emoji-reactions-for-a-comment>
pub fn awards(state: &State, call: &Call, place: Place, id: &str) -> Answer {
    let at = find(state, call, place)?;
    let note = note(state, at, id)?;
    paged(
        call,
        note.reactions
            .iter()
            .map(|a| shape::award(state, note.id, a))
            .collect(),
    )
}

/// A second reaction of the same name is an error. <https://docs.gitlab.com/api/emoji_reactions/#create-an-emoji-reaction-on-a-comment>
pub fn award(state: &mut State, call: &Call, place: Place, id: &str) -> Answer {
    let at = find(state, call, place)?;
    let user = signed_in(call)?;
    let note = note(state, at, id)?.clone();
    let name = call.required("name")?;
    if name.is_empty()
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    {
        return Err(error(
            404,
            "404 Reaction Emoji Name is not a valid emoji name Not Found",
        ));
    }
    if note
        .reactions
        .iter()
        .any(|a| a.user == user && a.content == name)
    {
        return Err(error(
            404,
            "404 Reaction Emoji Name has already been taken Not Found",
        ));
    }
    let award = Reaction {
        id: state.id(),
        user,
        content: name,
        at: state.now(),
    };
    let answer = shape::award(state, note.id, &award);
    let notes = &mut state.repo_mut(at.project).comments;
    notes
        .get_mut(&note.id)
        .expect("it was found")
        .reactions
        .push(award);
    Reply::created(answer)
}

/// <https://docs.gitlab.com/api/emoji_reactions/#delete-an-emoji-reaction-from-a-comment>
pub fn remove_award(state: &mut State, call: &Call, place: Place, id: &str, award: &str) -> Answer {
    let at = find(state, call, place)?;
    let user = signed_in(call)?;
    let note = note(state, at, id)?.id;
    let award = number("award_id", award)?;
    let notes = &mut state.repo_mut(at.project).comments;
    let awards = &mut notes.get_mut(&note).expect("it was found").reactions;
    let known = awards
        .iter()
        .position(|a| a.id == award)
        .ok_or_else(|| not_found("Reaction Emoji"))?;
    if awards[known].user != user {
        return Err(forbidden());
    }
    awards.remove(known);
    Reply::empty()
}
