//! The repository itself and the git database.

use base64::Engine as _;
use serde_json::{Value, json};

use super::super::auth::{not_found, readable};
use super::super::objects::{Commit, DIRECTORY, Entry, SUBMODULE};
use super::super::shape::{self, WEB, node_id};
use super::super::state::{RepoData, State};
use super::super::wire::{Answer, Body, Call, Page, Reply, paged};
use super::Named;
use super::pulls::no_commit;

pub fn repo(state: &State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let mut all = shape::repo_full(state, &call.base, repo);
    if let Some(token) = &call.who {
        use super::super::auth::Permission as P;
        let has = |role| state.permission(repo, token.user) >= role;
        all["permissions"] = json!({
            "admin": has(P::Admin),
            "maintain": has(P::Maintain),
            "push": has(P::Write),
            "triage": has(P::Triage),
            "pull": has(P::Read),
        });
    }
    Reply::ok(all)
}

pub fn commit(state: &State, call: &Call, (owner, name): Named, reference: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let commit = state
        .resolve(repo, reference)
        .ok_or_else(|| no_commit(reference))?;
    if call.accept.contains("github.sha") || call.accept.contains("v3.sha") {
        return Ok(Reply::text(
            200,
            "application/vnd.github.sha; charset=utf-8",
            &commit.sha,
        ));
    }
    let name = repo.full_name();
    let mut all = shape::commit(state, &call.base, &name, commit);
    let changes = match commit.parents.first() {
        Some(parent) => state.changes(repo, parent, &commit.sha),
        None => super::super::objects::diff(&Default::default(), &commit.files, &repo.renames),
    };
    let entry = |c| shape::file_change(state, &call.base, &name, &commit.sha, c);
    all["files"] = changes
        .iter()
        .take(state.limits.compare_files)
        .map(entry)
        .collect();
    Reply::ok(all)
}

/// Commits, newest first; those that changed `path`, along first parents.
pub fn history(state: &State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let from = call.param("sha").unwrap_or("HEAD");
    let mut next = Some(state.resolve(repo, from).ok_or_else(|| no_commit(from))?);
    let mut found = Vec::new();
    while let Some(commit) = next {
        let parent = commit.parents.first();
        let parent = parent.and_then(|parent| state.objects.commit(parent));
        let leaf = |path| commit.files.get(path);
        let is_same = |path| leaf(path) == parent.and_then(|parent| parent.files.get(path));
        if call.param("path").is_none_or(|path| !is_same(path)) {
            let full_name = repo.full_name();
            found.push(shape::commit(state, &call.base, &full_name, commit));
        }
        next = parent;
    }
    paged(call, Some(repo.id), found)
}

pub fn git_commit(state: &State, call: &Call, (owner, name): Named, sha: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let commit = state
        .objects
        .commit(sha)
        .filter(|c| c.network == repo.network);
    let commit = commit.ok_or_else(not_found)?;
    Reply::ok(shape::git_commit(
        state,
        &call.base,
        &repo.full_name(),
        commit,
    ))
}

pub fn branch(state: &State, call: &Call, (owner, name): Named, branch: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let missing = || Reply::error(404, "Branch not found");
    let sha = repo.branches.get(branch).ok_or_else(missing)?;
    let commit = state.objects.commit(sha).ok_or_else(missing)?;
    let name = repo.full_name();
    let url = format!("{}/repos/{name}/branches/{branch}", call.base);
    // Any rule makes a branch protected; the details describe classic protection only.
    let older = repo.protected.contains(branch);
    let is_protected = older || repo.rules.iter().any(|(of, _)| of == branch);
    Reply::ok(json!({
        "name": branch,
        "commit": shape::commit(state, &call.base, &name, commit),
        "_links": {"self": url, "html": format!("{WEB}/{name}/tree/{branch}")},
        "protected": is_protected,
        "protection": {"enabled": older},
        "protection_url": format!("{url}/protection"),
    }))
}

/// Rules of rulesets; the branch need not exist.
pub fn rules(state: &State, call: &Call, (owner, name): Named, branch: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let of_branch = repo.rules.iter().filter(|(of, _)| of == branch);
    let all = of_branch.map(|(_, kind)| rule(repo, kind)).collect();
    paged(call, Some(repo.id), all)
}

