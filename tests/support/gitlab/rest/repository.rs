//! Commits and branches.

use serde_json::json;

use super::super::auth::{code, not_found};
use super::super::shape;
use super::super::state::{MergeRequest, State};
use super::super::wire::{Answer, Call, Reply, error, paged, uncounted};

/// Newest first; GitLab does not count them. <https://docs.gitlab.com/api/commits/#list-all-repository-commits>
pub fn commits(state: &State, call: &Call, id: &str) -> Answer {
    let project = code(state, call, id)?;
    let name = call.param("ref_name").unwrap_or(&project.default_branch);
    let Some(head) = state.resolve(project, name) else {
        return uncounted(call, Vec::new());
    };
    let ancestors = state.objects.ancestors(&head.sha);
    let mut all: Vec<_> = ancestors
        .iter()
        .filter_map(|sha| state.objects.commit(sha))
        .collect();
    all.sort_by_key(|commit| std::cmp::Reverse(commit.order));
    if let Some(path) = call.param("path").filter(|path| !path.is_empty()) {
        let below = format!("{path}/");
        let inside = |at: &str| at == path || at.starts_with(&below);
        all.retain(|commit| {
            let parents = commit
                .parents
                .iter()
                .filter_map(|sha| state.objects.commit(sha));
            let files = |c: &crate::support::forge::objects::Commit| {
                let all = c.files.iter().filter(|(at, _)| inside(at));
                all.map(|(at, leaf)| (at.clone(), leaf.sha.clone()))
                    .collect::<Vec<_>>()
            };
            let own = files(commit);
            match commit.parents.is_empty() {
                true => !own.is_empty(),
                false => parents.into_iter().all(|parent| files(parent) != own),
            }
        });
    }
    uncounted(
        call,
        all.into_iter()
            .map(|c| shape::commit(state, project, c))
            .collect(),
    )
}

/// <https://docs.gitlab.com/api/commits/#retrieve-a-commit>
pub fn commit(state: &State, call: &Call, id: &str, sha: &str) -> Answer {
    let project = code(state, call, id)?;
    let commit = state
        .resolve(project, sha)
        .ok_or_else(|| not_found("Commit"))?;
    Reply::ok(shape::commit_detail(state, project, commit))
}

/// Merge requests that have the commit, or whose merge made it; open ones too.
/// <https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit>
pub fn merge_requests(state: &State, call: &Call, id: &str, sha: &str) -> Answer {
    let project = code(state, call, id)?;
    let commit = state
        .resolve(project, sha)
        .ok_or_else(|| not_found("Commit"))?;
    let sha = &commit.sha;
    let related = |pull: &&MergeRequest| {
        let merged = pull.merged.as_ref();
        let made = merged.is_some_and(|m| {
            m.merge_commit.as_ref() == Some(sha) || m.squash_commit.as_ref() == Some(sha)
        });
        let mut versions = pull.versions.iter();
        made || versions.any(|v| {
            state
                .objects
                .between(&v.base, &v.head)
                .iter()
                .any(|c| c.sha == *sha)
        })
    };
    let mut found: Vec<_> = project.pulls.values().filter(related).collect();
    found.sort_by_key(|pull| std::cmp::Reverse(pull.id));
    let all = found
        .into_iter()
        .map(|pull| shape::merge_request(state, project, pull, false));
    paged(call, all.collect())
}

/// <https://docs.gitlab.com/api/repositories/#retrieve-merge-base>
pub fn merge_base(state: &State, call: &Call, id: &str) -> Answer {
    let project = code(state, call, id)?;
    let refs = call.params("refs[]");
    let [first, second, ..] = refs.as_slice() else {
        return Err(error(400, "Provide at least 2 refs"));
    };
    let find = |name: &str| {
        let missing = || error(400, &format!("Could not find ref: {name}"));
        state.resolve(project, name).ok_or_else(missing)
    };
    let (first, second) = (find(first)?, find(second)?);
    let base = state
        .objects
        .merge_base(&first.sha, &second.sha)
        .ok_or_else(|| not_found("Merge Base"))?;
    Reply::ok(shape::commit(state, project, base))
}

/// <https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits>
pub fn compare(state: &State, call: &Call, id: &str) -> Answer {
    let project = code(state, call, id)?;
    let find = |name: &str| {
        let text = call.required(name)?;
        let found = state.resolve(project, &text);
        found.ok_or_else(|| not_found("Ref"))
    };
    let (from, to) = (find("from")?, find("to")?);
    let changes = match call.flag("straight") {
        true => crate::support::forge::objects::diff(&from.files, &to.files, &project.renames),
        false => state.changes(project, &from.sha, &to.sha),
    };
    let commits = state.objects.between(&from.sha, &to.sha);
    let commits: Vec<_> = commits
        .into_iter()
        .map(|c| shape::commit(state, project, c))
        .collect();
    Reply::ok(json!({
        "commit": commits.last(),
        "commits": commits,
        "diffs": changes.iter().map(shape::change).collect::<Vec<_>>(),
        "compare_timeout": false,
        "compare_same_ref": from.sha == to.sha,
        "web_url": format!("{}/{}/-/compare/{}...{}", state.web, project.full_name(), from.sha, to.sha),
    }))
}

/// <https://docs.gitlab.com/api/branches/#retrieve-a-repository-branch>
pub fn branch(state: &State, call: &Call, id: &str, name: &str) -> Answer {
    let project = code(state, call, id)?;
    if !project.branches.contains_key(name) {
        return Err(not_found("Branch"));
    }
    let level = call
        .who
        .as_ref()
        .map_or(0, |token| state.level(project, token.user));
    Reply::ok(shape::branch(state, project, name, level))
}
