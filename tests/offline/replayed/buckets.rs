//! Effects on buckets. CloudFormation says which buckets are the stack's own; the names in a config decide nothing.

use serde_json::{Value, json};

use super::answers::{arn, events, first_events, no_stack, stack, stack_id};
use super::{Workdir, workdir};

/// The stack's only resource: its bucket.
fn resources(bucket: &str, status: &str) -> Value {
    json!({"StackResourceSummaries": [{
        "LogicalResourceId": "Bucket", "PhysicalResourceId": bucket,
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": status,
    }]})
}

/// A stack with a bucket: this one, or the one that the config names.
fn holding(bucket: Option<&str>, status: &str) -> Workdir {
    let workdir = workdir();
    let bucket = bucket.unwrap_or(&workdir.name);
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on("ListStackResources", resources(bucket, status));
    workdir
}

/// Actions that write into a bucket, and the further operations of each.
const WRITERS: [(&str, &[&str]); 2] = [
    ("deploy-solution", &["ListObjectsV2", "PutObject"]),
    ("upload-template", &["PutObject"]),
];

#[test]
fn attack_a_config_that_names_the_bucket_of_another_owner() {
    for (action, operations) in WRITERS {
        let denied = holding(Some("acme-of-the-stack"), "CREATE_COMPLETE");
        let output = denied.try_action(action, &["--solution", "fraud"]);
        assert_eq!(output.status, 20, "{action}: {}", output.stdout);
        let words = [
            "error[bucket-not-in-stack]",
            "the stack holds `acme-of-the-stack`; nothing was written",
        ];
        for words in words {
            assert!(output.stdout.contains(words), "{action}: {}", output.stdout);
        }
        // The same stack with the bucket that the config names.
        let allowed = holding(None, "CREATE_COMPLETE");
        for operation in operations {
            allowed.aws.on(operation, json!({"ListBucketResult": {}}));
        }
        allowed.run_action(action, &["--solution", "fraud"]);
    }
}

#[test]
fn attack_folders_of_a_bucket_whose_creation_failed() {
    for status in ["CREATE_FAILED", "DELETE_COMPLETE", "SOMETHING_NEW"] {
        let denied = holding(None, status);
        let output = denied.try_action("deploy-solution", &["--solution", "fraud"]);
        assert_eq!(output.status, 20, "{status}: {}", output.stdout);
        let words = "which is not a bucket of the stack; nothing was written";
        assert!(output.stdout.contains(words), "{status}: {}", output.stdout);
    }
}

/// Tears down a stack with a bucket of this status. `rows`: events of the bucket, if they are read. `looks`: how often the stack is read
/// before its deletion.
fn tear_down(status: &str, rows: &[(&str, &str, &str)], looks: usize) -> Workdir {
    let workdir = workdir();
    let bucket_events = rows.len();
    let mut rows = rows.to_vec();
    rows.insert(0, ("", "CREATE_IN_PROGRESS", "User Initiated"));
    rows.extend([
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
        ("", "DELETE_COMPLETE", ""),
    ]);
    let events = events(&workdir, &rows);
    let before = first_events(&events, bucket_events + 1);
    // The stack's resources, and the events before the deletion.
    let reads = if bucket_events > 0 { 2 } else { 1 };
    let mut answers = vec![before; reads];
    answers.push(first_events(&events, rows.len()));
    workdir
        .aws
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListStackResources", resources("physical-Bucket", status))
        .on("DescribeStackEvents", Value::Array(answers))
        .on("DeleteStack", json!({}))
        .on(
            "DescribeStacks",
            Value::Array(vec![stack(&workdir, "ROLLBACK_COMPLETE"); looks]),
        )
        .on("DescribeStacks", stack(&workdir, "DELETE_COMPLETE"));
    workdir
}

/// How often a stack with one bucket is read: for the preview, before the bucket is emptied, and twice before the deletions.
const LOOKS: usize = 4;

