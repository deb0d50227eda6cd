//! Contents of many files come by one fetch, or in batches; never one request each. Nothing of the fetched repository is executed.
#![expect(clippy::disallowed_methods, reason = "a repository is made of files")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::support::check::Scene;
use crate::support::git_server::{Behavior, GitServer};
use crate::support::github::{CommitBuilder, Pull};
use crate::support::job::{Job, JobOutput, config, path};
use crate::support::token_watch::TokenWatch;

/// Requests that a check without contents sends: the pull request, the comment, the status and so on, and pages of files.
const OTHER_CALLS: usize = 8;
/// Objects that are read one by one before a job fetches.
const FEW: usize = 20;

struct Fetch {
    scene: Scene,
    pull: Pull,
    token: String,
    /// What the git server serves.
    _served: TempDir,
    server: GitServer,
}

impl Fetch {
    fn new(behavior: Behavior, change: impl FnOnce(CommitBuilder) -> CommitBuilder) -> Self {
        Self::of_branch("feature", behavior, change)
    }

    /// The same with a commit on another branch.
    fn of_branch(
        branch: &str,
        behavior: Behavior,
        change: impl FnOnce(CommitBuilder) -> CommitBuilder,
    ) -> Self {
        let scene = Scene::new();
        change(scene.repo.commit(branch)).push();
        let pull = scene.pull();
        let token = scene.github.actions_token();
        let served = TempDir::new().unwrap();
        scene.repo.clone_into(served.path());
        let settings = "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n";
        let file = served.path().join(".git/config");
        let before = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, before + settings).unwrap();
        let mut behavior = behavior;
        behavior.token.get_or_insert_with(|| token.clone());
        let server = GitServer::start(served.path(), behavior);
        scene.github.clear_journal();
        Self {
            scene,
            pull,
            token,
            _served: served,
            server,
        }
    }

    fn job(&self) -> Job {
        let event = self.pull.event("opened", &self.scene.alice);
        let job = Job::new(&self.scene.github, &self.token, "pull_request", &event);
        job.with("RUST_LOG", "debug")
    }

    /// Runs a job that knows the git server. Its token is in no output, and no folder is left.
    fn run(&self) -> JobOutput {
        self.finish(&self.job().with("GITHUB_SERVER_URL", &self.server.url))
    }

    fn finish(&self, job: &Job) -> JobOutput {
        let run = job.run();
        self.scene.github.take_writes();
        for text in [&run.stderr, &run.stdout, &run.summary] {
            assert!(!text.contains(&self.token), "{text}");
        }
        let left = std::fs::read_dir(job.folder.path()).unwrap().flatten();
        let names = left.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let names: Vec<String> = names.filter(|name| name.contains("git")).collect();
        assert!(names.is_empty(), "{names:?}");
        run
    }

    fn api_calls(&self) -> usize {
        self.scene.github.requests().len()
    }
}

fn many(count: usize) -> impl Fn(CommitBuilder) -> CommitBuilder {
    move |mut commit| {
        for number in 0..count {
            let tenant = format!("{number:04}");
            commit = commit.write(&path(&tenant), config(&tenant, ""));
        }
        commit
    }
}

#[test]
fn four_hundred_files_cost_one_fetch_of_trees_and_one_of_blobs() {
    let fetch = Fetch::new(Behavior::default(), many(400));
    let run = fetch.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.outputs["configs"], "400");
    let calls = fetch.api_calls();
    assert!(calls <= OTHER_CALLS + 4 + FEW, "{calls}: {}", run.stderr);
    assert!(fetch.server.fetches() <= 2, "{:#?}", fetch.server.calls());
    assert!(fetch.server.calls().iter().all(|call| call.authorized));

    // The comment is the same with a checkout, and through GraphQL.
    let comment = fetch.scene.comment();
    fetch.scene.github.clear_journal();
    let run = fetch.finish(&fetch.job());
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(fetch.scene.comment(), comment);
    let calls = fetch.api_calls();
    let batches = 400_usize.div_ceil(50);
    assert!(
        calls <= OTHER_CALLS + 4 + FEW + batches,
        "{calls}: {}",
        run.stderr
    );
}

