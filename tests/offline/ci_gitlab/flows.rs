//! Whole jobs against the fake GitLab, with the variables of its pipelines.
#![expect(
    clippy::disallowed_methods,
    reason = "a job is a process with a folder"
)]

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::gitlab::{FakeGitLab, Permission, Pull, Repo, User, Variables};
use crate::support::job::{BINARY, SHORT_PAUSES};

pub(super) const CONFIG: &str =
    include_str!("../../../examples/s3/configs/edge-prod-b001-us-west-1-s3.yaml");
const PATH: &str = "s3/configs/edge-prod-b001-us-west-1-s3.yaml";

pub(super) struct Scene {
    pub fake: FakeGitLab,
    pub repo: Repo,
    pub author: User,
    pub pull: Pull,
}

/// A merge request that adds a config.
pub(super) fn scene(config: &str) -> Scene {
    scene_with(config, None)
}

fn scene_with(config: &str, policy: Option<&str>) -> Scene {
    let fake = FakeGitLab::start();
    let author = fake.user("alice");
    let repo = fake
        .repo("acme/infra")
        .private()
        .collaborator(&author, Permission::Write);
    let base = match policy {
        Some(policy) => repo.commit("main").write(".provisioner.yaml", policy),
        None => repo.commit("main").write("README.md", "x"),
    };
    let base = base.push();
    let repo = repo.protected("main");
    repo.branch_by(&author, "feature", &base);
    repo.commit("feature")
        .author(&author)
        .write(PATH, config)
        .push();
    let pull = repo.pull("feature").author(&author).number(7).open();
    Scene {
        fake,
        repo,
        author,
        pull,
    }
}

pub(super) struct Ran {
    pub status: i32,
    pub log: String,
    folder: TempDir,
}

impl Ran {
    pub fn file(&self, name: &str) -> String {
        let path = self
            .folder
            .path()
            .join("project/provisioner-out")
            .join(name);
        fs::read_to_string(path).unwrap_or_default()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.file(name)).unwrap_or_default()
    }
}

/// Runs the job of a pipeline. `TRIGGER_PAYLOAD` becomes a file, as a runner makes it.
pub(super) fn run(mut variables: Variables, token: &str) -> Ran {
    let folder = TempDir::new().unwrap();
    let project = folder.path().join("project");
    fs::create_dir(&project).unwrap();
    for (name, value) in &mut variables {
        if name == "TRIGGER_PAYLOAD" {
            let path = folder.path().join("payload");
            fs::write(&path, &*value).unwrap();
            *value = path.display().to_string();
        }
    }
    let ended = Command::new(BINARY)
        .arg("ci")
        .current_dir(&project)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env(SHORT_PAUSES.0, SHORT_PAUSES.1)
        .env("PROVISIONER_CHECK_USER", "999")
        .envs(variables)
        .env("CI_PROJECT_DIR", &project)
        .env("PROVISIONER_TOKEN", token)
        .output()
        .unwrap();
    Ran {
        status: ended.status.code().unwrap(),
        log: String::from_utf8(ended.stderr).unwrap(),
        folder,
    }
}

#[test]
fn a_check_comments_and_leaves_its_reports() {
    let scene = scene(CONFIG);
    let ran = run(
        scene.pull.pipeline(&scene.author),
        &scene.fake.check_token(),
    );
    assert_eq!(ran.status, 0, "{}", ran.log);
    let notes = scene.repo.comments(7);
    let notes: Vec<_> = notes.iter().filter(|note| !note.system).collect();
    assert_eq!(notes.len(), 1, "{}", ran.log);
    assert!(notes[0].body.contains(PATH), "{}", notes[0].body);
    let statuses = scene.repo.statuses(&scene.pull.head_sha());
    assert_eq!(statuses.len(), 1, "{}", ran.log);
    assert_eq!(ran.file("code-quality.json"), "[]\n");
    assert!(ran.file("summary.md").contains(PATH));
    assert!(
        ran.file("provisioner.env")
            .contains("PROVISIONER_OUTPUT_CONFIGS=1\n")
    );
    assert!(ran.log.contains("section_start:"), "{}", ran.log);
    scene.fake.take_writes();
}

/// A token that is forgotten, wrong, or of a user outside of the project.
#[test]
fn a_job_without_a_token_of_the_project_names_the_variable() {
    let scene = scene(CONFIG);
    let stranger = scene.fake.user("mallory");
    let requests = scene.fake.requests().len();
    for (token, says) in [
        (String::new(), "PROVISIONER_CHECK_TOKEN is empty"),
        ("glpat-wrong".to_owned(), "401 Unauthorized"),
        (scene.fake.token(&stranger), "404 Project Not Found"),
    ] {
        let ran = run(scene.pull.pipeline(&scene.author), &token);
        assert_ne!(ran.status, 0, "{}", ran.log);
        assert!(ran.log.contains(says), "{}", ran.log);
        let help = "set the CI/CD variable PROVISIONER_CHECK_TOKEN to an access token";
        assert!(ran.log.contains(help), "{}", ran.log);
        assert!(!ran.log.contains("newest change"), "{}", ran.log);
        if token.is_empty() {
            assert_eq!(scene.fake.requests().len(), requests, "{}", ran.log);
        }
    }
}

