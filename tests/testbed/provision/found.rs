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
    pub(super) fn find_job(&self) -> Job {
        let event = self.repo.schedule_event("37 * * * *");
        let job = self.job("schedule", &event, 2);
        job.with("PROVISIONER_MODE", "find")
            .with("GITHUB_REF", "refs/heads/main")
    }

    /// The environments of a run that changes nothing.
    #[track_caller]
    pub(super) fn found(&self, job: &Job, status: i32) -> (Value, String) {
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
    assert!(summary.contains("AWS did not give its state"), "{summary}");
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

/// Its job could only be denied, and nothing is read there.
#[test]
fn a_config_in_an_account_that_its_environment_lost_is_not_found() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    let commit = world.repo.commit("main").author(&world.carol);
    let lost = policy("    accounts: ['999999999999']\n");
    commit.write(".provisioner.yaml", lost).push();
    let issued = || world.issuers.each_ref().map(|issuer| issuer.issued().len());
    let before = issued();
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]));
    let reason = "the policy does not allow its account for the environment";
    assert!(summary.contains(reason), "{summary}");
    assert_eq!(issued(), before, "no token is asked for");
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

const STAGING: &str =
    "  staging:\n    roles: {apply: 'arn:aws:iam::{account_id}:role/provisioner-apply'}\n";

impl World {
    /// The first job of the workflow of a push. It has no role.
    fn find_pushed(&self, before: &str) -> Job {
        let job = self.push(before).with("PROVISIONER_MODE", "find");
        job.with("PROVISIONER_ENVIRONMENT", "")
    }

    /// Pushes files to main, and returns the former tip.
    fn pushed(&self, files: &[(&str, &str)]) -> String {
        let before = self.repo.head("main");
        let commit = self.repo.commit("main").author(&self.carol);
        let write = |commit: CommitBuilder, (path, text): &(&str, &str)| commit.write(path, *text);
        files.iter().fold(commit, write).push();
        before
    }
}

#[test]
fn only_the_environments_of_a_push_are_found() {
    let world = World::new(&policy(STAGING));
    let before = world.pushed(&[("README.md", "other words")]);
    let (found, summary) = world.found(&world.find_pushed(&before), 0);
    assert_eq!(found, json!([]));
    assert!(summary.contains("concerns no environment"), "{summary}");
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let (found, summary) = world.found(&world.find_pushed(&before), 0);
    assert_eq!(found, json!(["prod"]));
    assert!(summary.contains("`prod`"), "{summary}");
    // Nothing but the forge was asked.
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    run_successfully(&world.push(&before));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

/// Both merges of a push count, also if one of them cannot be read.
#[test]
fn a_merge_that_cannot_be_read_does_not_hide_the_environments_of_another() {
    let world = World::new(&policy(STAGING));
    let (path, text) = world.staged();
    let before = world.pushed(&[(&path, &text)]);
    let first = world.repo.head("main");
    let own = world.workdir.read(&world.workdir.path());
    world.pushed(&[(&world.workdir.path(), &own)]);
    let (found, _) = world.found(&world.find_pushed(&before), 0);
    assert_eq!(found, json!(["prod", "staging"]));
    let tree = format!("GET /repos/acme/infra/git/trees/{first}");
    world.github.fault(&tree, ForgeFault::Status(403));
    let (found, summary) = world.found(&world.find_pushed(&before), 31);
    assert_eq!(found, json!(["prod"]));
    assert!(summary.contains("❌ The run for merge"), "{summary}");
}

/// A config with errors may be of any environment, so each job reports it.
#[test]
fn every_environment_of_the_policy_is_found_for_a_config_without_one() {
    let world = World::new(&policy(STAGING));
    let before = world.pushed(&[(&world.workdir.path(), "s3: 1\n")]);
    let (found, _) = world.found(&world.find_pushed(&before), 0);
    assert_eq!(found, json!(["prod", "staging"]));
}

/// A job of an environment that nobody protects would only be denied, and GitHub would create the environment.
#[test]
fn attack_an_environment_without_a_role_starts_no_job() {
    let world = World::new(&policy("  staging: {}\n"));
    let (path, text) = world.staged();
    let pull = world.proposal(|commit| commit.write(&path, text));
    let before = world.approved_and_merged(&pull);
    world.github.take_writes();
    for _ in 0..2 {
        let run = run_successfully(&world.find_pushed(&before));
        assert_eq!(run.outputs["environments"], "[]");
    }
    world.github.expect_writes(&[COMMENT]);
    let comment = world.repo.comments(7).pop().unwrap().body;
    assert!(comment.contains("No job provisions 1 config"), "{comment}");
    assert_nothing_live(&comment);
}

/// Each job denies its configs if the policy does not load, so its environment is found.
#[test]
fn environments_are_found_beside_a_broken_policy() {
    let world = World::new("version: 1\nenvironments: 7\n");
    let own = world.workdir.read(&world.workdir.path());
    let before = world.pushed(&[(&world.workdir.path(), &own)]);
    let (found, _) = world.found(&world.find_pushed(&before), 0);
    assert_eq!(found, json!(["prod"]));
}

#[test]
fn a_push_to_another_branch_finds_no_environment() {
    let (world, _) = World::with_proposed();
    let before = world.repo.head("main");
    world.repo.branch("other", &before);
    let event = world.repo.push_event("other", &before, &world.bob);
    let job = world
        .job("push", &event, 2)
        .with("PROVISIONER_MODE", "find");
    let (found, _) = world.found(&job, 0);
    assert_eq!(found, Value::Null);
}
