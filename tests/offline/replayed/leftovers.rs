//! What a creation that did not end left, and what a stack of another owner took over. The previews decide as the run does.

use serde_json::{Value, json};

use super::answers::{arn, no_stack, stack, stack_id, tagged};
use super::{Workdir, workdir};
use crate::support::replay::refused;

/// Events of a stack, oldest first: logical id and status. The bucket has the config's name.
fn events(workdir: &Workdir, id: &str, rows: &[(&str, &str)]) -> Vec<Value> {
    let event = |(second, (logical_id, status)): (usize, &(&str, &str))| {
        let (kind, physical) = match *logical_id {
            "" => ("AWS::CloudFormation::Stack", id),
            _ => ("AWS::S3::Bucket", &*workdir.name),
        };
        json!({
            "StackId": id, "StackName": workdir.stack(), "EventId": format!("{id}-{second}"),
            "LogicalResourceId": if logical_id.is_empty() { workdir.stack() } else { (*logical_id).to_owned() },
            "PhysicalResourceId": physical, "ResourceType": kind,
            "Timestamp": format!("2026-11-25T09:00:{second:02}.000Z"), "ResourceStatus": status,
        })
    };
    rows.iter().enumerate().map(event).collect()
}

/// A deleted stack of the config's name, as `ListStacks` has it.
fn summary(workdir: &Workdir, id: &str, hour: u8) -> Value {
    json!({
        "StackName": workdir.stack(), "StackId": id, "StackStatus": "DELETE_COMPLETE",
        "CreationTime": "2026-11-25T09:00:00.000Z", "DeletionTime": format!("2026-11-26T{hour:02}:00:00.000Z"),
    })
}

const CREATED: (&str, &str) = ("Bucket", "CREATE_COMPLETE");
const COMPLETE: (&str, &str) = ("", "CREATE_COMPLETE");
const DELETION: (&str, &str) = ("", "DELETE_IN_PROGRESS");
const KEPT: (&str, &str) = ("Bucket", "DELETE_SKIPPED");

/// The tags of the bucket, as S3 answers.
type Tags<'a> = &'a dyn Fn(&Workdir) -> Value;

/// A stack of the config is deleted, and its bucket exists. `tags`: of the bucket.
fn left(rows: &[(&str, &str)], tags: Tags<'_>, objects: usize) -> Workdir {
    let workdir = workdir();
    super::answers::template(&workdir);
    let tags = tags(&workdir);
    let own = stack_id(&workdir);
    let mut events = events(&workdir, &own, rows);
    events.reverse();
    let mut last = stack(&workdir, "DELETE_COMPLETE");
    let more = json!({"Key": "Owner", "Value": "data-team"});
    last["Stacks"][0]["Tags"].as_array_mut().unwrap().push(more);
    let versions = vec![json!({"Key": "a", "VersionId": "1"}); objects];
    let listed = json!({"ListVersionsResult": {"IsTruncated": false, "Version": versions}});
    let accepted = json!({"Parameters": [], "Capabilities": []});
    let unversioned = json!({"VersioningConfiguration": {}});
    workdir
        .aws
        .on("DescribeStacks", json!([no_stack(), last, no_stack()]))
        .on(
            "ListStacks",
            json!({"StackSummaries": [summary(&workdir, &own, 9)]}),
        )
        .on("DescribeStackEvents", json!({"StackEvents": events}))
        .set("HeadBucket", json!({}))
        .set("GetBucketPolicy", json!({}))
        .on_optional("GetBucketTagging", tags)
        .on_optional("GetBucketVersioning", unversioned)
        .on_optional("ListObjectVersions", listed)
        .on_optional("ValidateTemplate", accepted)
        .on_optional("DeleteBucket", json!({}))
        .on_optional("CreateChangeSet", refused("AccessDenied", "not now"))
        .allow_unused();
    workdir
}

const PREVIEWS: [(&str, &str); 3] = [
    ("prep-master", "--dry-run"),
    ("show-changes", "--no-log"),
    ("validate-prov-template", "--real"),
];

