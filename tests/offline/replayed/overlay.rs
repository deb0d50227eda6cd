//! The effect of an update on values that were changed outside of CloudFormation.

use serde_json::{Value, json};

use super::answers::{arn, fixture, preview, queries_of_existing_stack, stack, stack_id};
use super::attack::{HOSTILE, assert_harmless};
use super::{Workdir, workdir};
use crate::support::replay::refused;

/// An existing stack with this result of the last detection, and these further fields.
fn inspected(status: &str, more: &[(&str, &str)]) -> Workdir {
    let workdir = workdir();
    let mut answer = stack(&workdir, "UPDATE_COMPLETE");
    let there = &mut answer["Stacks"][0];
    there["DriftInformation"] =
        json!({"StackDriftStatus": status, "LastCheckTimestamp": "2026-11-25T09:30:00.000Z"});
    for (key, value) in more {
        there[*key] = json!(value);
    }
    workdir
        .aws
        .on("DescribeStacks", answer)
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    workdir
}

/// The same with this drift, and a change set of these resources.
fn drifted(drifts: Value, changes: &[Value]) -> Workdir {
    let workdir = inspected("DRIFTED", &[]);
    workdir.aws.on("DescribeStackResourceDrifts", drifts);
    preview(&workdir, described(&workdir, changes));
    workdir
}

fn described(workdir: &Workdir, changes: &[Value]) -> Value {
    let of_resource = |change| json!({"Type": "Resource", "ResourceChange": change});
    json!({
        "ChangeSetId": arn("changeSet", "provisioner"), "StackId": stack_id(workdir),
        "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE",
        "Changes": changes.iter().map(of_resource).collect::<Vec<_>>(),
    })
}

/// A resource with a property that is changed in place.
fn modified(id: &str, kind: &str, property: &str, after: &Value) -> Value {
    json!({
        "Action": "Modify", "LogicalResourceId": id, "ResourceType": kind, "Replacement": "False",
        "Scope": ["Properties"],
        "Details": [{
            "Target": {
                "Attribute": "Properties", "Name": property, "Path": format!("/Properties/{property}"),
                "RequiresRecreation": "Never", "AttributeChangeType": "Modify",
            },
            "Evaluation": "Static", "ChangeSource": "DirectModification",
        }],
        "AfterContext": json!({"Properties": {property: after}}).to_string(),
    })
}

fn modified_parameter(after: &str) -> Value {
    modified(
        "SolutionsPrefixParameter",
        "AWS::SSM::Parameter",
        "Value",
        &json!(after),
    )
}

/// A parameter with another value than the deployed one.
fn drifted_parameter(deployed: &str, live: &str) -> Value {
    json!({"StackResourceDrifts": [{
        "LogicalResourceId": "SolutionsPrefixParameter", "ResourceType": "AWS::SSM::Parameter",
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [{
            "PropertyPath": "/Value", "ExpectedValue": deployed, "ActualValue": live,
            "DifferenceType": "NOT_EQUAL",
        }],
    }]})
}

#[test]
fn each_live_value_is_reported_as_lost_or_kept() {
    let workdir = inspected("DRIFTED", &[]);
    workdir
        .aws
        .on("DescribeStackResourceDrifts", fixture(&workdir, "drifts"));
    let versioning = json!({"Status": "Enabled"});
    let changes = [
        modified(
            "Bucket",
            "AWS::S3::Bucket",
            "VersioningConfiguration",
            &versioning,
        ),
        modified(
            "BucketArnParameter",
            "AWS::SSM::Parameter",
            "Value",
            &json!("x"),
        ),
    ];
    preview(&workdir, described(&workdir, &changes));
    let shown = workdir.run_action("show-changes", &[]);
    insta::assert_snapshot!("replayed_overlay", workdir.redact_account(&shown.stdout));
    let asked = workdir.aws.requests_of("DescribeStackResourceDrifts");
    assert_eq!(asked.len(), 2, "one request for each page");
    assert_eq!(asked[1].get("NextToken"), "page-2");
    for (number, state) in [(1, "MODIFIED"), (2, "DELETED")] {
        let name = format!("StackResourceDriftStatusFilters.member.{number}");
        assert_eq!(asked[0].get(&name), state);
    }
    assert_eq!(workdir.aws.requests_of("DetectStackDrift").len(), 0);
}