/// Logical id, status and reason.
type ResourceEvent = (&'static str, &'static str, &'static str);

#[test]
fn attack_a_bucket_whose_creation_failed_is_not_emptied() {
    let failed = ("Bucket", "CREATE_FAILED", "the name is taken");
    let created = ("Bucket", "CREATE_COMPLETE", "");
    let full = ("Bucket", "DELETE_FAILED", "the bucket is not empty");
    let cases: [(&str, &[ResourceEvent], bool); 4] = [
        ("CREATE_FAILED", &[], false),
        ("DELETE_FAILED", &[failed, full], false),
        ("DELETE_FAILED", &[created, full], true),
        ("CREATE_COMPLETE", &[], true),
    ];
    for (status, rows, is_emptied) in cases {
        let workdir = tear_down(status, rows, if is_emptied { LOOKS } else { 2 });
        if is_emptied {
            let version = json!({"Key": "a", "VersionId": "1"});
            let versions =
                json!({"ListVersionsResult": {"IsTruncated": false, "Version": [version]}});
            workdir
                .aws
                .on("ListObjectVersions", versions)
                .on("DeleteObjects", json!({"DeleteResult": {}}))
                .on("DeleteBucket", json!({}));
        }
        // An operation that is not scripted fails the test.
        let output = workdir.try_action("tear-down", &["--force"]);
        assert_eq!(output.status, 0, "{status}: {}", output.stdout);
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 1);
    }
}

/// The stack is deleted already. `tags`: of the deleted stack. `rows`: its events.
fn deleted(rows: &[(&str, &str, &str)], is_owned: bool) -> Workdir {
    let workdir = workdir();
    let mut last = stack(&workdir, "DELETE_COMPLETE");
    if !is_owned {
        last["Stacks"][0]["Tags"] = json!([]);
    }
    let summary = |name: &str, id: &str| json!({"StackName": name, "StackId": id, "StackStatus": "DELETE_COMPLETE", "CreationTime": "2026-11-25T09:00:00.000Z"});
    let listed = [
        summary("another-stack", "another"),
        summary(&workdir.stack(), &stack_id(&workdir)),
    ];
    workdir
        .aws
        .on("DescribeStacks", json!([no_stack(), last]))
        .on("ListStacks", json!({"StackSummaries": listed}));
    let events = events(&workdir, rows);
    let all = first_events(&events, events.len());
    workdir.aws.on("DescribeStackEvents", all);
    workdir
}

#[test]
fn attack_a_bucket_that_no_deleted_stack_left() {
    let created = ("Bucket", "CREATE_COMPLETE", "");
    let failed = ("Bucket", "CREATE_FAILED", "the name is taken");
    let skipped = ("Bucket", "DELETE_SKIPPED", "");
    for (rows, is_owned) in [
        (vec![created, skipped], false),
        (vec![failed, skipped], true),
        (vec![created], true),
    ] {
        let workdir = deleted(&rows, is_owned);
        let output = workdir.run_action("tear-down", &["--force"]);
        assert!(
            output.stdout.contains("does not exist"),
            "{}",
            output.stdout
        );
    }
    // No stack of this name was ever deleted.
    let never = workdir();
    never
        .aws
        .on("DescribeStacks", no_stack())
        .on("ListStacks", json!({"StackSummaries": []}));
    never.run_action("tear-down", &["--force"]);
    // An update left it behind, before the deletion.
    let workdir = deleted(&[CREATED, SKIPPED, DELETION], true);
    workdir.run_action("tear-down", &["--force"]);
    let workdir = left_bucket();
    workdir.aws.on("DeleteBucket", json!({}));
    workdir.run_action("tear-down", &["--force"]);
}

const CREATED: ResourceEvent = ("Bucket", "CREATE_COMPLETE", "");
const SKIPPED: ResourceEvent = ("Bucket", "DELETE_SKIPPED", "");
const DELETION: ResourceEvent = ("", "DELETE_IN_PROGRESS", "User Initiated");

/// The bucket that our deleted stack retained.
pub(super) fn left_bucket() -> Workdir {
    left_bucket_of(None)
}

