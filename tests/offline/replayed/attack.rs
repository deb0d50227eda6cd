//! AWS echoes untrusted text. It stays text in every output.
#![expect(clippy::disallowed_methods, reason = "logs are files")]

use provisioner::text::is_invisible_or_bidi;
use serde_json::{Value, json};

use super::answers::{
    arn, created_change_set, events, first_events, no_stack, queries_of_existing_stack, stack,
    stack_id,
};
use super::{Workdir, workdir};
use crate::support::markdown::assert_nothing_live;
use crate::support::replay::{not_found, refused};

pub const HOSTILE: [&str; 12] = [
    "\u{1b}[2J\u{1b}]0;title\u{7}ok",
    "user\u{202e}nimda\u{2066}x\u{200b}\u{85}",
    "\n::set-output name=errors::0",
    "::stop-commands::x",
    "##[add-path]/tmp",
    "x\r##[set-env name=A]b",
    "```\n# Approved\n",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "![x](https://evil.example/x.png) [y](https://evil.example)",
    "@acme/admins closes #1, see www.evil.example",
    "a | b\n|---|---|\n| x | y |",
    "</details> <!-- provisioner:check --> `x`",
];

/// For places where only one value fits.
const FEW_ATTACKS: [&str; 3] = [HOSTILE[0], HOSTILE[3], HOSTILE[8]];

/// Runs an action in every format, each time with a new `script`, and checks every output.
pub fn assert_harmless(workdir: &Workdir, action: &str, script: impl Fn()) {
    for format in ["text", "markdown", "json", "sarif"] {
        script();
        let changes_aws = !["show-changes", "check-drift"].contains(&action);
        let force: &[&str] = if changes_aws { &["--force"] } else { &[] };
        let output = workdir.try_action(action, &[force, &["--format", format]].concat());
        let reports = workdir.folder().join("s3/reports");
        let logs = std::fs::read_dir(reports).unwrap();
        let logs = logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap());
        for text in logs.chain([output.stdout.clone(), output.stderr]) {
            assert!(!text.contains(is_invisible_or_bidi), "{format}: {text:?}");
            assert!(!text.contains("##["), "{format}: {text}");
            let command = text
                .lines()
                .find(|line| line.trim_start().starts_with("::"));
            assert_eq!(command, None, "{format}");
        }
        match format {
            "markdown" => {
                assert_nothing_live(&output.stdout);
                let headings = output.stdout.lines().filter(|line| line.starts_with('#'));
                assert_eq!(
                    headings.count(),
                    1,
                    "only the program's own: {}",
                    output.stdout
                );
            }
            "json" | "sarif" => {
                let read: Value = serde_json::from_str(&output.stdout).unwrap();
                assert!(read.is_object());
            }
            _ => {}
        }
    }
}

#[test]
fn attack_in_change_set_values() {
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    let change = |text: &&str| {
        json!({"Type": "Resource", "ResourceChange": {
            "Action": text, "PolicyAction": text, "Replacement": text,
            "LogicalResourceId": text, "PhysicalResourceId": text, "ResourceType": text,
            "Scope": [text],
            "Details": [{
                "Target": {"Attribute": text, "Name": text, "Path": text, "RequiresRecreation": text, "AfterValue": text},
                "Evaluation": text, "ChangeSource": text, "CausingEntity": text,
            }],
        }})
    };
    let finding = |text: &&str| {
        json!({
            "EventType": "VALIDATION_ERROR", "LogicalResourceId": text, "ValidationFailureMode": text,
            "ValidationName": text, "ValidationStatusReason": text, "ValidationPath": text,
        })
    };
    let hook = |text: &&str| {
        json!({
            "FailureMode": text, "TypeName": text,
            "TargetDetails": {"ResourceTargetDetails": {"LogicalResourceId": text}},
        })
    };
    let all = |of: &dyn Fn(&&str) -> Value| HOSTILE.iter().map(of).collect::<Vec<_>>();
    for reason in FEW_ATTACKS {
        let described = json!({
            "ChangeSetId": arn("changeSet", "provisioner"), "StackId": stack_id(&workdir),
            "Status": "FAILED", "StatusReason": reason, "Changes": all(&change),
        });
        assert_harmless(&workdir, "show-changes", || {
            created_change_set(&workdir, described.clone());
            workdir
                .aws
                .on("DescribeEvents", json!({"OperationEvents": all(&finding)}))
                .on("DescribeChangeSetHooks", json!({"Hooks": all(&hook)}))
                .on("DeleteChangeSet", json!({}));
        });
    }
}

#[test]
fn attack_in_stack_events() {
    let workdir = workdir();
    workdir
        .aws
        .on("HeadBucket", not_found())
        .on("ExecuteChangeSet", json!({}));
    let mut rows = vec![("", "CREATE_IN_PROGRESS", "User Initiated")];
    rows.extend(HOSTILE.map(|text| (text, "CREATE_FAILED", text)));
    let mut events = events(&workdir, &rows);
    for (event, text) in events.iter_mut().skip(1).zip(HOSTILE) {
        event["ResourceType"] = json!(text);
    }
    assert_harmless(&workdir, "prep-master", || {
        created_change_set(
            &workdir,
            json!({
                "ChangeSetId": arn("changeSet", "provisioner"), "Status": "CREATE_COMPLETE", "Changes": [],
            }),
        );
        workdir
            .aws
            .on(
                "DescribeStacks",
                json!([no_stack(), stack(&workdir, "DELETE_COMPLETE")]),
            )
            .on(
                "DescribeStackEvents",
                json!([first_events(&events, 0), first_events(&events, rows.len())]),
            );
    });
}

#[test]
fn attack_in_drift_values() {
    let workdir = workdir();
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on("GetTemplate", json!({"TemplateBody": ""}));
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
    workdir.aws.on("DescribeStackResourceDrifts", drifts);
    for reason in FEW_ATTACKS {
        let failed =
            json!({"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": reason});
        assert_harmless(&workdir, "check-drift", || {
            workdir
                .aws
                .on("DescribeStackDriftDetectionStatus", failed.clone());
        });
    }
}

#[test]
fn attack_in_states_errors_and_names() {
    for text in FEW_ATTACKS {
        let workdir = workdir();
        let mut there = stack(&workdir, text);
        there["Stacks"][0]["Outputs"] =
            json!([{"OutputKey": text, "OutputValue": text, "ExportName": text}]);
        let resource = json!({
            "LogicalResourceId": text, "PhysicalResourceId": text, "ResourceType": text, "ResourceStatus": text,
        });
        workdir
            .aws
            .on("DescribeStacks", there)
            .on("ListImports", json!({"Imports": [text]}))
            .on("GetTemplate", json!({"TemplateBody": text}))
            .on(
                "ListStackResources",
                json!({"StackResourceSummaries": [resource]}),
            );
        assert_harmless(&workdir, "tear-down", || {});
        workdir.aws.on("DescribeStacks", refused(text, text));
        assert_harmless(&workdir, "check-drift", || {});
    }
}
