//! Identity, permissions, teams, and the quota.

use serde_json::json;

use super::super::auth::{not_found, person, readable, signed_in};
use super::super::shape;
use super::super::state::State;
use super::super::wire::{Answer, Call, Reply, epoch};
use super::Named;

/// Closed to apps and jobs: only GraphQL's `viewer` has their identity.
pub fn me(state: &State, call: &Call) -> Answer {
    let id = person(call)?;
    Reply::ok(shape::user_full(&call.base, state.user(id)))
}

pub fn user(state: &State, call: &Call, login: &str) -> Answer {
    let user = state.user_by_login(login).ok_or_else(not_found)?;
    Reply::ok(shape::user_full(&call.base, user))
}

pub fn permission(state: &State, call: &Call, (owner, name): Named, login: &str) -> Answer {
    signed_in(call)?;
    let repo = readable(state, call, owner, name)?;
    let who = state.user_by_login(login);
    let who = who.ok_or_else(|| Reply::error(404, &format!("{login} is not a user")))?;
    let permission = state.permission(repo, who.id);
    let custom = repo.custom_roles.get(&who.id).map(String::as_str);
    let role = custom.unwrap_or(permission.role());
    let mut user = shape::user(&call.base, who);
    user["role_name"] = json!(role);
    Reply::ok(json!({
        "permission": permission.legacy(),
        "role_name": role,
        "user": user,
    }))
}

/// A job's token cannot read organisations; a custom app can be allowed to, and is here.
pub fn team_membership(state: &State, call: &Call, org: &str, team: &str, login: &str) -> Answer {
    let token = signed_in(call)?;
    if token.user == super::super::handle::ACTIONS_BOT_ID {
        person(call)?;
    }
    let user = state.user_by_login(login).ok_or_else(not_found)?;
    let key = (org.to_lowercase(), team.to_owned(), user.id);
    let membership = state.teams.get(&key).ok_or_else(not_found)?;
    let url = format!("{}/orgs/{org}/teams/{team}/memberships/{login}", call.base);
    Reply::ok(json!({"url": url, "role": "member", "state": membership}))
}

pub fn rate_limit() -> Answer {
    let rate = json!({"limit": 5000, "used": 13, "remaining": 4987, "reset": epoch() + 3600});
    Reply::ok(json!({
        "resources": {"core": rate, "search": rate, "graphql": rate},
        "rate": rate,
    }))
}
