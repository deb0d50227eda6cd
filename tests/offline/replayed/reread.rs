//! A stack that changes between what is shown and the effect: the stack is read again, and nothing is done.

use serde_json::{Value, json};

use super::answers::{no_stack, stack};
use super::{continue_rollback, restore, workdir};
use crate::support::replay::not_found;

const TEMPLATE: &str = "Resources: {Queue: {Type: AWS::SQS::Queue}}";

/// Edits the stack that AWS describes.
type Edit = fn(&mut Value);

/// What somebody does meanwhile, and the words of the denial.
const EDITS: [(Edit, &str); 6] = [
    // `unadopt` in another terminal.
    (|it| it["Stacks"][0]["Tags"] = json!([]), "its tags changed"),
    (
        |it| {
            let tags = it["Stacks"][0]["Tags"].as_array_mut().unwrap();
            tags.push(json!({"Key": "Owner", "Value": "zoe"}));
        },
        "its tags changed",
    ),
    (
        |it| it["Stacks"][0]["LastUpdatedTime"] = json!("2026-11-26T09:00:00.000Z"),
        "it was updated",
    ),
    (
        |it| it["Stacks"][0]["StackStatus"] = json!("UPDATE_IN_PROGRESS"),
        "its status changed",
    ),
    (
        |it| {
            let id = it["Stacks"][0]["StackId"].as_str().unwrap();
            it["Stacks"][0]["StackId"] = json!(id.replace("0001", "0002"));
        },
        "another stack has its name, or none",
    ),
    (|it| *it = no_stack(), "another stack has its name, or none"),
];

/// Runs an action on a stack of this status. AWS then describes the stack as `edit` leaves it, with this template. An operation that is
/// not scripted, such as `DeleteStack`, fails the test.
fn denied(action: &str, status: &str, edit: Edit, template: &str, words: &str) {
    let workdir = workdir();
    let shown = stack(&workdir, status);
    let mut now = shown.clone();
    edit(&mut now);
    // Two looks end with the second. After a denial, scripts get the preview of what would be deleted now.
    workdir
        .aws
        .on("DescribeStacks", json!([shown, now]))
        .on(
            "GetTemplate",
            json!([{"TemplateBody": TEMPLATE}, {"TemplateBody": template}]),
        )
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on_optional("HeadBucket", not_found())
        .on_optional("GetResource", missing())
        .on_optional(
            "ValidateTemplate",
            json!({"Parameters": [], "Capabilities": []}),
        );
    workdir.aws.allow_unused();
    let output = workdir.try_action(action, &["--force"]);
    assert_eq!(output.status, 20, "{action} {words}: {}", output.stdout);
    for words in ["error[plan-changed]", words] {
        assert!(output.stdout.contains(words), "{action}: {}", output.stdout);
    }
}

fn missing() -> Value {
    crate::support::replay::refused("ResourceNotFoundException", "it does not exist")
}

#[test]
fn attack_a_stack_that_changes_before_its_deletion_stays() {
    for (action, status) in [
        ("tear-down", "CREATE_COMPLETE"),
        ("replace", "CREATE_COMPLETE"),
        // The failed creation is deleted first.
        ("prep-master", "ROLLBACK_COMPLETE"),
    ] {
        for (edit, words) in EDITS {
            denied(action, status, edit, TEMPLATE, words);
        }
    }
}

