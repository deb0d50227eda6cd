//! Operations that take time, and that fail.
#![expect(clippy::disallowed_methods, reason = "the rendered template is a file")]

use serde_json::{Value, json};

use super::answers::{
    arn, change_set, created_change_set, events, first_events, fixture, no_stack, parameters,
    preview, stack, stack_id, stack_with,
};
use super::{Workdir, workdir};
use crate::support::replay::{not_found, refused};

pub(super) const OUTPUTS: [&str; 3] = ["BucketName", "BucketArn", "SolutionsPrefix"];

/// Names of the parameters of the S3 product.
pub(super) fn published(workdir: &Workdir) -> Value {
    let of = |name: &&str| format!("/s3/{}/{name}", workdir.name);
    let names = [
        "BucketName",
        "BucketArn",
        "SolutionsPrefix",
        "solutions/master-solution/Prefix",
    ];
    parameters(workdir, &names.iter().map(of).collect::<Vec<_>>())
}

/// The stack's resources: the bucket that the config names.
pub(super) fn bucket_of(workdir: &Workdir) -> Value {
    json!({"StackResourceSummaries": [{
        "LogicalResourceId": "Bucket", "PhysicalResourceId": workdir.name,
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    }]})
}

/// A change set that can be executed; its stack passes through these states.
pub(super) fn running(workdir: &Workdir, states: Value) {
    created_change_set(workdir, change_set("CREATE_COMPLETE", ""));
    workdir
        .aws
        .on("DescribeStacks", states)
        .on("ExecuteChangeSet", json!({}));
}

/// CloudFormation's answers to a creation that an alarm rolled back. The reason of a real account may have other words.
fn rolled_back_by_alarm(workdir: &Workdir) {
    let events = events(
        workdir,
        &[
            ("", "REVIEW_IN_PROGRESS", "User Initiated"),
            ("", "CREATE_IN_PROGRESS", "User Initiated"),
            ("Bucket", "CREATE_COMPLETE", ""),
            (
                "",
                "ROLLBACK_IN_PROGRESS",
                "[arn:aws:cloudwatch:us-west-2:123456789012:alarm:p99-latency] went into ALARM",
            ),
            ("Bucket", "DELETE_COMPLETE", ""),
            ("", "DELETE_COMPLETE", ""),
        ],
    );
    let gone = stack(workdir, "DELETE_COMPLETE");
    workdir.aws.on("HeadBucket", not_found());
    running(workdir, json!([no_stack(), gone]));
    workdir.aws.on(
        "DescribeStackEvents",
        json!([first_events(&events, 1), first_events(&events, 6)]),
    );
}

#[test]
fn alarms_of_the_policy_watch_a_creation() {
    let workdir = workdir();
    let account = workdir.account.clone();
    let policy = "version: 1\ndefaults:\n  rollback:\n    \
         alarms: ['arn:aws:cloudwatch:{region}:{account_id}:alarm:p99-latency']\n    \
         composite-alarms: ['arn:aws:cloudwatch:us-west-2:{account_id}:alarm:all']\n    monitoring-minutes: 7\n";
    workdir.write(".provisioner.yaml", policy);
    rolled_back_by_alarm(&workdir);
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stderr);
    let created = &workdir.aws.requests_of("CreateChangeSet")[0];
    let trigger = |at: usize, key: &str| {
        let name = format!("RollbackConfiguration.RollbackTriggers.member.{at}.{key}");
        created.get(&name).to_owned()
    };
    let arn = |name: &str| format!("arn:aws:cloudwatch:us-west-2:{account}:alarm:{name}");
    assert_eq!(trigger(1, "Arn"), arn("p99-latency"));
    assert_eq!(trigger(1, "Type"), "AWS::CloudWatch::Alarm");
    assert_eq!(trigger(2, "Arn"), arn("all"));
    assert_eq!(trigger(2, "Type"), "AWS::CloudWatch::CompositeAlarm");
    let minutes = created.get("RollbackConfiguration.MonitoringTimeInMinutes");
    assert_eq!(minutes, "7");
    let said = failed.stdout + &failed.stderr;
    assert!(
        said.contains("alarm:p99-latency] went into ALARM"),
        "{said}"
    );
}

/// The request lists no alarm, so CloudFormation removes those of the stack.
#[test]
fn a_preview_says_that_the_policy_removes_alarms() {
    let workdir = workdir();
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults: {rollback: {alarms: [], monitoring-minutes: 7}}\n",
    );
    workdir.aws.on("DescribeStacks", no_stack());
    let shown = workdir.run_action("show-changes", &[]);
    let words = "no alarm watches the operation: the policy removes those of the stack. CloudFormation still waits 7 minutes after it";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
}

