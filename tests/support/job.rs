//! A workflow job: the program as a child process with a runner's environment.
#![expect(
    clippy::disallowed_methods,
    reason = "a job is made of processes, files and variables"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::documents::assert_documented;
use super::github::{FakeGitHub, Fault};

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_provisioner");

/// The binary that a measurement runs: `PROVISIONER_RELEASED` names another one than that under test.
pub fn measured_binary() -> String {
    std::env::var("PROVISIONER_RELEASED").unwrap_or(BINARY.to_owned())
}

/// Reduces pauses between attempts to one percent.
pub const SHORT_PAUSES: (&str, &str) = ("PROVISIONER_PAUSE_PERCENT", "1");

/// A job that has not run yet.
pub struct Job {
    pub folder: TempDir,
    variables: Vec<(String, String)>,
}

/// The output of a job.
pub struct JobOutput {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub summary: String,
    pub outputs: Value,
    pub sarif: Value,
    pub report: Value,
    /// The evidence; null without one.
    pub evidence: Value,
    /// The estate's document; null without one.
    pub estate: Value,
    /// The estate's page.
    pub estate_page: String,
    /// What happened.
    pub events: Vec<Value>,
}

impl Job {
    pub fn new(github: &FakeGitHub, token: &str, event: &str, payload: &Value) -> Self {
        let folder = TempDir::new().unwrap();
        let event_path = folder.path().join("event.json");
        std::fs::write(&event_path, payload.to_string()).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let variables = vec![
            ("GITHUB_ACTIONS".into(), "true".into()),
            ("GITHUB_EVENT_NAME".into(), event.into()),
            ("GITHUB_EVENT_PATH".into(), path("event.json")),
            ("GITHUB_REPOSITORY".into(), "acme/infra".into()),
            ("GITHUB_API_URL".into(), github.api_url()),
            ("GITHUB_GRAPHQL_URL".into(), github.graphql_url()),
            ("GITHUB_TOKEN".into(), token.into()),
            ("GITHUB_OUTPUT".into(), path("output")),
            ("GITHUB_STEP_SUMMARY".into(), path("summary")),
            ("RUNNER_TEMP".into(), path("")),
        ];
        Self { folder, variables }
    }

    /// A job with these variables alone.
    pub fn with_variables(variables: &[(String, String)]) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            variables: variables.to_vec(),
        }
    }

    /// Sets or replaces a variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The program in the job's environment, not started yet.
    pub fn process(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(measured_binary());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(SHORT_PAUSES.0, SHORT_PAUSES.1)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self) -> JobOutput {
        self.command(&["ci"])
    }

    /// Another command of the program in the same environment.
    pub fn command(&self, arguments: &[&str]) -> JobOutput {
        for name in ["output", "summary", "provisioner-events.jsonl"] {
            // Each run of a job starts a new step.
            let _ = std::fs::remove_file(self.folder.path().join(name));
        }
        let output = self.process(arguments).output().unwrap();
        let read =
            |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        let json = |name: &str| serde_json::from_str(&read(name)).unwrap_or_default();
        let outputs = outputs(&read("output"));
        let mut written = Value::Null;
        if let Some(file) = outputs["evidence-file"].as_str() {
            let evidence = std::fs::read(file).unwrap();
            let replayed = provisioner::report::replay(&evidence).unwrap();
            let text = String::from_utf8_lossy(&evidence);
            assert_eq!(replayed.differences, [""; 0], "{text}");
            written = serde_json::from_str(&text).unwrap();
        }
        let report: Value = json("provisioner-report.json");
        if !report.is_null() {
            assert_documented(&report);
        }
        let estate: Value = json("provisioner-estate.json");
        if !estate.is_null() {
            assert_documented(&estate);
        }
        JobOutput {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            summary: read("summary"),
            outputs,
            sarif: json("provisioner.sarif"),
            report,
            evidence: written,
            estate,
            estate_page: read("provisioner-estate.html"),
            events: events(&read("provisioner-events.jsonl")),
        }
    }
}

/// The lines of a file of events, each documented.
pub fn events(text: &str) -> Vec<Value> {
    let events = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_documented(&event);
        event
    });
    events.collect()
}

/// `name<<delimiter`, lines, `delimiter`, as the runner reads them.
fn outputs(text: &str) -> Value {
    let mut outputs = serde_json::Map::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").expect("an output begins");
        let value: Vec<&str> = lines
            .by_ref()
            .take_while(|line| *line != delimiter)
            .collect();
        outputs.insert(name.to_owned(), value.join("\n").into());
    }
    outputs.into()
}

/// Replaces text that differs between runs, for snapshots.
pub fn normalize(text: &str) -> String {
    let evidence = regex::Regex::new(" · evidence `[0-9a-f]{32}`").unwrap();
    let digest = regex::Regex::new("`[0-9a-f]{64}`").unwrap();
    let commit = regex::Regex::new("(head|base|Head|[Mm]erge) `[0-9a-f]{7}`").unwrap();
    let shown = regex::Regex::new("(?m)^<!-- provisioner:shown [^>]*-->\n").unwrap();
    let text = shown.replace(text, "");
    let attempts = regex::Regex::new("(?m)^<!-- provisioner:attempts [^>]*-->\n").unwrap();
    let text = attempts.replace(&text, "");
    let text = evidence.replace_all(&text, "");
    let text = digest.replace_all(&text, "`[digest]`");
    commit.replace_all(&text, "$1 `[commit]`").into_owned()
}

/// Runs git, for tests without a forge.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "test")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "test@example.org")))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A valid shared-bucket config of tenant `tenant`, with `extra` lines in its `s3` section.
pub fn config(tenant: &str, extra: &str) -> String {
    format!(
        "client:\n  company_name: Edge\n  company_prefix: edge\n  account_id: \"123456789012\"\n  tenant_id: \"{tenant}\"\n\
         environment:\n  env: prod\n  region: us-west-1\ns3:\n  versioning: true\n{extra}"
    )
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(measured_binary())
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The path of that config.
pub fn path(tenant: &str) -> String {
    format!("s3/configs/edge-prod-{tenant}-us-west-1-s3.yaml")
}

/// Runs a job without a fault, which ends with `status` after more than `requests` requests, and once for each of them whose answer says
/// nothing. `check` gets the fault's name, the first run and the run with the fault.
pub fn with_each_non_answer(
    github: &FakeGitHub,
    (status, requests): (i32, usize),
    run: impl Fn() -> JobOutput,
    check: impl Fn(&str, &JobOutput, &JobOutput),
) {
    github.clear_journal();
    let baseline = run();
    assert_eq!(baseline.status, status, "{}", baseline.stderr);
    let places = github.places();
    assert!(places.len() > requests, "{places:#?}");
    for (index, place) in places.iter().enumerate() {
        for fault in Fault::non_answers(&place.0, index) {
            let what = format!("{place:?} {fault:?}");
            github.replace_answer(place, fault);
            let faulty = run();
            github.clear_faults();
            check(&what, &baseline, &faulty);
        }
    }
    github.take_writes();
}
