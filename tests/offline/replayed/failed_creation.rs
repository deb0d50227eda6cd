//! A stack whose creation failed is deleted by its ARN, and created.

use serde_json::{Value, json};

use super::answers::{
    arn, change_set, created_change_set, events, first_events, no_stack, stack, stack_id,
    stack_with,
};
use super::operations::{OUTPUTS, bucket_of, published};
use super::{Workdir, workdir};
use crate::support::replay::{not_found, refused};

const FAILED: [&str; 3] = ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"];

/// What the failed creation left: a key that the template retains, and a parameter.
fn rest() -> Value {
    let resource = |id: &str, kind: &str, status: &str| {
        json!({
            "LogicalResourceId": id, "PhysicalResourceId": format!("physical-{id}"),
            "ResourceType": kind, "ResourceStatus": status,
        })
    };
    json!({"StackResourceSummaries": [
        resource("Key", "AWS::KMS::Key", "DELETE_SKIPPED"),
        resource("Parameter", "AWS::SSM::Parameter", "CREATE_COMPLETE"),
    ]})
}

const TEMPLATE: &str = "Resources: {Key: {Type: AWS::KMS::Key, DeletionPolicy: Retain}, Parameter: {Type: AWS::SSM::Parameter}}";

/// Queries of a failed creation.
pub(super) fn failed(workdir: &Workdir, status: &str) {
    workdir
        .aws
        .on("DescribeStacks", stack(workdir, status))
        .on("GetTemplate", json!({"TemplateBody": TEMPLATE}))
        .on("ListStackResources", rest());
}

/// The answers to the checks before the deletion. `bucket`: the one with the name that the new stack needs.
fn checked(workdir: &Workdir, bucket: Value) {
    let accepted = json!({"Parameters": [], "Capabilities": []});
    workdir
        .aws
        .on("HeadBucket", bucket)
        .on_optional(
            "GetBucketVersioning",
            json!({"VersioningConfiguration": {}}),
        )
        .on_optional("ValidateTemplate", accepted);
}

/// The answers to the deletion of the failed stack and to the creation of the next.
fn deleted_and_created(workdir: &Workdir, status: &str) {
    let again = stack(workdir, status);
    let rows = [
        ("", "ROLLBACK_COMPLETE", ""),
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
        ("", "DELETE_COMPLETE", ""),
    ];
    let old = events(workdir, &rows);
    let rows = [
        ("", "REVIEW_IN_PROGRESS", "User Initiated"),
        ("", "CREATE_IN_PROGRESS", "User Initiated"),
        ("", "CREATE_COMPLETE", ""),
    ];
    let new = events(workdir, &rows);
    let made = stack_with(workdir, "CREATE_COMPLETE", &OUTPUTS);
    let busy = stack(workdir, "CREATE_IN_PROGRESS");
    created_change_set(workdir, change_set("CREATE_COMPLETE", ""));
    checked(workdir, not_found());
    workdir
        .aws
        .on("DeleteStack", json!({}))
        .on(
            "DescribeStacks",
            json!([
                again,
                stack(workdir, "DELETE_COMPLETE"),
                no_stack(),
                busy,
                made
            ]),
        )
        .on("ExecuteChangeSet", json!({}))
        .on(
            "DescribeStackEvents",
            json!([
                first_events(&old, 1),
                first_events(&old, 3),
                first_events(&new, 1),
                first_events(&new, 2),
                first_events(&new, 3)
            ]),
        )
        .on(
            "GetParameters",
            json!([{"Parameters": []}, {"Parameters": []}, published(workdir)]),
        )
        .on("ListStackResources", bucket_of(workdir))
        .on("ListObjectsV2", json!({"ListBucketResult": {}}))
        .on("PutObject", json!({}));
}

