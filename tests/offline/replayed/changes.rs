//! What deploying would do, and that nothing is left of asking.
#![expect(clippy::disallowed_methods, reason = "logs are files")]

use serde_json::{Value, json};

use super::answers::{
    arn, change_set, fixture, look, no_stack, of_existing, preview, stack, stack_id,
};
use super::{Desk, desk};
use crate::support::replay::refused;

/// Changes of a bucket, whose values and reasons hold a secret of the config.
const SECRET: &str = "correct-horse";
const CONFIG: &str = "  versioning: true\n  lifecycle_policy: compliance\n  tags:\n    Team: correct-horse-battery\n";
const FORMATS: [&str; 4] = ["text", "markdown", "json", "sarif"];

/// What the program says of the fixture's changes in one format, with its log.
fn say(desk: &Desk, format: &str) -> String {
    let said = desk.act("show-changes", &["--format", format]);
    let reports = desk.folder().join("s3/reports");
    let logs = std::fs::read_dir(reports).unwrap();
    let logs = logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap());
    said.stdout + &said.stderr + &logs.collect::<String>()
}

#[test]
fn a_change_set_is_awaited_and_read_whole() {
    let desk = desk();
    desk.write_config(CONFIG);
    of_existing(&desk);
    preview(&desk, fixture(&desk, "replacements"));
    let shown = desk.act("show-changes", &[]);
    insta::assert_snapshot!("replayed_replacements", desk.neutral(&shown.stdout));
    let asked = desk.aws.asked("DescribeChangeSet");
    assert_eq!(asked.len(), 5);
    assert!(
        asked[3..]
            .iter()
            .all(|one| one.get("IncludePropertyValues") == "true")
    );
    assert_eq!(asked[4].get("NextToken"), "page-2");
    let made = &desk.aws.asked("CreateChangeSet")[0];
    assert_eq!(made.get("ChangeSetType"), "UPDATE");
    assert!(!made.has("IncludeNestedStacks"));
    assert_deleted(&desk, 1);
}

#[track_caller]
fn assert_deleted(desk: &Desk, times: usize) {
    let deleted = desk.aws.asked("DeleteChangeSet");
    assert_eq!(deleted.len(), times);
    let own = arn("changeSet", "provisioner");
    assert!(deleted.iter().all(|one| one.get("ChangeSetName") == own));
}

#[test]
fn attack_values_are_hidden_in_every_format() {
    let desk = desk();
    desk.write_config(CONFIG);
    of_existing(&desk);
    let described = fixture(&desk, "replacements");
    for format in FORMATS {
        let page = described[3].clone();
        look(&desk, json!([page, page, described[4]]));
        desk.aws
            .on("DescribeEvents", fixture(&desk, "findings"))
            .on("DescribeChangeSetHooks", fixture(&desk, "hooks"));
        desk.aws.on("DeleteChangeSet", json!({}));
        let said = say(&desk, format);
        assert!(!said.contains(SECRET), "{said}");
    }
}

#[test]
fn findings_and_hooks_are_read_whole_and_point_at_the_config() {
    let desk = desk();
    desk.write_config(CONFIG);
    of_existing(&desk);
    look(&desk, change_set("FAILED", "The validation found errors"));
    desk.aws
        .on("DescribeEvents", fixture(&desk, "findings"))
        .on("DescribeChangeSetHooks", fixture(&desk, "hooks"))
        .on("DeleteChangeSet", json!({}));
    let shown = desk.try_act("show-changes", &[]);
    assert_eq!(shown.status, 30);
    insta::assert_snapshot!("replayed_findings", desk.neutral(&shown.stdout));
    assert_deleted(&desk, 1);
}

#[test]
fn what_may_not_be_read_is_noted() {
    let desk = desk();
    of_existing(&desk);
    look(&desk, fixture(&desk, "replacements")[4].clone());
    let denied = refused("AccessDenied", "User is not authorized to perform this");
    desk.aws
        .on("DescribeEvents", denied.clone())
        .on("DescribeChangeSetHooks", denied)
        .on("DeleteChangeSet", json!({}));
    let shown = desk.act("show-changes", &[]);
    let notes = shown.stdout.matches("could not be read: AccessDenied");
    assert_eq!(notes.count(), 2, "{}", shown.stdout);
}

#[test]
fn no_change_is_no_failure() {
    let desk = desk();
    of_existing(&desk);
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    preview(&desk, change_set("FAILED", reason));
    let shown = desk.act("show-changes", &[]);
    assert!(shown.stdout.contains(": no changes"), "{}", shown.stdout);
    assert_deleted(&desk, 1);
}

#[test]
fn what_cannot_be_described_is_deleted_all_the_same() {
    let desk = desk();
    desk.aws
        .on("DescribeStacks", stack(&desk, "CREATE_COMPLETE"))
        .on("ListChangeSets", json!({"Summaries": []}));
    look(
        &desk,
        refused(
            "AccessDenied",
            "not authorized to perform: cloudformation:DescribeChangeSet",
        ),
    );
    desk.aws.on("DeleteChangeSet", json!({}));
    let failed = desk.try_act("show-changes", &[]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    assert!(failed.stdout.contains("aws-refused"), "{}", failed.stdout);
    assert_deleted(&desk, 1);
}

/// A stack that a change set leaves, with what else is in it.
fn shell(change_sets: Value, resources: Value) -> Desk {
    let desk = desk();
    desk.aws
        .on(
            "DescribeStacks",
            json!([no_stack(), stack(&desk, "REVIEW_IN_PROGRESS")]),
        )
        .on("ListChangeSets", change_sets);
    if !resources.is_null() {
        desk.aws.on("ListStackResources", resources);
    }
    preview(&desk, fixture(&desk, "replacements")[4].clone());
    desk
}

#[test]
fn the_empty_stack_is_deleted_by_its_id() {
    let desk = shell(
        json!({"Summaries": []}),
        json!({"StackResourceSummaries": []}),
    );
    desk.aws
        .on("DeleteStack", json!({}))
        .on("DescribeStacks", stack(&desk, "DELETE_COMPLETE"));
    desk.act("show-changes", &["--real"]);
    let deleted = desk.aws.asked("DeleteStack");
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].get("StackName"), stack_id(&desk));
    let made = &desk.aws.asked("CreateChangeSet")[0];
    assert_eq!(made.get("ChangeSetType"), "CREATE");
    assert_eq!(made.get("OnStackFailure"), "DELETE");
    assert_deleted(&desk, 1);
}

#[test]
fn a_stack_with_somebody_elses_change_set_is_not_deleted() {
    let other = json!({"Summaries": [
        {"ChangeSetName": "by-hand", "ChangeSetId": arn("changeSet", "by-hand"), "Status": "CREATE_COMPLETE"},
    ]});
    let desk = shell(other, Value::Null);
    desk.act("show-changes", &["--real"]);
    assert_eq!(desk.aws.asked("DeleteStack").len(), 0);
    assert_deleted(&desk, 1);
}

#[test]
fn a_stack_with_resources_is_not_deleted() {
    let resources = json!({"StackResourceSummaries": [{
        "LogicalResourceId": "Bucket", "PhysicalResourceId": "somebodys",
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    }]});
    let desk = shell(json!({"Summaries": []}), resources);
    desk.act("show-changes", &["--real"]);
    assert_eq!(desk.aws.asked("DeleteStack").len(), 0);
}