#[test]
fn a_preview_says_that_alarms_of_another_region_deny() {
    let workdir = workdir();
    let alarm = "arn:aws:cloudwatch:eu-central-1:{account_id}:alarm:errors";
    workdir.write(
        ".provisioner.yaml",
        &format!("version: 1\ndefaults: {{rollback: {{alarms: ['{alarm}']}}}}\n"),
    );
    workdir.aws.on("DescribeStacks", no_stack());
    let shown = workdir.run_action("show-changes", &[]);
    let words = "note: prep-master will not make these changes: the policy's alarm";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
}

#[test]
fn a_policy_without_alarms_leaves_those_of_the_stack() {
    let workdir = workdir();
    rolled_back_by_alarm(&workdir);
    workdir.try_action("prep-master", &["--force"]);
    let created = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert!(!created.has("RollbackConfiguration.MonitoringTimeInMinutes"));
    assert!(!created.has("RollbackConfiguration.RollbackTriggers.member.1.Arn"));
}

#[test]
fn a_creation_reports_every_event() {
    let workdir = workdir();
    let events = events(
        &workdir,
        &[
            ("", "REVIEW_IN_PROGRESS", "User Initiated"),
            ("", "CREATE_IN_PROGRESS", "User Initiated"),
            ("Bucket", "CREATE_IN_PROGRESS", ""),
            (
                "Bucket",
                "CREATE_IN_PROGRESS",
                "Resource creation Initiated",
            ),
            ("Bucket", "CREATE_COMPLETE", ""),
            ("BucketPolicy", "CREATE_IN_PROGRESS", ""),
            ("BucketPolicy", "CREATE_COMPLETE", ""),
            ("", "CREATE_COMPLETE", ""),
        ],
    );
    let made = stack_with(&workdir, "CREATE_COMPLETE", &OUTPUTS);
    let busy = stack(&workdir, "CREATE_IN_PROGRESS");
    workdir.aws.on("HeadBucket", not_found());
    running(&workdir, json!([no_stack(), busy, busy, made]));
    // New events come newest first, in two pages.
    let mut newest = first_events(&events[5..], 3);
    newest["NextToken"] = json!("page-2");
    workdir
        .aws
        .on(
            "DescribeStackEvents",
            json!([
                first_events(&events, 1),
                first_events(&events, 3),
                first_events(&events, 5)
            ]),
        )
        .on(
            "DescribeStackEvents",
            json!([newest, first_events(&events, 5)]),
        )
        .on(
            "GetParameters",
            json!([{"Parameters": []}, published(&workdir)]),
        )
        .on("ListStackResources", bucket_of(&workdir))
        .on("ListObjectsV2", json!({"ListBucketResult": {}}))
        .on("PutObject", json!({}));
    let made = workdir.run_action("prep-master", &["--force"]);
    insta::assert_snapshot!(
        "replayed_creation",
        workdir.redact_account(&(made.stdout + &made.stderr))
    );
    let log = workdir.log();
    assert!(!log.to_lowercase().contains("error"), "{log}");
    for words in [
        "by:       arn:aws:iam::",
        "region:   us-west-2\n",
        "result:   created\n",
        ": creation\n",
        "CREATE_COMPLETE AWS::S3::BucketPolicy BucketPolicy\n",
        ": created; ",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(
        log.contains(&format!("account:  {}\n", workdir.account)),
        "{log}"
    );
    let executed = &workdir.aws.requests_of("ExecuteChangeSet")[0];
    assert_eq!(
        executed.get("ChangeSetName"),
        arn("changeSet", "provisioner")
    );
    assert_eq!(executed.get("RetainExceptOnCreate"), "true");
    // CloudFormation refuses this beside `OnStackFailure`.
    assert!(!executed.has("DisableRollback"));
    assert_eq!(
        workdir.aws.requests_of("DescribeStackEvents")[4].get("NextToken"),
        "page-2"
    );
}

#[test]
fn a_failed_creation_reports_the_first_error() {
    let workdir = workdir();
    let events = events(
        &workdir,
        &[
            ("", "REVIEW_IN_PROGRESS", "User Initiated"),
            ("", "CREATE_IN_PROGRESS", "User Initiated"),
            (
                "BucketPolicy",
                "CREATE_FAILED",
                "Resource creation cancelled",
            ),
            (
                "Bucket",
                "CREATE_FAILED",
                "acme-bucket already exists (Service: S3, Status Code: 0)",
            ),
            ("Queue", "CREATE_FAILED", "Resource creation cancelled"),
            (
                "",
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Bucket]. Delete requested by user.",
            ),
            ("", "DELETE_IN_PROGRESS", ""),
            ("", "DELETE_COMPLETE", ""),
        ],
    );
    let states = [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "DELETE_COMPLETE",
    ];
    let states = states.map(|status| stack(&workdir, status));
    workdir.aws.on("HeadBucket", not_found());
    running(&workdir, json!([no_stack()]));
    workdir.aws.on("DescribeStacks", json!(states)).on(
        "DescribeStackEvents",
        json!([
            first_events(&events, 1),
            first_events(&events, 2),
            first_events(&events, 8)
        ]),
    );
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    let log = workdir.log();
    assert!(log.contains("result:   failed\n"), "{log}");
    assert!(log.contains("by:       arn:aws:iam::"), "{log}");
    let errors: Vec<&str> = log
        .lines()
        .filter(|line| line.to_lowercase().contains("error"))
        .collect();
    assert_eq!(errors.len(), 4, "{log}");
    assert!(errors.iter().all(|line| {
        line.starts_with("error: ") && line.contains("CREATE_FAILED") || line.contains(": error[")
    }));
    insta::assert_snapshot!(
        "replayed_creation_failed",
        workdir.redact_account(&failed.stdout)
    );
    assert_eq!(
        workdir.aws.requests_of("DeleteStack").len(),
        0,
        "CloudFormation deletes it itself"
    );
}

