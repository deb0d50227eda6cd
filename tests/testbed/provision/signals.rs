//! A job that GitHub cancels. The runner signals the shell of the step: SIGINT, SIGTERM after 7.5 s, and SIGKILL after 2.5 s more.

use super::*;
use crate::support::proxy::{Fault, FaultProxy, Rule, Side};
use crate::support::step::{Step, finish_cancelled as finish};

/// CloudFormation as it is while it creates a stack, which the emulator does at once.
fn creating() -> Rule {
    let status = ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"];
    Rule::new(Fault::rewrites([status])).for_operation("DescribeStacks")
}

fn deletions(proxy: &FaultProxy) -> usize {
    let changes = changes(proxy).into_iter();
    changes
        .filter(|operation| operation == "DeleteStack")
        .count()
}

/// The changes that AWS made.
fn changes(proxy: &FaultProxy) -> Vec<String> {
    let operations = proxy.mutations().into_iter().map(|call| call.operation);
    let changes = operations.filter(|operation| operation != "AssumeRoleWithWebIdentity");
    changes.map(|operation| operation.to_string()).collect()
}

/// A job, the requests of which pass a proxy.
type Start<'a> = &'a dyn Fn(&FaultProxy) -> Job;

/// Runs a job until CloudFormation creates its stack, and kills it there.
fn killed(start_job: Start<'_>, proxy: &FaultProxy) {
    proxy.rule(creating());
    proxy.hold(2, Side::After);
    let job = start_job(proxy);
    let step = Step::start(&job);
    assert_eq!(proxy.held().operation, "ExecuteChangeSet");
    step.kill();
    proxy.release(false);
    assert_eq!(step.ended().0, None, "a killed program has no exit code");
}

impl World {
    fn push_through(&self, before: &str, proxy: &FaultProxy) -> Job {
        self.push(before).with("AWS_ENDPOINT_URL", &proxy.url())
    }

    /// The job for `prod` of a comment that commands a test.
    fn test_through(&self, pull: &Pull, comment: u64, proxy: &FaultProxy) -> Job {
        let event = pull.comment_event("created", comment);
        let job = self.job("issue_comment", &event, 1);
        job.with("AWS_ENDPOINT_URL", &proxy.url())
    }

    fn with_test_comment() -> (Self, Pull, u64) {
        let (world, pull) = Self::with_proposed();
        pull.review(&world.bob, "APPROVED");
        let comment = world
            .repo
            .comment(7, &world.carol, "/provisioner test-deploy");
        (world, pull, comment.id)
    }
}

#[test]
fn a_cancelled_job_requests_the_removal_of_its_stack() {
    let creating = ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"];
    let deleting = ["DELETE_COMPLETE", "DELETE_IN_PROGRESS"];
    for is_slow in [false, true] {
        let (world, pull) = World::with_proposed();
        let before = world.approved_and_merged(&pull);
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        let busy = match is_slow {
            false => Fault::rewrites([creating]),
            true => Fault::rewrites([creating, deleting]),
        };
        proxy.rule(Rule::new(busy).for_operation("DescribeStacks"));
        // After the assumption of the role and the creation of the change set.
        proxy.hold(2, Side::After);
        let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
        let mut step = Step::start(&job);
        assert_eq!(proxy.held().operation, "ExecuteChangeSet");
        step.cancel();
        step.terminate();
        proxy.release(true);
        let began = std::time::Instant::now();
        let (status, log) = step.ended();
        assert_eq!(status, Some(30), "{log}");
        assert!(began.elapsed().as_millis() < 7_500, "{log}");
        let summary = std::fs::read_to_string(job.folder.path().join("summary")).unwrap();
        assert_eq!(codes_of(&summary), ["interrupted"], "{summary}");
        let words = "was requested and is not finished";
        assert_eq!(summary.contains(words), is_slow, "{summary}");
        assert!(evidence_of(&job).to_string().contains("interrupted"));
        assert_eq!(deletions(&proxy), 1, "{log}");
        assert_eq!(world.stacks(), []);
        // The step for cancelled jobs finds that nothing is under way, and leaves the comment alone.
        let comment = world.last_comment();
        assert!(comment.contains("error[interrupted]"), "{comment}");
        let (status, log, _) = finish(world.push(&before));
        assert_eq!(status, Some(0), "{log}");
        assert_eq!(world.last_comment(), comment);
        // The emulator reports a complete creation to the next run, whose bucket is not deleted.
        if !is_slow {
            run_successfully(&world.push(&before));
        }
        world.github.take_writes();
    }
}

#[test]
fn a_cancelled_test_requests_the_removal_of_its_stack() {
    let (world, pull, comment) = World::with_test_comment();
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    proxy.rule(creating());
    proxy.hold(2, Side::After);
    let job = world.test_through(&pull, comment, &proxy);
    let mut step = Step::start(&job);
    assert_eq!(proxy.held().operation, "ExecuteChangeSet");
    step.cancel();
    step.terminate();
    proxy.release(true);
    let began = std::time::Instant::now();
    let (status, log) = step.ended();
    assert_eq!(status, Some(30), "{log}");
    assert!(began.elapsed().as_millis() < 7_500, "{log}");
    assert_eq!(deletions(&proxy), 1, "{log}");
    assert_eq!(world.stacks(), []);
    let reply = world.last_comment();
    assert!(reply.contains("error[interrupted]"), "{reply}");
    world.github.take_writes();
}

