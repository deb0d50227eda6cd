//! Issues.

use serde_json::{Value, json};

use super::super::rest::association;
use super::super::state::{Issue, PullData, RepoData, State};
use super::{WEB, account, node_id};

pub fn issue(state: &State, base: &str, data: &RepoData, it: &Issue) -> Value {
    let name = data.full_name();
    let url = format!("{base}/repos/{name}/issues/{}", it.number);
    json!({
        "url": url,
        "repository_url": format!("{base}/repos/{name}"),
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": format!("{WEB}/{name}/issues/{}", it.number),
        "id": it.id,
        "node_id": node_id("Issue", it.id),
        "number": it.number,
        "title": it.title,
        "user": account(state, base, it.author),
        "labels": [],
        "state": if it.open { "open" } else { "closed" },
        "state_reason": it.state_reason,
        "locked": false,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": data.comments.values().filter(|c| c.number == it.number).count(),
        "created_at": it.created,
        "updated_at": it.updated,
        "closed_at": it.closed,
        "author_association": association(state, data, it.author),
        "active_lock_reason": null,
        "body": it.body,
    })
}

/// The issue of a pull request.
pub fn issue_of_pull(state: &State, base: &str, data: &RepoData, pull: &PullData) -> Value {
    let name = data.full_name();
    let url = format!("{base}/repos/{name}/issues/{}", pull.number);
    let pull_url = format!("{base}/repos/{name}/pulls/{}", pull.number);
    let html = format!("{WEB}/{name}/pull/{}", pull.number);
    json!({
        "url": url,
        "repository_url": format!("{base}/repos/{name}"),
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": html,
        "id": pull.id + 1_000_000_000,
        "node_id": node_id("PullRequest", pull.id),
        "number": pull.number,
        "title": pull.title,
        "user": account(state, base, pull.author),
        "labels": [],
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": data.comments.values().filter(|c| c.number == pull.number).count(),
        "created_at": pull.created,
        "updated_at": pull.updated,
        "closed_at": pull.closed,
        "author_association": association(state, data, pull.author),
        "active_lock_reason": null,
        "draft": pull.draft,
        "pull_request": {
            "url": pull_url,
            "html_url": html,
            "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"),
            "merged_at": pull.merged.as_ref().map(|m| &m.at),
        },
        "body": pull.body,
    })
}
