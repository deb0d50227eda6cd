//! The repository's record of branch moves.

use serde_json::Value;

use super::super::auth::readable;
use super::super::shape;
use super::super::state::State;
use super::super::wire::{Answer, Call, Reply, escape};
use super::Named;

/// Newest first. Paged by a cursor that only the answer's links contain.
pub fn list(state: &State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let wanted = call.param("ref");
    let wanted = wanted.map(|wanted| wanted.strip_prefix("refs/heads/").unwrap_or(wanted));
    let found = repo.activities.iter().rev();
    let found: Vec<_> = found
        .filter(|it| wanted.is_none_or(|branch| branch == it.branch))
        .collect();
    let size = call.param("per_page").and_then(|size| size.parse().ok());
    let size: usize = size.unwrap_or(30).clamp(1, 100);
    let from = match call.param("after") {
        Some(cursor) => {
            let known = found.iter().position(|it| cursor_of(it.id) == cursor);
            known.ok_or_else(|| Reply::error(422, "Invalid cursor"))? + 1
        }
        None => 0,
    };
    let page: Vec<_> = found.iter().skip(from).take(size).collect();
    let last = page.last().filter(|_| from + page.len() < found.len());
    let next = last.map(|last| {
        let kept: String = call
            .query
            .iter()
            .filter(|(key, _)| key != "after")
            .map(|(key, value)| format!("{key}={}&", escape(value)))
            .collect();
        let cursor = escape(&cursor_of(last.id));
        format!(
            "<{}/repositories/{}/activity?{kept}after={cursor}>; rel=\"next\"",
            call.base, repo.id
        )
    });
    let shown = page
        .into_iter()
        .map(|it| shape::activity(state, &call.base, it));
    let reply = Reply::json(200, Value::Array(shown.collect()));
    Ok(match next {
        Some(next) => reply.header("link", next),
        None => reply,
    })
}

fn cursor_of(id: u64) -> String {
    shape::node_id("cursor:", id)
}
