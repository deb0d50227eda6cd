//! Projects, branches, commits, members and events.

use serde_json::{Value, json};

use super::super::state::{Event, Member, Project, Protection, PushLevel, State};
use super::{merge, user};
use crate::support::forge::objects::{Change, Commit, How};

/// <https://docs.gitlab.com/api/projects/#retrieve-a-project>
pub fn project(state: &State, project: &Project, level: i64) -> Value {
    let path = project.full_name();
    let web = format!("{}/{path}", state.web);
    let parent = project.parent.and_then(|id| state.repos.get(&id));
    let mut all = json!({
        "id": project.id,
        "description": null,
        "name": project.name,
        "name_with_namespace": format!("{} / {}", project.namespace, project.name),
        "path": project.name,
        "path_with_namespace": path,
        "created_at": project.created,
        "default_branch": project.branches.contains_key(&project.default_branch).then_some(&project.default_branch),
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": format!("git@127.0.0.1:{path}.git"),
        "http_url_to_repo": format!("{web}.git"),
        "web_url": web,
        "readme_url": null,
        "forks_count": 0,
        "avatar_url": null,
        "star_count": 0,
        "last_activity_at": project.created,
        "visibility": project.visibility(),
        "namespace": {
            "id": 1,
            "name": project.namespace,
            "path": project.namespace,
            "kind": "group",
            "full_path": project.namespace,
            "parent_id": null,
            "avatar_url": null,
            "web_url": format!("{}/groups/{}", state.web, project.namespace),
        },
        "empty_repo": project.branches.is_empty(),
        "archived": false,
        "creator_id": project.owner,
        "merge_method": project.merge_method,
        "squash_option": "default_off",
        "merge_pipelines_enabled": false,
        "merge_trains_enabled": project.merge_trains,
        "ci_config_path": "",
        "ci_id_token_sub_claim_components": ["project_path", "ref_type", "ref"],
        "only_allow_merge_if_pipeline_succeeds": false,
        "remove_source_branch_after_merge": true,
    });
    if let Some(parent) = parent {
        all["forked_from_project"] = json!({
            "id": parent.id,
            "name": parent.name,
            "path": parent.name,
            "path_with_namespace": parent.full_name(),
            "web_url": format!("{}/{}", state.web, parent.full_name()),
        });
    }
    let access = (level > 0).then(|| json!({"access_level": level, "notification_level": 3}));
    merge(
        &mut all,
        json!({"permissions": {"project_access": access, "group_access": null}}),
    );
    all
}

/// <https://docs.gitlab.com/api/branches/#retrieve-a-repository-branch>
pub fn branch(state: &State, project: &Project, name: &str, level: i64) -> Value {
    let sha = &project.branches[name];
    let protection = state.protection(project.id, name);
    let allows = |least: i64| least > 0 && level >= least;
    let push = protection.map_or(level >= 30, |p| {
        p.push
            .iter()
            .any(|push| matches!(push, PushLevel::Role(role) if allows(*role)))
    });
    json!({
        "name": name,
        "commit": state.objects.commit(sha).map(|c| commit(state, project, c)),
        "merged": false,
        "protected": protection.is_some(),
        "developers_can_push": protection.is_some_and(|p| p.push.contains(&PushLevel::Role(30))),
        "developers_can_merge": protection.is_some_and(|p| p.merge == 30),
        "can_push": push,
        "default": name == project.default_branch,
        "web_url": format!("{}/{}/-/tree/{name}", state.web, project.full_name()),
    })
}

