//! Event payloads of `GITHUB_EVENT_PATH`.
//!
//! GitHub's published example is the base, so a payload has fields that the fake does not know; the fake's values replace the
//! example's. Without the test bed the payload has the fake's fields only.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::build::Repo;
use super::build_pull::Pull;
use super::lock;
use super::objects::Commit;
use super::shape;
use super::state::{RepoData, State, User};

/// The workflow of events that belong to no pull request and no push.
const WORKFLOW: &str = ".github/workflows/provision.yml";
/// Payloads come from github.com, whatever address the job uses.
const API: &str = "https://api.github.com";

impl Pull {
    /// `opened`, `reopened`, `closed`, `ready_for_review` …
    pub fn event(&self, action: &str, sender: &User) -> Value {
        let known = self.known(action, sender);
        merge_example("pull_request", action, known)
    }

    /// After a push: `before` is the former head.
    pub fn synchronize_event(&self, before: &str, sender: &User) -> Value {
        let mut known = self.known("synchronize", sender);
        known["before"] = json!(before);
        known["after"] = json!(self.head_sha());
        merge_example("pull_request", "synchronize", known)
    }

    fn known(&self, action: &str, sender: &User) -> Value {
        let state = lock(&self.repo.world);
        let repo = &state.repos[&self.repo.id];
        let pull = &repo.pulls[&self.number];
        json!({
            "action": action,
            "number": self.number,
            "pull_request": shape::pull(&state, API, repo, pull),
            "repository": shape::repo(&state, API, repo),
            "sender": shape::user(API, sender),
        })
    }

    /// `created`, `edited` or `deleted`, for a comment of this pull request; the sender is its author.
    #[track_caller]
    pub fn comment_event(&self, action: &str, comment: u64) -> Value {
        let state = lock(&self.repo.world);
        let repo = &state.repos[&self.repo.id];
        let comment = repo.comments.get(&comment).expect("the comment exists");
        let known = json!({
            "action": action,
            "issue": shape::issue_of_pull(&state, API, repo, &repo.pulls[&self.number]),
            "comment": shape::comment(&state, API, repo, comment),
            "repository": shape::repo(&state, API, repo),
            "sender": shape::user(API, state.user(comment.user)),
        });
        merge_example("issue_comment", action, known)
    }

    /// The merge queue asks for checks. `head` is the queue's merge commit, `base` what it is merged onto.
    #[track_caller]
    pub fn merge_group_event(&self, base: &str, head: &str, sender: &User) -> Value {
        let state = lock(&self.repo.world);
        let repo = &state.repos[&self.repo.id];
        let branch = &repo.pulls[&self.number].base_ref;
        let queue = format!(
            "refs/heads/gh-readonly-queue/{branch}/pr-{}-{base}",
            self.number
        );
        let known = json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": head,
                "head_ref": queue,
                "base_sha": base,
                "base_ref": format!("refs/heads/{branch}"),
                "head_commit": pushed(&state, repo, commit(&state, head)),
            },
            "repository": shape::repo(&state, API, repo),
            "sender": shape::user(API, sender),
        });
        merge_example("merge_group", "checks_requested", known)
    }
}

impl Repo {
    /// The payload of a scheduled job. GitHub sends this event nowhere else.
    pub fn schedule_event(&self, cron: &str) -> Value {
        let state = lock(&self.world);
        json!({
            "schedule": cron,
            "workflow": WORKFLOW,
            "repository": shape::repo(&state, API, &state.repos[&self.id]),
        })
    }

    /// `created`, `edited` or `deleted`, for a comment on an issue; the sender is its author.
    pub fn issue_comment_event(&self, action: &str, comment: u64) -> Value {
        let state = lock(&self.world);
        let repo = &state.repos[&self.id];
        let comment = repo.comments.get(&comment).expect("the comment exists");
        let known = json!({
            "action": action,
            "issue": shape::issue(&state, API, repo, &repo.issues[&comment.number]),
            "comment": shape::comment(&state, API, repo, comment),
            "repository": shape::repo(&state, API, repo),
            "sender": shape::user(API, state.user(comment.user)),
        });
        let mut payload = merge_example("issue_comment", action, known);
        if let Some(issue) = payload["issue"].as_object_mut() {
            issue.remove("pull_request");
        }
        payload
    }

    /// A person starts the workflow on a branch.
    pub fn workflow_dispatch_event(&self, branch: &str, inputs: &Value, sender: &User) -> Value {
        let state = lock(&self.world);
        let mut known = json!({
            "ref": format!("refs/heads/{branch}"),
            "workflow": WORKFLOW,
            "repository": shape::repo(&state, API, &state.repos[&self.id]),
            "sender": shape::user(API, sender),
        });
        known["inputs"] = Value::Null;
        let mut payload = merge_example("workflow_dispatch", "", known);
        // Not merged with the inputs of the example.
        payload["inputs"] = inputs.clone();
        payload
    }

