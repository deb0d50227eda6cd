//! Which handler answers which path. `None` means that the fake has no such route.

use super::rest::{
    actions, activity, comments, contents, deployments, environments, git, issues, pulls,
    reactions, statuses, users,
};
use super::state::State;
use super::wire::{Answer, Call};

pub fn dispatch(state: &mut State, call: &Call) -> Option<Answer> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let method = call.method.as_str();
    Some(match (method, path.as_slice()) {
        (_, ["repos", owner, name, rest @ ..]) => {
            return in_repo(state, call, method, (owner, name), rest);
        }
        ("GET", ["user"]) => users::me(state, call),
        ("GET", ["users", login]) => users::user(state, call, login),
        ("GET", ["rate_limit"]) => users::rate_limit(),
        ("GET", ["orgs", org, "teams", team, "memberships", login]) => {
            users::team_membership(state, call, org, team, login)
        }
        _ => return None,
    })
}

fn in_repo(
    state: &mut State,
    call: &Call,
    method: &str,
    repo: (&str, &str),
    path: &[&str],
) -> Option<Answer> {
    Some(match (method, path) {
        ("GET", []) => git::repo(state, call, repo),
        ("GET", ["pulls"]) => pulls::list(state, call, repo),
        ("GET", ["pulls", n]) => pulls::one(state, call, repo, n),
        ("GET", ["pulls", n, "files"]) => pulls::files(state, call, repo, n),
        ("GET", ["pulls", n, "commits"]) => pulls::commits(state, call, repo, n),
        ("GET", ["pulls", n, "reviews"]) => pulls::reviews(state, call, repo, n),
        ("GET", ["issues"]) => issues::list(state, call, repo),
        ("POST", ["issues"]) => issues::create(state, call, repo),
        ("GET", ["issues", n]) => issues::one(state, call, repo, n),
        ("PATCH", ["issues", n]) => issues::update(state, call, repo, n),
        ("GET", ["activity"]) => activity::list(state, call, repo),
        ("GET", ["compare", range @ ..]) => git::compare(state, call, repo, &range.join("/")),
        ("GET", ["git", "trees", reference @ ..]) => {
            git::tree(state, call, repo, &reference.join("/"))
        }
        ("GET", ["git", "commits", sha]) => git::git_commit(state, call, repo, sha),
        ("GET", ["git", "blobs", sha]) => git::blob(state, call, repo, sha),
        ("GET", ["git", "ref", reference @ ..]) => {
            git::reference(state, call, repo, &reference.join("/"))
        }
        ("GET", ["git", "matching-refs", reference @ ..]) => {
            git::matching_references(state, call, repo, &reference.join("/"))
        }
        ("GET", ["rules", "branches", branch @ ..]) => {
            git::rules(state, call, repo, &branch.join("/"))
        }
        ("GET", ["branches", branch @ ..]) => git::branch(state, call, repo, &branch.join("/")),
        ("GET", ["contents", path @ ..]) => contents::get(state, call, repo, &path.join("/")),
        ("GET", ["issues", "comments", id]) => comments::one(state, call, repo, id),
        ("PATCH", ["issues", "comments", id]) => comments::update(state, call, repo, id),
        ("DELETE", ["issues", "comments", id]) => comments::delete(state, call, repo, id),
        ("GET", ["issues", "comments", id, "reactions"]) => reactions::list(state, call, repo, id),
        ("POST", ["issues", "comments", id, "reactions"]) => {
            reactions::create(state, call, repo, id)
        }
        ("DELETE", ["issues", "comments", id, "reactions", reaction]) => {
            reactions::delete(state, call, repo, id, reaction)
        }
        ("GET", ["issues", n, "comments"]) => comments::list(state, call, repo, n),
        ("POST", ["issues", n, "comments"]) => comments::create(state, call, repo, n),
        ("POST", ["statuses", sha]) => statuses::create(state, call, repo, sha),
        ("GET", ["commits", reference @ .., "statuses"]) => {
            statuses::list(state, call, repo, &reference.join("/"))
        }
        ("GET", ["commits", reference @ .., "status"]) => {
            statuses::combined(state, call, repo, &reference.join("/"))
        }
        ("GET", ["commits"]) => git::history(state, call, repo),
        ("GET", ["commits", sha, "pulls"]) => pulls::of_commit(state, call, repo, sha),
        ("GET", ["commits", reference @ ..]) if !reference.is_empty() => {
            git::commit(state, call, repo, &reference.join("/"))
        }
        ("GET", ["collaborators", login, "permission"]) => {
            users::permission(state, call, repo, login)
        }
        ("GET", ["deployments"]) => deployments::list(state, call, repo),
        ("GET", ["environments", name]) => environments::one(state, call, repo, name),
        ("GET", ["environments", name, "deployment-branch-policies"]) => {
            environments::branch_policies(state, call, repo, name)
        }
        ("GET", ["actions", "workflows"]) => actions::workflows(state, call, repo),
        ("GET", ["actions", "runs"]) => actions::runs(state, call, repo),
        ("GET", ["actions", "runs", id, "pending_deployments"]) => {
            actions::pending_deployments(state, call, repo, id)
        }
        ("POST", ["deployments"]) => deployments::create(state, call, repo),
        ("GET", ["deployments", id, "statuses"]) => deployments::statuses(state, call, repo, id),
        ("POST", ["deployments", id, "statuses"]) => {
            deployments::create_status(state, call, repo, id)
        }
        _ => return None,
    })
}
