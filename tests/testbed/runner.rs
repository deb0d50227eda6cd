//! The example workflows in a runner on this host: their jobs, the action's inputs and outputs, and the program.
#![expect(
    clippy::disallowed_methods,
    reason = "a runner is a process that leaves files"
)]

use std::process::Command;

use serde_json::Value;

use crate::act::{WorkflowRun, example, run, run_with};
use crate::support::check::Scene;
use crate::support::file_server::{FileServer, Reply};
use crate::support::job::{BINARY, config, measured_binary, path};
use crate::world::*;

/// The same with both roles.
fn run_in(world: &World, workflow: &str, event: &str, payload: &Value) -> WorkflowRun {
    let [look, run_action] = world.issuers.each_ref().map(|issuer| issuer.variables());
    let variables = [
        ("AWS_ENDPOINT_URL", world.workdir.url.as_str()),
        ("LOOK_ID_TOKEN_URL", &look[0].1),
        ("ACT_ID_TOKEN_URL", &run_action[0].1),
        ("ID_TOKEN_BEARER", &run_action[1].1),
    ];
    run(
        &world.github,
        &example(workflow),
        event,
        payload,
        &variables,
    )
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
    let workflow = run(&scene.github, &example(name), "pull_request", &event, &[]);
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

/// The program itself as the release: downloaded, verified, kept in the tool cache, and run. For measurements
/// `PROVISIONER_RELEASED` names another binary.
#[test]
fn the_action_checks_with_its_released_binary() {
    let scene = Scene::new();
    let feature = scene.repo.commit("feature");
    feature.write(&path("b002"), config("b002", "")).push();
    let event = scene.pull().event("opened", &scene.alice);
    let released = measured_binary();
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
        &example("workflows/check"),
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
        &example("workflows/check"),
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
    assert_eq!(
        workflow.outputs("find", None)["environments"],
        r#"["prod"]"#
    );
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
    let replayed = Command::new(BINARY)
        .arg("replay")
        .arg(workflow.work.path().join("run").join(uploaded))
        .output()
        .unwrap();
    assert!(replayed.status.success());
    let replayed = String::from_utf8(replayed.stdout).unwrap();
    assert!(replayed.contains(world.last_comment().trim()), "{replayed}");
}

/// Nobody has to approve a job because of a push without configs.
#[test]
fn a_push_without_configs_starts_no_job_of_an_environment() {
    let world = World::new(&policy(""));
    let before = world.repo.head("main");
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write("README.md", "other words").push();
    let event = world.repo.push_event("main", &before, &world.carol);
    let workflow = run_in(&world, "workflows/provision", "push", &event);
    workflow.success();
    assert_eq!(workflow.outputs("find", None)["environments"], "[]");
    assert_eq!(workflow.read("kept/provision-prod/status"), "");
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.expect_writes(&[]);
}

/// The first job finds the environments, and nobody has to approve it. The others start only for these.
#[test]
fn the_workflow_applies_what_waits() {
    let world = World::new(&policy(""));
    let pull = world.proposed("  versioning: true\n");
    world.approved_and_merged(&pull);
    let event = world.repo.schedule_event("37 * * * *");
    let workflow = run_in(&world, "workflows/apply", "schedule", &event);
    workflow.success();
    assert_eq!(
        workflow.outputs("find", None)["environments"],
        r#"["prod"]"#
    );
    assert_eq!(workflow.outputs("apply", Some("prod"))["done"], "1");
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world
        .github
        .expect_writes(&[DEPLOYMENT, DEPLOYED, DEPLOYED, COMMENT]);
    let evidence = "uploaded/provisioner-evidence-prod/provisioner-evidence.json";
    assert!(!workflow.read(evidence).is_empty());

    let issued = world.issuers[1].issued().len();
    let workflow = run_in(&world, "workflows/apply", "schedule", &event);
    workflow.success();
    assert_eq!(workflow.outputs("find", None)["environments"], "[]");
    assert_eq!(workflow.read("kept/apply-prod/status"), "", "no job starts");
    assert_eq!(world.issuers[1].issued().len(), issued);
    world.github.expect_writes(&[]);
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
