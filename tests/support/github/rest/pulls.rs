//! Pull requests.

use serde_json::Value;

use super::super::auth::{not_found, readable};
use super::super::objects::{Change, Commit};
use super::super::shape;
use super::super::state::{PullData, RepoData, State};
use super::super::wire::{Answer, Call, Reply, paged};
use super::{Named, number};

impl State {
    /// The commit that a pull request is compared with: a merge or a close freezes it.
    pub fn pull_base(&self, repo: &RepoData, pull: &PullData) -> String {
        match &pull.merged {
            Some(merged) => merged.onto.clone(),
            None => repo
                .branches
                .get(&pull.base_ref)
                .unwrap_or(&pull.base_sha)
                .clone(),
        }
    }

    pub fn pull_changes(&self, repo: &RepoData, pull: &PullData) -> Vec<Change> {
        self.changes(repo, &self.pull_base(repo, pull), &pull.head_sha)
    }

    pub fn pull_commits(&self, repo: &RepoData, pull: &PullData) -> Vec<&Commit> {
        self.objects
            .between(&self.pull_base(repo, pull), &pull.head_sha)
    }
}

fn find<'a>(
    state: &'a State,
    call: &Call,
    (owner, name): Named,
    n: &str,
) -> Result<(&'a RepoData, &'a PullData), Reply> {
    let repo = readable(state, call, owner, name)?;
    let pull = repo.pulls.get(&number(n)?).ok_or_else(not_found)?;
    Ok((repo, pull))
}

/// Newest first, as GitHub's default.
pub fn list(state: &State, call: &Call, (owner, name): Named) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let wanted = call.param("state").unwrap_or("open");
    let is_wanted = |pull: &&PullData| {
        let by_state = match wanted {
            "all" => true,
            "closed" => !pull.open,
            _ => pull.open,
        };
        by_state
            && call.param("base").is_none_or(|base| base == pull.base_ref)
            && call
                .param("head")
                .is_none_or(|head| head == pull.head_label)
    };
    let mut found: Vec<&PullData> = repo.pulls.values().filter(is_wanted).collect();
    if call.param("direction") != Some("asc") {
        found.reverse();
    }
    let all = found
        .into_iter()
        .map(|p| shape::pull_simple(state, &call.base, repo, p))
        .collect();
    paged(call, Some(repo.id), all)
}

pub fn one(state: &State, call: &Call, named: Named, n: &str) -> Answer {
    let (repo, pull) = find(state, call, named, n)?;
    Reply::ok(shape::pull(state, &call.base, repo, pull))
}

/// Stops silently at the cap, as GitHub does; only `changed_files` shows it.
pub fn files(state: &State, call: &Call, named: Named, n: &str) -> Answer {
    let (repo, pull) = find(state, call, named, n)?;
    let (name, head) = (repo.full_name(), &pull.head_sha);
    let entry = |c: &Change| shape::file_change(state, &call.base, &name, head, c);
    let changes = state.pull_changes(repo, pull);
    let all = changes
        .iter()
        .take(state.limits.pull_files)
        .map(entry)
        .collect();
    paged(call, Some(repo.id), all)
}

pub fn commits(state: &State, call: &Call, named: Named, n: &str) -> Answer {
    let (repo, pull) = find(state, call, named, n)?;
    let name = repo.full_name();
    let commits = state
        .pull_commits(repo, pull)
        .into_iter()
        .take(state.limits.pull_commits);
    let all = commits
        .map(|c| shape::commit(state, &call.base, &name, c))
        .collect();
    paged(call, Some(repo.id), all)
}

pub fn reviews(state: &State, call: &Call, named: Named, n: &str) -> Answer {
    let (repo, pull) = find(state, call, named, n)?;
    let entry = |r| shape::review(state, &call.base, repo, pull, r);
    paged(
        call,
        Some(repo.id),
        pull.reviews.iter().map(entry).collect(),
    )
}

/// The merged pull requests that contain the commit, or the open ones.
pub fn of_commit(state: &State, call: &Call, (owner, name): Named, sha: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let commit = state.resolve(repo, sha).ok_or_else(|| no_commit(sha))?;
    let brought = |pull: &&PullData| {
        pull.merged
            .as_ref()
            .is_some_and(|m| m.brought.contains(&commit.sha))
            || state
                .pull_commits(repo, pull)
                .iter()
                .any(|c| c.sha == commit.sha)
    };
    let all: Vec<Value> = repo
        .pulls
        .values()
        .filter(brought)
        .map(|p| shape::pull_simple(state, &call.base, repo, p))
        .collect();
    paged(call, Some(repo.id), all)
}

pub fn no_commit(reference: &str) -> Reply {
    Reply::error(422, &format!("No commit found for SHA: {reference}"))
}
