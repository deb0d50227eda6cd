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
    desk.aws
        .on("DescribeStackResourceDrifts", fixture(&desk, "drifts"));
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
    desk.aws
        .on("DescribeStackResourceDrifts", fixture(&desk, "drifts"));
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

/// The numbers of the hidden values in their order, as a format has them.
fn numbers(said: &str) -> Vec<&str> {
    let number = regex::Regex::new(r"\(hidden \d+\)").unwrap();
    number.find_iter(said).map(|found| found.as_str()).collect()
}

#[test]
fn attack_numbers_of_hidden_values_are_the_same_in_every_format_and_say_no_more() {
    let desk = detect(&[("DETECTION_COMPLETE", "")]);
    let started = json!({"StackDriftDetectionId": "detection"});
    desk.aws.on("DetectStackDrift", started);
    let tag = r#"{"Key":"Team","Value":"correct-horse-battery"}"#;
    let same = r#"{"Value":"correct-horse-battery","Key":"Team"}"#;
    let drift = |rows: &[[&str; 2]]| {
        let differences = rows.iter().map(|[expected, actual]| {
            json!({
                "PropertyPath": "/Tags/3", "DifferenceType": "NOT_EQUAL",
                "ExpectedValue": expected, "ActualValue": actual,
            })
        });
        json!({"StackResourceDrifts": [{
            "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
            "StackResourceDriftStatus": "MODIFIED", "PropertyDifferences": differences.collect::<Vec<_>>(),
        }]})
    };
    for (rows, wanted) in [
        ([[tag, "staple"], ["staple", same]], [1, 2, 2, 1]),
        ([["****", tag], ["****", "staple"]], [0, 1, 0, 2]),
    ] {
        let wanted: Vec<String> = wanted
            .iter()
            .filter(|number| **number > 0)
            .map(|number| format!("(hidden {number})"))
            .collect();
        for format in ["text", "markdown", "json"] {
            desk.aws.on("DescribeStackResourceDrifts", drift(&rows));
            let said = desk.act("check-drift", &["--format", format]).stdout;
            let plain = said.replace('\\', "");
            assert_eq!(numbers(&plain), wanted, "{format}: {said}");
            assert!(
                !said.contains("staple") && !said.contains("horse"),
                "{said}"
            );
        }
    }
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
