//! Merge requests, without their notes.

use super::super::auth::{AccessLevel, not_found, readable};
use super::super::shape;
use super::super::state::{MergeRequest, Project, State};
use super::super::wire::{Answer, Call, Reply, number, paged, uncounted};

/// The merge request, if the caller may see it: guests of a private project see none.
pub fn find<'a>(
    state: &'a State,
    call: &Call,
    id: &str,
    iid: &str,
) -> Result<(&'a Project, &'a MergeRequest), Reply> {
    let project = readable(state, call, id)?;
    let iid = number("merge_request_iid", iid)?;
    let level = call
        .who
        .as_ref()
        .map_or(0, |token| state.level(project, token.user));
    let hidden = project.private && level < AccessLevel::Planner as i64;
    let pull = project.pulls.get(&iid).filter(|_| !hidden);
    Ok((project, pull.ok_or_else(|| not_found(""))?))
}

/// <https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests>
pub fn list(state: &State, call: &Call, id: &str) -> Answer {
    let project = readable(state, call, id)?;
    let is = |name: &str, value: &str| {
        call.param(name)
            .is_none_or(|wanted| wanted == value || wanted == "all")
    };
    let iids = call.params("iids[]");
    let fits = |pull: &&MergeRequest| {
        is("state", pull.state)
            && is("target_branch", &pull.base_ref)
            && is("source_branch", &pull.head_ref)
            && is("author_id", &pull.author.to_string())
            && (iids.is_empty() || iids.contains(&pull.number.to_string().as_str()))
    };
    let mut found: Vec<_> = project.pulls.values().filter(fits).collect();
    match call.param("order_by") {
        Some("updated_at") => found.sort_by(|a, b| b.updated.cmp(&a.updated)),
        _ => found.sort_by_key(|pull| std::cmp::Reverse(pull.id)),
    }
    if call.param("sort") == Some("asc") {
        found.reverse();
    }
    let all = found
        .into_iter()
        .map(|pull| shape::merge_request(state, project, pull, false));
    paged(call, all.collect())
}

/// <https://docs.gitlab.com/api/merge_requests/#retrieve-a-merge-request>
pub fn one(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let (project, pull) = find(state, call, id, iid)?;
    Reply::ok(shape::merge_request(state, project, pull, true))
}

/// The files of the newest version. <https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs>
pub fn diffs(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let (project, pull) = find(state, call, id, iid)?;
    let Some(version) = pull.versions.last() else {
        return uncounted(call, Vec::new());
    };
    let changes = state.changes(project, &version.base, &version.head);
    // A version that overflowed lists what was collected.
    let kept = version
        .size
        .trim_end_matches('+')
        .parse()
        .unwrap_or(usize::MAX);
    uncounted(call, changes.iter().take(kept).map(shape::change).collect())
}

/// Newest first. <https://docs.gitlab.com/api/merge_requests/#list-merge-request-diff-versions>
pub fn versions(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let (_, pull) = find(state, call, id, iid)?;
    paged(
        call,
        pull.versions
            .iter()
            .rev()
            .map(|v| shape::version(pull, v))
            .collect(),
    )
}

/// Newest first. <https://docs.gitlab.com/api/merge_requests/#list-merge-request-commits>
pub fn commits(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let (project, pull) = find(state, call, id, iid)?;
    let between = pull
        .versions
        .last()
        .map(|v| state.objects.between(&v.base, &v.head));
    let newest_first = between.unwrap_or_default().into_iter().rev();
    paged(
        call,
        newest_first
            .map(|c| shape::commit(state, project, c))
            .collect(),
    )
}

/// <https://docs.gitlab.com/api/merge_request_approvals/#retrieve-approval-state-for-a-merge-request>
pub fn approvals(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let (project, pull) = find(state, call, id, iid)?;
    let viewer = call.who.as_ref().map(|token| token.user);
    Reply::ok(shape::approvals(state, project, pull, viewer))
}

/// <https://docs.gitlab.com/api/merge_requests/#list-merge-request-reviewers>
pub fn reviewers(state: &State, call: &Call, id: &str, iid: &str) -> Answer {
    let (_, pull) = find(state, call, id, iid)?;
    // The documentation names no pages here.
    let all = pull.reviewers.iter().map(|r| shape::reviewer(state, r));
    Reply::ok(all.collect())
}