#[test]
fn attack_a_stack_that_changes_before_its_product_is_deleted_stays() {
    for (edit, words) in EDITS {
        let workdir = super::ml::ml();
        let shown = stack(&workdir, "CREATE_COMPLETE");
        let mut now = shown.clone();
        edit(&mut now);
        workdir
            .aws
            .on("DescribeStacks", json!([shown, now]))
            .on("GetTemplate", json!({"TemplateBody": TEMPLATE}))
            .on("ListStackResources", json!({"StackResourceSummaries": []}));
        let output = workdir.try_action("delete-product", &["--force"]);
        assert_eq!(output.status, 20, "{words}: {}", output.stdout);
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
}

/// Emptying a bucket takes time. The stack stays, and so do the buckets after the one that was emptied.
#[test]
fn attack_a_stack_that_changes_while_its_bucket_is_emptied_stays() {
    for (edit, words) in EDITS {
        let workdir = workdir();
        let shown = stack(&workdir, "CREATE_COMPLETE");
        let mut now = shown.clone();
        edit(&mut now);
        let bucket = |id: &str| {
            json!({
                "LogicalResourceId": id, "PhysicalResourceId": format!("physical-{id}"),
                "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
            })
        };
        let version = json!({"Key": "a", "VersionId": "1"});
        let versions = json!({"ListVersionsResult": {"IsTruncated": false, "Version": [version]}});
        workdir
            .aws
            .on("DescribeStacks", json!([shown, shown, now]))
            .on("GetTemplate", json!({"TemplateBody": TEMPLATE}))
            .on(
                "ListStackResources",
                json!({"StackResourceSummaries": [bucket("Data"), bucket("Logs")]}),
            )
            .on("ListObjectVersions", versions)
            .on("DeleteObjects", json!({"DeleteResult": {}}));
        let output = workdir.try_action("tear-down", &["--force"]);
        assert_eq!(output.status, 20, "{words}: {}", output.stdout);
        assert!(output.stdout.contains(words), "{}", output.stdout);
        assert_eq!(workdir.aws.requests_of("DeleteObjects").len(), 1);
    }
}

/// A new stack may have taken over the bucket that a deleted one left.
#[test]
fn attack_a_stack_that_appears_before_a_left_bucket_is_emptied() {
    let workdir = super::buckets::left_bucket();
    let appeared = json!([
        no_stack(),
        stack(&workdir, "DELETE_COMPLETE"),
        stack(&workdir, "CREATE_COMPLETE")
    ]);
    // After the denial, scripts get the preview of the new stack's deletion.
    workdir
        .aws
        .set("DescribeStacks", appeared)
        .on_optional("GetTemplate", json!({"TemplateBody": TEMPLATE}))
        .on_optional("ListStackResources", json!({"StackResourceSummaries": []}));
    workdir.aws.allow_unused();
    let output = workdir.try_action("tear-down", &["--force"]);
    assert_eq!(output.status, 20, "{}", output.stdout);
    let words = "another stack has its name, or none";
    assert!(output.stdout.contains(words), "{}", output.stdout);
    assert_eq!(workdir.aws.requests_of("DeleteObjects").len(), 0);
    assert_eq!(workdir.aws.requests_of("DeleteBucket").len(), 0);
}

/// No stack holds a bucket that a deleted one retained, so its tags and its contents are read again too.
#[test]
fn attack_a_left_bucket_that_changes_after_it_was_shown_is_not_emptied() {
    let tagged = |tags: Value| json!({"Tagging": {"TagSet": {"Tag": tags}}});
    let version = |key: &str| json!({"Key": key, "VersionId": "1"});
    let versions =
        |list: Value| json!({"ListVersionsResult": {"IsTruncated": false, "Version": list}});
    let other = super::answers::arn("stack", "acme-payroll");
    let one = versions(json!([version("a")]));
    let two = versions(json!([version("a"), version("b")]));
    for (tags, counts, words) in [
        (
            json!([{"Key": "aws:cloudformation:stack-id", "Value": other}]),
            one.clone(),
            "the tags of a bucket that it retained changed",
        ),
        (
            json!([]),
            one.clone(),
            "the tags of a bucket that it retained changed",
        ),
        (
            Value::Null,
            two,
            "the contents of a bucket that it retained changed",
        ),
    ] {
        let workdir = super::buckets::left_bucket();
        let own = json!([{"Key": "provisioner:config", "Value": workdir.name}]);
        let later = match tags {
            Value::Null => own.clone(),
            mut tags => {
                // The template of the other stack may have the tag too.
                if let Some(tags) = tags.as_array_mut().filter(|tags| !tags.is_empty()) {
                    tags.extend(own.as_array().unwrap().clone());
                }
                tags
            }
        };
        workdir
            .aws
            .set("GetBucketTagging", json!([tagged(own), tagged(later)]))
            .set("ListObjectVersions", json!([one, counts]))
            .on_optional("DescribeStacks", no_stack());
        workdir.aws.allow_unused();
        let output = workdir.try_action("tear-down", &["--force"]);
        assert_eq!(output.status, 20, "{words}: {}", output.stdout);
        for words in ["error[plan-changed]", words] {
            assert!(output.stdout.contains(words), "{}", output.stdout);
        }
        for operation in ["DeleteObjects", "DeleteBucket"] {
            assert_eq!(workdir.aws.requests_of(operation).len(), 0, "{words}");
        }
    }
}

#[test]
fn attack_a_stack_that_changes_before_its_repair_is_not_repaired() {
    for (edit, words) in EDITS {
        let workdir = workdir();
        continue_rollback::failed(&workdir);
        let mut now = stack(&workdir, "UPDATE_ROLLBACK_FAILED");
        edit(&mut now);
        workdir.aws.on("DescribeStacks", now);
        let output = workdir.try_action("continue-rollback", &["--force"]);
        assert_eq!(output.status, 20, "{words}: {}", output.stdout);
        assert!(output.stdout.contains(words), "{}", output.stdout);

        let workdir = self::workdir();
        workdir.write(
            ".provisioner.yaml",
            "version: 1\ndefaults: {updates: in-place}\n",
        );
        restore::drifted(
            &workdir,
            json!([restore::modified(json!([restore::reverted()]))]),
        );
        let shown = stack(&workdir, "UPDATE_COMPLETE");
        let mut now = shown.clone();
        edit(&mut now);
        workdir
            .aws
            .set("DescribeStacks", json!([shown, shown, now]))
            .on("DeleteChangeSet", json!({}));
        let output = workdir.try_action("restore", &["--force"]);
        assert_eq!(output.status, 20, "{words}: {}", output.stdout);
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
}
