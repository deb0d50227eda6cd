//! `show-changes` on replayed answers: the preview, and that it leaves nothing.
#![expect(clippy::disallowed_methods, reason = "logs are files")]

use serde_json::{Value, json};

use super::answers::{
    arn, change_set, created_change_set, fixture, no_stack, preview, queries_of_existing_stack,
    stack, stack_id,
};
use super::{Workdir, workdir};
use crate::support::replay::{not_found, refused};

/// A secret of the config in values and reasons of the change set.
const SECRET: &str = "correct-horse";
const CONFIG: &str = "  versioning: true\n  lifecycle_policy: compliance\n  tags:\n    Team: correct-horse-battery\n";
const FORMATS: [&str; 4] = ["text", "markdown", "json", "sarif"];

/// The output for the fixture's changes in one format, with the log.
fn output(workdir: &Workdir, format: &str) -> String {
    let output = workdir.run_action("show-changes", &["--format", format]);
    let reports = workdir.folder().join("s3/reports");
    let logs = std::fs::read_dir(reports).unwrap();
    let logs = logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap());
    output.stdout + &output.stderr + &logs.collect::<String>()
}

#[test]
fn a_change_set_is_awaited_and_read_whole() {
    let workdir = workdir();
    workdir.write_config(CONFIG);
    queries_of_existing_stack(&workdir);
    workdir.aws.on("HeadBucket", not_found());
    preview(&workdir, fixture(&workdir, "replacements"));
    let shown = workdir.run_action("show-changes", &[]);
    insta::assert_snapshot!(
        "replayed_replacements",
        workdir.redact_account(&shown.stdout)
    );
    let asked = workdir.aws.requests_of("DescribeChangeSet");
    assert_eq!(asked.len(), 5);
    assert!(
        asked[3..]
            .iter()
            .all(|one| one.get("IncludePropertyValues") == "true")
    );
    assert_eq!(asked[4].get("NextToken"), "page-2");
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(made.get("ChangeSetType"), "UPDATE");
    assert!(!made.has("IncludeNestedStacks"));
    assert_deleted(&workdir, 1);
}

#[track_caller]
fn assert_deleted(workdir: &Workdir, times: usize) {
    let deleted = workdir.aws.requests_of("DeleteChangeSet");
    assert_eq!(deleted.len(), times);
    let own = arn("changeSet", "provisioner");
    assert!(deleted.iter().all(|one| one.get("ChangeSetName") == own));
}

#[test]
fn attack_values_are_hidden_in_every_format() {
    let workdir = workdir();
    workdir.write_config(CONFIG);
    queries_of_existing_stack(&workdir);
    workdir.aws.on("HeadBucket", not_found());
    let described = fixture(&workdir, "replacements");
    for format in FORMATS {
        let page = described[3].clone();
        created_change_set(&workdir, json!([page, page, described[4]]));
        workdir
            .aws
            .on("DescribeEvents", fixture(&workdir, "findings"))
            .on("DescribeChangeSetHooks", fixture(&workdir, "hooks"));
        workdir.aws.on("DeleteChangeSet", json!({}));
        let output = output(&workdir, format);
        assert!(!output.contains(SECRET), "{output}");
    }
}

#[test]
fn findings_and_hooks_are_read_whole_and_point_at_the_config() {
    let workdir = workdir();
    workdir.write_config(CONFIG);
    queries_of_existing_stack(&workdir);
    created_change_set(
        &workdir,
        change_set("FAILED", "The validation found errors"),
    );
    workdir
        .aws
        .on("DescribeEvents", fixture(&workdir, "findings"))
        .on("DescribeChangeSetHooks", fixture(&workdir, "hooks"))
        .on("DeleteChangeSet", json!({}));
    let shown = workdir.try_action("show-changes", &[]);
    assert_eq!(shown.status, 30);
    insta::assert_snapshot!("replayed_findings", workdir.redact_account(&shown.stdout));
    assert_deleted(&workdir, 1);
}

#[test]
fn unreadable_details_are_noted() {
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    created_change_set(&workdir, fixture(&workdir, "replacements")[4].clone());
    let denied = refused("AccessDenied", "User is not authorized to perform this");
    workdir
        .aws
        .on("DescribeEvents", denied.clone())
        .on("DescribeChangeSetHooks", denied)
        .on("DeleteChangeSet", json!({}));
    let shown = workdir.run_action("show-changes", &[]);
    let notes = shown.stdout.matches("could not be read: AccessDenied");
    assert_eq!(notes.count(), 2, "{}", shown.stdout);
}

#[test]
fn an_empty_change_set_is_not_a_failure() {
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    preview(&workdir, change_set("FAILED", reason));
    let shown = workdir.run_action("show-changes", &[]);
    assert!(shown.stdout.contains(": no changes"), "{}", shown.stdout);
    assert_deleted(&workdir, 1);
}

#[test]
fn a_change_of_outputs_only_is_a_change() {
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    preview(&workdir, change_set("CREATE_COMPLETE", ""));
    let shown = workdir.run_action("show-changes", &[]);
    let line =
        ": CREATE_COMPLETE; no resource would change, only outputs or other parts of the template";
    assert!(shown.stdout.contains(line), "{}", shown.stdout);
}

