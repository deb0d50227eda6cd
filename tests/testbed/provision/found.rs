//! A job without an environment finds the environments in which something is to be applied, so that only their jobs start.

use serde_json::json;

use super::*;
use crate::support::github::Fault as ForgeFault;
use crate::support::proxy::{Fault, FaultProxy, Rule};

const WAITS: &str = "GET /repos/acme/infra/actions/runs";
const APPLY: &str = ".github/workflows/provisioner-apply.yml";
const FROZEN: &str = "    freeze: [{from: 2001-01-01, to: 9999-01-01, reason: end of year}]\n";
const APPLY_ROLE: &str = "version: 1\nenvironments: {prod: {roles: {apply: 'arn:aws:iam::{account_id}:role/provisioner-apply'}}}\n";

impl World {
    /// The first job of the scheduled workflow.
    fn find_job(&self) -> Job {
        let event = self.repo.schedule_event("37 * * * *");
        let job = self.job("schedule", &event, 2);
        job.with("PROVISIONER_MODE", "find")
            .with("GITHUB_REF", "refs/heads/main")
    }

    /// The environments of a run that changes nothing.
    #[track_caller]
    fn found(&self, job: &Job, status: i32) -> (Value, String) {
        self.github.take_writes();
        let before = self.stacks();
        let run = job.run();
        assert_eq!(run.status, status, "{}\n{}", run.stderr, run.summary);
        assert_eq!(self.stacks(), before);
        self.github.expect_writes(&[]);
        let found = run.outputs["environments"].as_str();
        let found = found.map_or(Value::Null, |found| serde_json::from_str(found).unwrap());
        (found, run.summary)
    }

    fn applied(&self) -> JobOutput {
        let event = self.repo.schedule_event("37 * * * *");
        let job = self.job("schedule", &event, 1);
        let job = job
            .with("PROVISIONER_MODE", "apply")
            .with("GITHUB_REF", "refs/heads/main");
        job.run()
    }
}

#[test]
fn only_an_environment_with_something_to_apply_is_found() {
    let (world, pull) = World::with_proposed();
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
    assert!(summary.contains("Nothing to apply."), "{summary}");
    world.approved_and_merged(&pull);
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!(["prod"]));
    insta::assert_snapshot!(normalize(&summary));
    assert_eq!(
        world.issuers[1].issued(),
        [""; 0],
        "only the plan role reads"
    );
    assert_eq!(world.applied().status, 0);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let (found, _) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
}

/// A job that would only wait for the end of a freeze needs no reviewer.
#[test]
fn a_closed_environment_is_not_found() {
    let world = World::new(&policy(FROZEN));
    let pull = world.proposed(CONFIG);
    world.approved_and_merged(&pull);
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
    assert!(summary.contains("end of year"), "{summary}");
}

/// One job that waits for its reviewers is enough.
#[test]
fn an_environment_whose_job_waits_for_reviewers_is_not_found_again() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    // A workflow of others does not hold the schedule.
    let foreign = ".github/workflows/other.yml";
    world.repo.waiting_run(foreign, &["prod"]);
    world.repo.waiting_run(APPLY, &["dev"]);
    let (found, _) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!(["prod"]));
    world.repo.waiting_run(foreign, &[]);
    world.repo.waiting_run(APPLY, &["dev", "prod"]);
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
    assert!(summary.contains("waits for its reviewers"), "{summary}");
    // A list that cannot be read holds nothing.
    let unreadable = ForgeFault::Json(200, json!({"workflow_runs": 1}));
    for fault in [ForgeFault::Status(403), unreadable] {
        world.github.fault(WAITS, fault);
        let (found, _) = world.found(&world.find_job(), 0);
        assert_eq!(found, json!(["prod"]));
    }
}

/// What cannot be read may wait to be applied: the job of the environment finds out.
#[test]
fn an_environment_that_cannot_be_read_is_found() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    assert_eq!(world.applied().status, 0);
    let (found, _) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    proxy.rule(Rule::new(Fault::Denied).for_operation("DescribeStacks"));
    let job = world.find_job().with("AWS_ENDPOINT_URL", &proxy.url());
    let (found, summary) = world.found(&job, 31);
    assert_eq!(found, json!(["prod"]));
    assert!(summary.contains("AWS did not answer"), "{summary}");
}

#[test]
fn an_environment_without_a_plan_role_is_found() {
    let world = World::new(APPLY_ROLE);
    let pull = world.proposed(CONFIG);
    world.approved_and_merged(&pull);
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!(["prod"]));
    assert!(summary.contains("no plan role"), "{summary}");
    // Without both roles its job could do nothing.
    let commit = world.repo.commit("main").author(&world.carol);
    let without = "version: 1\nenvironments: {prod: {}}\n";
    commit.write(".provisioner.yaml", without).push();
    let (found, _) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
}

/// A person names configs: the jobs of their environments start, whatever their stacks are.
#[test]
fn the_environments_of_named_configs_are_found() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    assert_eq!(world.applied().status, 0);
    let job = |configs: &str| {
        let inputs = json!({"configs": configs});
        let person = &world.carol;
        let event = world.repo.workflow_dispatch_event("main", &inputs, person);
        let job = world.job("workflow_dispatch", &event, 2);
        job.with("PROVISIONER_MODE", "find")
    };
    let (found, _) = world.found(&job(""), 0);
    assert_eq!(found, json!([]));
    let (found, _) = world.found(&job(&world.workdir.path()), 0);
    assert_eq!(found, json!(["prod"]));
    let (found, _) = world.found(&job("s3/configs/absent.yaml"), 2);
    assert_eq!(found, Value::Null);
    let broken = world.repo.commit("main").author(&world.carol);
    broken.write(&world.workdir.path(), "s3: 1\n").push();
    let (found, summary) = world.found(&job(&world.workdir.path()), 2);
    assert_eq!(found, Value::Null);
    assert!(summary.contains("the config has errors"), "{summary}");
}

#[test]
fn attack_a_search_on_another_branch() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    for reference in [
        "refs/heads/feature-7",
        "refs/tags/main",
        "refs/pull/7/merge",
    ] {
        let job = world.find_job().with("GITHUB_REF", reference);
        let (found, _) = world.found(&job, 2);
        assert_eq!(found, Value::Null, "{reference}");
    }
}