fn rule(repo: &RepoData, kind: &str) -> Value {
    let mut rule = json!({
        "type": kind,
        "ruleset_source_type": "Repository",
        "ruleset_source": repo.full_name(),
        "ruleset_id": 42,
    });
    if kind == "pull_request" {
        rule["parameters"] = json!({
            "dismiss_stale_reviews_on_push": true,
            "require_code_owner_review": false,
            "require_last_push_approval": false,
            "required_approving_review_count": 1,
            "required_review_thread_resolution": false,
        });
    }
    rule
}

pub fn reference(state: &State, call: &Call, (owner, name): Named, reference: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let branch = reference.strip_prefix("heads/").ok_or_else(not_found)?;
    let sha = repo.branches.get(branch).ok_or_else(not_found)?;
    Reply::ok(branch_reference(call, repo, branch, sha))
}

/// The branches whose names begin with `reference`.
pub fn matching_references(
    state: &State,
    call: &Call,
    (owner, name): Named,
    reference: &str,
) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let prefix = reference.strip_prefix("heads/").ok_or_else(not_found)?;
    let matching = repo
        .branches
        .iter()
        .filter(|(branch, _)| branch.starts_with(prefix));
    let all = matching.map(|(branch, sha)| branch_reference(call, repo, branch, sha));
    paged(call, Some(repo.id), all.collect())
}

fn branch_reference(call: &Call, repo: &RepoData, branch: &str, sha: &str) -> Value {
    let url = format!("{}/repos/{}", call.base, repo.full_name());
    json!({
        "ref": format!("refs/heads/{branch}"),
        "node_id": node_id("Ref", branch),
        "url": format!("{url}/git/refs/heads/{branch}"),
        "object": {"sha": sha, "type": "commit", "url": format!("{url}/git/commits/{sha}")},
    })
}

/// `base...head`, where either may be `owner:branch` of a fork.
pub fn compare(state: &State, call: &Call, (owner, name): Named, range: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let (base, head) = range.split_once("...").ok_or_else(not_found)?;
    let find = |text: &str| across_forks(state, repo, text).ok_or_else(not_found);
    let (base, head) = (find(base)?, find(head)?);
    let start = state
        .objects
        .merge_base(&base.sha, &head.sha)
        .ok_or_else(|| {
            let message = format!("No common ancestor between {} and {}.", base.sha, head.sha);
            Reply::error(404, &message)
        })?;
    let name = repo.full_name();
    let ahead = state.objects.between(&base.sha, &head.sha);
    let behind = state.objects.between(&head.sha, &base.sha);
    let status = match (ahead.len(), behind.len()) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let page = Page::new(call);
    let one = |c: &Commit| shape::commit(state, &call.base, &name, c);
    let all: Vec<Value> = ahead.iter().map(|c| one(c)).collect();
    let total = all.len();
    // Without paging GitHub returns the first 250 commits at once.
    let paging = call.param("page").or(call.param("per_page")).is_some();
    let shown = match paging {
        true => page.cut(all),
        false => all.into_iter().take(state.limits.pull_commits).collect(),
    };
    let html = format!("{WEB}/{name}/compare/{range}");
    let mut answer = json!({
        "url": format!("{}/repos/{name}/compare/{range}", call.base),
        "html_url": html,
        "permalink_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "base_commit": one(base),
        "merge_base_commit": one(start),
        "status": status,
        "ahead_by": total,
        "behind_by": behind.len(),
        "total_commits": total,
        "commits": shown,
        "files": [],
    });
    // Only the first page has files, and never more than the cap.
    if page.is_first() {
        let changes = state.changes(repo, &base.sha, &head.sha);
        let entry = |c| shape::file_change(state, &call.base, &name, &head.sha, c);
        answer["files"] = changes
            .iter()
            .take(state.limits.compare_files)
            .map(entry)
            .collect();
    }
    let reply = Reply::json(200, answer);
    Ok(
        match page.link(call, Some(repo.id), total).filter(|_| paging) {
            Some(link) => reply.header("link", link),
            None => reply,
        },
    )
}