#[test]
fn a_creation_that_was_rolled_back_is_removed() {
    let workdir = workdir();
    let rows = [
        ("", "REVIEW_IN_PROGRESS", "User Initiated"),
        ("", "CREATE_IN_PROGRESS", "User Initiated"),
        ("Bucket", "CREATE_FAILED", "Access denied"),
        (
            "",
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Bucket].",
        ),
        ("", "ROLLBACK_COMPLETE", ""),
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
        ("", "DELETE_COMPLETE", ""),
    ];
    let events = events(&workdir, &rows);
    workdir.aws.on("HeadBucket", not_found());
    running(
        &workdir,
        json!([
            no_stack(),
            stack(&workdir, "ROLLBACK_COMPLETE"),
            stack(&workdir, "DELETE_COMPLETE")
        ]),
    );
    let polled = [1, 5, 5, 7].map(|count| first_events(&events, count));
    // Events of a deleted stack are not queried.
    workdir
        .aws
        .on("DescribeStackEvents", json!(polled[..3]))
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on("DeleteStack", json!({}));
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    assert!(
        failed
            .stdout
            .contains("it began with Bucket AWS::S3::Bucket CREATE_FAILED: Access denied"),
        "{}",
        failed.stdout
    );
    assert_eq!(
        workdir.aws.requests_of("DeleteStack")[0].get("StackName"),
        stack_id(&workdir)
    );
}

/// An existing stack that differs from the config's template.
pub(super) fn update(
    workdir: &Workdir,
    end: &str,
    rows: &[(&str, &str, &str)],
) -> crate::support::workdir::CommandOutput {
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
    let events = events(workdir, rows);
    let before = stack(workdir, "CREATE_COMPLETE");
    running(
        workdir,
        json!([
            before,
            stack(workdir, "UPDATE_IN_PROGRESS"),
            stack(workdir, end)
        ]),
    );
    workdir
        .aws
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on(
            "DescribeStackEvents",
            json!([
                first_events(&events, 1),
                first_events(&events, 2),
                first_events(&events, rows.len())
            ]),
        );
    workdir.try_action("prep-master", &["--force"])
}

