//! Pull requests and reviews.

use serde_json::{Value, json};

use super::super::state::{PullData, RepoData, Review, State};
use super::user::merge;
use super::{WEB, account, node_id, repo, user};

/// As in lists.
pub fn pull_simple(state: &State, base: &str, data: &RepoData, pull: &PullData) -> Value {
    let name = data.full_name();
    let n = pull.number;
    let url = format!("{base}/repos/{name}/pulls/{n}");
    let issue = format!("{base}/repos/{name}/issues/{n}");
    let html = format!("{WEB}/{name}/pull/{n}");
    let statuses = format!("{base}/repos/{name}/statuses/{}", pull.head_sha);
    let head_repo = pull.head_repo.and_then(|id| state.repos.get(&id));
    let head_owner = head_repo.map_or(pull.author, |r| r.owner);
    let merge_sha = match &pull.merged {
        Some(merged) => Some(merged.sha.clone()),
        // The test merge of an open pull request is a commit of its own.
        None => pull
            .open
            .then(|| super::super::objects::sha1_hex(pull.head_sha.as_bytes())),
    };
    let links = json!({
        "self": {"href": url},
        "html": {"href": html},
        "issue": {"href": issue},
        "comments": {"href": format!("{issue}/comments")},
        "review_comments": {"href": format!("{url}/comments")},
        "review_comment": {"href": format!("{base}/repos/{name}/pulls/comments{{/number}}")},
        "commits": {"href": format!("{url}/commits")},
        "statuses": {"href": statuses},
    });
    json!({
        "url": url,
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "issue_url": issue,
        "number": n,
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "user": account(state, base, pull.author),
        "body": pull.body,
        "created_at": pull.created,
        "updated_at": pull.updated,
        "closed_at": pull.closed,
        "merged_at": pull.merged.as_ref().map(|m| &m.at),
        "merge_commit_sha": merge_sha,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": null,
        "draft": pull.draft,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{base}/repos/{name}/pulls/comments{{/number}}"),
        "comments_url": format!("{issue}/comments"),
        "statuses_url": statuses,
        "head": {
            "label": pull.head_label,
            "ref": pull.head_ref,
            "sha": pull.head_sha,
            "user": user(base, state.user(head_owner)),
            "repo": head_repo.map(|r| repo(state, base, r)),
        },
        "base": {
            "label": format!("{}:{}", data.namespace, pull.base_ref),
            "ref": pull.base_ref,
            "sha": pull.base_sha,
            "user": user(base, state.user(data.owner)),
            "repo": repo(state, base, data),
        },
        "_links": links,
        "author_association": super::super::rest::association(state, data, pull.author),
        "auto_merge": null,
        "active_lock_reason": null,
    })
}

/// As in `GET pulls/{number}` and in events.
pub fn pull(state: &State, base: &str, data: &RepoData, pull: &PullData) -> Value {
    let mut all = pull_simple(state, base, data, pull);
    let changes = state.pull_changes(data, pull);
    let (mut additions, mut deletions) = (0, 0);
    for change in &changes {
        let entry = super::file_change(state, base, "", "", change);
        additions += entry["additions"].as_u64().unwrap_or(0);
        deletions += entry["deletions"].as_u64().unwrap_or(0);
    }
    let more = json!({
        "merged": pull.merged.is_some(),
        "mergeable": pull.open.then_some(true),
        "rebaseable": pull.open.then_some(true),
        "mergeable_state": if pull.open { "clean" } else { "unknown" },
        "merged_by": pull.merged.as_ref().map(|m| user(base, state.user(m.by))),
        "comments": data.comments.values().filter(|c| c.number == pull.number).count(),
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": state.pull_commits(data, pull).len(),
        "additions": additions,
        "deletions": deletions,
        "changed_files": changes.len(),
    });
    merge(&mut all, more);
    all
}

pub fn review(state: &State, base: &str, data: &RepoData, pull: &PullData, it: &Review) -> Value {
    let name = data.full_name();
    let html = format!(
        "{WEB}/{name}/pull/{}#pullrequestreview-{}",
        pull.number, it.id
    );
    let url = format!("{base}/repos/{name}/pulls/{}", pull.number);
    json!({
        "id": it.id,
        "node_id": node_id("PullRequestReview", it.id),
        "user": account(state, base, it.user),
        "body": it.body,
        "state": it.state,
        "html_url": html,
        "pull_request_url": url,
        "author_association": super::super::rest::association(state, data, it.user),
        "_links": {"html": {"href": html}, "pull_request": {"href": url}},
        "submitted_at": it.at,
        "commit_id": it.commit,
    })
}