#[test]
fn a_change_set_that_cannot_be_described_is_deleted() {
    let workdir = workdir();
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}));
    created_change_set(
        &workdir,
        refused(
            "AccessDenied",
            "not authorized to perform: cloudformation:DescribeChangeSet",
        ),
    );
    workdir.aws.on("DeleteChangeSet", json!({}));
    let failed = workdir.try_action("show-changes", &[]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    assert!(failed.stdout.contains("aws-refused"), "{}", failed.stdout);
    assert_deleted(&workdir, 1);
}

/// The stack that a change set leaves, with other content.
fn shell(change_sets: Value, resources: Value) -> Workdir {
    let workdir = workdir();
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([no_stack(), stack(&workdir, "REVIEW_IN_PROGRESS")]),
        )
        .on("ListChangeSets", change_sets);
    if !resources.is_null() {
        workdir.aws.on("ListStackResources", resources);
    }
    preview(&workdir, fixture(&workdir, "replacements")[4].clone());
    workdir
}

#[test]
fn the_empty_stack_is_deleted_by_its_id() {
    let workdir = shell(
        json!({"Summaries": []}),
        json!({"StackResourceSummaries": []}),
    );
    workdir
        .aws
        .on("DeleteStack", json!({}))
        .on("DescribeStacks", stack(&workdir, "DELETE_COMPLETE"));
    workdir.run_action("show-changes", &["--real"]);
    let deleted = workdir.aws.requests_of("DeleteStack");
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].get("StackName"), stack_id(&workdir));
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(made.get("ChangeSetType"), "CREATE");
    assert_eq!(made.get("OnStackFailure"), "DELETE");
    assert_deleted(&workdir, 1);
}

#[test]
fn a_stack_with_a_foreign_change_set_is_kept() {
    let other = json!({"Summaries": [
        {"ChangeSetName": "by-hand", "ChangeSetId": arn("changeSet", "by-hand"), "Status": "CREATE_COMPLETE"},
    ]});
    let workdir = shell(other, Value::Null);
    workdir.run_action("show-changes", &["--real"]);
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    assert_deleted(&workdir, 1);
}

#[test]
fn a_stack_with_resources_is_kept() {
    let resources = json!({"StackResourceSummaries": [{
        "LogicalResourceId": "Bucket", "PhysicalResourceId": "somebodys",
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    }]});
    let workdir = shell(json!({"Summaries": []}), resources);
    workdir.run_action("show-changes", &["--real"]);
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
}

/// A live template whose bucket has this policy, and a change set that names the policy without its values.
fn verdict_of_policy(live: Option<&str>, details: &Value, transform: bool) -> (Value, Value) {
    let workdir = workdir();
    let mut body = super::answers::template(&workdir);
    let bucket = body["Resources"]["Bucket"].as_object_mut().unwrap();
    bucket.remove("DeletionPolicy");
    if let Some(live) = live {
        bucket.insert("DeletionPolicy".to_owned(), json!(live));
    }
    if transform {
        body["Transform"] = json!("Macro");
    }
    queries_of_existing_stack(&workdir);
    let body = json!({"TemplateBody": body.to_string()});
    workdir.aws.set("GetTemplate", body);
    let mut described = change_set("CREATE_COMPLETE", "");
    described["Changes"] = json!([{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Bucket", "PhysicalResourceId": "bucket",
        "ResourceType": "AWS::S3::Bucket", "Replacement": "False", "Scope": ["DeletionPolicy"], "Details": details,
    }}]);
    preview(&workdir, described);
    let shown = workdir.json("show-changes", &[]);
    let result = &shown["items"][0]["result"];
    (result["verdict"].clone(), result["digest"].clone())
}

/// Both templates say whether a policy keeps more or less than before.
#[test]
fn deletion_policies_without_values_are_those_of_the_templates() {
    let detail = json!([{"Evaluation": "Static", "ChangeSource": "DirectModification",
        "Target": {"Attribute": "DeletionPolicy", "RequiresRecreation": "Never"}}]);
    for details in [&detail, &json!([])] {
        let (kept_more, digest) = verdict_of_policy(Some("Delete"), details, false);
        assert_eq!(kept_more, "in-place", "{details}");
        assert_eq!(verdict_of_policy(None, details, false).0, "in-place");
        // What the macro makes of the policy is not known.
        let (unknown, same) = verdict_of_policy(Some("Delete"), details, true);
        assert_eq!(unknown, "interrupts", "{details}");
        assert_eq!(digest, same);
        // The templates do not have the change that CloudFormation names.
        let (odd, _) = verdict_of_policy(Some("Retain"), details, false);
        assert_eq!(odd, "interrupts", "{details}");
    }
}

/// A value that CloudFormation names counts.
#[test]
fn attack_a_deletion_policy_that_is_lost_is_no_harmless_change() {
    let detail = json!([{"Evaluation": "Static", "ChangeSource": "DirectModification",
        "Target": {"Attribute": "DeletionPolicy", "RequiresRecreation": "Never", "AttributeChangeType": "Modify",
            "BeforeValue": "Retain", "AfterValue": "Delete"}}]);
    let (lost, _) = verdict_of_policy(Some("Delete"), &detail, false);
    assert_eq!(lost, "interrupts");
}