#[test]
fn an_update_that_was_rolled_back_has_failed() {
    let workdir = workdir();
    let output = update(
        &workdir,
        "UPDATE_ROLLBACK_COMPLETE",
        &[
            ("", "CREATE_COMPLETE", ""),
            ("", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("Bucket", "UPDATE_FAILED", "The lifecycle is not valid"),
            ("BucketPolicy", "UPDATE_FAILED", "Resource update cancelled"),
            (
                "",
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to update: [Bucket].",
            ),
            ("", "UPDATE_ROLLBACK_COMPLETE", ""),
        ],
    );
    assert_eq!(output.status, 30);
    // What the update created is deleted, retained or not: its names would block the next update.
    let executed = &workdir.aws.requests_of("ExecuteChangeSet")[0];
    assert_eq!(executed.get("RetainExceptOnCreate"), "true");
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert!(!made.has("OnStackFailure"));
    insta::assert_snapshot!(
        "replayed_update_rolled_back",
        workdir.redact_account(&output.stdout)
    );
}

#[test]
fn a_failed_rollback_reports_both_errors() {
    let workdir = workdir();
    let output = update(
        &workdir,
        "UPDATE_ROLLBACK_FAILED",
        &[
            ("", "CREATE_COMPLETE", ""),
            ("", "UPDATE_IN_PROGRESS", "User Initiated"),
            ("Bucket", "UPDATE_FAILED", "The lifecycle is not valid"),
            (
                "",
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to update: [Bucket].",
            ),
            (
                "Bucket",
                "UPDATE_FAILED",
                "The role was deleted in the meantime",
            ),
            (
                "",
                "UPDATE_ROLLBACK_FAILED",
                "The following resource(s) failed to update: [Bucket].",
            ),
        ],
    );
    assert_eq!(output.status, 30);
    insta::assert_snapshot!(
        "replayed_update_not_rolled_back",
        workdir.redact_account(&output.stdout)
    );
}

#[test]
fn a_stack_in_an_unusable_state_is_reported() {
    for (status, code) in [
        ("UPDATE_IN_PROGRESS", "stack-busy"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "stack-busy"),
        ("A_STATUS_OF_TOMORROW", "stack-busy"),
        ("UPDATE_FAILED", "stack-failed"),
        ("UPDATE_ROLLBACK_FAILED", "stack-failed"),
    ] {
        let workdir = workdir();
        workdir
            .aws
            .on("DescribeStacks", stack(&workdir, status))
            .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
        let denied = workdir.try_action("prep-master", &["--force"]);
        assert_eq!(denied.status, 20, "{status}: {}", denied.stdout);
        assert!(denied.stdout.contains(code), "{status}: {}", denied.stdout);
        assert!(
            denied.stdout.contains(&format!("the stack is {status}")),
            "{}",
            denied.stdout
        );
    }
}

#[test]
fn only_our_change_set_of_a_foreign_empty_stack_is_deleted() {
    let workdir = workdir();
    let other = json!({"ChangeSetName": "by-hand", "ChangeSetId": arn("changeSet", "by-hand"), "Status": "CREATE_COMPLETE"});
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "REVIEW_IN_PROGRESS"))
        .on("HeadBucket", not_found())
        .on("ListChangeSets", json!({"Summaries": [other]}));
    preview(&workdir, change_set("FAILED", "The role may not do this"));
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    assert!(
        failed.stdout.contains("FAILED: The role may not do this"),
        "{}",
        failed.stdout
    );
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(made.get("ChangeSetType"), "CREATE");
    assert_eq!(workdir.aws.requests_of("DeleteChangeSet").len(), 1);
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
}

/// The config's own stack, whose creation a killed run started.
fn started_creation(workdir: &Workdir, more: Value) {
    workdir.run_action("create-prov-template", &[]);
    let template = workdir
        .folder()
        .join(format!("s3/templates/{}-template.yaml", workdir.name));
    let template = std::fs::read_to_string(template).unwrap();
    workdir
        .aws
        .on("DescribeStacks", stack(workdir, "CREATE_IN_PROGRESS"))
        .on("DescribeStacks", more)
        .on("GetTemplate", json!({"TemplateBody": template}));
}

#[test]
fn a_running_creation_is_joined() {
    let workdir = workdir();
    let rows = [
        ("", "CREATE_IN_PROGRESS", "User Initiated"),
        ("", "CREATE_COMPLETE", ""),
    ];
    let events = events(&workdir, &rows);
    let made = stack_with(&workdir, "CREATE_COMPLETE", &OUTPUTS);
    started_creation(
        &workdir,
        json!([stack(&workdir, "CREATE_IN_PROGRESS"), made]),
    );
    workdir
        .aws
        .on(
            "DescribeStackEvents",
            json!([first_events(&events, 1), first_events(&events, 2)]),
        )
        .on("ListStackResources", bucket_of(&workdir))
        .on("GetParameters", published(&workdir))
        .on("ListObjectsV2", json!({"ListBucketResult": {}}))
        .on("PutObject", json!({}));
    let output = workdir.run_action("prep-master", &["--force"]);
    assert!(
        output.stderr.contains("creation continues"),
        "{}",
        output.stderr
    );
    assert!(
        output.stdout.contains("4 parameters verified"),
        "{}",
        output.stdout
    );
}

#[test]
fn attack_without_force_no_creation_is_joined_and_taken_back() {
    let workdir = workdir();
    started_creation(&workdir, json!([]));
    let denied = workdir.try_action("prep-master", &[]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("force-required"),
        "{}",
        denied.stdout
    );
}

#[test]
fn a_deployment_that_validation_refuses_points_at_the_config() {
    let workdir = workdir();
    let tags = "tags:\n    Team: correct-horse-battery\n";
    workdir.write_config(&format!(
        "  versioning: true\n  lifecycle_policy: compliance\n  {tags}"
    ));
    workdir
        .aws
        .on("HeadBucket", not_found())
        .on("DescribeStacks", no_stack())
        .on("DescribeEvents", fixture(&workdir, "findings"))
        .on(
            "DescribeChangeSetHooks",
            refused("AccessDenied", "not authorized"),
        )
        .on("DeleteChangeSet", json!({}));
    created_change_set(
        &workdir,
        change_set("FAILED", "The validation found errors"),
    );
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    insta::assert_snapshot!(
        "replayed_deployment_refused",
        workdir.redact_account(&failed.stdout)
    );
}
