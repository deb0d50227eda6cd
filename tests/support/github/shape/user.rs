//! People, bots and organisations.

use serde_json::{Map, Value, json};

use super::super::state::{State, User};
use super::{WEB, node_id};

/// An account; null once it is deleted.
pub fn account(state: &State, base: &str, id: u64) -> Value {
    match state.gone.contains(&id) {
        true => Value::Null,
        false => user(base, state.user(id)),
    }
}

pub fn user(base: &str, user: &User) -> Value {
    let login = &user.login;
    let url = format!(
        "{base}/users/{}",
        login.replace('[', "%5B").replace(']', "%5D")
    );
    json!({
        "login": login,
        "id": user.id,
        "node_id": node_id("User", user.id),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", user.id),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{WEB}/{}", login.trim_end_matches("[bot]")),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": user.kind.name(),
        "site_admin": false,
    })
}

/// The additional fields of `GET /user` and `GET /users/{login}`.
pub fn user_full(base: &str, who: &User) -> Value {
    let mut all = user(base, who);
    let more = json!({
        "name": null,
        "company": null,
        "blog": "",
        "location": null,
        "email": null,
        "hireable": null,
        "bio": null,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    });
    merge(&mut all, more);
    all
}

pub fn merge(all: &mut Value, more: Value) {
    if let (Value::Object(all), Value::Object(more)) = (all, more) {
        all.extend::<Map<String, Value>>(more);
    }
}
