//! `continue-rollback` on replayed answers: in the emulator nothing fails.

use serde_json::{Value, json};

use super::answers::{events, first_events, no_stack, stack, stack_id};
use super::{Workdir, workdir};

/// The stack that AWS describes.
type DescribedStack<'a> = &'a dyn Fn(&Workdir) -> Value;

/// A stack whose rollback failed, because somebody deleted the queue.
pub(super) fn failed(workdir: &Workdir) {
    let resource = |id: &str, kind: &str, status: &str, reason: &str| {
        json!({
            "LogicalResourceId": id, "PhysicalResourceId": format!("physical-{id}"),
            "ResourceType": kind, "ResourceStatus": status, "ResourceStatusReason": reason,
        })
    };
    let reason = "The queue correct-horse-battery does not exist";
    let resources = json!({"StackResourceSummaries": [
        resource("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", reason),
        resource("Bucket", "AWS::S3::Bucket", "UPDATE_COMPLETE", ""),
    ]});
    workdir.write_config("  versioning: true\n  tags:\n    Team: correct-horse-battery\n");
    workdir
        .aws
        .on("DescribeStacks", stack(workdir, "UPDATE_ROLLBACK_FAILED"))
        .on("ListStackResources", resources);
}

/// The rollback ends in this status.
pub(super) fn continued(workdir: &Workdir, status: &str) {
    let rows = [
        ("", "UPDATE_ROLLBACK_FAILED", ""),
        ("", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
        ("Queue", "UPDATE_COMPLETE", ""),
        ("", status, ""),
    ];
    let events = events(workdir, &rows);
    workdir
        .aws
        .on("ContinueUpdateRollback", json!({}))
        .on(
            "DescribeStacks",
            json!([
                stack(workdir, "UPDATE_ROLLBACK_FAILED"),
                stack(workdir, status)
            ]),
        )
        .on(
            "DescribeStackEvents",
            json!([first_events(&events, 1), first_events(&events, 4)]),
        );
}

#[test]
fn a_failed_rollback_is_continued() {
    let workdir = workdir();
    failed(&workdir);
    continued(&workdir, "UPDATE_ROLLBACK_COMPLETE");
    let done = workdir.json("continue-rollback", &["--force"]);
    let result = &done["items"][0]["result"];
    assert_eq!(result["ended"], "UPDATE_ROLLBACK_COMPLETE", "{done}");
    let asked = &workdir.aws.requests_of("ContinueUpdateRollback")[0];
    assert_eq!(asked.get("StackName"), stack_id(&workdir));
    assert!(!asked.has("ResourcesToSkip.member.1"));
}

#[test]
fn named_resources_are_skipped() {
    let workdir = workdir();
    failed(&workdir);
    continued(&workdir, "UPDATE_ROLLBACK_COMPLETE");
    let done = workdir.run_action("continue-rollback", &["--skip", "Queue", "--force"]);
    insta::assert_snapshot!(
        "replayed_continue_rollback",
        workdir.redact_account(&(done.stdout + &done.stderr))
    );
    let asked = &workdir.aws.requests_of("ContinueUpdateRollback")[0];
    assert_eq!(asked.get("ResourcesToSkip.member.1"), "Queue");
    assert!(!asked.has("ResourcesToSkip.member.2"));
}

#[test]
fn a_preview_shows_the_failed_resources_and_what_skipping_means() {
    let workdir = workdir();
    failed(&workdir);
    let shown = workdir.run_action("continue-rollback", &["--skip", "Queue", "--dry-run"]);
    insta::assert_snapshot!(
        "replayed_continue_rollback_preview",
        workdir.redact_account(&shown.stdout)
    );
    assert!(!shown.stdout.contains("correct-horse"), "{}", shown.stdout);
}

#[test]
fn the_digest_covers_the_skipped_resources() {
    let digest = |options: &[&str]| {
        let workdir = workdir();
        failed(&workdir);
        let options = [options, &["--dry-run"]].concat();
        let shown = workdir.json("continue-rollback", &options);
        shown["items"][0]["result"]["digest"].clone()
    };
    assert_eq!(
        digest(&["--skip", "Queue"]),
        digest(&["--skip", "Queue", "--skip", "Queue"])
    );
    assert_ne!(digest(&["--skip", "Queue"]), digest(&[]));
}

#[test]
fn a_rollback_that_fails_again_is_reported() {
    let workdir = workdir();
    failed(&workdir);
    continued(&workdir, "UPDATE_ROLLBACK_FAILED");
    let again = workdir.try_action("continue-rollback", &["--force"]);
    assert_eq!(again.status, 30, "{}", again.stdout);
    assert!(
        again.stdout.contains("the stack is UPDATE_ROLLBACK_FAILED"),
        "{}",
        again.stdout
    );
}

fn denied(workdir: &Workdir, options: &[&str], code: &str) {
    let denied = workdir.try_action("continue-rollback", options);
    assert_eq!(denied.status, 20, "{code}: {}", denied.stdout);
    let error = format!("error[{code}]");
    assert!(denied.stdout.contains(&error), "{code}: {}", denied.stdout);
    assert_eq!(workdir.aws.requests_of("ContinueUpdateRollback").len(), 0);
}

#[test]
fn attack_a_resource_whose_rollback_did_not_fail_is_not_skipped() {
    let workdir = workdir();
    failed(&workdir);
    let options = ["--skip", "Queue", "--skip", "Bucket", "--force"];
    denied(&workdir, &options, "repair-changes-more");
    let shown = workdir.try_action(
        "continue-rollback",
        &["--skip", "Queue", "--skip", "Bucket", "--dry-run"],
    );
    let line = "would be skipped: Queue; digest";
    assert!(shown.stdout.contains(line), "{}", shown.stdout);
}

/// The summary beside a denial says nothing of a rollback that did not fail.
#[test]
fn no_rollback_failed_in_another_state() {
    let workdir = workdir();
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "UPDATE_FAILED"));
    let shown = workdir.try_action("continue-rollback", &["--dry-run"]);
    assert_eq!(shown.status, 20, "{}", shown.stdout);
    assert!(
        shown.stdout.contains("no rollback failed"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains("digest"), "{}", shown.stdout);
}