    /// A push that moves the branch from `before`; forty zeros for a new branch.
    #[track_caller]
    pub fn push_event(&self, branch: &str, before: &str, pusher: &User) -> Value {
        let after = self.head(branch);
        let state = lock(&self.world);
        let repo = &state.repos[&self.id];
        let created = before.bytes().all(|b| b == b'0');
        let forced = !created && !state.objects.ancestors(&after).contains(before);
        let commits = state.objects.between(before, &after);
        let name = repo.full_name();
        // Only this event has a name and an email of the owner, and two times as numbers.
        let mut repository = shape::repo(&state, API, repo);
        repository["owner"]["name"] = json!(repo.namespace);
        repository["owner"]["email"] = Value::Null;
        repository["master_branch"] = json!(repo.default_branch);
        repository["stargazers"] = json!(0);
        repository["created_at"] = json!(1_767_225_601);
        repository["pushed_at"] = json!(1_767_225_602);
        let known = json!({
            "ref": format!("refs/heads/{branch}"),
            "before": before,
            "after": after,
            "created": created,
            "deleted": false,
            "forced": forced,
            "base_ref": null,
            "compare": format!("{}/{name}/compare/{}...{}", shape::WEB, &before[..12], &after[..12]),
            "commits": commits.iter().map(|c| pushed(&state, repo, c)).collect::<Vec<_>>(),
            "head_commit": pushed(&state, repo, commit(&state, &after)),
            "repository": repository,
            "pusher": {"name": pusher.login, "email": format!("{}@example.org", pusher.login)},
            "sender": shape::user(API, pusher),
        });
        merge_example("push", "", known)
    }
}

#[track_caller]
fn commit<'a>(state: &'a State, sha: &str) -> &'a Commit {
    state.objects.commit(sha).expect("the commit exists")
}

fn pushed(state: &State, repo: &RepoData, commit: &Commit) -> Value {
    let login = &state.user(commit.author).login;
    let who = json!({"name": login, "email": format!("{login}@example.org"), "username": login});
    let nothing = Default::default();
    let before = commit
        .parents
        .first()
        .and_then(|sha| state.objects.commit(sha));
    let before = before.map_or(&nothing, |parent| &*parent.files);
    let now = &commit.files;
    let added: Vec<&String> = now
        .keys()
        .filter(|path| !before.contains_key(*path))
        .collect();
    let removed: Vec<&String> = before
        .keys()
        .filter(|path| !now.contains_key(*path))
        .collect();
    let differs = |path: &&String| before.get(*path).is_some_and(|leaf| *leaf != now[*path]);
    let modified: Vec<&String> = now.keys().filter(differs).collect();
    json!({
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": true,
        "message": commit.message,
        "timestamp": commit.at,
        "url": format!("{}/{}/commit/{}", shape::WEB, repo.full_name(), commit.sha),
        "author": who,
        "committer": who,
        "added": added,
        "removed": removed,
        "modified": modified,
    })
}

/// Merges objects and replaces everything else: an example's list says nothing about this repository.
fn merge_example(name: &str, action: &str, known: Value) -> Value {
    let mut payload = example(name, action).unwrap_or(Value::Null);
    overwrite(&mut payload, known);
    // These describe the example's organisation and app, which the fake does not have.
    if let Some(fields) = payload.as_object_mut() {
        for foreign in ["organization", "installation", "enterprise", "changes"] {
            fields.remove(foreign);
        }
    }
    payload
}

fn overwrite(ground: &mut Value, known: Value) {
    match (ground, known) {
        (Value::Object(ground), Value::Object(known)) => {
            for (key, value) in known {
                overwrite(ground.entry(key).or_insert(Value::Null), value);
            }
        }
        (ground, known) => *ground = known,
    }
}

/// All examples, read once: they are megabytes.
fn examples() -> Option<&'static Value> {
    static EXAMPLES: OnceLock<Option<Value>> = OnceLock::new();
    let read = || {
        std::env::var_os("PROVISIONER_TESTBED")?;
        let file = "node_modules/@octokit/webhooks-examples/api.github.com/index.json";
        let path = super::super::testbed::root().join(file);
        let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Some(serde_json::from_slice(&text).expect("the examples are JSON"))
    };
    EXAMPLES.get_or_init(read).as_ref()
}

fn example(name: &str, action: &str) -> Option<Value> {
    let mut events = examples()?.as_array()?.iter();
    let event = events.find(|event| event["name"] == name)?;
    let examples = event["examples"].as_array()?;
    // A push of a branch, not of a tag; a comment on a pull request, if there is one.
    let of_action = examples
        .iter()
        .filter(|e| action.is_empty() || e["action"] == action);
    let fits = |e: &&Value| {
        !e["ref"]
            .as_str()
            .is_some_and(|r| r.starts_with("refs/tags/"))
    };
    of_action
        .clone()
        .find(fits)
        .or_else(|| examples.first())
        .cloned()
}
