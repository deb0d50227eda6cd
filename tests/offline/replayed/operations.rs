//! Operations that take their time, and fail.
#![expect(clippy::disallowed_methods, reason = "the rendered template is a file")]

use serde_json::{Value, json};

use super::answers::{
    arn, change_set, events, fixture, look, no_stack, parameters, preview, so_far, stack, stack_id,
    stack_with,
};
use super::{Desk, desk};
use crate::support::replay::{not_found, refused};

const OUTPUTS: [&str; 3] = ["BucketName", "BucketArn", "SolutionsPrefix"];

/// Names of the parameters of the S3 product.
fn published(desk: &Desk) -> Value {
    let of = |name: &&str| format!("/s3/{}/{name}", desk.name);
    let names = [
        "BucketName",
        "BucketArn",
        "SolutionsPrefix",
        "solutions/master-solution/Prefix",
    ];
    parameters(&names.iter().map(of).collect::<Vec<_>>())
}

/// A change set that can run, of a stack that goes through these states.
fn running(desk: &Desk, states: Value) {
    look(desk, change_set("CREATE_COMPLETE", ""));
    desk.aws
        .on("DescribeStacks", states)
        .on("ExecuteChangeSet", json!({}));
}

#[test]
fn a_creation_is_watched_event_by_event() {
    let desk = desk();
    let events = events(
        &desk,
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
    let made = stack_with(&desk, "CREATE_COMPLETE", &OUTPUTS);
    let busy = stack(&desk, "CREATE_IN_PROGRESS");
    desk.aws.on("HeadBucket", not_found());
    running(&desk, json!([no_stack(), busy, busy, made]));
    // The new ones come newest first, in two pages.
    let mut newest = so_far(&events[5..], 3);
    newest["NextToken"] = json!("page-2");
    desk.aws
        .on(
            "DescribeStackEvents",
            json!([so_far(&events, 1), so_far(&events, 3), so_far(&events, 5)]),
        )
        .on("DescribeStackEvents", json!([newest, so_far(&events, 5)]))
        .on("GetParameters", published(&desk))
        .on("ListObjectsV2", json!({"ListBucketResult": {}}))
        .on("PutObject", json!({}));
    let made = desk.act("prep-master", &["--force"]);
    insta::assert_snapshot!(
        "replayed_creation",
        desk.neutral(&(made.stdout + &made.stderr))
    );
    let executed = &desk.aws.asked("ExecuteChangeSet")[0];
    assert_eq!(
        executed.get("ChangeSetName"),
        arn("changeSet", "provisioner")
    );
    assert_eq!(
        desk.aws.asked("DescribeStackEvents")[4].get("NextToken"),
        "page-2"
    );
}

#[test]
fn a_creation_that_fails_tells_what_began_it() {
    let desk = desk();
    let events = events(
        &desk,
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
    let states = states.map(|status| stack(&desk, status));
    desk.aws.on("HeadBucket", not_found());
    running(&desk, json!([no_stack()]));
    desk.aws.on("DescribeStacks", json!(states)).on(
        "DescribeStackEvents",
        json!([so_far(&events, 1), so_far(&events, 2), so_far(&events, 8)]),
    );
    let failed = desk.try_act("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    insta::assert_snapshot!("replayed_creation_failed", desk.neutral(&failed.stdout));
    assert_eq!(
        desk.aws.asked("DeleteStack").len(),
        0,
        "CloudFormation deletes it itself"
    );
}

#[test]
fn a_creation_that_was_rolled_back_is_removed() {
    let desk = desk();
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
    let events = events(&desk, &rows);
    desk.aws.on("HeadBucket", not_found());
    running(
        &desk,
        json!([
            no_stack(),
            stack(&desk, "ROLLBACK_COMPLETE"),
            stack(&desk, "DELETE_COMPLETE")
        ]),
    );
    let polled = [1, 5, 5, 7].map(|count| so_far(&events, count));
    // Of what is gone, events are not asked for.
    desk.aws
        .on("DescribeStackEvents", json!(polled[..3]))
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on("DeleteStack", json!({}));
    let failed = desk.try_act("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    assert!(
        failed
            .stdout
            .contains("it began with Bucket AWS::S3::Bucket CREATE_FAILED: Access denied"),
        "{}",
        failed.stdout
    );
    assert_eq!(
        desk.aws.asked("DeleteStack")[0].get("StackName"),
        stack_id(&desk)
    );
}

/// A stack that is there, and is not what the config renders to.
fn update(desk: &Desk, end: &str, rows: &[(&str, &str, &str)]) -> crate::support::workdir::Said {
    desk.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
    let events = events(desk, rows);
    let before = stack(desk, "CREATE_COMPLETE");
    running(
        desk,
        json!([before, stack(desk, "UPDATE_IN_PROGRESS"), stack(desk, end)]),
    );
    desk.aws
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on(
            "DescribeStackEvents",
            json!([
                so_far(&events, 1),
                so_far(&events, 2),
                so_far(&events, rows.len())
            ]),
        );
    desk.try_act("prep-master", &["--force"])
}

#[test]
fn an_update_that_was_rolled_back_has_failed() {
    let desk = desk();
    let said = update(
        &desk,
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
    assert_eq!(said.status, 30);
    insta::assert_snapshot!("replayed_update_rolled_back", desk.neutral(&said.stdout));
}

#[test]
fn an_update_whose_way_back_fails_says_both() {
    let desk = desk();
    let said = update(
        &desk,
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
    assert_eq!(said.status, 30);
    insta::assert_snapshot!(
        "replayed_update_not_rolled_back",
        desk.neutral(&said.stdout)
    );
}

#[test]
fn a_state_that_nothing_can_be_done_in_is_told() {
    for (status, code) in [
        ("UPDATE_IN_PROGRESS", "stack-busy"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "stack-busy"),
        ("A_STATUS_OF_TOMORROW", "stack-busy"),
        ("ROLLBACK_COMPLETE", "stack-failed"),
        ("UPDATE_ROLLBACK_FAILED", "stack-failed"),
    ] {
        let desk = desk();
        desk.aws
            .on("DescribeStacks", stack(&desk, status))
            .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
        let denied = desk.try_act("prep-master", &["--force"]);
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
fn in_somebody_elses_empty_stack_only_ones_own_change_set_is_deleted() {
    let desk = desk();
    let other = json!({"ChangeSetName": "by-hand", "ChangeSetId": arn("changeSet", "by-hand"), "Status": "CREATE_COMPLETE"});
    desk.aws
        .on("DescribeStacks", stack(&desk, "REVIEW_IN_PROGRESS"))
        .on("HeadBucket", not_found())
        .on("ListChangeSets", json!({"Summaries": [other]}));
    preview(&desk, change_set("FAILED", "The role may not do this"));
    let failed = desk.try_act("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    assert!(
        failed.stdout.contains("FAILED: The role may not do this"),
        "{}",
        failed.stdout
    );
    let made = &desk.aws.asked("CreateChangeSet")[0];
    assert_eq!(made.get("ChangeSetType"), "CREATE");
    assert_eq!(desk.aws.asked("DeleteChangeSet").len(), 1);
    assert_eq!(desk.aws.asked("DeleteStack").len(), 0);
}

/// The config's own stack while a run that was killed makes it.
fn half_made(desk: &Desk, more: Value) {
    desk.act("create-prov-template", &[]);
    let template = desk
        .folder()
        .join(format!("s3/templates/{}-template.yaml", desk.name));
    let template = std::fs::read_to_string(template).unwrap();
    desk.aws
        .on("DescribeStacks", stack(desk, "CREATE_IN_PROGRESS"))
        .on("DescribeStacks", more)
        .on("GetTemplate", json!({"TemplateBody": template}));
}

#[test]
fn a_creation_that_was_begun_is_watched_to_its_end() {
    let desk = desk();
    let rows = [
        ("", "CREATE_IN_PROGRESS", "User Initiated"),
        ("", "CREATE_COMPLETE", ""),
    ];
    let events = events(&desk, &rows);
    let made = stack_with(&desk, "CREATE_COMPLETE", &OUTPUTS);
    half_made(&desk, json!([stack(&desk, "CREATE_IN_PROGRESS"), made]));
    desk.aws
        .on(
            "DescribeStackEvents",
            json!([so_far(&events, 1), so_far(&events, 2)]),
        )
        .on("GetParameters", published(&desk))
        .on("ListObjectsV2", json!({"ListBucketResult": {}}))
        .on("PutObject", json!({}));
    let said = desk.act("prep-master", &["--force"]);
    assert!(said.stderr.contains("creation goes on"), "{}", said.stderr);
    assert!(
        said.stdout.contains("4 parameters verified"),
        "{}",
        said.stdout
    );
}

#[test]
fn attack_without_force_no_creation_is_joined_and_taken_back() {
    let desk = desk();
    half_made(&desk, json!([]));
    let denied = desk.try_act("prep-master", &[]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("force-required"),
        "{}",
        denied.stdout
    );
}

#[test]
fn a_deployment_that_validation_refuses_points_at_the_config() {
    let desk = desk();
    let tags = "tags:\n    Team: correct-horse-battery\n";
    desk.write_config(&format!(
        "  versioning: true\n  lifecycle_policy: compliance\n  {tags}"
    ));
    desk.aws
        .on("HeadBucket", not_found())
        .on("DescribeStacks", no_stack())
        .on("DescribeEvents", fixture(&desk, "findings"))
        .on(
            "DescribeChangeSetHooks",
            refused("AccessDenied", "not authorized"),
        )
        .on("DeleteChangeSet", json!({}));
    look(&desk, change_set("FAILED", "The validation found errors"));
    let failed = desk.try_act("prep-master", &["--force"]);
    assert_eq!(failed.status, 30);
    insta::assert_snapshot!("replayed_deployment_refused", desk.neutral(&failed.stdout));
}
