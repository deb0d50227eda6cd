//! Drift detection that takes time, checks some resources only, or fails.

use serde_json::{Value, json};

use super::answers::{fixture, stack, stack_id};
use super::{Workdir, workdir};
use crate::support::replay::refused;

/// An existing stack whose detection passes through these states.
fn detect(states: &[(&str, &str)]) -> Workdir {
    let workdir = workdir();
    workdir.write_config("  versioning: true\n  tags:\n    Team: correct-horse-battery\n");
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
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "UPDATE_COMPLETE"))
        .on("DescribeStackDriftDetectionStatus", json!(states))
        .on(
            "ListStackResources",
            json!({"StackResourceSummaries": [endpoint]}),
        )
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    workdir
}

#[test]
fn detection_is_awaited_and_read_whole() {
    let workdir = detect(&[("DETECTION_IN_PROGRESS", ""), ("DETECTION_COMPLETE", "")]);
    workdir
        .aws
        .on("DescribeStackResourceDrifts", fixture(&workdir, "drifts"));
    let under_way = "Drift detection is already in progress for stack [it]";
    workdir
        .aws
        .on("DetectStackDrift", refused("ValidationError", under_way))
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        );
    let found = workdir.try_action("check-drift", &["--fail-on-drift"]);
    assert_eq!(found.status, 12, "{}", found.stdout);
    insta::assert_snapshot!("replayed_drift", workdir.redact_account(&found.stdout));
    let asked = workdir.aws.requests_of("DescribeStackDriftDetectionStatus");
    assert_eq!(asked[1].get("StackDriftDetectionId"), "detection");
    let pages = workdir.aws.requests_of("DescribeStackResourceDrifts");
    assert_eq!(pages[1].get("NextToken"), "page-2");
}

#[test]
fn a_failed_detection_reports_its_findings_and_reason() {
    let reason = "Failed to detect drift on resource [correct-horse-battery]";
    let workdir = detect(&[("DETECTION_FAILED", reason)]);
    workdir
        .aws
        .on("DescribeStackResourceDrifts", fixture(&workdir, "drifts"));
    workdir.aws.on(
        "DetectStackDrift",
        json!({"StackDriftDetectionId": "detection"}),
    );
    let found = workdir.json("check-drift", &[]);
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
    let found = workdir.try_action("check-drift", &["--fail-on-drift"]);
    assert_eq!(found.status, 12, "known drift counts: {}", found.stdout);
}

/// U10.
#[test]
fn drift_of_a_foreign_stack_is_reported() {
    for is_foreign in [false, true] {
        let workdir = workdir();
        let mut existing = stack(&workdir, "CREATE_COMPLETE");
        if is_foreign {
            existing["Stacks"][0]["Tags"] = json!([]);
        }
        let started = json!({"StackDriftDetectionId": "detection"});
        let complete = json!({
            "StackId": "stack", "StackDriftDetectionId": "detection",
            "DetectionStatus": "DETECTION_COMPLETE", "Timestamp": "2026-11-25T09:00:00.000Z",
        });
        workdir
            .aws
            .on("DescribeStacks", existing)
            .on("DetectStackDrift", started)
            .on("DescribeStackDriftDetectionStatus", complete)
            .on("ListStackResources", json!({"StackResourceSummaries": []}))
            .on(
                "DescribeStackResourceDrifts",
                json!({"StackResourceDrifts": []}),
            )
            .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
        let found = workdir.run_action("check-drift", &[]);
        let words = "; provisioner did not create this stack, and only checked its drift\n";
        assert_eq!(found.stdout.contains(words), is_foreign, "{}", found.stdout);
        let json = workdir.json("check-drift", &[]);
        assert_eq!(json["items"][0]["result"]["owned"], !is_foreign, "{json}");
    }
}

/// The numbers of hidden values in one format, in order.
fn numbers(output: &str) -> Vec<&str> {
    let number = regex::Regex::new(r"\(hidden \d+\)").unwrap();
    number
        .find_iter(output)
        .map(|found| found.as_str())
        .collect()
}

#[test]
fn attack_redacted_value_numbers_match_in_every_format() {
    let workdir = detect(&[("DETECTION_COMPLETE", "")]);
    let started = json!({"StackDriftDetectionId": "detection"});
    workdir.aws.on("DetectStackDrift", started);
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
            workdir.aws.on("DescribeStackResourceDrifts", drift(&rows));
            let output = workdir
                .run_action("check-drift", &["--format", format])
                .stdout;
            let plain = output.replace('\\', "");
            assert_eq!(numbers(&plain), wanted, "{format}: {output}");
            assert!(
                !output.contains("staple") && !output.contains("horse"),
                "{output}"
            );
        }
    }
}

#[test]
fn other_detection_errors_are_reported() {
    let workdir = workdir();
    let busy = "Drift detection cannot be performed on a stack in IMPORT_COMPLETE";
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "IMPORT_COMPLETE"))
        .on("DetectStackDrift", refused("ValidationError", busy));
    let failed = workdir.try_action("check-drift", &[]);
    assert_eq!(failed.status, 30);
    assert!(failed.stdout.contains(busy), "{}", failed.stdout);
}

