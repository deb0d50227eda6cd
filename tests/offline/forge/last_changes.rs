//! The last change of many files, from a checkout and from a server, with one walk.
#![expect(clippy::disallowed_methods, reason = "a test needs git and files")]

use std::path::Path;
use std::process::Command;

use provisioner::forge::Source as _;
use provisioner::forge::git::{FetchedRepository, LastChanges};
use provisioner::forge::local::LocalRepository;
use provisioner::model::{CommitSha, RepoPath};
use tempfile::TempDir;

use super::remote::{remote, wait_for};
use super::sha;
use crate::support::git_server::{Behavior, GitServer};

fn git(folder: &Path, time: i64, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null");
    for name in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{name}_NAME"), "t");
        git.env(format!("GIT_{name}_EMAIL"), "t@example.org");
        git.env(format!("GIT_{name}_DATE"), format!("@{time} +0000"));
    }
    let output = git.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `configs/0.yaml` to `configs/29.yaml`, added at once; 1 is changed on a branch that is merged, 2 directly.
struct History {
    folder: TempDir,
    added: String,
    merge: String,
    direct: String,
}

fn history() -> History {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let write = |name: &str, text: &str| {
        let file = path.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    let commit = |time: i64| {
        git(path, time, &["add", "."]);
        git(path, time, &["commit", "--quiet", "--message", "x"]);
        git(path, time, &["rev-parse", "HEAD"])
    };
    git(path, 0, &["init", "--quiet", "--initial-branch=main"]);
    git(path, 0, &["config", "uploadpack.allowFilter", "true"]);
    for number in 0..30 {
        write(&format!("configs/{number}.yaml"), "a: 1\n");
    }
    let added = commit(1_000);
    git(path, 0, &["switch", "--quiet", "--create", "feature"]);
    write("configs/1.yaml", "a: 2\n");
    commit(2_000);
    git(path, 0, &["switch", "--quiet", "main"]);
    write("elsewhere.txt", "x\n");
    commit(2_500);
    let arguments = ["merge", "--quiet", "--no-ff", "--message", "x", "feature"];
    git(path, 3_000, &arguments);
    let merge = git(path, 0, &["rev-parse", "HEAD"]);
    write("configs/2.yaml", "a: 2\n");
    // A file that is named like a commit does not count as one.
    write(&format!("configs/{added}"), "x\n");
    let direct = commit(4_000);
    History {
        folder,
        added,
        merge,
        direct,
    }
}

fn paths() -> Vec<RepoPath> {
    let paths = (0..30).map(|number| format!("configs/{number}.yaml"));
    let paths = paths.chain(["configs/never.yaml".to_owned()]);
    paths.map(|path| RepoPath::parse(&path).unwrap()).collect()
}

#[track_caller]
fn assert_changes(history: &History, changes: &LastChanges) {
    let found = |name: &str| {
        let path = RepoPath::parse(name).unwrap();
        let change = changes.found.get(&path)?;
        Some((change.commit.to_string(), change.time))
    };
    let expect = |commit: &str, time| Some((commit.to_owned(), Some(time)));
    assert_eq!(found("configs/0.yaml"), expect(&history.added, 1_000));
    // The merge, and not the commit of the branch.
    assert_eq!(found("configs/1.yaml"), expect(&history.merge, 3_000));
    assert_eq!(found("configs/2.yaml"), expect(&history.direct, 4_000));
    assert_eq!(found("configs/never.yaml"), None);
    assert!(changes.complete);
}

#[test]
fn a_checkout_gives_the_merge_that_changed_each_file() {
    let history = history();
    let head: CommitSha = sha(&history.direct);
    for folder in ["", "configs"] {
        let repository = LocalRepository::open(history.folder.path().join(folder)).unwrap();
        let changes = wait_for(async || repository.last_changes(&head, &paths()).await.unwrap());
        assert_changes(&history, &changes);
    }
}

#[test]
fn a_shallow_checkout_does_not_name_its_last_commit() {
    let history = history();
    let shallow = TempDir::new().unwrap();
    let url = format!("file://{}", history.folder.path().display());
    let arguments = ["clone", "--quiet", "--depth=2", &url, "copy"];
    git(shallow.path(), 0, &arguments);
    let repository = LocalRepository::new(shallow.path().join("copy"));
    let head = sha(&history.direct);
    let changes = wait_for(async || repository.last_changes(&head, &paths()).await.unwrap());
    let found: Vec<&str> = changes.found.keys().map(RepoPath::as_str).collect();
    assert_eq!(found, ["configs/2.yaml"]);
    assert!(!changes.complete);
}

#[test]
fn a_server_gives_them_in_one_fetch() {
    let history = history();
    let scratch = TempDir::new().unwrap();
    let allow = "uploadpack.allowAnySHA1InWant";
    git(history.folder.path(), 0, &["config", allow, "true"]);
    let server = GitServer::start(history.folder.path(), Behavior::default());
    let head = sha(&history.direct);
    let changes = wait_for(async || {
        let remote = remote(&server, scratch.path());
        let fetched = FetchedRepository::create(remote).await.unwrap();
        // As after reading the configs.
        let commits = [head.clone()];
        let trees = fetched.trees(&commits, &[head.to_string()]).await;
        assert_eq!(trees.unwrap().len(), 1);
        server.forget();
        fetched.last_changes(&head, &paths()).await.unwrap()
    });
    assert_changes(&history, &changes);
    assert_eq!(server.fetches(), 1);
}
