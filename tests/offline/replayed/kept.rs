//! What CloudFormation keeps of an operation that failed.

use serde_json::json;

use super::answers::{events, first_events, no_stack, stack};
use super::operations::running;
use super::workdir;
use crate::support::replay::not_found;

#[test]
fn a_failed_creation_names_what_cloudformation_kept() {
    let workdir = workdir();
    let events = events(
        &workdir,
        &[
            ("", "CREATE_IN_PROGRESS", "User Initiated"),
            ("Bucket", "CREATE_COMPLETE", ""),
            ("Key", "CREATE_COMPLETE", ""),
            ("BucketPolicy", "CREATE_FAILED", "Access denied"),
            ("", "DELETE_IN_PROGRESS", "Delete requested by user."),
            ("Queue", "DELETE_SKIPPED", ""),
            ("Bucket", "DELETE_SKIPPED", ""),
            ("Key", "DELETE_COMPLETE", ""),
            ("", "DELETE_COMPLETE", ""),
        ],
    );
    let states = ["CREATE_IN_PROGRESS", "DELETE_COMPLETE"].map(|status| stack(&workdir, status));
    workdir.aws.on("HeadBucket", not_found());
    running(&workdir, json!([no_stack()]));
    workdir.aws.on("DescribeStacks", json!(states)).on(
        "DescribeStackEvents",
        json!([
            first_events(&events, 0),
            first_events(&events, 4),
            first_events(&events, 9)
        ]),
    );
    let failed = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    let kept = failed.stdout.lines();
    let kept: Vec<&str> = kept
        .filter(|line| line.contains("no stack manages it"))
        .collect();
    assert_eq!(kept.len(), 1, "{}", failed.stdout);
    assert!(
        kept[0].contains("Bucket AWS::S3::Bucket stays"),
        "{}",
        kept[0]
    );
}