/// <https://docs.gitlab.com/api/protected_branches/#retrieve-a-protected-branch-or-wildcard-protected-branch>
pub fn protected_branch(name: &str, protection: &Protection) -> Value {
    let describe = |level: i64| match level {
        0 => "No one",
        30 => "Developers + Maintainers",
        40 => "Maintainers",
        60 => "Administrators",
        _ => "",
    };
    let role = |id: usize, level: i64| {
        json!({
            "id": id,
            "access_level": level,
            "access_level_description": describe(level),
            "deploy_key_id": null,
            "user_id": null,
            "group_id": null,
        })
    };
    let push = protection
        .push
        .iter()
        .enumerate()
        .map(|(at, push)| match push {
            PushLevel::Role(level) => role(at + 1, *level),
            PushLevel::User(user) => {
                let mut all = role(at + 1, 40);
                merge(
                    &mut all,
                    json!({"user_id": user, "access_level_description": "A user"}),
                );
                all
            }
            PushLevel::DeployKey(key) => {
                let mut all = role(at + 1, 40);
                merge(
                    &mut all,
                    json!({"deploy_key_id": key, "access_level_description": "Deploy key"}),
                );
                all
            }
        });
    json!({
        "id": protection.id,
        "name": name,
        "push_access_levels": push.collect::<Vec<_>>(),
        "merge_access_levels": [role(1, protection.merge)],
        "allow_force_push": protection.allow_force_push,
        "unprotect_access_levels": [],
        "code_owner_approval_required": false,
        "inherited": protection.inherited,
    })
}

/// <https://docs.gitlab.com/api/commits/#list-all-repository-commits>
pub fn commit(state: &State, project: &Project, commit: &Commit) -> Value {
    let login = &state.user(commit.author).login;
    let email = format!("u{}@example.org", commit.author);
    json!({
        "id": commit.sha,
        "short_id": &commit.sha[..8],
        "created_at": commit.at,
        "parent_ids": commit.parents,
        "title": commit.message.lines().next().unwrap_or_default(),
        "message": commit.message,
        "author_name": login,
        "author_email": email,
        "authored_date": commit.at,
        "committer_name": login,
        "committer_email": email,
        "committed_date": commit.at,
        "trailers": {},
        "extended_trailers": {},
        "web_url": format!("{}/{}/-/commit/{}", state.web, project.full_name(), commit.sha),
    })
}

/// <https://docs.gitlab.com/api/commits/#retrieve-a-commit>
pub fn commit_detail(state: &State, project: &Project, of: &Commit) -> Value {
    let mut all = commit(state, project, of);
    let pipelines = project.pipelines.iter().rev();
    let last = pipelines.clone().find(|p| p.sha == of.sha);
    let more = json!({
        "stats": {"additions": 1, "deletions": 0, "total": 1},
        "status": last.map(|p| p.status),
        "project_id": project.id,
        "last_pipeline": last.map(|p| super::pipeline(state, project, p)),
    });
    merge(&mut all, more);
    all
}

/// `Diff`. <https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs>
pub fn change(change: &Change) -> Value {
    let mode = |leaf: &Option<crate::support::forge::objects::Leaf>| match leaf {
        Some(leaf) => leaf.mode,
        None => "0",
    };
    json!({
        "diff": "@@ -1 +1 @@\n",
        "collapsed": false,
        "too_large": false,
        "new_path": change.path,
        "old_path": change.previous.as_ref().unwrap_or(&change.path),
        "a_mode": mode(&change.old),
        "b_mode": mode(&change.new),
        "new_file": change.how == How::Added,
        "renamed_file": change.how == How::Renamed,
        "deleted_file": change.how == How::Removed,
        "generated_file": null,
    })
}

/// <https://docs.gitlab.com/api/project_members/#retrieve-a-project-member>
pub fn member(state: &State, id: u64, member: &Member) -> Value {
    let mut all = user(state, id);
    let more = json!({
        "access_level": member.level,
        "created_at": member.created,
        "expires_at": null,
        "membership_state": "active",
        "member_role": null,
    });
    merge(&mut all, more);
    all
}

/// <https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project>
pub fn event(state: &State, project: &Project, event: &Event) -> Value {
    let mut all = json!({
        "id": event.id,
        "project_id": project.id,
        "action_name": event.action,
        "target_id": null,
        "target_iid": null,
        "target_type": null,
        "author_id": event.author,
        "target_title": null,
        "created_at": event.at,
        "author": user(state, event.author),
        "imported": false,
        "imported_from": "none",
        "author_username": state.user(event.author).login,
    });
    if let Some(push) = &event.push {
        all["push_data"] = json!({
            "commit_count": push.count,
            "action": push.action,
            "ref_type": "branch",
            "commit_from": push.from,
            "commit_to": push.to,
            "ref": push.branch,
            "commit_title": push.title,
            "ref_count": push.ref_count,
        });
    }
    all
}