#[test]
fn a_failed_creation_is_deleted_by_its_arn_and_created() {
    for status in FAILED {
        let workdir = workdir();
        failed(&workdir, status);
        deleted_and_created(&workdir, status);
        let made = workdir.json("prep-master", &["--force"]);
        let result = &made["items"][0]["result"];
        assert_eq!(result["outcome"], "created", "{made}");
        assert_eq!(result["removed"], stack_id(&workdir), "{made}");
        assert_eq!(result["left_behind"], json!(["physical-Key"]), "{made}");
        let deleted = workdir.aws.requests_of("DeleteStack");
        assert_eq!(deleted.len(), 1, "{status}");
        assert_eq!(deleted[0].get("StackName"), stack_id(&workdir));
        assert!(!deleted[0].has("DeletionMode") && !deleted[0].has("RetainResources.member.1"));
        let created = &workdir.aws.requests_of("CreateChangeSet")[0];
        assert_eq!(created.get("ChangeSetType"), "CREATE");
    }
}

#[test]
fn the_log_says_what_was_deleted_and_what_stays() {
    let workdir = workdir();
    failed(&workdir, "ROLLBACK_COMPLETE");
    deleted_and_created(&workdir, "ROLLBACK_COMPLETE");
    let made = workdir.run_action("prep-master", &["--force"]);
    insta::assert_snapshot!(
        "replayed_failed_creation",
        workdir.redact_account(&(made.stdout + &made.stderr))
    );
}

#[test]
fn a_preview_shows_what_is_deleted_first() {
    for (action, options) in [("show-changes", &[][..]), ("prep-master", &["--dry-run"])] {
        let workdir = workdir();
        failed(&workdir, "ROLLBACK_FAILED");
        if action == "prep-master" {
            checked(&workdir, not_found());
        }
        let shown = workdir.run_action(action, options);
        let text = workdir.redact_account(&shown.stdout);
        let text = text.replace(&format!("{action}: "), "ACTION: ");
        insta::allow_duplicates! {
            insta::assert_snapshot!("replayed_failed_creation_preview", text);
        }
    }
}

/// Denied, without a deletion.
fn denied(workdir: &Workdir, options: &[&str], code: &str) {
    let denied = workdir.try_action("prep-master", options);
    assert_eq!(denied.status, 20, "{code}: {}", denied.stdout);
    let error = format!("error[{code}]");
    assert!(denied.stdout.contains(&error), "{code}: {}", denied.stdout);
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
}

#[test]
fn attack_a_failed_creation_of_another_tool_is_not_deleted() {
    for status in FAILED {
        let workdir = workdir();
        let mut foreign = stack(&workdir, status);
        foreign["Stacks"][0]["Tags"] = json!([]);
        workdir
            .aws
            .on("DescribeStacks", foreign)
            .on("GetTemplate", json!({"TemplateBody": TEMPLATE}));
        let output = workdir.try_action("prep-master", &["--force"]);
        assert_eq!(output.status, 20, "{}", output.stdout);
        let command = format!(
            "`aws cloudformation delete-stack --stack-name {} --region us-west-2`",
            arn("stack", &workdir.stack())
        );
        for words in ["error[stack-not-owned]", "error[stack-failed]", &command] {
            assert!(output.stdout.contains(words), "{words}: {}", output.stdout);
        }
        // An adoption would be denied.
        let adopt = "provisioner adopt";
        assert!(!output.stdout.contains(adopt), "{}", output.stdout);
        for action in ["replace", "tear-down"] {
            let output = workdir.try_action(action, &["--force"]);
            assert_eq!(output.status, 20, "{}", output.stdout);
            assert!(output.stdout.contains(&command), "{}", output.stdout);
            assert!(!output.stdout.contains(adopt), "{}", output.stdout);
        }
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    }
}

