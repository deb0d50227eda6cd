//! Child pipelines: the scripts of the component, run as GitLab runs them.
#![expect(
    clippy::disallowed_methods,
    reason = "a job is a process with a folder"
)]

use std::process::Command;

use provisioner::ci::gitlab::IDLE_PIPELINE;
use serde_json::Value;
use tempfile::TempDir;

use super::world::*;
use crate::support::gitlab::Variables;
use crate::support::job::{BINARY, SHORT_PAUSES};

const TEMPLATE: &str = include_str!("../../../templates/provisioner/template.yml");
const FIND: &str = "provisioner-find";

/// A job that ended.
struct Ended {
    succeeded: bool,
    log: String,
    folder: TempDir,
}

impl Ended {
    fn file(&self, name: &str) -> String {
        let path = self.folder.path().join("provisioner-out").join(name);
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// The child pipeline that the artifact describes.
    fn pipeline(&self) -> Value {
        serde_yaml::from_str(&self.file("pipeline.yml")).unwrap_or_default()
    }
}

/// The jobs of the component for a project.
fn component(world: &GitLabWorld) -> Value {
    let given = format!(
        "{}='{}' AWS_ENDPOINT_URL='{}'",
        SHORT_PAUSES.0, SHORT_PAUSES.1, world.workdir.url
    );
    let (_, jobs) = TEMPLATE.split_once("\n---\n").unwrap();
    let inputs = [
        ("image", "x@sha256:0"),
        ("environments", r#"["dev", "prod"]"#),
        ("check-user", &world.gitlab.check_bot().id.to_string()),
        ("server", &world.gitlab.server_url()),
        ("prefix", "provisioner"),
        ("check-stage", "test"),
        ("apply-stage", "deploy"),
        ("tags", "[]"),
        ("check-timeout", "30 minutes"),
        ("apply-timeout", "3 hours"),
        ("environment-action", "start"),
        ("find", "true"),
        ("configs", "s3/configs/*.yaml\ns3/configs/acme-*.yaml"),
        ("tier", ""),
        ("comment", "true"),
        ("variables", &given),
    ];
    let text = jobs.replace("/usr/local/bin/provisioner", BINARY);
    let jobs = filled(serde_yaml::from_str(&text).unwrap(), &inputs);
    assert!(!jobs.to_string().contains("$[["), "{jobs}");
    jobs
}

/// GitLab replaces inputs in the strings of the YAML, and not in its text.
fn filled(node: Value, inputs: &[(&str, &str)]) -> Value {
    let text = |text: String| {
        inputs.iter().fold(text, |text, (name, value)| {
            text.replace(&format!("$[[ inputs.{name} ]]"), value)
        })
    };
    match node {
        Value::String(found) => Value::String(text(found)),
        Value::Array(items) => items.into_iter().map(|item| filled(item, inputs)).collect(),
        Value::Object(entries) => {
            let entries = entries.into_iter();
            let filled = entries.map(|(key, value)| (text(key), filled(value, inputs)));
            Value::Object(filled.collect())
        }
        other => other,
    }
}

/// Runs a job's script with these variables of its pipeline.
fn run_script(world: &GitLabWorld, job: &Value, variables: &Variables, claims: &Value) -> Ended {
    let folder = TempDir::new().unwrap();
    let script = job["script"][0].as_str().unwrap();
    let ended = Command::new("/bin/sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .env_clear()
        .envs(variables.iter().cloned())
        .env("PROVISIONER_APPLY_TOKEN", world.gitlab.apply_token())
        .env("PROVISIONER_ID_TOKEN", world.identity(variables, claims))
        .output()
        .unwrap();
    Ended {
        succeeded: ended.status.success(),
        log: String::from_utf8_lossy(&ended.stderr).into_owned(),
        folder,
    }
}

/// Runs the job that finds environments.
fn find(world: &GitLabWorld, variables: &Variables) -> Ended {
    let component = component(world);
    run_script(world, &component[FIND], variables, &world.branch_claims())
}

/// Runs each job of a child pipeline whose rules let it start.
fn run_children(world: &GitLabWorld, found: &Ended, before: &str, claims: &Value) -> Vec<Ended> {
    let pipeline = found.pipeline();
    let jobs = pipeline.as_object().unwrap().values();
    let mut ended = Vec::new();
    for job in jobs.filter(|job| job["rules"][0]["when"] != "manual") {
        let environments = &job["parallel"]["matrix"][0]["PROVISIONER_ENVIRONMENT"];
        for environment in environments.as_array().unwrap() {
            let mut variables = world.repo.child_pipeline("main", before, &world.bob);
            let environment = environment.as_str().unwrap().to_owned();
            variables.push(("PROVISIONER_ENVIRONMENT".to_owned(), environment));
            ended.push(run_script(world, job, &variables, claims));
        }
    }
    ended
}

fn environments(found: &Ended) -> Vec<String> {
    let pipeline = found.pipeline();
    let job = &pipeline["provisioner-provision"];
    let environments = &job["parallel"]["matrix"][0]["PROVISIONER_ENVIRONMENT"];
    serde_json::from_value(environments.clone()).unwrap_or_default()
}

#[test]
fn a_merge_starts_the_jobs_of_its_environments_only() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let found = find(
        &world,
        &world.repo.push_pipeline("main", &before, &world.bob),
    );
    assert!(found.succeeded, "{}", found.log);
    assert_eq!(environments(&found), ["prod"], "{}", found.log);
    assert_eq!(world.stack(), None);
    let children = run_children(&world, &found, &before, &world.branch_claims());
    assert_eq!(children.len(), 1);
    assert!(children[0].succeeded, "{}", children[0].log);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let evidence = children[0].file("provisioner-evidence.json");
    assert!(evidence.contains("\"pull_request\""), "{evidence}");
    assert!(world.notes(7).concat().contains("1 stack created"));
    // A push without configs.
    let before = world.repo.head("main");
    let other = world.repo.commit("main").author(&world.carol);
    other.write("README.md", "later").push();
    let found = find(
        &world,
        &world.repo.push_pipeline("main", &before, &world.bob),
    );
    assert!(found.succeeded, "{}", found.log);
    assert_eq!(found.file("pipeline.yml"), IDLE_PIPELINE);
    assert!(run_children(&world, &found, &before, &world.branch_claims()).is_empty());
    world.gitlab.take_writes();
}

#[test]
fn a_schedule_starts_the_jobs_of_what_waits_only() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    world.approved_and_merged(&pull);
    let zeros = "0".repeat(40);
    let mut schedule = world.repo.schedule_pipeline();
    schedule.push(("PROVISIONER_MODE".to_owned(), "apply".to_owned()));
    let found = find(&world, &schedule);
    assert!(found.succeeded, "{}", found.log);
    assert_eq!(environments(&found), ["prod"], "{}", found.log);
    let children = run_children(&world, &found, &zeros, &world.branch_claims());
    assert!(children[0].succeeded, "{}", children[0].log);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let found = find(&world, &schedule);
    assert_eq!(found.file("pipeline.yml"), IDLE_PIPELINE);
    world.gitlab.take_writes();
}

/// One job that waits for approvals is enough.
#[test]
fn an_environment_whose_deployment_waits_for_approvals_gets_no_other_job() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    world.approved_and_merged(&pull);
    let mut schedule = world.repo.schedule_pipeline();
    schedule.push(("PROVISIONER_MODE".to_owned(), "apply".to_owned()));
    // The deployments of other jobs, environments and branches hold nothing.
    for (environment, job, branch) in [
        ("prod", "deploy-app", "main"),
        ("dev", "provisioner-provision: [dev]", "main"),
        ("prod", "provisioner-provision: [prod]", "other"),
    ] {
        world.repo.blocked_deployment(environment, job, branch);
        let found = find(&world, &schedule);
        assert_eq!(environments(&found), ["prod"], "{}", found.log);
    }
    let job = "provisioner-command-apply: [prod]";
    world.repo.blocked_deployment("prod", job, "main");
    let found = find(&world, &schedule);
    assert!(found.succeeded, "{}", found.log);
    assert_eq!(found.file("pipeline.yml"), IDLE_PIPELINE);
    let summary = found.file("summary.md");
    assert!(summary.contains("waits for its reviewers"), "{summary}");
    world.gitlab.take_writes();
}

