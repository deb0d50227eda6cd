//! Contents of many files come by one fetch from GitLab's git server, or one request each when git cannot be used.
#![expect(
    clippy::disallowed_methods,
    reason = "a repository and a job are made of files"
)]

use std::sync::Arc;

use tempfile::TempDir;
use walkdir::WalkDir;

use crate::support::git_server::{Behavior, GitServer};
use crate::support::gitlab::{FakeGitLab, Permission, Pull, Repo, User};
use crate::support::job::{Job, config, path};
use crate::support::token_watch::TokenWatch;

/// Requests of a check beside those for contents.
const OTHER_CALLS: usize = 14;
/// Objects that are read one by one before a job fetches.
const FEW: usize = 20;

struct Fetch {
    fake: FakeGitLab,
    repo: Repo,
    alice: User,
    pull: Pull,
    token: String,
    server: GitServer,
    _served: TempDir,
}

/// What a job left.
struct Ran {
    status: i32,
    log: String,
    configs: usize,
}

impl Fetch {
    /// A merge request that adds configs.
    fn new(configs: usize, mut behavior: Behavior) -> Self {
        let fake = FakeGitLab::start();
        let alice = fake.user("alice");
        let repo = fake
            .repo("acme/infra")
            .private()
            .collaborator(&alice, Permission::Write);
        let base = repo.commit("main").write("README.md", "x").push();
        let repo = repo.protected("main");
        repo.branch_by(&alice, "feature", &base);
        let mut commit = repo.commit("feature").author(&alice);
        for number in 0..configs {
            let tenant = format!("{number:04}");
            commit = commit.write(&path(&tenant), config(&tenant, ""));
        }
        commit.push();
        let pull = repo.pull("feature").author(&alice).number(7).open();
        let served = TempDir::new().unwrap();
        repo.clone_into(served.path());
        // GitLab's git server allows both.
        let settings = "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n";
        let file = served.path().join(".git/config");
        let before = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, before + settings).unwrap();
        let token = fake.check_token();
        behavior.token.get_or_insert_with(|| token.clone());
        behavior.user = Some("oauth2");
        let server = GitServer::start(served.path(), behavior);
        Self {
            fake,
            repo,
            alice,
            pull,
            token,
            server,
            _served: served,
        }
    }

    fn job(&self) -> Job {
        let job = Job::with_variables(&self.pull.pipeline(&self.alice));
        let folder = job.folder.path().display().to_string();
        job.with("CI_PROJECT_DIR", &folder)
            .with("TMPDIR", &folder)
            .with("PROVISIONER_TOKEN", &self.token)
            .with("CI_SERVER_URL", &self.server.url)
            .with("RUST_LOG", "debug")
    }

    /// Runs the job. Its token is in no output and no file, and no repository is left.
    fn run(&self, job: &Job) -> Ran {
        self.fake.clear_journal();
        let output = job.process(&["ci"]).output().unwrap();
        self.fake.take_writes();
        let log =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(!log.contains(&self.token), "{log}");
        let mut summary = String::new();
        for file in WalkDir::new(job.folder.path()).into_iter().flatten() {
            let name = file.file_name().to_string_lossy();
            assert!(!name.starts_with("provisioner-git-"), "{name}");
            if !file.file_type().is_file() {
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned();
            assert!(!text.contains(&self.token), "{name}");
            if name == "summary.md" {
                summary = text;
            }
        }
        let configs = (0..1000).filter(|number| summary.contains(&path(&format!("{number:04}"))));
        Ran {
            status: output.status.code().unwrap(),
            log,
            configs: configs.count(),
        }
    }
}

#[test]
fn many_files_cost_one_fetch_of_trees_and_one_of_blobs() {
    let fetch = Fetch::new(60, Behavior::default());
    let ran = fetch.run(&fetch.job());
    assert_eq!(ran.status, 0, "{}", ran.log);
    let calls = fetch.fake.requests().len();
    assert!(calls <= OTHER_CALLS + FEW, "{calls}: {}", ran.log);
    assert!(fetch.server.fetches() <= 2, "{:#?}", fetch.server.calls());
    assert!(fetch.server.calls().iter().all(|call| call.authorized));
    assert!(!ran.log.contains("through the API"), "{}", ran.log);
    // The comment is the same without git.
    let fetched = fetch.repo.comments(7).pop().unwrap().body;
    let job = fetch.job().with("CI_SERVER_URL", "http://127.0.0.1:1");
    let ran = fetch.run(&job);
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(ran.log.contains("through the API"), "{}", ran.log);
    let read = fetch.repo.comments(7).pop().unwrap().body;
    let without_job = |text: &str| {
        let job = regex::Regex::new(r"\[`[\d.]+`\]\([^)]*\)").unwrap();
        job.replace_all(text, "").into_owned()
    };
    assert_eq!(without_job(&fetched), without_job(&read));
}

#[test]
fn a_git_server_that_refuses_leads_to_the_api() {
    let behavior = Behavior {
        token: Some("other".to_owned()),
        ..Behavior::default()
    };
    let fetch = Fetch::new(30, behavior);
    let ran = fetch.run(&fetch.job());
    assert_eq!((ran.status, ran.configs), (0, 30), "{}", ran.log);
    assert!(ran.log.contains("through the API"), "{}", ran.log);
    assert_eq!(fetch.server.fetches(), 0);
}

#[test]
fn attack_a_redirect_of_git_does_not_get_the_token() {
    let other = TempDir::new().unwrap();
    let other = GitServer::start(other.path(), Behavior::default());
    let behavior = Behavior {
        redirect: Some(other.url.clone()),
        ..Behavior::default()
    };
    let fetch = Fetch::new(30, behavior);
    let ran = fetch.run(&fetch.job());
    assert_eq!((ran.status, ran.configs), (0, 30), "{}", ran.log);
    assert!(other.calls().is_empty(), "{:#?}", other.calls());
}

/// Looks at all processes and at the job's files while git waits for an answer.
#[test]
fn attack_the_token_is_in_no_argument_and_no_file() {
    let watch = TokenWatch::default();
    let inspect = {
        let watch = watch.clone();
        move || watch.look()
    };
    let behavior = Behavior {
        inspect: Some(Arc::new(inspect)),
        ..Behavior::default()
    };
    let fetch = Fetch::new(30, behavior);
    let job = fetch.job();
    watch.look_for("oauth2", &fetch.token, job.folder.path());
    let ran = fetch.run(&job);
    assert_eq!((ran.status, ran.configs), (0, 30), "{}", ran.log);
    assert!(fetch.server.fetches() > 0, "{}", ran.log);
    watch.assert_unseen();
}