#[test]
fn attack_without_force_no_rollback_continues() {
    let workdir = workdir();
    failed(&workdir);
    denied(&workdir, &[], "force-required");
}

#[test]
fn attack_only_an_own_stack_with_a_failed_rollback_is_continued() {
    let foreign = |workdir: &Workdir| {
        let mut foreign = stack(workdir, "UPDATE_ROLLBACK_FAILED");
        foreign["Stacks"][0]["Tags"] = json!([]);
        foreign
    };
    let cases: [(DescribedStack<'_>, &str); 5] = [
        (&foreign, "stack-not-owned"),
        (
            &|workdir| stack(workdir, "CREATE_COMPLETE"),
            "repair-not-needed",
        ),
        (&|workdir| stack(workdir, "UPDATE_FAILED"), "stack-failed"),
        (
            &|workdir| stack(workdir, "UPDATE_ROLLBACK_IN_PROGRESS"),
            "stack-busy",
        ),
        (&|_| no_stack(), "stack-not-found"),
    ];
    for (answer, code) in cases {
        let workdir = workdir();
        let is_missing = code == "stack-not-found";
        workdir.aws.on("DescribeStacks", answer(&workdir));
        if !is_missing {
            let none = json!({"StackResourceSummaries": []});
            workdir.aws.on("ListStackResources", none);
        }
        denied(&workdir, &["--force"], code);
    }
}

/// The help of a refused update names the command that repairs the stack, and the command works.
#[test]
fn the_command_of_a_refused_update_works_as_it_is_printed() {
    let workdir = workdir();
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "UPDATE_ROLLBACK_FAILED"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    let refused = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(refused.status, 20, "{}", refused.stdout);
    let (_, command) = refused.stdout.split_once("then run `provisioner ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words, ["continue-rollback", &workdir.path(), "--force"]);
    failed(&workdir);
    continued(&workdir, "UPDATE_ROLLBACK_COMPLETE");
    let output = workdir.run(&words);
    assert_eq!(output.status, 0, "{}", output.stdout);
}

/// The update of the topic was cancelled when the queue failed. CloudFormation refuses to skip it.
#[test]
fn attack_a_cancelled_resource_is_not_skipped() {
    let workdir = workdir();
    failed(&workdir);
    let resource = |id: &str, reason: &str| {
        json!({
            "LogicalResourceId": id, "PhysicalResourceId": format!("physical-{id}"),
            "ResourceType": "AWS::SNS::Topic", "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": reason,
        })
    };
    let resources = json!({"StackResourceSummaries": [
        resource("Topic", "Resource update cancelled"),
        resource("Queue", "The queue does not exist"),
    ]});
    workdir.aws.set("ListStackResources", resources);
    let shown = workdir.run_action("continue-rollback", &["--dry-run"]);
    assert!(
        shown.stdout.contains("the rollback of 1 resource failed"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains("physical-Topic"), "{}", shown.stdout);
    let denied = workdir.try_action("continue-rollback", &["--skip", "Topic", "--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("error[repair-changes-more]"),
        "{}",
        denied.stdout
    );
}
