//! The fake's history as a git repository with the same object ids: a job's full checkout.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::objects::{Commit, Objects, SUBMODULE};

/// Writes all commits into a new repository.
pub fn export(objects: &Objects, folder: &Path) {
    git(folder, &["init", "--quiet"], b"");
    let mut commits: Vec<&Commit> = objects.commits().collect();
    commits.sort_by_key(|commit| commit.order);
    let mut stream = Vec::new();
    for commit in &commits {
        let who = format!(
            "u{0} <u{0}@example.org> {1} +0000",
            commit.author, commit.order
        );
        let head = format!(
            "commit refs/fake/{}\nauthor {who}\ncommitter {who}\n",
            commit.order
        );
        stream.extend(head.into_bytes());
        data(&mut stream, format!("{}\n", commit.message).as_bytes());
        for (nth, parent) in commit.parents.iter().enumerate() {
            let word = if nth == 0 { "from" } else { "merge" };
            let order = objects.commit(parent).expect("parents are there").order;
            stream.extend(format!("{word} refs/fake/{order}\n").into_bytes());
        }
        stream.extend(b"deleteall\n");
        for (path, leaf) in commit.files.iter() {
            if leaf.mode == SUBMODULE {
                stream.extend(format!("M {SUBMODULE} {} {path}\n", leaf.sha).into_bytes());
                continue;
            }
            let content = objects.blob(&leaf.sha).expect("the blob was stored");
            stream.extend(format!("M {} inline {path}\n", leaf.mode).into_bytes());
            data(&mut stream, &content);
        }
    }
    git(
        folder,
        &["fast-import", "--quiet", "--date-format=raw"],
        &stream,
    );
    for commit in commits {
        // The ids are computed on both sides: a difference would make the tests that rely on them meaningless.
        git(folder, &["cat-file", "-e", &commit.sha], b"");
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) {
    stream.extend(format!("data {}\n", bytes.len()).into_bytes());
    stream.extend(bytes);
    stream.push(b'\n');
}

fn git(folder: &Path, arguments: &[&str], input: &[u8]) {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    let mut child = git.stdin(Stdio::piped()).spawn().expect("git is installed");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input)
        .expect("git reads its input");
    assert!(
        child.wait().expect("git ends").success(),
        "git {arguments:?}"
    );
}
