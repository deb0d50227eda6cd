//! Reactions to comments.

use super::super::auth::{Permission, forbidden, not_found, writer};
use super::super::shape;
use super::super::state::{Comment, Reaction, State};
use super::super::wire::{Answer, Call, Reply, paged};
use super::comments::find;
use super::{Named, number};

const KNOWN: &[&str] = &[
    "+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes",
];
const SCOPES: &[&str] = &["issues", "pull-requests"];

pub fn list(state: &State, call: &Call, named: Named, id: &str) -> Answer {
    let (repo, comment) = find(state, call, named, id)?;
    let wanted = call.param("content");
    let shown = comment
        .reactions
        .iter()
        .filter(|r| wanted.is_none_or(|w| w == r.content));
    let all = shown
        .map(|r| shape::reaction(state, &call.base, r))
        .collect();
    paged(call, Some(repo.id), all)
}

/// 201 for a new reaction, 200 with the existing one of the same user.
pub fn create(state: &mut State, call: &Call, named: Named, id: &str) -> Answer {
    let (repo, comment) = find(state, call, named, id)?;
    let user = writer(state, call, repo, SCOPES, Permission::Read)?;
    let json = call.json()?;
    let Some(content) = json["content"].as_str().filter(|c| KNOWN.contains(c)) else {
        let message = "content is not included in the list";
        return Err(Reply::invalid("Reaction", "content", "invalid", message));
    };
    let same = |r: &&Reaction| r.user == user && r.content == content;
    if let Some(known) = comment.reactions.iter().find(same) {
        return Reply::ok(shape::reaction(state, &call.base, known));
    }
    let (repo, id) = (repo.id, comment.id);
    let (new, at) = (state.id(), state.now());
    let reaction = Reaction {
        id: new,
        user,
        content: content.to_owned(),
        at,
    };
    comment_mut(state, repo, id)?
        .reactions
        .push(reaction.clone());
    Reply::created(shape::reaction(state, &call.base, &reaction))
}

pub fn delete(state: &mut State, call: &Call, named: Named, id: &str, which: &str) -> Answer {
    let (repo, comment) = find(state, call, named, id)?;
    let user = writer(state, call, repo, SCOPES, Permission::Read)?;
    let which = number(which)?;
    let reaction = comment
        .reactions
        .iter()
        .find(|r| r.id == which)
        .ok_or_else(not_found)?;
    if reaction.user != user {
        return Err(forbidden("You can only delete your own reactions."));
    }
    let (repo, id) = (repo.id, comment.id);
    comment_mut(state, repo, id)?
        .reactions
        .retain(|r| r.id != which);
    Reply::empty()
}

fn comment_mut(state: &mut State, repo: u64, comment: u64) -> Result<&mut Comment, Reply> {
    let repo = state.repos.get_mut(&repo).ok_or_else(not_found)?;
    repo.comments.get_mut(&comment).ok_or_else(not_found)
}
