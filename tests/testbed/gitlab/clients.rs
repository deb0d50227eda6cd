//! Clients of others read and write every route of the fake GitLab: python-gitlab and gitbeaker.
#![expect(
    clippy::disallowed_methods,
    reason = "a client is a process that reads a file of facts"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::gitlab::AccessLevel;
use crate::support::gitlab::contract::{documented, route_of};
use crate::support::gitlab::{Sample, sample};
use crate::support::testbed;

/// A project in which every list of the API has entries, and what a client should find in it.
fn world() -> (Sample, serde_json::Value) {
    let sample = sample();
    let [carol, dora, stranger] =
        ["carol", "dora", "stranger"].map(|login| sample.fake.user(login));
    let repo = sample.repo.merge_trains();
    for user in [&carol, &dora] {
        repo.set_permission(user, AccessLevel::Developer);
    }
    let sample = Sample { repo, ..sample };
    let (gl, pull) = (&sample.fake, &sample.pull);
    gl.group("acme/operators", &[&sample.author]);
    let bot = gl.bot("project_1_bot_0c4ec4");
    let renamed = gl.repo("acme/former");
    renamed.rename("acme/renamed");
    pull.reviewer(&sample.reviewer);
    pull.reviewer(&dora);
    pull.reviewer(&carol);
    pull.request_changes(&carol);
    pull.approve(&sample.reviewer);
    let mut notes = Vec::new();
    let mut first = None;
    for number in 0..13 {
        let author = if number % 2 == 0 {
            &sample.reviewer
        } else {
            &sample.author
        };
        let body = format!("note {number}");
        let note = sample.repo.comment(7, author, &body);
        first.get_or_insert(note.id);
        notes.push(body);
        if number % 3 == 0 {
            sample.repo.hidden_comment(7, author);
        }
    }
    pull.pipeline(&sample.author);
    pull.merge_train_pipeline(&sample.reviewer);
    let head = pull.head_sha();
    let base = sample.base.clone();
    let history = [head.clone(), base.clone()];
    let owner = &sample.author;
    sample
        .repo
        .schedule("provisioner apply", "refs/heads/main", owner);
    let facts = json!({
        "server": gl.server_url(),
        "token": gl.token(&sample.reviewer),
        "alice_token": gl.token(&sample.author),
        "read_token": gl.read_token(&sample.reviewer),
        "job_token": gl.job_token_of(&sample.author),
        "project": "acme/infra",
        "former": "acme/former",
        "renamed": "acme/renamed",
        "request": 7,
        "alice": sample.author.id,
        "bob": sample.reviewer.id,
        "stranger": stranger.id,
        "bot": bot.login,
        "head": head,
        "base": base,
        "history": history,
        "changed": [
            "ml/configs/added.yaml",
            "ml/configs/changed.yaml",
            "ml/configs/removed.yaml",
            "s3/configs/moved.yaml",
        ],
        "notes": notes,
        "foreign_note": first,
    });
    (sample, facts)
}

/// Runs a client's script with the facts. Returns the documented routes that it used.
#[track_caller]
fn agrees(command: &mut Command, client: Option<&Path>) -> BTreeSet<&'static String> {
    let (sample, facts) = world();
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("facts.json");
    std::fs::write(&file, facts.to_string()).unwrap();
    let output = command.arg(&file).args(client).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    sample.fake.take_writes();
    let unexpected = sample.fake.take_unexpected();
    assert!(output.status.success(), "{said}{unexpected:?}");
    let asked = |line: &String| line != "GET /nowhere";
    assert!(!unexpected.iter().any(asked), "{unexpected:?}");
    let requests = sample.fake.requests();
    let used = requests.iter().filter_map(|request| {
        let path: Vec<&str> = request.path.split('/').skip(1).collect();
        route_of(&request.method, &path)
    });
    used.collect()
}

#[test]
fn python_gitlab_agrees_with_the_fake() {
    let mut python = Command::new(testbed::root().join("venv/bin/python"));
    python.arg("tests/gitlab/clients/python_gitlab.py");
    let used = agrees(&mut python, None);
    let unused: Vec<_> = documented()
        .routes
        .keys()
        .filter(|route| !used.contains(route))
        .collect();
    assert_eq!(unused, Vec::<&String>::new());
}

#[test]
fn gitbeaker_agrees_with_the_fake() {
    let client = testbed::root().join("node_modules/@gitbeaker/rest/dist/index.mjs");
    let mut node = Command::new("node");
    node.arg("tests/gitlab/clients/gitbeaker.mjs");
    agrees(&mut node, Some(&client));
}
