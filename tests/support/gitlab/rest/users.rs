//! Users and groups.

use serde_json::{Value, json};

use super::super::auth::{TokenKind, not_found, signed_in, unauthorized};
use super::super::shape;
use super::super::state::State;
use super::super::wire::{Answer, Call, Reply, number, paged};

/// <https://docs.gitlab.com/api/users/#retrieve-the-current-user>
pub fn me(state: &State, call: &Call) -> Answer {
    let user = state.user(signed_in(call)?);
    let mut all = shape::user_full(state, user);
    let more = json!({
        "last_sign_in_at": null,
        "confirmed_at": "2025-01-01T00:00:00.000Z",
        "last_activity_on": null,
        "email": format!("u{}@example.org", user.id),
        "theme_id": 1,
        "color_scheme_id": 1,
        "projects_limit": 0,
        "current_sign_in_at": null,
        "identities": [],
        "can_create_group": false,
        "can_create_project": false,
        "two_factor_enabled": false,
        "external": false,
        "private_profile": false,
        "commit_email": format!("u{}@example.org", user.id),
        "preferred_language": "en",
    });
    shape::merge(&mut all, more);
    Reply::ok(all)
}

/// <https://docs.gitlab.com/api/users/#list-users>
pub fn list(state: &State, call: &Call) -> Answer {
    signed_in(call)?;
    let name = call.param("username");
    let users = state.users.values();
    let users = users.filter(|u| !state.gone.contains(&u.id));
    let found = users.filter(|u| name.is_none_or(|name| u.login.eq_ignore_ascii_case(name)));
    paged(call, found.map(|u| shape::basic(state, u)).collect())
}

/// <https://docs.gitlab.com/api/users/#retrieve-a-user>
pub fn one(state: &State, call: &Call, id: &str) -> Answer {
    signed_in(call)?;
    let id = number("id", id)?;
    let user = state.users.get(&id).filter(|u| !state.gone.contains(&u.id));
    let user = user.ok_or_else(|| not_found("User"))?;
    let mut all = shape::user_full(state, user);
    shape::merge(
        &mut all,
        json!({"is_followed": false, "followers": 0, "following": 0}),
    );
    Reply::ok(all)
}

/// Only for a job's token. <https://docs.gitlab.com/api/jobs/#retrieve-a-job-by-job-token>
pub fn job(state: &State, call: &Call) -> Answer {
    let token = call
        .who
        .as_ref()
        .filter(|token| token.kind == TokenKind::Job);
    let user = token.ok_or_else(unauthorized)?.user;
    Reply::ok(
        json!({"id": 1, "status": "running", "user": shape::user(state, user), "pipeline": null}),
    )
}

/// <https://docs.gitlab.com/api/group_members/#retrieve-a-group-member-including-inherited-and-invited-members>
pub fn group_member(state: &State, call: &Call, path: &str, user: &str) -> Answer {
    let caller = signed_in(call)?;
    let user = number("user_id", user)?;
    let path = path.to_lowercase();
    let exists = state.groups.keys().any(|(group, _)| *group == path);
    let hidden =
        state.private_groups.contains(&path) && !state.groups.contains_key(&(path.clone(), caller));
    if !exists || hidden {
        return Err(not_found("Group"));
    }
    let level = state
        .groups
        .get(&(path, user))
        .ok_or_else(|| not_found(""))?;
    let mut all = shape::user(state, user);
    let more: Value = json!({
        "access_level": level,
        "created_at": "2025-01-01T00:00:00.000Z",
        "expires_at": null,
        "membership_state": "active",
        "group_saml_identity": null,
        "member_role": null,
    });
    shape::merge(&mut all, more);
    Reply::ok(all)
}