#[test]
fn previews_and_runs_agree_on_the_bucket_of_a_creation_that_did_not_end() {
    let own = |workdir: &Workdir| tagged(&stack_id(workdir));
    let foreign = |_: &Workdir| tagged(&arn("stack", "payroll"));
    let unreadable = |_: &Workdir| refused("AccessDenied", "no s3:GetBucketTagging");
    let cancelled = [CREATED, DELETION, KEPT];
    let complete = [CREATED, COMPLETE, DELETION, KEPT];
    let cases: [(&[_], &str, Tags<'_>, usize, bool); 5] = [
        (&cancelled, "own", &own, 0, true),
        (&cancelled, "own", &own, 1, false),
        (&cancelled, "foreign", &foreign, 0, false),
        (&cancelled, "unreadable", &unreadable, 0, false),
        // Another stack has it now.
        (&complete, "foreign", &foreign, 0, false),
    ];
    for (rows, whose, tags, objects, is_deleted) in cases {
        for (action, option) in PREVIEWS {
            let workdir = left(rows, tags, objects);
            let shown = workdir.try_action(action, &[option]);
            let output = format!("{action} {rows:?} {whose} {objects}: {}", shown.stdout);
            assert_eq!(shown.status == 0, is_deleted, "{output}");
            let note = "which is deleted first: ";
            let has_table = action != "validate-prov-template";
            let is_named = shown.stdout.contains(note);
            assert_eq!(is_named, is_deleted && has_table, "{output}");
            assert_eq!(workdir.aws.requests_of("DeleteBucket").len(), 0);
        }
        let workdir = left(rows, tags, objects);
        let run = workdir.try_action("prep-master", &["--force"]);
        let output = format!("{rows:?} {whose} {objects}: {}", run.stdout);
        assert_eq!(run.status, if is_deleted { 30 } else { 10 }, "{output}");
        let deleted = workdir.aws.requests_of("DeleteBucket").len();
        assert_eq!(deleted, usize::from(is_deleted), "{output}");
        let created = workdir.aws.requests_of("CreateChangeSet");
        assert_eq!(created.len(), usize::from(is_deleted), "{output}");
        // Another run of the same creation would have kept the tags of others.
        for created in created {
            assert_eq!(created.get("Tags.member.1.Key"), "Owner");
        }
    }
}

/// Somebody writes an object between the two looks.
#[test]
fn attack_an_object_that_arrives_in_a_leftover() {
    let own = |workdir: &Workdir| tagged(&stack_id(workdir));
    let workdir = left(&[CREATED, DELETION, KEPT], &own, 0);
    let list = |versions: Value| json!({"ListVersionsResult": {"IsTruncated": false, "Version": versions}});
    let version = json!({"Key": "a", "VersionId": "1"});
    workdir.aws.set(
        "ListObjectVersions",
        json!([list(json!([])), list(json!([version]))]),
    );
    let denied = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 10, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("already exists"),
        "{}",
        denied.stdout
    );
    assert_eq!(workdir.aws.requests_of("DeleteBucket").len(), 0);
}

/// The config's stack was un-adopted, and its new owner deleted it. The record of an earlier one is no longer the config's.
#[test]
fn attack_nothing_comes_back_from_before_another_owner() {
    for (action, option) in [
        ("prep-master", "--force"),
        ("prep-master", "--dry-run"),
        ("show-changes", "--no-log"),
        ("replace", "--dry-run"),
        ("tear-down", "--force"),
    ] {
        let workdir = workdir();
        let (own, later) = (stack_id(&workdir), format!("{}-later", stack_id(&workdir)));
        let rows = [CREATED, COMPLETE, DELETION, KEPT];
        let mut all = events(&workdir, &own, &rows);
        all.extend(events(
            &workdir,
            &later,
            &[CREATED, COMPLETE, ("", "UPDATE_COMPLETE")],
        ));
        all.reverse();
        let mut foreign = stack(&workdir, "DELETE_COMPLETE");
        foreign["Stacks"][0]["StackId"] = json!(later);
        foreign["Stacks"][0]["Tags"] = json!([{"Key": "Owner", "Value": "other-team"}]);
        let before = stack(&workdir, "DELETE_COMPLETE");
        let summaries = [summary(&workdir, &own, 9), summary(&workdir, &later, 10)];
        workdir
            .aws
            .on(
                "DescribeStacks",
                json!([no_stack(), foreign, before, no_stack()]),
            )
            .on("ListStacks", json!({"StackSummaries": summaries}))
            .on("DescribeStackEvents", json!({"StackEvents": all}))
            .set("HeadBucket", json!({}))
            .on_optional("GetBucketTagging", tagged(&own))
            .on_optional(
                "GetBucketVersioning",
                json!({"VersioningConfiguration": {}}),
            )
            .on_optional(
                "ListObjectVersions",
                json!({"ListVersionsResult": {"IsTruncated": false}}),
            )
            .allow_unused();
        let output = workdir.try_action(action, &[option]);
        let text = format!("{action} {option}: {}", output.stdout);
        for words in ["kept by the former stack", "gets tags of the former stack"] {
            assert!(!output.stdout.contains(words), "{text}");
        }
        let expected = match action {
            "tear-down" => "does not exist",
            "replace" => "stack-not-found",
            _ => "already exists",
        };
        assert!(output.stdout.contains(expected), "{text}");
        for changing in ["DeleteBucket", "CreateChangeSet"] {
            assert_eq!(workdir.aws.requests_of(changing).len(), 0, "{text}");
        }
    }
}