/// The widget of the merge request.
#[test]
fn the_plan_counts_what_the_merge_applies() {
    let role = "version: 1\nenvironments:\n  prod:\n    roles:\n      apply: arn:aws:iam::{account_id}:role/apply\n";
    for (policy, create) in [(Some(role), 1), (None, 0)] {
        let scene = scene_with(CONFIG, policy);
        let ran = run(
            scene.pull.pipeline(&scene.author),
            &scene.fake.check_token(),
        );
        let counts = serde_json::json!({"create": create, "update": 0, "delete": 0});
        assert_eq!(ran.json("plan.json"), counts, "{policy:?}: {}", ran.log);
        scene.fake.take_writes();
    }
}

#[test]
fn a_finding_of_a_check_is_in_its_reports() {
    let scene = scene(&CONFIG.replace("s3:\n", "s3:\n  versionning: true\n"));
    let ran = run(
        scene.pull.pipeline(&scene.author),
        &scene.fake.check_token(),
    );
    assert_eq!(ran.status, 10, "{}", ran.log);
    let findings = ran.json("code-quality.json");
    assert_eq!(findings[0]["check_name"], "unknown-key", "{findings}");
    assert_eq!(findings[0]["location"]["path"], PATH);
    scene.fake.take_writes();
}

#[test]
fn a_note_is_answered() {
    let scene = scene(CONFIG);
    let note = scene.repo.comment(7, &scene.author, "/provisioner help");
    let job = scene.repo.note_pipeline(&note, &scene.author);
    let ran = run(job, &scene.fake.apply_token());
    assert_eq!(ran.status, 0, "{}", ran.log);
    let notes = scene.repo.comments(7);
    let answer = notes.iter().rfind(|note| !note.system).unwrap();
    assert_ne!(answer.id, note.id, "{}", ran.log);
    assert!(answer.body.contains("validate-config"), "{}", answer.body);
    scene.fake.take_writes();
}

/// The payload is a claim: the note is read again, and its text decides.
#[test]
fn attack_a_payload_with_another_text_commands_nothing() {
    let scene = scene(CONFIG);
    let note = scene.repo.comment(7, &scene.author, "hello");
    let mut job = scene.repo.note_pipeline(&note, &scene.author);
    for (name, value) in &mut job {
        if name == "TRIGGER_PAYLOAD" {
            *value = value.replace("hello", "/provisioner help");
        }
    }
    let ran = run(job, &scene.fake.apply_token());
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(ran.log.contains("nothing to do"), "{}", ran.log);
    let notes = scene.repo.comments(7);
    assert_eq!(notes.iter().filter(|note| !note.system).count(), 1);
}

#[test]
fn pipelines_of_merge_commits_are_checked() {
    let scene = scene(CONFIG);
    let job = scene.pull.merged_result_pipeline(&scene.author);
    let ran = run(job, &scene.fake.check_token());
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(ran.file("summary.md").contains(PATH), "{}", ran.log);
    let job = scene.pull.merge_train_pipeline(&scene.author);
    let ran = run(job, &scene.fake.check_token());
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(ran.file("summary.md").contains(PATH), "{}", ran.log);
    scene.fake.take_writes();
}

#[test]
fn attack_a_fork_gets_no_answer() {
    let fake = FakeGitLab::start();
    let (owner, stranger) = (fake.user("alice"), fake.user("mallory"));
    let repo = fake
        .repo("acme/infra")
        .collaborator(&owner, Permission::Maintain);
    repo.commit("main").write("README.md", "x").push();
    let fork = repo.fork("mallory/infra");
    fork.branch_by(&stranger, "feature", &fork.head("main"));
    fork.commit("feature")
        .author(&stranger)
        .write(PATH, CONFIG)
        .push();
    let pull = repo
        .pull("feature")
        .of_fork(&fork)
        .author(&stranger)
        .number(7)
        .open();
    let ran = run(pull.pipeline(&stranger), "");
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(
        ran.log.contains("only if its branch is in this project"),
        "{}",
        ran.log
    );
    assert_eq!(fake.requests().len(), 0);
}

/// A first pipeline names no commit before it.
#[test]
fn a_first_pipeline_of_the_default_branch_changes_nothing() {
    let scene = scene(CONFIG);
    let zeros = "0".repeat(40);
    let job = scene.repo.push_pipeline("main", &zeros, &scene.author);
    let ran = run(job, &scene.fake.apply_token());
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(ran.log.contains("nothing to do"), "{}", ran.log);
    assert_eq!(scene.fake.take_writes().len(), 0);
}