/// CloudFormation does not check the resources that a rollback skipped when it checks their stack, and does not say until when.
#[test]
fn attack_drift_of_a_skipped_resource_is_not_found() {
    for status in ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"] {
        skipped_resource_is_checked(status);
    }
}

fn skipped_resource_is_checked(status: &str) {
    let workdir = detect(&[("DETECTION_COMPLETE", "")]);
    let resource = |id: &str, kind: &str| {
        json!({
            "LogicalResourceId": id, "PhysicalResourceId": format!("physical-{id}"),
            "ResourceType": kind, "ResourceStatus": "UPDATE_COMPLETE",
        })
    };
    let resources = [
        resource("Queue", "AWS::SQS::Queue"),
        resource("Rule", "Custom::Rule"),
    ];
    let found = json!({
        "StackId": stack_id(&workdir), "LogicalResourceId": "Queue", "PhysicalResourceId": "physical-Queue",
        "ResourceType": "AWS::SQS::Queue", "StackResourceDriftStatus": "MODIFIED",
        "Timestamp": "2026-11-25T09:00:00.000Z", "PropertyDifferences": [{
            "PropertyPath": "/VisibilityTimeout", "DifferenceType": "NOT_EQUAL",
            "ExpectedValue": "30", "ActualValue": "60",
        }],
    });
    let unsupported = refused(
        "ValidationError",
        "the type does not support drift detection",
    );
    workdir
        .aws
        .set("DescribeStacks", stack(&workdir, status))
        .set(
            "ListStackResources",
            json!({"StackResourceSummaries": resources}),
        )
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": []}),
        )
        .set(
            "DetectStackResourceDrift",
            json!([{"StackResourceDrift": found}, unsupported]),
        );
    let drifted = workdir.try_action("check-drift", &["--fail-on-drift"]);
    assert_eq!(drifted.status, 12, "{}", drifted.stdout);
    let found = "VisibilityTimeout";
    assert!(drifted.stdout.contains(found), "{}", drifted.stdout);
    let not_checked = "1 resource not checked";
    assert!(drifted.stdout.contains(not_checked), "{}", drifted.stdout);
}

/// An incomplete detection is not "no drift".
#[test]
fn attack_a_detection_that_could_not_check_a_resource_finds_no_drift() {
    let workdir = detect(&[("DETECTION_COMPLETE", "")]);
    let unknown = json!({
        "StackId": "stack", "StackDriftDetectionId": "detection", "DetectionStatus": "DETECTION_COMPLETE",
        "StackDriftStatus": "UNKNOWN", "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    workdir
        .aws
        .set("DescribeStackDriftDetectionStatus", unknown)
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": []}),
        );
    let found = workdir.json("check-drift", &[]);
    let drift = &found["items"][0]["result"]["drift"];
    assert_eq!(
        drift["incomplete"], "the drift of a resource is UNKNOWN",
        "{found}"
    );
    let found = workdir.try_action("check-drift", &["--fail-on-drift"]);
    assert_eq!(found.status, 30, "{}", found.stdout);
    let line = "drift is not known";
    assert!(found.stdout.contains(line), "{}", found.stdout);
}

#[test]
fn an_unsupported_type_is_not_checked_and_passes_a_gate() {
    let workdir = detect(&[("DETECTION_COMPLETE", "")]);
    let endpoint = json!({
        "StackId": stack_id(&workdir), "LogicalResourceId": "Endpoint", "PhysicalResourceId": "vpce-1",
        "ResourceType": "AWS::EC2::VPCEndpoint", "StackResourceDriftStatus": "UNSUPPORTED",
        "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    workdir
        .aws
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": [endpoint]}),
        )
        .on(
            "DetectStackResourceDrift",
            json!({"StackResourceDrift": endpoint}),
        );
    let found = workdir.try_action("check-drift", &["--fail-on-drift"]);
    assert_eq!(found.status, 0, "{}", found.stdout);
    let line = "1 resource not checked";
    assert!(found.stdout.contains(line), "{}", found.stdout);
}

/// CloudFormation would refuse the detection. Its state says why, before any request.
#[test]
fn a_stack_in_motion_or_after_a_failure_has_no_detection() {
    for (status, code) in [
        ("UPDATE_IN_PROGRESS", "stack-busy"),
        ("CREATE_FAILED", "stack-failed"),
        ("ROLLBACK_COMPLETE", "stack-failed"),
        ("UPDATE_FAILED", "stack-failed"),
        ("DELETE_FAILED", "stack-failed"),
        ("IMPORT_ROLLBACK_COMPLETE", "stack-failed"),
    ] {
        let workdir = workdir();
        workdir.aws.on("DescribeStacks", stack(&workdir, status));
        // An operation that is not scripted, such as `DetectStackDrift`, fails the test.
        let denied = workdir.try_action("check-drift", &[]);
        assert_eq!(denied.status, 20, "{status}: {}", denied.stdout);
        let error = format!("error[{code}]");
        assert!(
            denied.stdout.contains(&error),
            "{status}: {}",
            denied.stdout
        );
        assert!(
            denied.stdout.contains(status),
            "{status}: {}",
            denied.stdout
        );
    }
}