/// The requests of a fork's check come out of the quota of the repository.
#[test]
fn attack_a_fork_with_four_hundred_files_costs_no_more() {
    let scene = Scene::new();
    let mallory = scene.github.user("mallory");
    let fork = scene.repo.fork("mallory/infra");
    fork.branch("feature", &scene.repo.head("main"));
    many(400)(fork.commit("feature")).author(&mallory).push();
    let pull = scene.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&mallory).number(7).open();
    let token = scene.github.actions_token();
    scene.github.clear_journal();
    let event = pull.event("opened", &mallory);
    let job = Job::new(&scene.github, &token, "pull_request", &event);
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.outputs["configs"], "400");
    let calls = scene.github.requests().len();
    let batches = 400_usize.div_ceil(50);
    assert!(
        calls <= OTHER_CALLS + 4 + FEW + batches,
        "{calls}: {}",
        run.stderr
    );
    assert!(scene.github.take_writes().is_empty());
}

/// A changed product concerns all configs, at both sides.
#[test]
fn a_product_edit_over_five_hundred_configs_has_bounded_calls() {
    let fetch = Fetch::new(Behavior::default(), |commit| {
        many(500)(commit).write(".provisioner/products/own/product.yaml", "name: own\n")
    });
    let run = fetch.run();
    // The product is not complete, and no config needs it.
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(run.outputs["configs"], "500");
    let calls = fetch.api_calls();
    assert!(calls < 60, "{calls}: {}", run.stderr);
    assert!(fetch.server.fetches() <= 4, "{:#?}", fetch.server.calls());
}

/// Drift detection reads all configs of the default branch. Each issue that is written is one more call.
#[test]
fn drift_detection_over_five_hundred_configs_has_bounded_calls() {
    for configs in [1, 500] {
        let fetch = Fetch::of_branch("main", Behavior::default(), many(configs));
        let event = fetch.scene.repo.schedule_event("17 3 * * *");
        let job = Job::new(&fetch.scene.github, &fetch.token, "schedule", &event)
            .with("GITHUB_SERVER_URL", &fetch.server.url)
            .with("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:1")
            .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x");
        let run = fetch.finish(&job);
        // Without a plan role no stack can be read, and the summary says so of each.
        assert_eq!(run.status, 20, "{}", run.stderr);
        let calls = fetch.api_calls();
        assert!(
            calls <= OTHER_CALLS + FEW,
            "{configs}: {calls}: {}",
            run.stderr
        );
        assert!(fetch.server.fetches() <= 2, "{:#?}", fetch.server.calls());
    }
}

#[test]
fn a_small_change_fetches_nothing() {
    let fetch = Fetch::new(Behavior::default(), many(3));
    let run = fetch.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        fetch.server.calls().is_empty(),
        "{:#?}",
        fetch.server.calls()
    );
}

#[test]
fn files_that_graphql_does_not_give_whole_are_read_whole() {
    let fetch = Fetch::new(Behavior::default(), |commit| {
        many(30)(commit)
            .write(&path("bytes"), b"client: \xff\n")
            .write(&path("nul"), "client: \0\n")
            .write(
                &path("long"),
                config("long", &format!("# {}\n", "x".repeat(600))),
            )
    });
    fetch
        .scene
        .github
        .limits(|limits| limits.graphql_text = 500);
    let by_git = fetch.run();
    let by_graphql = fetch.finish(&fetch.job());
    assert_eq!(by_git.status, 10, "{}", by_git.stderr);
    assert_eq!(by_graphql.report["plan"], by_git.report["plan"]);
    // As many files as that are not read one by one.
    let fetch = Fetch::new(Behavior::default(), |mut commit| {
        for number in 0..60 {
            commit = commit.write(&path(&format!("{number}")), [0xff, number]);
        }
        commit
    });
    let run = fetch.finish(&fetch.job());
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert!(run.stderr.contains("not UTF-8"), "{}", run.stderr);
}

#[test]
fn a_server_that_refuses_or_is_absent_leads_to_batches() {
    for (url, token) in [
        ("", Some("other")),
        ("http://127.0.0.1:1", None),
        ("ftp://x", None),
    ] {
        let behavior = Behavior {
            token: token.map(str::to_owned),
            ..Behavior::default()
        };
        let fetch = Fetch::new(behavior, many(40));
        let url = if url.is_empty() {
            &fetch.server.url
        } else {
            url
        };
        let run = fetch.finish(&fetch.job().with("GITHUB_SERVER_URL", url));
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(run.outputs["configs"], "40");
        let log = "reading contents through the API";
        assert!(run.stderr.contains(log), "{}", run.stderr);
    }
}

