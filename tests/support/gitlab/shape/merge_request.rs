//! Merge requests, their reviews and notes, and issues.

use serde_json::{Value, json};

use super::super::state::{
    Comment, Issue, MergeRequest, Project, Reaction, Reviewer, State, Version,
};
use super::{merge, user};

/// `MergeRequestBasic`, and with `full` the fields of one merge request.
/// <https://docs.gitlab.com/api/merge_requests/#retrieve-a-merge-request>
pub fn merge_request(state: &State, project: &Project, pull: &MergeRequest, full: bool) -> Value {
    let path = project.full_name();
    let by = pull.merged.as_ref().map(|merged| user(state, merged.by));
    let title = if pull.draft {
        format!("Draft: {}", pull.title)
    } else {
        pull.title.clone()
    };
    let mut all = json!({
        "id": pull.id,
        "iid": pull.number,
        "project_id": project.id,
        "title": title,
        "description": pull.body,
        "state": pull.state,
        "created_at": pull.created,
        "updated_at": pull.updated,
        "merged_by": by,
        "merge_user": by,
        "merged_at": pull.merged.as_ref().map(|merged| &merged.at),
        "closed_by": pull.closed.as_ref().map(|(by, _)| user(state, *by)),
        "closed_at": pull.closed.as_ref().map(|(_, at)| at),
        "target_branch": pull.base_ref,
        "source_branch": pull.head_ref,
        "user_notes_count": project.comments.values().filter(|n| n.number == pull.number && !n.of_issue && !n.system).count(),
        "upvotes": 0,
        "downvotes": 0,
        "author": user(state, pull.author),
        "assignees": [],
        "assignee": null,
        "reviewers": pull.reviewers.iter().map(|r| user(state, r.user)).collect::<Vec<_>>(),
        "source_project_id": pull.head_repo,
        "target_project_id": project.id,
        "labels": [],
        "draft": pull.draft,
        "imported": false,
        "imported_from": "none",
        "work_in_progress": pull.draft,
        "milestone": null,
        "merge_when_pipeline_succeeds": false,
    });
    merge(&mut all, state_of(project, pull));
    let more = json!({
        "discussion_locked": null,
        "should_remove_source_branch": null,
        "force_remove_source_branch": true,
        "prepared_at": pull.prepared,
        "reference": format!("!{}", pull.number),
        "references": {
            "short": format!("!{}", pull.number),
            "relative": format!("!{}", pull.number),
            "full": format!("{path}!{}", pull.number),
        },
        "web_url": format!("{}/{path}/-/merge_requests/{}", state.web, pull.number),
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": null,
            "human_total_time_spent": null,
        },
        "squash": false,
        "squash_on_merge": false,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": false,
        "blocking_discussions_resolved": true,
        "approvals_before_merge": null,
    });
    merge(&mut all, more);
    if pull.head_repo != Some(project.id) {
        merge(
            &mut all,
            json!({"allow_collaboration": false, "allow_maintainer_to_push": false}),
        );
    }
    if full {
        merge(&mut all, single(state, project, pull));
    }
    all
}

fn state_of(project: &Project, pull: &MergeRequest) -> Value {
    let prepared = pull.prepared.is_some();
    let merged = pull.merged.as_ref();
    json!({
        "merge_status": if prepared { "can_be_merged" } else { "checking" },
        "detailed_merge_status": detailed_status(pull),
        "merge_after": null,
        "sha": pull.head_sha,
        "merge_commit_sha": merged.and_then(|m| m.merge_commit.as_ref()),
        "squash_commit_sha": merged.and_then(|m| m.squash_commit.as_ref()),
        "user_notes_count": project.comments.values().filter(|n| n.number == pull.number && !n.of_issue && !n.system).count(),
    })
}

fn single(state: &State, project: &Project, pull: &MergeRequest) -> Value {
    let version = pull.versions.last();
    let pipeline = project
        .pipelines
        .iter()
        .rev()
        .find(|p| p.sha == pull.head_sha);
    json!({
        "subscribed": false,
        "changes_count": version.map(|v| &v.size),
        "latest_build_started_at": null,
        "latest_build_finished_at": null,
        "first_deployed_to_production_at": null,
        "pipeline": pipeline.map(|p| super::pipeline(state, project, p)),
        "head_pipeline": pipeline.map(|p| super::head_pipeline(state, project, p)),
        "diff_refs": version.map(|v| json!({
            "base_sha": v.base,
            "head_sha": v.head,
            "start_sha": v.start,
        })),
        "merge_error": null,
        "first_contribution": false,
        "user": {"can_merge": false},
    })
}

