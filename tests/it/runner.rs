//! The action inside `act`, a runner on this host: `action.yml`, its inputs and outputs, and the program below them.
#![expect(
    clippy::disallowed_methods,
    reason = "a runner is a process that leaves files"
)]

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::flow_github::Scene;
use crate::job::{BINARY, config, path};
use crate::support::bed;

#[test]
fn the_action_checks_a_pull_request() {
    let scene = Scene::new();
    let broken = config("b001", "  lifecycle_policy: complience\n");
    scene
        .repo
        .commit("feature")
        .write(&path("b001"), broken)
        .write(&path("b002"), config("b002", ""))
        .push();
    let pull = scene.pull();
    let work = TempDir::new().unwrap();
    let event = work.path().join("event.json");
    std::fs::write(&event, pull.event("opened", &scene.alice).to_string()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .arg(root.join("tests/act/run.sh"))
        .arg("pull_request")
        .arg(&event)
        .arg(work.path().join("run"))
        .env("ACT", bed::root().join("venv/bin/act"))
        .env("PROVISIONER_BINARY", BINARY)
        .env("GITHUB_API_URL", scene.github.api_url())
        .env("GITHUB_TOKEN", scene.github.actions_token())
        .env("GITHUB_REPOSITORY", "acme/infra")
        .output()
        .unwrap();
    let read = |name: &str| {
        std::fs::read_to_string(work.path().join("run").join(name)).unwrap_or_default()
    };
    let log = read("log");
    assert!(
        !output.status.success(),
        "config errors fail the job: {log}"
    );
    assert!(
        log.contains("exit status 10") || log.contains("exitcode '10'"),
        "{log}"
    );
    let outputs = read("kept/outputs");
    for line in ["configs=2", "errors=1", "warnings=0", "outcome=failure"] {
        assert!(
            outputs.lines().any(|known| known == line),
            "{line} in {outputs}"
        );
    }
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.github.expect_writes(&[
        "POST /repos/acme/infra/issues/7/comments",
        "POST /repos/acme/infra/statuses/*",
    ]);
    let summary = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let summary = summary
        .filter(|line| line["command"] == "summary")
        .find_map(|line| Some(line["content"].as_str()?.to_owned()));
    assert!(
        summary.unwrap_or_default().contains("## Provisioner"),
        "{log}"
    );
    let sarif: serde_json::Value = serde_json::from_str(&read("kept/provisioner.sarif")).unwrap();
    assert_eq!(
        sarif["runs"][0]["results"][0]["ruleId"],
        "value-not-allowed"
    );
}