fn across_forks<'a>(state: &'a State, repo: &RepoData, text: &str) -> Option<&'a Commit> {
    let Some((owner, reference)) = text.rsplit_once(':') else {
        return state.resolve(repo, text);
    };
    let owner = owner.split(':').next().unwrap_or(owner);
    let same = |r: &&RepoData| r.network == repo.network && r.namespace.eq_ignore_ascii_case(owner);
    state
        .repos
        .values()
        .filter(same)
        .find_map(|fork| state.resolve(fork, reference))
}

pub fn tree(state: &State, call: &Call, (owner, name): Named, reference: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let by_commit = state.resolve(repo, reference).map(|c| c.tree.as_str());
    let sha = by_commit.unwrap_or(reference);
    let root = state.objects.tree(sha).ok_or_else(not_found)?;
    // Any value switches it on, also `0` and `false`.
    let recursive = call.param("recursive").is_some();
    let mut all = Vec::new();
    let git = format!("{}/repos/{}/git", call.base, repo.full_name());
    list_tree(state, &git, root, "", recursive, &mut all);
    let truncated = all.len() > state.limits.tree_entries;
    all.truncate(state.limits.tree_entries);
    Reply::ok(json!({
        "sha": sha,
        "url": format!("{git}/trees/{sha}"),
        "tree": all,
        "truncated": truncated,
    }))
}

fn list_tree(
    state: &State,
    git: &str,
    entries: &[Entry],
    below: &str,
    recursive: bool,
    all: &mut Vec<Value>,
) {
    for Entry { name, mode, sha } in entries {
        let path = format!("{below}{name}");
        let mut line = json!({"path": path, "mode": mode, "type": "blob", "sha": sha});
        match *mode {
            DIRECTORY => {
                line["type"] = json!("tree");
                line["url"] = json!(format!("{git}/trees/{sha}"));
            }
            SUBMODULE => line["type"] = json!("commit"),
            _ => {
                line["size"] = json!(state.objects.blob(sha).map_or(0, |b| b.len()));
                line["url"] = json!(format!("{git}/blobs/{sha}"));
            }
        }
        all.push(line);
        let inner = state
            .objects
            .tree(sha)
            .filter(|_| recursive && *mode == DIRECTORY);
        if let Some(inner) = inner {
            list_tree(state, git, inner, &format!("{path}/"), recursive, all);
        }
    }
}

pub fn blob(state: &State, call: &Call, (owner, name): Named, sha: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let content = state.objects.blob(sha).ok_or_else(not_found)?;
    if content.len() > state.limits.contents_max {
        return Err(too_large());
    }
    if call.wants_raw() {
        let body = Body::Bytes(
            content.to_vec(),
            "application/vnd.github.raw+json; charset=utf-8",
        );
        return Ok(Reply {
            status: 200,
            headers: Vec::new(),
            body,
        });
    }
    Reply::ok(json!({
        "sha": sha,
        "node_id": node_id("Blob", sha),
        "size": content.len(),
        "url": format!("{}/repos/{}/git/blobs/{sha}", call.base, repo.full_name()),
        "content": base64_lines(&content),
        "encoding": "base64",
    }))
}

/// Broken into lines of 60 characters with a final line break, as GitHub sends it: a strict decoder has to strip them.
pub fn base64_lines(content: &[u8]) -> String {
    let whole = base64::engine::general_purpose::STANDARD.encode(content);
    let mut lines = String::with_capacity(whole.len() + whole.len() / 60 + 1);
    for line in whole.as_bytes().chunks(60) {
        lines.extend(line.iter().map(|b| char::from(*b)));
        lines.push('\n');
    }
    lines
}

pub fn too_large() -> Reply {
    let error = json!({"resource": "Blob", "field": "data", "code": "too_large"});
    Reply::json(
        403,
        json!({
            "message": "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API, but you can always clone the repository via Git in order to obtain the blob.",
            "errors": [error],
            "documentation_url": "https://docs.github.com/rest/repos/contents#get-repository-content",
            "status": "403",
        }),
    )
}
