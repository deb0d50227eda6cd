//! A workflow in `act`, a runner on this host: its jobs, the action's inputs and outputs, and the program.
#![expect(
    clippy::disallowed_methods,
    reason = "a runner is a process that leaves files"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::file_server::{FileServer, Reply};
use crate::support::github::FakeGitHub;
use crate::support::job::BINARY;
use crate::support::testbed;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A run of a workflow.
pub struct WorkflowRun {
    pub work: TempDir,
    pub succeeded: bool,
}

impl WorkflowRun {
    /// A file of the run; empty where there is none.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.work.path().join("run").join(name)).unwrap_or_default()
    }

    /// The lines that act printed.
    pub fn log(&self) -> Vec<Value> {
        let log = self.read("log");
        log.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The action's outputs in a job; empty for a job that did not run. act passes on outputs that `action.yml` does not declare,
    /// which GitHub does not.
    #[track_caller]
    pub fn outputs(&self, job: &str, environment: Option<&str>) -> Value {
        let is_meant = |line: &&Value| {
            line["command"] == "set-output"
                && line["stepID"] == serde_json::json!(["provisioner"])
                && line["jobID"] == job
                && line["matrix"]["environment"].as_str() == environment
        };
        let declared = yaml("action.yml");
        let mut outputs = serde_json::Map::new();
        for line in self.log().iter().filter(is_meant) {
            let name = line["name"].as_str().unwrap();
            let value = format!("${{{{ steps.provisioner.outputs.{name} }}}}");
            assert_eq!(declared["outputs"][name]["value"], value, "{name}");
            outputs.insert(name.to_owned(), line["arg"].clone());
        }
        outputs.into()
    }

    #[track_caller]
    pub fn success(&self) -> &Self {
        assert!(self.succeeded, "{}", self.read("log"));
        self
    }

    /// Job summaries.
    pub fn summaries(&self) -> String {
        let log = self.log();
        let summaries = log.iter().filter(|line| line["command"] == "summary");
        summaries
            .filter_map(|line| line["content"].as_str())
            .collect()
    }
}

/// Path of an example workflow, such as `workflows/check`.
pub fn example(name: &str) -> PathBuf {
    let examples = Path::new(ROOT).join("examples");
    examples.join(name).with_extension("yml")
}

/// A file of this repository.
fn yaml(name: &str) -> Value {
    let text = std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// Runs a workflow for an event. The released binary is a script that starts the binary under test and keeps what it leaves.
pub fn run(
    github: &FakeGitHub,
    workflow: &Path,
    event: &str,
    payload: &Value,
    variables: &[(&str, &str)],
) -> WorkflowRun {
    let script = std::fs::read(Path::new(ROOT).join("tests/act/provisioner.sh")).unwrap();
    let server = FileServer::new(move |_, _| Reply::file(&script));
    let release = ("RELEASE_URL", server.url());
    let variables = [&[(release.0, release.1.as_str())], variables].concat();
    run_with(github, workflow, event, payload, &variables)
}

pub fn run_with(
    github: &FakeGitHub,
    workflow: &Path,
    event: &str,
    payload: &Value,
    variables: &[(&str, &str)],
) -> WorkflowRun {
    let work = TempDir::new().unwrap();
    let file = work.path().join("event.json");
    std::fs::write(&file, payload.to_string()).unwrap();
    let output = Command::new("bash")
        .arg(Path::new(ROOT).join("tests/act/run.sh"))
        .arg(workflow)
        .arg(event)
        .arg(&file)
        .arg(work.path().join("run"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("ACT", testbed::root().join("venv/bin/act"))
        .env("PROVISIONER_BINARY", BINARY)
        .env("GITHUB_API_URL", github.api_url())
        .env("GITHUB_TOKEN", github.actions_token())
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "",
        "act itself did not start"
    );
    WorkflowRun {
        work,
        succeeded: output.status.success(),
    }
}