/// The runner kills a program that does not end. The step for cancelled jobs then finds the stack by what AWS says alone.
#[test]
fn the_step_for_cancelled_jobs_removes_the_stack_of_a_killed_one() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    killed(&|proxy| world.push_through(&before, proxy), &proxy);
    assert_eq!(world.stacks().len(), 1);
    let (status, log, summary) = finish(world.push_through(&before, &proxy));
    assert_eq!(status, Some(30), "{log}");
    assert_eq!(deletions(&proxy), 1, "{log}");
    assert_eq!(world.stacks(), []);
    assert_eq!(codes_of(&summary), ["interrupted"], "{summary}");
    for said in [&log, &summary, &world.last_comment()] {
        let words = "and its new stack";
        assert!(said.contains(words), "{said}");
    }
    proxy.clear();
    run_successfully(&world.push(&before));
    world.github.take_writes();
}

#[test]
fn the_step_for_cancelled_jobs_removes_the_stack_of_a_killed_test() {
    let (world, pull, comment) = World::with_test_comment();
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    killed(&|proxy| world.test_through(&pull, comment, proxy), &proxy);
    assert_eq!(world.stacks().len(), 1);
    // Another attempt of the run has another stack, and does not touch this one while it is being created.
    let other = world.test_through(&pull, comment, &proxy);
    let (status, log, _) = finish(other.with("GITHUB_RUN_ATTEMPT", "2"));
    assert_eq!(status, Some(0), "{log}");
    assert_eq!(world.stacks().len(), 1);
    let (status, log, summary) = finish(world.test_through(&pull, comment, &proxy));
    assert_eq!(status, Some(30), "{log}");
    assert_eq!(deletions(&proxy), 1, "{log}");
    assert_eq!(world.stacks(), []);
    let reply = world.last_comment();
    for said in [&log, &summary, &reply] {
        let words = "and its new stack";
        assert!(said.contains(words), "{said}");
    }
    world.github.take_writes();
}

/// The step begins nothing, and removes only what is being created from the same template.
#[test]
fn attack_the_step_for_cancelled_jobs_changes_no_other_stack() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    let (status, log, _) = finish(world.push_through(&before, &proxy));
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("the stack does not exist"), "{log}");
    assert_eq!(changes(&proxy), [""; 0], "no stack is created");

    run_successfully(&world.push(&before));
    world.github.take_writes();
    let comment = world.last_comment();
    let (status, log, _) = finish(world.push_through(&before, &proxy));
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("the stack is CREATE_COMPLETE"), "{log}");
    assert_eq!(world.last_comment(), comment);
    world.github.expect_writes(&[]);

    // Another operation is reported, and left alone.
    let busy = Fault::rewrites([["CREATE_COMPLETE", "UPDATE_IN_PROGRESS"]]);
    proxy.rule(Rule::new(busy).for_operation("DescribeStacks"));
    let (status, log, summary) = finish(world.push_through(&before, &proxy));
    assert_eq!(status, Some(30), "{log}");
    assert!(summary.contains("is UPDATE_IN_PROGRESS"), "{summary}");
    assert_eq!(changes(&proxy), [""; 0], "{log}");

    proxy.clear();
    proxy.rule(creating());
    let template = Fault::rewrites([["AWSTemplateFormatVersion", "AnotherTemplate"]]);
    proxy.rule(Rule::new(template).for_operation("GetTemplate"));
    let (status, log, _) = finish(world.push_through(&before, &proxy));
    assert_eq!(status, Some(30), "{log}");
    assert_eq!(changes(&proxy), [""; 0], "{log}");
    assert_eq!(world.stacks().len(), 1);
    assert_eq!(proxy.fired()[1], 1, "another template");
    world.github.take_writes();
}

/// Nothing failed: the run was asked to end.
#[test]
fn the_rest_of_a_cancelled_job_was_interrupted() {
    let many = super::many::Many::with(
        "    first: 1\n    max-failures: 0\ndefaults:\n  concurrency: 1\n",
        &super::rollout::notes(["", "", ""]),
    );
    many.proxy.hold_operation("ExecuteChangeSet", Side::Before);
    let job = many.job();
    let mut step = Step::start(&job);
    assert_eq!(many.proxy.held().operation, "ExecuteChangeSet");
    step.cancel();
    step.terminate();
    many.proxy.release(true);
    let (status, log) = step.ended();
    assert_eq!(status, Some(30), "{log}");
    let summary = std::fs::read_to_string(job.folder.path().join("summary")).unwrap();
    assert_eq!(codes_of(&summary), ["interrupted"], "{summary}");
    assert!(!summary.contains("max-failures"), "{summary}");
    many.world.github.take_writes();
}