/// A foreign stack gets no tags when it is deleted.
#[test]
fn a_busy_stack_gets_tags_at_the_end_of_an_import_only() {
    for (status, may_be_import) in [
        ("IMPORT_IN_PROGRESS", true),
        ("DELETE_IN_PROGRESS", false),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false),
    ] {
        let workdir = workdir();
        let mut foreign = stack(&workdir, status);
        foreign["Stacks"][0]["Tags"] = json!([]);
        workdir
            .aws
            .on("DescribeStacks", foreign)
            .on_optional("GetTemplate", json!({"TemplateBody": TEMPLATE}));
        let output = workdir.try_action("prep-master", &["--force"]);
        assert_eq!(output.status, 20, "{}", output.stdout);
        let is_told = output.stdout.contains("adds the tags");
        assert_eq!(is_told, may_be_import, "{status}: {}", output.stdout);
    }
}

#[test]
fn attack_without_force_no_failed_creation_is_deleted() {
    let workdir = workdir();
    failed(&workdir, "ROLLBACK_COMPLETE");
    denied(&workdir, &[], "force-required");
}

#[test]
fn attack_a_protected_failed_creation_is_not_deleted() {
    let workdir = workdir();
    let mut protected = stack(&workdir, "ROLLBACK_COMPLETE");
    protected["Stacks"][0]["EnableTerminationProtection"] = json!(true);
    workdir
        .aws
        .on("DescribeStacks", protected)
        .on("GetTemplate", json!({"TemplateBody": TEMPLATE}))
        .on("ListStackResources", rest());
    denied(&workdir, &["--force"], "stack-protected");
}

/// Somebody put objects into the bucket of a creation that failed later.
#[test]
fn attack_objects_in_a_bucket_of_a_failed_creation_stay() {
    let workdir = workdir();
    let bucket = json!({
        "LogicalResourceId": "Bucket", "PhysicalResourceId": "physical-Bucket",
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    });
    let version = json!({"Key": "a", "VersionId": "1"});
    let versions = json!({"ListVersionsResult": {"IsTruncated": false, "Version": [version]}});
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_FAILED"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on(
            "ListStackResources",
            json!({"StackResourceSummaries": [bucket]}),
        )
        .on("ListObjectVersions", versions);
    denied(&workdir, &["--force"], "bucket-not-empty");
}

/// A killed run requested the deletion. The next one waits for nobody, and the one after the deletion creates the stack.
#[test]
fn a_killed_removal_is_finished_by_a_later_run() {
    let workdir = workdir();
    let mut answers = stack(&workdir, "DELETE_IN_PROGRESS");
    answers["Stacks"][0]["DeletionTime"] = json!("2026-11-25T09:00:00.000Z");
    workdir
        .aws
        .on("DescribeStacks", answers)
        .on("GetTemplate", json!({"TemplateBody": TEMPLATE}));
    denied(&workdir, &["--force"], "stack-busy");
}

/// Somebody took the name of the bucket meanwhile. The deletion would not free it.
#[test]
fn attack_nothing_is_deleted_for_a_creation_that_cannot_succeed() {
    for (options, status) in [(["--force"], 10), (["--dry-run"], 10)] {
        let workdir = workdir();
        failed(&workdir, "ROLLBACK_COMPLETE");
        checked(&workdir, json!({}));
        let stopped = workdir.try_action("prep-master", &options);
        assert_eq!(stopped.status, status, "{}", stopped.stdout);
        let words = "error[preflight-failed]: bucket acme-prod-9012-us-west-2-s3 already exists";
        assert!(stopped.stdout.contains(words), "{}", stopped.stdout);
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
        assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
    }
}

/// A template that CloudFormation refuses.
#[test]
fn attack_nothing_is_deleted_for_a_template_that_is_refused() {
    for options in [["--force"], ["--dry-run"]] {
        let workdir = workdir();
        failed(&workdir, "ROLLBACK_COMPLETE");
        let refusal = refused("ValidationError", "Template format error");
        workdir
            .aws
            .on("HeadBucket", not_found())
            .on("ValidateTemplate", refusal);
        let stopped = workdir.try_action("prep-master", &options);
        assert_eq!(stopped.status, 30, "{}", stopped.stdout);
        assert!(stopped.stdout.contains("aws-refused"), "{}", stopped.stdout);
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    }
}

