//! The project itself: members, events, protected branches.

use serde_json::Value;

use super::super::auth::{code, not_found, readable, signed_in};
use super::super::shape;
use super::super::state::{Member, State};
use super::super::wire::{Answer, Call, Page, Reply, number, paged};

/// <https://docs.gitlab.com/api/projects/#retrieve-a-project>
pub fn one(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    let level = call
        .who
        .as_ref()
        .map_or(0, |token| state.level(project, token.user));
    Reply::ok(shape::project(state, project, level))
}

/// <https://docs.gitlab.com/api/project_members/#retrieve-a-project-member-including-inherited-and-invited-members>
pub fn member(state: &State, call: &Call, id: &str, user: &str) -> Answer {
    let project = readable(state, call, id)?;
    signed_in(call)?;
    let user = number("user_id", user)?;
    let known = state.users.contains_key(&user) && !state.gone.contains(&user);
    let level = if known { state.level(project, user) } else { 0 };
    if level == 0 {
        return Err(not_found(""));
    }
    let direct = project.members.get(&user).cloned();
    let member = direct.unwrap_or_else(|| Member {
        level,
        created: project.created.clone(),
    });
    Reply::ok(shape::member(state, user, &member))
}

/// Newest first; `before` and `after` are days, neither included.
/// <https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project>
pub fn events(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    signed_in(call)?;
    let day = |name| call.param(name).map(str::to_owned);
    let (before, after, action) = (day("before"), day("after"), call.param("action"));
    let fits = |e: &&super::super::state::Event| {
        let on = &e.at[..10];
        // `pushed` stands for new, moved and deleted branches.
        let right_action = action.is_none_or(|action| action == "pushed" && e.push.is_some());
        right_action
            && before.as_deref().is_none_or(|before| on < before)
            && after.as_deref().is_none_or(|after| on > after)
    };
    let mut found: Vec<_> = project.events.iter().filter(fits).collect();
    if call.param("sort") != Some("asc") {
        found.reverse();
    }
    // A test can have thousands of them: the ones of other pages get no shape.
    let page = Page::new(call);
    let first = (page.number - 1) * page.size;
    let shown = first..first + page.size;
    let shape = |(at, e)| match shown.contains(&at) {
        true => shape::event(state, project, e),
        false => Value::Null,
    };
    paged(call, found.into_iter().enumerate().map(shape).collect())
}

/// For whoever may read the code. <https://docs.gitlab.com/api/protected_branches/#list-protected-branches>
pub fn protected_branches(state: &State, call: &Call, id: &str) -> Answer {
    let project = code(state, call, id)?;
    let search = call.param("search").unwrap_or_default();
    let all = project
        .protections
        .iter()
        .filter(|(name, _)| name.contains(search));
    paged(
        call,
        all.map(|(name, p)| shape::protected_branch(name, p))
            .collect(),
    )
}

/// By exact name or wildcard; a branch that only a wildcard covers is not found here.
/// <https://docs.gitlab.com/api/protected_branches/#retrieve-a-protected-branch-or-wildcard-protected-branch>
pub fn protected_branch(state: &State, call: &Call, id: &str, name: &str) -> Answer {
    let project = code(state, call, id)?;
    let protection = project.protections.get(name).ok_or_else(|| not_found(""))?;
    Reply::ok(shape::protected_branch(name, protection))
}