#[test]
fn a_job_without_git_reads_in_batches() {
    let fetch = Fetch::new(Behavior::default(), many(40));
    let empty = TempDir::new().unwrap();
    let job = fetch.job().with("GITHUB_SERVER_URL", &fetch.server.url);
    let run = fetch.finish(&job.with("PATH", &empty.path().display().to_string()));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(fetch.server.calls().is_empty());
}

#[test]
fn attack_a_redirect_does_not_get_the_token() {
    let other = TempDir::new().unwrap();
    let other = GitServer::start(other.path(), Behavior::default());
    let behavior = Behavior {
        redirect: Some(other.url.clone()),
        ..Behavior::default()
    };
    let fetch = Fetch::new(behavior, many(40));
    let run = fetch.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(fetch.server.calls().len(), 1);
    assert!(other.calls().is_empty(), "{:#?}", other.calls());
}

/// Looks at all processes and temporary files while git waits for an answer.
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
    let fetch = Fetch::new(behavior, many(40));
    let job = fetch.job().with("GITHUB_SERVER_URL", &fetch.server.url);
    watch.look_for("x-access-token", &fetch.token, job.folder.path());
    let run = fetch.finish(&job);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(fetch.server.fetches() > 0);
    watch.assert_unseen();
}

/// Hooks, filters and settings of the job's user, and attributes in the repository.
#[test]
fn attack_nothing_of_the_repository_or_the_user_is_executed() {
    let fetch = Fetch::new(Behavior::default(), |commit| {
        many(40)(commit)
            .write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
            .write(
                ".gitmodules",
                "[submodule \"x\"]\n\tpath = x\n\turl = ../x\n",
            )
            .submodule("x", &"1".repeat(40))
    });
    let home = TempDir::new().unwrap();
    let marker = home.path().join("executed");
    let script = home.path().join("script");
    std::fs::write(
        &script,
        format!("#!/bin/sh\ntouch {}\nexit 0\n", marker.display()),
    )
    .unwrap();
    executable(&script);
    let hooks = home.path().join("hooks");
    std::fs::create_dir_all(home.path().join("template/hooks")).unwrap();
    std::fs::create_dir(&hooks).unwrap();
    for hook in [
        "reference-transaction",
        "post-checkout",
        "pre-auto-gc",
        "post-index-change",
    ] {
        for folder in [&hooks, &home.path().join("template/hooks")] {
            std::fs::copy(&script, folder.join(hook)).unwrap();
        }
    }
    let run = script.display();
    let settings = format!(
        "[core]\n hooksPath = {}\n sshCommand = {run}\n fsmonitor = {run}\n askPass = {run}\n\
         [filter \"evil\"]\n smudge = {run}\n clean = {run}\n process = {run}\n required = true\n\
         [credential]\n helper = {run}\n[init]\n templateDir = {}\n\
         [url \"ext::{run} \"]\n insteadOf = http://\n[protocol \"ext\"]\n allow = always\n",
        hooks.display(),
        home.path().join("template").display(),
    );
    std::fs::write(home.path().join(".gitconfig"), settings).unwrap();
    let text = |path: &Path| path.display().to_string();
    let job = fetch
        .job()
        .with("GITHUB_SERVER_URL", &fetch.server.url)
        .with("HOME", &text(home.path()))
        .with("GIT_CONFIG_GLOBAL", &text(&home.path().join(".gitconfig")))
        .with("GIT_TEMPLATE_DIR", &text(&home.path().join("template")))
        .with("GIT_ASKPASS", &text(&script))
        .with("GIT_SSH_COMMAND", &text(&script))
        .with("GIT_TRACE_CURL", "1")
        .with("GIT_EXEC_PATH", &text(home.path()));
    let run = fetch.finish(&job);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(fetch.server.fetches() > 0, "{}", run.stderr);
    assert!(!marker.exists());
}

fn executable(file: &Path) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}
