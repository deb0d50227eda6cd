//! Drift detection that takes its time, looks at some, and fails.

use serde_json::{Value, json};

use super::answers::{fixture, stack};
use super::{Desk, desk};
use crate::support::replay::refused;

/// A stack that is there, whose detection goes through these states.
fn detect(states: &[(&str, &str)]) -> Desk {
    let desk = desk();
    desk.write_config("  versioning: true\n  tags:\n    Team: correct-horse-battery\n");
    let state = |(status, reason): &(&str, &str)| {
        json!({
            "StackId": "stack", "StackDriftDetectionId": "detection", "DetectionStatus": status,
            "DetectionStatusReason": reason, "Timestamp": "2026-11-25T09:00:00.000Z",
        })
    };
    let states: Vec<Value> = states.iter().map(state).collect();
    let endpoint = json!({
        "LogicalResourceId": "Endpoint", "PhysicalResourceId": "vpce-1",
        "ResourceType": "AWS::EC2::VPCEndpoint", "ResourceStatus": "CREATE_COMPLETE",
    });
    desk.aws
        .on("DescribeStacks", stack(&desk, "UPDATE_COMPLETE"))
        .on("DescribeStackDriftDetectionStatus", json!(states))
        .on("DescribeStackResourceDrifts", fixture(&desk, "drifts"))
        .on(
            "ListStackResources",
            json!({"StackResourceSummaries": [endpoint]}),
        )
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    desk
}

#[test]
fn detection_is_awaited_and_read_whole() {
    let desk = detect(&[("DETECTION_IN_PROGRESS", ""), ("DETECTION_COMPLETE", "")]);
    let under_way = "Drift detection is already in progress for stack [it]";
    desk.aws
        .on("DetectStackDrift", refused("ValidationError", under_way))
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        );
    let found = desk.try_act("check-drift", &["--fail-on-drift"]);
    assert_eq!(found.status, 12, "{}", found.stdout);
    insta::assert_snapshot!("replayed_drift", desk.neutral(&found.stdout));
    let asked = desk.aws.asked("DescribeStackDriftDetectionStatus");
    assert_eq!(asked[1].get("StackDriftDetectionId"), "detection");
    let pages = desk.aws.asked("DescribeStackResourceDrifts");
    assert_eq!(pages[1].get("NextToken"), "page-2");
}

#[test]
fn what_a_failed_detection_saw_is_shown_with_its_reason() {
    let reason = "Failed to detect drift on resource [correct-horse-battery]";
    let desk = detect(&[("DETECTION_FAILED", reason)]);
    desk.aws.on(
        "DetectStackDrift",
        json!({"StackDriftDetectionId": "detection"}),
    );
    let found = desk.json("check-drift", &[]);
    let drift = &found["items"][0]["result"]["drift"];
    assert_eq!(
        drift["incomplete"],
        "Failed to detect drift on resource [(hidden)]"
    );
    let of = |status: &str| {
        let resources = drift["resources"].as_array().unwrap().iter();
        resources
            .filter(|resource| resource["status"] == status)
            .count()
    };
    assert_eq!([of("NOT_CHECKED"), of("UNKNOWN"), of("IN_SYNC")], [2, 1, 1]);
    assert!(!found.to_string().contains("correct-horse"), "{found}");
}

#[test]
fn a_refusal_for_another_reason_is_told() {
    let desk = desk();
    let busy = "Drift detection cannot be performed on a stack in UPDATE_IN_PROGRESS";
    desk.aws
        .on("DescribeStacks", stack(&desk, "UPDATE_IN_PROGRESS"))
        .on("DetectStackDrift", refused("ValidationError", busy));
    let failed = desk.try_act("check-drift", &[]);
    assert_eq!(failed.status, 30);
    assert!(failed.stdout.contains(busy), "{}", failed.stdout);
}