/// The same with CloudFormation's tag for a stack.
fn left_bucket_of(stack: Option<&str>) -> Workdir {
    let workdir = deleted(&[CREATED, DELETION, SKIPPED], true);
    let mut tags = vec![json!({"Key": "provisioner:config", "Value": workdir.name})];
    if let Some(stack) = stack {
        tags.push(json!({"Key": "aws:cloudformation:stack-id", "Value": stack}));
    }
    workdir
        .aws
        .on(
            "GetBucketTagging",
            json!({"Tagging": {"TagSet": {"Tag": tags}}}),
        )
        .on(
            "ListObjectVersions",
            json!({"ListVersionsResult": {"IsTruncated": false}}),
        );
    workdir
}

/// The bucket belongs to a later stack now, which took over its tags.
#[test]
fn attack_a_left_bucket_that_another_stack_has() {
    let other = arn("stack", "acme-payroll");
    let workdir = left_bucket_of(Some(&other));
    workdir.aws.allow_unused();
    let output = workdir.run_action("tear-down", &["--force"]);
    assert!(
        output.stdout.contains("does not exist"),
        "{}",
        output.stdout
    );
    assert_eq!(workdir.aws.requests_of("DeleteBucket").len(), 0);
    let own = stack_id(&workdir);
    let workdir = left_bucket_of(Some(&own));
    workdir.aws.on("DeleteBucket", json!({}));
    workdir.run_action("tear-down", &["--force"]);
}

/// A preview names each bucket that the action deletes, with what it holds.
#[test]
fn attack_a_left_bucket_is_shown_before_it_is_deleted() {
    let workdir = left_bucket();
    let version = json!({"Key": "a", "VersionId": "1"});
    let versions = json!({"ListVersionsResult": {"IsTruncated": false, "Version": [version]}});
    workdir.aws.set("ListObjectVersions", versions);
    let shown = workdir.run_action("tear-down", &["--dry-run"]);
    insta::assert_snapshot!(
        "replayed_left_bucket",
        workdir.redact_account(&shown.stdout)
    );
}

/// An answer with URL encoding, as S3 gives it: `NextKeyMarker` is encoded too, version ids are not.
#[test]
fn keys_with_control_characters_are_deleted_one_by_one() {
    let workdir = tear_down("CREATE_COMPLETE", &[], LOOKS);
    let version =
        |key: &str, id: &str| json!({"Key": key, "VersionId": id, "IsLatest": true, "Size": 0});
    let first = json!({"ListVersionsResult": {
        "EncodingType": "url", "IsTruncated": true,
        "NextKeyMarker": "solutions/a%01b", "NextVersionIdMarker": "v+1",
        "Version": [version("solutions/100%25+off%2B", "v0"), version("solutions/a%01b", "v+1")],
    }});
    let last = json!({"ListVersionsResult": {
        "EncodingType": "url", "IsTruncated": false,
        "DeleteMarker": [{"Key": "solutions/%0D%7F", "VersionId": "v2", "IsLatest": true}],
    }});
    workdir
        .aws
        // Versions are counted, then deleted.
        .on("ListObjectVersions", json!([first, last, first, last]))
        .on("DeleteObjects", json!({"DeleteResult": {}}))
        .on("DeleteObject", json!({}))
        .on("DeleteBucket", json!({}));
    let output = workdir.try_action("tear-down", &["--force"]);
    assert_eq!(output.status, 0, "{}", output.stdout);
    let listed = workdir.aws.requests_of("ListObjectVersions");
    assert!(listed.iter().all(|one| one.get("encoding-type") == "url"));
    assert_eq!(listed[3].get("key-marker"), "solutions/a\u{1}b");
    assert_eq!(listed[3].get("version-id-marker"), "v+1");
    let single = workdir.aws.requests_of("DeleteObject");
    let mut deleted: Vec<_> = single
        .iter()
        .map(|one| (one.get("Key"), one.get("versionId")))
        .collect();
    deleted.sort_unstable();
    assert_eq!(
        deleted,
        [("solutions/\r\u{7f}", "v2"), ("solutions/a\u{1}b", "v+1")]
    );
    let batches = workdir.aws.requests_of("DeleteObjects");
    assert_eq!(batches.len(), 1);
    let body = batches[0].get("Body");
    assert!(body.contains("<Key>solutions/100% off+</Key>"), "{body}");
    assert_eq!(body.matches("<Key>").count(), 1);
}