/// Whoever starts or finds a job, the job reads approvals and claims again.
#[test]
fn attack_a_child_pipeline_permits_nothing() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.merged(&pull);
    let push = world.repo.push_pipeline("main", &before, &world.bob);
    let found = find(&world, &push);
    assert_eq!(environments(&found), ["prod"], "{}", found.log);
    // Nobody approved it.
    let denied = run_children(&world, &found, &before, &world.branch_claims());
    assert!(
        !denied[0].succeeded && denied[0].log.contains("approval-missing"),
        "{}",
        denied[0].log
    );
    // The child of a merge request's pipeline has the claims of its branch.
    let feature = world.claims(
        "project_path:acme/infra:ref_type:branch:ref:feature",
        "feature",
        false,
    );
    let denied = run_children(&world, &found, &before, &feature);
    assert!(!denied[0].succeeded, "{}", denied[0].log);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
}

/// A person who may set variables can let the rules take a pipeline for a push. Its token says what it is.
#[test]
fn attack_a_pipeline_of_a_person_finds_nothing() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let web = world.repo.web_pipeline("main", &world.bob);
    let token = world.identity(&web, &world.branch_claims());
    let mut forged = web.clone();
    for (name, value) in &mut forged {
        match name.as_str() {
            "CI_PIPELINE_SOURCE" => *value = "push".to_owned(),
            "CI_COMMIT_BEFORE_SHA" => value.clone_from(&before),
            _ => {}
        }
    }
    let folder = TempDir::new().unwrap();
    let script = component(&world)[FIND]["script"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let ended = Command::new("/bin/sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env_clear()
        .envs(forged)
        .env("PROVISIONER_APPLY_TOKEN", world.gitlab.apply_token())
        .env("PROVISIONER_ID_TOKEN", token)
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    assert!(
        log.contains("the job's identity token says \"web\""),
        "{log}"
    );
    assert!(!folder.path().join("provisioner-out/pipeline.yml").exists());
    world.gitlab.take_writes();
}
