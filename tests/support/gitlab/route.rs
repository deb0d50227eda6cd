//! Which handler answers which path. `None` means that the fake has no such route.

use super::rest::{
    ci, deployments, environments, issues, merge_requests, notes, projects, repository, statuses,
    tree, users,
};
use super::state::State;
use super::wire::{Answer, Call};

pub fn dispatch(state: &mut State, call: &Call) -> Option<Answer> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let method = call.method.as_str();
    Some(match (method, path.as_slice()) {
        ("GET", ["user"]) => users::me(state, call),
        ("GET", ["users"]) => users::list(state, call),
        ("GET", ["users", id]) => users::one(state, call, id),
        ("GET", ["job"]) => users::job(state, call),
        ("GET", ["groups", path, "members", "all", user]) => {
            users::group_member(state, call, path, user)
        }
        (_, ["projects", id, rest @ ..]) => return in_project(state, call, id, rest),
        _ => return None,
    })
}

fn in_project(state: &mut State, call: &Call, id: &str, path: &[&str]) -> Option<Answer> {
    Some(match (call.method.as_str(), path) {
        ("GET", []) => projects::one(state, call, id),
        ("GET", ["members", "all", user]) => projects::member(state, call, id, user),
        ("GET", ["events"]) => projects::events(state, call, id),
        ("GET", ["protected_branches"]) => projects::protected_branches(state, call, id),
        ("GET", ["protected_branches", name]) => projects::protected_branch(state, call, id, name),
        ("GET", ["repository", rest @ ..]) => return in_repository(state, call, id, rest),
        ("POST", ["statuses", sha]) => statuses::create(state, call, id, sha),
        (_, ["merge_requests", rest @ ..]) => return in_merge_requests(state, call, id, rest),
        (_, ["issues", rest @ ..]) => return in_issues(state, call, id, rest),
        ("GET", ["pipelines"]) => ci::pipelines(state, call, id),
        ("GET", ["pipelines", pipeline]) => ci::pipeline(state, call, id, pipeline),
        ("GET", ["pipeline_schedules"]) => ci::schedules(state, call, id),
        ("GET", ["merge_trains", branch]) => ci::merge_train(state, call, id, branch),
        ("GET", ["deployments"]) => deployments::list(state, call, id),
        ("POST", ["deployments"]) => deployments::create(state, call, id),
        ("GET", ["deployments", deployment]) => deployments::one(state, call, id, deployment),
        ("PUT", ["deployments", deployment]) => deployments::update(state, call, id, deployment),
        ("GET", ["environments"]) => environments::list(state, call, id),
        ("POST", ["environments"]) => environments::create(state, call, id),
        ("GET", ["environments", environment]) => environments::one(state, call, id, environment),
        ("POST", ["environments", environment, "stop"]) => {
            environments::stop(state, call, id, environment)
        }
        _ => return None,
    })
}

fn in_repository(state: &mut State, call: &Call, id: &str, path: &[&str]) -> Option<Answer> {
    Some(match path {
        ["commits"] => repository::commits(state, call, id),
        ["commits", sha] => repository::commit(state, call, id, sha),
        ["commits", sha, "merge_requests"] => repository::merge_requests(state, call, id, sha),
        ["commits", sha, "statuses"] => statuses::list(state, call, id, sha),
        ["tree"] => tree::list(state, call, id),
        ["blobs", sha, "raw"] => tree::blob(state, call, id, sha),
        ["files", path, "raw"] => tree::file(state, call, id, path),
        ["merge_base"] => repository::merge_base(state, call, id),
        ["compare"] => repository::compare(state, call, id),
        ["branches", name] => repository::branch(state, call, id, name),
        _ => return None,
    })
}

fn in_merge_requests(state: &mut State, call: &Call, id: &str, path: &[&str]) -> Option<Answer> {
    let notes = |iid| notes::Place {
        id,
        iid,
        of_issue: false,
    };
    Some(match (call.method.as_str(), path) {
        ("GET", []) => merge_requests::list(state, call, id),
        ("GET", [iid]) => merge_requests::one(state, call, id, iid),
        ("GET", [iid, "diffs"]) => merge_requests::diffs(state, call, id, iid),
        ("GET", [iid, "versions"]) => merge_requests::versions(state, call, id, iid),
        ("GET", [iid, "commits"]) => merge_requests::commits(state, call, id, iid),
        ("GET", [iid, "approvals"]) => merge_requests::approvals(state, call, id, iid),
        ("GET", [iid, "reviewers"]) => merge_requests::reviewers(state, call, id, iid),
        (_, [iid, "notes", rest @ ..]) => return in_notes(state, call, notes(iid), rest),
        _ => return None,
    })
}

fn in_issues(state: &mut State, call: &Call, id: &str, path: &[&str]) -> Option<Answer> {
    let notes = |iid| notes::Place {
        id,
        iid,
        of_issue: true,
    };
    Some(match (call.method.as_str(), path) {
        ("GET", []) => issues::list(state, call, id),
        ("POST", []) => issues::create(state, call, id),
        ("GET", [iid]) => issues::one(state, call, id, iid),
        ("PUT", [iid]) => issues::update(state, call, id, iid),
        (_, [iid, "notes", rest @ ..]) => return in_notes(state, call, notes(iid), rest),
        _ => return None,
    })
}

fn in_notes(state: &mut State, call: &Call, place: notes::Place, path: &[&str]) -> Option<Answer> {
    Some(match (call.method.as_str(), path) {
        ("GET", []) => notes::list(state, call, place),
        ("POST", []) => notes::create(state, call, place),
        ("GET", [note]) => notes::one(state, call, place, note),
        ("PUT", [note]) => notes::update(state, call, place, note),
        ("DELETE", [note]) => notes::delete(state, call, place, note),
        ("GET", [note, "award_emoji"]) => notes::awards(state, call, place, note),
        ("POST", [note, "award_emoji"]) => notes::award(state, call, place, note),
        ("DELETE", [note, "award_emoji", award]) => {
            notes::remove_award(state, call, place, note, award)
        }
        _ => return None,
    })
}
