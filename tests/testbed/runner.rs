//! The example workflows in a runner on this host: their jobs, the action's inputs and outputs, and the program.
#![expect(
    clippy::disallowed_methods,
    reason = "a runner is a process that leaves files"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::check::Scene;
use crate::support::file_server::{FileServer, Reply};
use crate::support::github::FakeGitHub;
use crate::support::job::{BINARY, config, path};
use crate::support::testbed;
use crate::world::*;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A run of a workflow.
struct WorkflowRun {
    work: TempDir,
    succeeded: bool,
}

impl WorkflowRun {
    /// A file of the run; empty where there is none.
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.work.path().join("run").join(name)).unwrap_or_default()
    }

    /// The lines that act printed.
    fn log(&self) -> Vec<Value> {
        let log = self.read("log");
        log.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The action's outputs in a job; empty for a job that did not run. act passes on outputs that `action.yml` does not declare,
    /// which GitHub does not.
    #[track_caller]
    fn outputs(&self, job: &str, environment: Option<&str>) -> Value {
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
    fn success(&self) -> &Self {
        assert!(self.succeeded, "{}", self.read("log"));
        self
    }

    /// Job summaries.
    fn summaries(&self) -> String {
        let log = self.log();
        let summaries = log.iter().filter(|line| line["command"] == "summary");
        summaries
            .filter_map(|line| line["content"].as_str())
            .collect()
    }
}

/// A file of this repository.
fn yaml(name: &str) -> Value {
    let text = std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// Runs an example workflow for an event. The released binary is a script that starts the binary under test and keeps what it leaves.
fn run(
    github: &FakeGitHub,
    workflow: &str,
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

fn run_with(
    github: &FakeGitHub,
    workflow: &str,
    event: &str,
    payload: &Value,
    variables: &[(&str, &str)],
) -> WorkflowRun {
    let work = TempDir::new().unwrap();
    let file = work.path().join("event.json");
    std::fs::write(&file, payload.to_string()).unwrap();
    let output = Command::new("bash")
        .arg(Path::new(ROOT).join("tests/act/run.sh"))
        .args([workflow, event])
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

/// The same with both roles.
fn run_in(world: &World, workflow: &str, event: &str, payload: &Value) -> WorkflowRun {
    let [look, run_action] = world.issuers.each_ref().map(|issuer| issuer.variables());
    let variables = [
        ("AWS_ENDPOINT_URL", world.workdir.url.as_str()),
        ("LOOK_ID_TOKEN_URL", &look[0].1),
        ("ACT_ID_TOKEN_URL", &run_action[0].1),
        ("ID_TOKEN_BEARER", &run_action[1].1),
    ];
    run(&world.github, workflow, event, payload, &variables)
}

#[test]
fn the_workflow_checks_a_pull_request() {
    checks_a_pull_request("workflows/check");
}

#[test]
fn the_workflow_from_source_checks_a_pull_request() {
    checks_a_pull_request("development/check");
}

fn checks_a_pull_request(name: &str) {
    let scene = Scene::new();
    let broken = config("b001", "  lifecycle_policy: complience\n");
    let feature = scene.repo.commit("feature").write(&path("b001"), broken);
    feature.write(&path("b002"), config("b002", "")).push();
    let event = scene.pull().event("opened", &scene.alice);
    let workflow = run(&scene.github, name, "pull_request", &event, &[]);
    assert!(!workflow.succeeded, "config errors fail the job");
    assert_eq!(
        workflow.read("kept/check/status"),
        "10\n",
        "{}",
        workflow.read("log")
    );
    let outputs = workflow.outputs("check", None);
    assert_eq!(
        [
            &outputs["configs"],
            &outputs["errors"],
            &outputs["warnings"]
        ],
        ["2", "1", "0"]
    );
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.github.expect_writes(&[COMMENT, STATUS]);
    assert!(workflow.summaries().contains("## Provisioner"));
    let sarif: Value =
        serde_json::from_str(&workflow.read("kept/check/provisioner.sarif")).unwrap();
    assert_eq!(
        sarif["runs"][0]["results"][0]["ruleId"],
        "value-not-allowed"
    );
}

/// From an empty folder to the comment about the first config: `init`, its files on the default branch, and the check. The workflow
/// equals the one that `init` writes; `offline::init` compares them.
#[test]
fn the_files_of_init_check_their_first_config() {
    let start = std::time::Instant::now();
    let folder = TempDir::new().unwrap();
    crate::support::job::git(folder.path(), &["init", "--quiet"]);
    let answers = "init --forge github --repository acme/infra --product s3 --environment dev=123456789012 --environment prod=123456789012 --region eu-central-1 --code-owner @acme/ops";
    let answers: Vec<&str> = answers.split(' ').collect();
    let output = crate::support::job::run_in(folder.path(), &answers);
    assert!(output.status.success(), "{output:?}");
    let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    let scene = Scene::new();
    let policy = ".provisioner.yaml";
    scene.repo.commit("main").write(policy, read(policy)).push();
    scene.repo.branch("feature", &scene.repo.head("main"));
    let path = "s3/configs/acme-dev-0001-eu-central-1-s3.yaml";
    let feature = scene.repo.commit("feature");
    feature.write(path, read(path)).push();
    let event = scene.pull().event("opened", &scene.alice);
    let check = "workflows/check";
    let workflow = run(&scene.github, check, "pull_request", &event, &[]);
    println!("from init to the first comment: {:?}", start.elapsed());
    workflow.success();
    scene.github.expect_writes(&[COMMENT, STATUS]);
    let comment = &scene.repo.comments(7)[0].body;
    for text in ["1 stack to create", "acme-dev-0001-eu-central-1-s3-stack"] {
        assert!(comment.contains(text), "{comment}");
    }
}

/// The program itself as the release: downloaded, verified, kept in the tool cache, and run. For measurements
/// `PROVISIONER_RELEASED` names another binary.
#[test]
fn the_action_checks_with_its_released_binary() {
    let scene = Scene::new();
    let feature = scene.repo.commit("feature");
    feature.write(&path("b002"), config("b002", "")).push();
    let event = scene.pull().event("opened", &scene.alice);
    let released = std::env::var("PROVISIONER_RELEASED").unwrap_or(BINARY.to_owned());
    let binary = std::fs::read(&released).unwrap();
    let sum = provisioner::model::Digest::sha256(&binary).to_string();
    let server = FileServer::new(move |_, _| Reply::file(&binary));
    let url = server.url();
    let variables = [
        ("RELEASE_URL", url.as_str()),
        ("RELEASE_FILE", released.as_str()),
    ];
    let start = std::time::Instant::now();
    let workflow = run_with(
        &scene.github,
        "workflows/check",
        "pull_request",
        &event,
        &variables,
    );
    println!(
        "from the start of the runner to the comment: {:?}",
        start.elapsed()
    );
    workflow.success();
    let log = workflow.read("log");
    assert!(
        log.contains(&format!(
            "provisioner 1.2.3, SHA-256 {sum}, from {url}/v1.2.3/"
        )),
        "{log}"
    );
    let outputs = workflow.outputs("check", None);
    assert_eq!([&outputs["configs"], &outputs["errors"]], ["1", "0"]);
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.github.expect_writes(&[COMMENT, STATUS]);
    let requests = server.take();
    assert_eq!(requests.len(), 1, "{requests:?}");
}

/// The same, but a byte of the file differs.
#[test]
fn attack_a_changed_release_never_runs() {
    let scene = Scene::new();
    let feature = scene.repo.commit("feature");
    feature.write(&path("b002"), config("b002", "")).push();
    let event = scene.pull().event("opened", &scene.alice);
    let mut binary = std::fs::read(BINARY).unwrap();
    let last = binary.len() - 1;
    binary[last] ^= 1;
    let server = FileServer::new(move |_, _| Reply::file(&binary));
    let url = server.url();
    let variables = [("RELEASE_URL", url.as_str()), ("RELEASE_FILE", BINARY)];
    let workflow = run_with(
        &scene.github,
        "workflows/check",
        "pull_request",
        &event,
        &variables,
    );
    assert!(!workflow.succeeded);
    let log = workflow.read("log");
    assert!(
        log.contains("is not release 1.2.3 of provisioner: expected SHA-256"),
        "{log}"
    );
    assert_eq!(scene.repo.comments(7).len(), 0);
    scene.github.expect_writes(&[]);
}

#[test]
fn the_workflow_provisions_what_was_merged() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: true\n");
    let before = world.approved_and_merged(&pull);
    let mut event = world.repo.push_event("main", &before, &world.bob);
    event["repository"]["private"] = false.into();
    let workflow = run_in(&world, "workflows/provision", "push", &event);
    workflow.success();
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world
        .github
        .expect_writes(&[DEPLOYMENT, DEPLOYED, DEPLOYED, COMMENT]);
    assert_eq!(workflow.outputs("provision", Some("prod"))["done"], "1");
    let elsewhere = workflow.outputs("provision", Some("dev"));
    assert_eq!(elsewhere["done"], "0", "each job has its environment only");
    assert_eq!(
        world.issuers[1].issued().len(),
        1,
        "and asks for what it needs"
    );

    // The evidence is kept and signed once, and matches the comment.
    let name = "provisioner-evidence.json";
    let uploaded = format!("uploaded/provisioner-evidence-prod/{name}");
    assert_eq!(
        workflow.read(&uploaded),
        workflow.read(&format!("signed/{name}"))
    );
    assert_eq!(
        workflow.read(&format!("uploaded/provisioner-evidence-dev/{name}")),
        ""
    );
    let replayed = Command::new(BINARY)
        .arg("replay")
        .arg(workflow.work.path().join("run").join(uploaded))
        .output()
        .unwrap();
    assert!(replayed.status.success());
    let replayed = String::from_utf8(replayed.stdout).unwrap();
    assert!(replayed.contains(world.last_comment().trim()), "{replayed}");
}

#[test]
fn the_workflow_runs_a_comment_command() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: true\n");
    pull.review(&world.bob, "APPROVED");
    let commands =
        "/provisioner list-products\n/provisioner test-deploy\n/provisioner deploy-everything";
    let comment = world.repo.comment(7, &world.carol, commands);
    let event = pull.comment_event("created", comment.id);
    let workflow = run_in(&world, "workflows/command", "issue_comment", &event);
    assert!(!workflow.succeeded, "one of the three is no command");
    assert_eq!(
        workflow.read("kept/look/status"),
        "2\n",
        "{}",
        workflow.read("log")
    );
    assert_eq!(
        workflow.read("kept/act-prod/status"),
        "0\n",
        "{}",
        workflow.read("log")
    );
    assert_eq!(
        workflow.outputs("look", None)["environments"],
        r#"["prod"]"#
    );
    assert_eq!(world.stack(), None, "the test was removed");
    assert_eq!(world.issuers[1].issued().len(), 1, "one job could act");
    for write in world.github.take_writes() {
        let path = write.path.strip_prefix("/repos/acme/infra/issues/");
        assert!(
            path.is_some_and(|path| path.contains("comments")),
            "{write:?}"
        );
    }
    let said: Vec<String> = world
        .repo
        .comments(7)
        .iter()
        .map(|it| it.body.clone())
        .collect();
    let [.., inspected, applied] = said.as_slice() else {
        panic!("{said:?}");
    };
    assert!(
        inspected.contains("list-products") && inspected.contains("deploy-everything"),
        "{inspected}"
    );
    assert!(
        applied.contains("test-deploy") && applied.contains("test"),
        "{applied}"
    );
}

#[test]
fn the_workflow_ignores_a_quoted_command() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: true\n");
    let comment = world.repo.comment(
        7,
        &world.carol,
        "> /provisioner test-deploy\n\nWhat did that?",
    );
    let event = pull.comment_event("created", comment.id);
    let workflow = run_in(&world, "workflows/command", "issue_comment", &event);
    workflow.success();
    assert_eq!(workflow.read("kept/look/status"), "0\n");
    assert_eq!(
        workflow.read("kept/act-prod/status"),
        "",
        "no job could act"
    );
    world.github.expect_writes(&[]);
}

#[test]
fn the_workflow_detects_drift() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: true\n");
    let before = world.approved_and_merged(&pull);
    assert_eq!(world.push(&before).run().status, 0);
    world.github.take_writes();
    let parameter = format!("/s3/{}/SolutionsPrefix", world.workdir.name);
    let put = world.workdir.aws.parameters().put_parameter();
    let put = put.name(&parameter).value("elsewhere/").overwrite(true);
    world.workdir.aws.wait(put.send()).unwrap();
    let event = world.repo.schedule_event("23 3 * * *");
    let workflow = run_in(&world, "workflows/drift", "schedule", &event);
    workflow.success();
    assert_eq!(
        workflow.outputs("drift", None)["drifted"],
        "1",
        "{}",
        workflow.read("log")
    );
    let issues = world.repo.issues();
    assert_eq!(issues.len(), 1);
    assert!(
        issues[0].title.starts_with("Drift: "),
        "{}",
        issues[0].title
    );
    // The second is of the step with `doctor`: an issue without a title, which nobody may create, so that the answer tells the
    // permission.
    let issue = "POST /repos/acme/infra/issues";
    world.github.expect_writes(&[issue, issue]);
    let log = workflow.read("log");
    for text in ["## Provisioner doctor", "issues: write: granted"] {
        assert!(log.contains(text), "{text}\n{log}");
    }
}