/// A bucket that the failed stack holds itself is checked after the deletion only.
#[test]
fn the_deletion_frees_names_of_the_failed_stack() {
    let workdir = workdir();
    let mut own = rest();
    let resources = own["StackResourceSummaries"].as_array_mut().unwrap();
    resources.push(json!({
        "LogicalResourceId": "Bucket", "PhysicalResourceId": workdir.name,
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    }));
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "ROLLBACK_FAILED"))
        .on("GetTemplate", json!({"TemplateBody": TEMPLATE}))
        .on("ListStackResources", own)
        .on("ListObjectVersions", json!({"ListVersionsResult": {}}))
        .on(
            "ValidateTemplate",
            json!({"Parameters": [], "Capabilities": []}),
        );
    workdir.run_action("prep-master", &["--dry-run"]);
}

/// A creation that fails after the deletion says what was deleted.
#[test]
fn a_failure_after_the_deletion_names_the_deleted_stack() {
    let workdir = workdir();
    failed(&workdir, "ROLLBACK_COMPLETE");
    checked(&workdir, json!([not_found(), {}]));
    let rows = [("", "ROLLBACK_COMPLETE", ""), ("", "DELETE_COMPLETE", "")];
    let old = events(&workdir, &rows);
    workdir
        .aws
        .on("DeleteStack", json!({}))
        .on(
            "DescribeStacks",
            json!([
                stack(&workdir, "ROLLBACK_COMPLETE"),
                stack(&workdir, "DELETE_COMPLETE"),
                no_stack()
            ]),
        )
        .on(
            "DescribeStackEvents",
            json!([first_events(&old, 1), first_events(&old, 2)]),
        )
        .on_optional("ListChangeSets", json!({"Summaries": []}));
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 10, "{}", failed.stdout);
    insta::assert_snapshot!(
        "replayed_failed_after_deletion",
        workdir.redact_account(&failed.stdout)
    );
}

/// A failed creation whose template retains the bucket and its policy. The bucket holds this many objects.
fn with_retained_bucket(workdir: &Workdir, objects: usize) {
    let held = |id: &str, kind: &str| {
        json!({
            "LogicalResourceId": id, "PhysicalResourceId": workdir.name,
            "ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE",
        })
    };
    let versions = vec![json!({"Key": "a", "VersionId": "1"}); objects];
    let deployed = super::answers::template(workdir);
    let accepted = json!({"Parameters": [], "Capabilities": []});
    workdir
        .aws
        .on("DescribeStacks", stack(workdir, "CREATE_FAILED"))
        .on("GetTemplate", json!({"TemplateBody": deployed.to_string()}))
        .set(
            "ListStackResources",
            json!({"StackResourceSummaries": [
                held("Bucket", "AWS::S3::Bucket"), held("BucketPolicy", "AWS::S3::BucketPolicy"),
            ]}),
        )
        .on(
            "ListObjectVersions",
            json!({"ListVersionsResult": {"IsTruncated": false, "Version": versions}}),
        )
        .set("GetBucketPolicy", json!({}))
        .on_optional("ValidateTemplate", accepted);
    workdir.aws.allow_unused();
}

