//! The JSON of GitLab's entities, with the nulls that GitLab gives.

mod ci;
mod merge_request;
mod project;

pub use ci::{
    deployment, environment, head_pipeline, listed_pipeline, pipeline, schedule, status, train_car,
};
pub use merge_request::{approvals, award, issue, merge_request, note, reviewer, version};
pub use project::{
    branch, change, commit, commit_detail, event, member, project, protected_branch,
};

use serde_json::{Map, Value, json};

use super::rules::GHOST;
use super::state::{Kind, State, User};

/// `UserBasic`. What a deleted user wrote is the ghost user's.
/// <https://docs.gitlab.com/user/profile/account/delete_account/#associated-records>
pub fn user(state: &State, id: u64) -> Value {
    let id = if state.gone.contains(&id) { GHOST } else { id };
    basic(state, state.user(id))
}

pub fn basic(state: &State, user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.login,
        "public_email": null,
        "name": user.login,
        "state": if state.blocked.contains(&user.id) { "blocked" } else { "active" },
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{}", state.web, user.login),
    })
}

/// `User`. <https://docs.gitlab.com/api/users/#retrieve-a-user>
pub fn user_full(state: &State, who: &User) -> Value {
    let mut all = basic(state, who);
    let more = json!({
        "created_at": "2025-01-01T00:00:00.000Z",
        "bio": "",
        "location": null,
        "linkedin": "",
        "twitter": "",
        "discord": "",
        "website_url": "",
        "github": "",
        "job_title": "",
        "pronouns": null,
        "organization": null,
        "bot": who.kind == Kind::Bot,
        "work_information": null,
        "local_time": null,
    });
    merge(&mut all, more);
    all
}

pub fn merge(all: &mut Value, more: Value) {
    if let (Value::Object(all), Value::Object(more)) = (all, more) {
        all.extend::<Map<String, Value>>(more);
    }
}
