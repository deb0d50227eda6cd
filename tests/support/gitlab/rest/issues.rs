//! Issues. Quick actions in a description run as its author.

use super::super::auth::{AccessLevel, forbidden, not_found, readable, signed_in};
use super::super::quick_actions::Target;
use super::super::shape;
use super::super::state::{Issue, State};
use super::super::wire::{Answer, Call, Reply, number, paged};

/// <https://docs.gitlab.com/api/issues/#list-all-project-issues>
pub fn list(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    signed_in(call)?;
    let fits = |i: &&Issue| {
        let now = if i.open { "opened" } else { "closed" };
        call.param("state")
            .is_none_or(|wanted| wanted == now || wanted == "all")
            && call
                .param("author_id")
                .is_none_or(|id| id == i.author.to_string())
            && call
                .param("search")
                .is_none_or(|text| i.title.contains(text) || i.body.contains(text))
    };
    let mut all: Vec<_> = project.issues.values().filter(fits).collect();
    all.sort_by_key(|issue| issue.number);
    if call.param("sort") != Some("asc") {
        all.reverse();
    }
    paged(
        call,
        all.into_iter()
            .map(|i| shape::issue(state, project, i))
            .collect(),
    )
}

/// <https://docs.gitlab.com/api/issues/#retrieve-a-project-issue>
pub fn one(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let project = readable(state, call, id)?;
    let iid = number("issue_iid", iid)?;
    let issue = project.issues.get(&iid).ok_or_else(|| not_found(""))?;
    Reply::ok(shape::issue(state, project, issue))
}

/// <https://docs.gitlab.com/api/issues/#create-an-issue>
pub fn create(state: &mut State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?.id;
    let user = signed_in(call)?;
    let title = call.required("title")?;
    let body = call.text("description").unwrap_or_default();
    let number = state.add_issue(project, user, &title, "").number;
    describe(
        state,
        Target {
            project,
            number,
            is_issue: true,
        },
        user,
        &body,
    );
    let data = &state.repos[&project];
    Reply::created(shape::issue(state, data, &data.issues[&number]))
}

fn describe(state: &mut State, at: Target, user: u64, body: &str) {
    let outcome = state.run_commands(at, user, body);
    let text = if outcome.found {
        outcome.rest
    } else {
        body.to_owned()
    };
    let issues = &mut state.repo_mut(at.project).issues;
    issues.get_mut(&at.number).expect("it exists").body = text;
}

/// <https://docs.gitlab.com/api/issues/#update-an-issue>
pub fn update(state: &mut State, call: &Call, id: &str, iid: &str) -> Answer {
    let project = readable(state, call, id)?;
    let user = signed_in(call)?;
    let number = number("issue_iid", iid)?;
    let issue = project
        .issues
        .get(&number)
        .ok_or_else(|| not_found("Issue"))?;
    let level = state.level(project, user);
    if issue.author != user && level < AccessLevel::Planner as i64 {
        return Err(forbidden());
    }
    let project = project.id;
    let at = state.now();
    if let Some(title) = call.text("title") {
        state
            .repo_mut(project)
            .issues
            .get_mut(&number)
            .expect("it was found")
            .title = title;
    }
    if let Some(body) = call.text("description") {
        describe(
            state,
            Target {
                project,
                number,
                is_issue: true,
            },
            user,
            &body,
        );
    }
    match call.text("state_event").as_deref() {
        Some("close") => state.set_issue(project, number, Some((user, at.clone()))),
        Some("reopen") => state.set_issue(project, number, None),
        _ => {}
    }
    let issues = &mut state.repo_mut(project).issues;
    issues.get_mut(&number).expect("it was found").updated = at;
    let data = &state.repos[&project];
    Reply::ok(shape::issue(state, data, &data.issues[&number]))
}