#[test]
fn the_time_of_the_last_detection_is_reported() {
    let later = ("LastUpdatedTime", "2026-11-25T10:00:00.000Z");
    let earlier = ("LastUpdatedTime", "2026-11-25T09:00:00.000Z");
    let at = "detection last ran at 2026-11-25 09:30 UTC";
    for (status, more, wanted) in [
        ("IN_SYNC", &[][..], format!("drift: nothing found; {at}\n")),
        (
            "IN_SYNC",
            &[earlier],
            format!("drift: nothing found; {at}\n"),
        ),
        (
            "IN_SYNC",
            &[later],
            format!("drift: nothing found; {at}, before the last update of the stack\n"),
        ),
        ("UNKNOWN", &[], format!("drift: nothing known; {at}\n")),
    ] {
        let workdir = inspected(status, more);
        preview(&workdir, described(&workdir, &[modified_parameter("x")]));
        let shown = workdir.run_action("show-changes", &[]).stdout;
        assert!(shown.contains(&wanted), "{status}: {shown}");
    }
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    preview(&workdir, described(&workdir, &[]));
    let shown = workdir.run_action("show-changes", &[]).stdout;
    assert!(
        shown.contains("drift: detection never ran on this stack\n"),
        "{shown}"
    );
}

#[test]
fn drift_that_may_not_be_read_is_noted() {
    let denied = refused("AccessDenied", "User is not authorized to perform this");
    let workdir = drifted(denied, &[modified_parameter("x")]);
    let shown = workdir.run_action("show-changes", &[]).stdout;
    let note = "note: the drift of the resources could not be read: AccessDenied\n";
    assert!(
        shown.contains("drift: found; detection last ran"),
        "{shown}"
    );
    assert!(shown.contains(note), "{shown}");
    assert_eq!(workdir.aws.requests_of("DeleteChangeSet").len(), 1);
}

#[test]
fn attack_only_equality_of_a_live_value_is_shown() {
    const SECRETS: [&str; 2] = ["correct-horse-battery", "hV3nT8qZ1kJ6wX0sB5yD"];
    let [deployed, live] = SECRETS;
    let workdir = drifted(
        drifted_parameter(deployed, live),
        &[modified_parameter(deployed)],
    );
    for format in ["text", "markdown", "json", "sarif"] {
        let output = workdir.run_action("show-changes", &["--format", format]);
        let all = output.stdout + &output.stderr;
        for secret in SECRETS {
            assert!(!all.contains(secret), "{format}: {all}");
        }
    }
    let shown = workdir.json("show-changes", &[]);
    let row = &shown["items"][0]["result"]["drift"]["live"][0];
    let told = ["outcome", "deployed", "live", "updated"].map(|key| row[key].as_str().unwrap());
    assert_eq!(
        told,
        ["overwritten", "(hidden 1)", "(hidden 2)", "(hidden 1)"]
    );
    let workdir = drifted(
        drifted_parameter(deployed, live),
        &[modified_parameter(live)],
    );
    let shown = workdir.json("show-changes", &[]);
    let row = &shown["items"][0]["result"]["drift"]["live"][0];
    assert_eq!(row["outcome"], "already-matches");
    assert_eq!(row["live"], row["updated"]);
}

#[test]
fn attack_in_known_drift_values() {
    let drift = |text: &str| {
        json!({
            "LogicalResourceId": text, "PhysicalResourceId": text, "ResourceType": text,
            "StackResourceDriftStatus": "MODIFIED",
            "PropertyDifferences": [
                {"PropertyPath": text, "ExpectedValue": text, "ActualValue": text, "DifferenceType": text},
            ],
        })
    };
    let drifts = json!({"StackResourceDrifts": HOSTILE.map(drift)});
    let changes = HOSTILE.map(|text| modified(text, text, text, &json!(text)));
    let workdir = drifted(drifts, &changes);
    assert_harmless(&workdir, "show-changes", || {});
}