/// The new stack needs the bucket's name, and takes nothing back of a stack that never was complete.
#[test]
fn attack_objects_in_a_retained_bucket_of_a_failed_creation_stay() {
    for options in [["--force"], ["--dry-run"]] {
        let workdir = workdir();
        with_retained_bucket(&workdir, 1);
        denied(&workdir, &options, "bucket-not-empty");
    }
    let full = workdir();
    with_retained_bucket(&full, 1);
    let shown = full.run_action("show-changes", &["--no-log"]);
    let note = "prep-master will not make these changes: bucket";
    assert!(shown.stdout.contains(note), "{}", shown.stdout);
    // It is not deleted.
    let is_full = |row: &str| row.contains("not empty") && row.contains("AWS::S3::Bucket ");
    assert!(shown.stdout.lines().any(is_full), "{}", shown.stdout);
    let command = format!(
        "--resource Bucket=BucketName={0} --resource BucketPolicy=Bucket={0}`",
        full.name
    );
    let denied = full.try_action("prep-master", &["--dry-run"]);
    assert!(denied.stdout.contains(&command), "{}", denied.stdout);
    let workdir = workdir();
    with_retained_bucket(&workdir, 0);
    for (action, option) in [("prep-master", "--dry-run"), ("show-changes", "--no-log")] {
        let shown = workdir.run_action(action, &[option]);
        assert!(
            !shown.stdout.contains("imports these kept"),
            "{}",
            shown.stdout
        );
        assert!(!shown.stdout.contains("retained"), "{}", shown.stdout);
    }
}

/// An object arrives after the preview. Nothing is deleted for a creation that cannot succeed.
#[test]
fn attack_an_object_that_arrives_before_the_deletion_of_a_failed_creation() {
    let workdir = workdir();
    with_retained_bucket(&workdir, 0);
    let empty = json!({"ListVersionsResult": {"IsTruncated": false}});
    let version = json!({"Key": "a", "VersionId": "1"});
    let one = json!({"ListVersionsResult": {"IsTruncated": false, "Version": [version]}});
    workdir.aws.set("ListObjectVersions", json!([empty, one]));
    let denied = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    for words in ["error[plan-changed]", "the contents of a bucket"] {
        assert!(denied.stdout.contains(words), "{}", denied.stdout);
    }
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
}

/// The import names the bucket, which the deletion of the failed stack retains.
#[test]
fn an_import_keeps_the_bucket_of_a_failed_creation() {
    for (is_policy_named, status) in [(true, 0), (false, 10)] {
        let workdir = workdir();
        with_retained_bucket(&workdir, 1);
        let own = stack_id(&workdir);
        super::named_imports::with_bucket(&workdir, &[("aws:cloudformation:stack-id", &own)]);
        let exists = json!({"TypeName": "it", "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
        workdir.aws.set("GetResource", exists);
        let policy = format!("BucketPolicy=Bucket={}", workdir.name);
        let more: &[&str] = match is_policy_named {
            true => &["--resource", &policy, "--dry-run"],
            false => &["--dry-run"],
        };
        let output = super::named_imports::import(&workdir, more);
        assert_eq!(output.status, status, "{}", output.stdout);
        assert!(
            !output.stdout.contains("belongs to a stack"),
            "{}",
            output.stdout
        );
        let fails = "a new stack of this config fails while";
        assert_eq!(
            output.stdout.contains(fails),
            !is_policy_named,
            "{}",
            output.stdout
        );
        let words = format!(" --resource BucketPolicy=Bucket={}`", workdir.name);
        assert_eq!(
            output.stdout.contains(&words),
            !is_policy_named,
            "{}",
            output.stdout
        );
    }
}

/// A loose parameter has a name of the new stack. Previews and the run name the import, which deletes the failed stack itself.
#[test]
fn attack_a_failed_creation_whose_new_names_are_taken() {
    for (action, option) in [
        ("prep-master", "--force"),
        ("prep-master", "--dry-run"),
        ("show-changes", "--no-log"),
    ] {
        let workdir = workdir();
        with_retained_bucket(&workdir, 0);
        let name = format!("/s3/{}/BucketName", workdir.name);
        let found = json!({"Parameters": [{"Name": name, "Type": "String", "Value": "a value"}]});
        workdir.aws.set("GetParameters", found);
        let denied = workdir.try_action(action, &[option]);
        let output = format!("{action} {option}: {}", denied.stdout);
        assert_eq!(denied.status, 10, "{output}");
        let command = format!("Parameter=Name={name}`");
        assert!(denied.stdout.contains(&command), "{output}");
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    }
}
