//! The payload of a note's webhook. <https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events>

use serde_json::{Value, json};

use super::state::{Comment, MergeRequest, Project, State};

/// `action`: `create` or `update`.
pub fn note(state: &State, project: &Project, note: &Comment, action: &str) -> Value {
    let author = state.user(note.user);
    let web = format!("{}/{}", state.web, project.full_name());
    let (kind, folder) = match note.of_issue {
        true => ("Issue", "issues"),
        false => ("MergeRequest", "merge_requests"),
    };
    let pull = project.pulls.get(&note.number).filter(|_| !note.of_issue);
    let issue = project.issues.get(&note.number).filter(|_| note.of_issue);
    let mut payload = json!({
        "object_kind": "note",
        "event_type": "note",
        "user": {
            "id": author.id,
            "name": author.login,
            "username": author.login,
            "avatar_url": null,
            "email": "[REDACTED]",
        },
        "project_id": project.id,
        "project": of_project(state, project),
        "object_attributes": {
            "attachment": null,
            "author_id": author.id,
            "change_position": null,
            "commit_id": null,
            "created_at": hook_time(&note.created),
            "discussion_id": "0123456789abcdef0123456789abcdef01234567",
            "id": note.id,
            "internal": false,
            "line_code": null,
            "note": note.body,
            "noteable_id": pull.map(|p| p.id).or(issue.map(|i| i.id)),
            "noteable_type": kind,
            "original_position": null,
            "position": null,
            "project_id": project.id,
            "resolved_at": null,
            "resolved_by_id": null,
            "st_diff": null,
            "system": note.system,
            "type": null,
            "updated_at": hook_time(&note.updated),
            "updated_by_id": null,
            "description": note.body,
            "url": format!("{web}/-/{folder}/{}#note_{}", note.number, note.id),
            "action": action,
        },
        "repository": {
            "name": project.name,
            "url": format!("git@127.0.0.1:{}.git", project.full_name()),
            "description": null,
            "homepage": web,
        },
    });
    if let Some(pull) = pull {
        payload["merge_request"] = of_request(state, project, pull);
    }
    if let Some(issue) = issue {
        payload["issue"] = json!({
            "id": issue.id,
            "iid": issue.number,
            "title": issue.title,
            "author_id": issue.author,
            "project_id": project.id,
            "state": if issue.open { "opened" } else { "closed" },
        });
    }
    payload
}

/// Webhooks write times without milliseconds, as `2026-01-01 00:00:01 UTC`.
fn hook_time(time: &str) -> String {
    time.replace('T', " ").replace(".000Z", " UTC")
}

fn of_project(state: &State, project: &Project) -> Value {
    let path = project.full_name();
    let web = format!("{}/{path}", state.web);
    let level = match project.visibility() {
        "private" => 0,
        "internal" => 10,
        _ => 20,
    };
    json!({
        "id": project.id,
        "name": project.name,
        "description": null,
        "web_url": web,
        "avatar_url": null,
        "git_ssh_url": format!("git@127.0.0.1:{path}.git"),
        "git_http_url": format!("{web}.git"),
        "namespace": project.namespace,
        "visibility_level": level,
        "path_with_namespace": path,
        "default_branch": project.default_branch,
        "ci_config_path": "",
    })
}

fn of_request(state: &State, project: &Project, pull: &MergeRequest) -> Value {
    let web = format!("{}/{}", state.web, project.full_name());
    let source = pull.head_repo.and_then(|id| state.repos.get(&id));
    let last = state.objects.commit(&pull.head_sha);
    json!({
        "id": pull.id,
        "iid": pull.number,
        "target_branch": pull.base_ref,
        "source_branch": pull.head_ref,
        "source_project_id": pull.head_repo,
        "target_project_id": project.id,
        "author_id": pull.author,
        "assignee_id": null,
        "assignee_ids": [],
        "reviewer_ids": pull.reviewers.iter().map(|r| r.user).collect::<Vec<_>>(),
        "title": pull.title,
        "description": pull.body,
        "created_at": hook_time(&pull.created),
        "updated_at": hook_time(&pull.updated),
        "milestone_id": null,
        "state": pull.state,
        "merge_status": "can_be_merged",
        "detailed_merge_status": "mergeable",
        "draft": pull.draft,
        "work_in_progress": pull.draft,
        "head_pipeline_id": null,
        "labels": [],
        "source": source.map(|p| of_project(state, p)),
        "target": of_project(state, project),
        "last_commit": last.map(|c| json!({
            "id": c.sha,
            "message": c.message,
            "title": c.message.lines().next(),
            "timestamp": c.at.replace(".000Z", "+00:00"),
            "url": format!("{web}/-/commit/{}", c.sha),
            "author": {"name": state.user(c.author).login, "email": "[REDACTED]"},
        })),
        "url": format!("{web}/-/merge_requests/{}", pull.number),
    })
}
