//! Fetching from a git server: what a fetch costs in a large repository, and how it ends early.
#![expect(clippy::disallowed_methods, reason = "a repository is made of files")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use provisioner::forge::git::{FetchedRepository, GitMode, GitPlace, GitRemote};
use secrecy::SecretString;
use tempfile::TempDir;

use super::sha;
use crate::support::git_server::{Behavior, GitServer};
use crate::support::job::git;

const CONFIGS: usize = 500;

/// A repository with files elsewhere and with configs. Returns its commit.
fn repository(folder: &Path, others: usize) -> String {
    git(folder, &["init", "--quiet"]);
    git(folder, &["config", "uploadpack.allowFilter", "true"]);
    let mut stream =
        b"commit refs/heads/main\ncommitter t <t@example.org> 1 +0000\ndata 1\nx\n".to_vec();
    let mut write = |path: String, text: String| {
        let length = text.len();
        stream.extend(format!("M 644 inline {path}\ndata {length}\n{text}\n").into_bytes());
    };
    for number in 0..others {
        let (folder, text) = (number / 50, format!("{number}\n").repeat(20));
        write(
            format!("apps/team{}/service{folder}/file{number}.py", folder % 40),
            text,
        );
    }
    for number in 0..CONFIGS {
        write(
            format!("s3/configs/{number}.yaml"),
            format!("tenant: {number}\n"),
        );
    }
    let mut import = Command::new("git");
    import
        .arg("-C")
        .arg(folder)
        .args(["fast-import", "--quiet"]);
    let mut import = import.stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(&stream).unwrap();
    assert!(import.wait().unwrap().success());
    git(folder, &["rev-parse", "main"]).trim().to_owned()
}

pub fn remote(server: &GitServer, scratch: &Path) -> GitRemote {
    let variables = std::env::vars_os().filter(|(name, _)| name == "PATH");
    GitRemote {
        url: format!("{}/acme/infra.git", server.url),
        user: "x-access-token",
        token: Some(SecretString::from("secret")),
        place: GitPlace {
            scratch: scratch.to_owned(),
            variables: variables.collect(),
        },
    }
}

pub fn wait_for<T>(work: impl AsyncFnOnce() -> T) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work())
}

#[test]
fn a_repository_of_a_hundred_thousand_files_costs_two_fetches_and_few_bytes() {
    let (served, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let commit = sha(&repository(served.path(), 100_000));
    let server = GitServer::start(served.path(), Behavior::default());
    let start = std::time::Instant::now();
    wait_for(async || {
        let remote = remote(&server, scratch.path());
        let fetched = FetchedRepository::create(remote).await.unwrap();
        let commits = [commit.clone()];
        let mut id = commit.to_string();
        for name in ["s3", "configs"] {
            let tree = fetched.trees(&commits, &[id]).await.unwrap().remove(0);
            let item = tree.iter().find(|item| item.name == name).unwrap();
            assert_eq!(item.mode, GitMode::Folder);
            id = item.id.clone();
        }
        let tree = fetched.trees(&commits, &[id]).await.unwrap().remove(0);
        let ids: Vec<String> = tree.iter().map(|item| item.id.clone()).collect();
        let blobs = fetched.blobs(&ids).await.unwrap();
        assert_eq!(blobs.len(), CONFIGS);
        assert!(blobs.contains(&b"tenant: 7\n".to_vec()));
    });
    let bytes: usize = server.calls().iter().map(|call| call.bytes_out).sum();
    println!(
        "{} ms, {bytes} bytes: {:#?}",
        start.elapsed().as_millis(),
        server.calls()
    );
    assert_eq!(server.fetches(), 2);
    assert!(bytes < 8 << 20, "{bytes}");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

/// Some servers ignore filters. They send more, and it is still right.
#[test]
fn a_server_without_filters_serves_as_well() {
    let (served, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let commit = sha(&repository(served.path(), 100));
    git(
        served.path(),
        &["config", "uploadpack.allowFilter", "false"],
    );
    let server = GitServer::start(served.path(), Behavior::default());
    wait_for(async || {
        let remote = remote(&server, scratch.path());
        let fetched = FetchedRepository::create(remote).await.unwrap();
        let commits = [commit.clone()];
        let root = fetched
            .trees(&commits, &[commit.to_string()])
            .await
            .unwrap();
        assert_eq!(root[0].len(), 2);
    });
}

#[test]
fn a_dropped_fetch_ends_git_and_leaves_no_folder() {
    let (served, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let commit = sha(&repository(served.path(), 0));
    let behavior = Behavior {
        inspect: Some(Arc::new(|| std::thread::sleep(Duration::from_secs(30)))),
        ..Behavior::default()
    };
    let server = GitServer::start(served.path(), behavior);
    wait_for(async || {
        let remote = remote(&server, scratch.path());
        let fetched = FetchedRepository::create(remote).await.unwrap();
        let (commits, ids) = ([commit.clone()], [commit.to_string()]);
        let fetch = fetched.trees(&commits, &ids);
        let cancelled = tokio::time::timeout(Duration::from_millis(300), fetch).await;
        assert!(cancelled.is_err());
        drop(fetched);
    });
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    let folder = scratch.path().display().to_string();
    let is_running = || {
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .any(|process| {
                let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
                String::from_utf8_lossy(&line).contains(&folder)
            })
    };
    let ended = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        !is_running()
    });
    assert!(ended);
}

/// git quotes the address, which is where the test puts the token.
#[test]
fn attack_an_error_names_no_token() {
    let (served, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let commit = sha(&repository(served.path(), 0));
    let server = GitServer::start(served.path(), Behavior::default());
    wait_for(async || {
        let mut remote = remote(&server, scratch.path());
        remote.url = format!("{}/secret.git", server.url);
        let fetched = FetchedRepository::create(remote).await.unwrap();
        let ids = [commit.to_string()];
        let failed = fetched.trees(std::slice::from_ref(&commit), &ids).await;
        let error = failed.unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
        assert!(error.contains("***.git"), "{error}");
    });
}