/// <https://docs.gitlab.com/api/merge_requests/#merge-status>
fn detailed_status(pull: &MergeRequest) -> &'static str {
    match pull.state {
        "opened" if pull.prepared.is_none() => "preparing",
        "opened" if pull.draft => "draft_status",
        "opened"
            if pull
                .reviewers
                .iter()
                .any(|r| r.state == "requested_changes") =>
        {
            "requested_changes"
        }
        "opened" => "mergeable",
        _ => "not_open",
    }
}

pub fn version(pull: &MergeRequest, version: &Version) -> Value {
    json!({
        "id": version.id,
        "head_commit_sha": version.head,
        "base_commit_sha": version.base,
        "start_commit_sha": version.start,
        "created_at": version.at,
        "merge_request_id": pull.id,
        "state": version.state,
        "real_size": version.size,
        "patch_id_sha": version.patch_id,
    })
}

/// <https://docs.gitlab.com/api/merge_request_approvals/#retrieve-approval-state-for-a-merge-request>
pub fn approvals(
    state: &State,
    project: &Project,
    pull: &MergeRequest,
    viewer: Option<u64>,
) -> Value {
    let approved = pull
        .approvals
        .iter()
        .map(|a| json!({"user": user(state, a.user), "approved_at": a.at}));
    let approved: Vec<Value> = approved.collect();
    let has = viewer.is_some_and(|viewer| pull.approvals.iter().any(|a| a.user == viewer));
    let may =
        viewer.is_some_and(|viewer| state.level(project, viewer) >= 30 && viewer != pull.author);
    json!({
        "user_has_approved": has,
        "user_can_approve": may && !has,
        "approved": !approved.is_empty(),
        "approved_by": approved,
    })
}

/// <https://docs.gitlab.com/api/merge_requests/#list-merge-request-reviewers>
pub fn reviewer(state: &State, reviewer: &Reviewer) -> Value {
    json!({"user": user(state, reviewer.user), "state": reviewer.state, "created_at": reviewer.at})
}

/// <https://docs.gitlab.com/api/notes/>
pub fn note(state: &State, project: &Project, note: &Comment) -> Value {
    let (kind, id) = match note.of_issue {
        true => ("Issue", project.issues.get(&note.number).map(|i| i.id)),
        false => (
            "MergeRequest",
            project.pulls.get(&note.number).map(|p| p.id),
        ),
    };
    json!({
        "id": note.id,
        "type": null,
        "body": note.body,
        "author": user(state, note.user),
        "created_at": note.created,
        "updated_at": note.updated,
        "system": note.system,
        "noteable_id": id,
        "noteable_type": kind,
        "project_id": project.id,
        "resolvable": false,
        "confidential": false,
        "internal": false,
        "imported": false,
        "imported_from": "none",
        "noteable_iid": note.number,
        "attachment": null,
        "commands_changes": {},
    })
}

/// <https://docs.gitlab.com/api/emoji_reactions/>
pub fn award(state: &State, note: u64, award: &Reaction) -> Value {
    json!({
        "id": award.id,
        "name": award.content,
        "user": user(state, award.user),
        "created_at": award.at,
        "updated_at": award.at,
        "awardable_id": note,
        "awardable_type": "Note",
        "url": null,
    })
}

/// <https://docs.gitlab.com/api/issues/>
pub fn issue(state: &State, project: &Project, issue: &Issue) -> Value {
    let path = project.full_name();
    json!({
        "id": issue.id,
        "iid": issue.number,
        "project_id": project.id,
        "title": issue.title,
        "description": issue.body,
        "state": if issue.open { "opened" } else { "closed" },
        "created_at": issue.created,
        "updated_at": issue.updated,
        "closed_at": issue.closed,
        "closed_by": issue.closed_by.map(|by| user(state, by)),
        "labels": [],
        "milestone": null,
        "assignees": [],
        "author": user(state, issue.author),
        "type": "ISSUE",
        "assignee": null,
        "user_notes_count": project.comments.values().filter(|n| n.of_issue && n.number == issue.number).count(),
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": null,
        "confidential": false,
        "discussion_locked": null,
        "issue_type": "issue",
        "web_url": format!("{}/{path}/-/issues/{}", state.web, issue.number),
        "references": {
            "short": format!("#{}", issue.number),
            "relative": format!("#{}", issue.number),
            "full": format!("{path}#{}", issue.number),
        },
        "severity": "UNKNOWN",
        "moved_to_id": null,
    })
}
