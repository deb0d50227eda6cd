//! Repositories, in GitHub's three sizes.

use serde_json::{Map, Value, json};

use super::super::state::{RepoData, State};
use super::user::merge;
use super::{WEB, node_id, user};

/// Field and what follows the repository's own address.
const LINKS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    (
        "notifications_url",
        "/notifications{?since,all,participating}",
    ),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

pub fn repo_minimal(state: &State, base: &str, data: &RepoData) -> Value {
    let name = data.full_name();
    let url = format!("{base}/repos/{name}");
    let mut all = json!({
        "id": data.id,
        "node_id": node_id("Repository", data.id),
        "name": data.name,
        "full_name": name,
        "private": data.private,
        "owner": user(base, state.user(data.owner)),
        "html_url": format!("{WEB}/{name}"),
        "description": null,
        "fork": data.parent.is_some(),
        "url": url,
    });
    let links: Map<String, Value> = LINKS
        .iter()
        .map(|(key, tail)| ((*key).to_owned(), json!(format!("{url}{tail}"))))
        .collect();
    merge(&mut all, Value::Object(links));
    all
}

/// As in pull requests and events.
pub fn repo(state: &State, base: &str, data: &RepoData) -> Value {
    let mut all = repo_minimal(state, base, data);
    let name = data.full_name();
    let open = data.pulls.values().filter(|p| p.open).count();
    let forks = state
        .repos
        .values()
        .filter(|r| r.parent == Some(data.id))
        .count();
    let more = json!({
        "created_at": data.created,
        "updated_at": data.created,
        "pushed_at": data.created,
        "git_url": format!("git://github.com/{name}.git"),
        "ssh_url": format!("git@github.com:{name}.git"),
        "clone_url": format!("{WEB}/{name}.git"),
        "svn_url": format!("{WEB}/{name}"),
        "homepage": null,
        "size": 1,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": null,
        "has_issues": true,
        "has_projects": true,
        "has_downloads": true,
        "has_wiki": false,
        "has_pages": false,
        "has_discussions": false,
        "forks_count": forks,
        "mirror_url": null,
        "archived": false,
        "disabled": false,
        "open_issues_count": open,
        "license": null,
        "visibility": if data.private { "private" } else { "public" },
        "forks": forks,
        "open_issues": open,
        "watchers": 0,
        "default_branch": data.default_branch,
    });
    merge(&mut all, more);
    all
}

/// As in `GET /repos/{owner}/{repo}`.
pub fn repo_full(state: &State, base: &str, data: &RepoData) -> Value {
    let mut all = repo(state, base, data);
    merge(
        &mut all,
        json!({"network_count": 0, "subscribers_count": 0}),
    );
    if let Some(parent) = data.parent.and_then(|id| state.repos.get(&id)) {
        let source = state.repos.get(&data.network).unwrap_or(parent);
        let more =
            json!({"parent": repo(state, base, parent), "source": repo(state, base, source)});
        merge(&mut all, more);
    }
    all
}
