//! Drift before `adopt` and `unadopt`: what the change of tags would overwrite, and what the previews say of it.

use serde_json::{Value, json};

use super::adopt::{adopted, change_set_of_tags, foreign, team, template};
use super::answers::{created_change_set, detected, drifted};
use super::{Workdir, workdir};
use crate::support::replay::refused;

/// The answers to a change set of tags that is not executed. `status`: of the drift detection.
fn discarded(workdir: &Workdir, before: Value, [status, drifted_id]: [&str; 2]) {
    template(workdir);
    created_change_set(workdir, change_set_of_tags());
    let drifts = match drifted_id {
        "" => json!([]),
        id => json!([drifted(id)]),
    };
    detected(workdir, status, drifts);
    workdir
        .aws
        .on("DescribeStacks", before)
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
}

#[test]
fn attack_a_change_of_tags_over_a_value_that_was_changed_by_hand() {
    for action in ["adopt", "unadopt"] {
        let workdir = workdir();
        let before = match action {
            "adopt" => foreign(&workdir, team()),
            _ => adopted(&workdir, "CREATE_COMPLETE"),
        };
        discarded(&workdir, before, ["DETECTION_COMPLETE", "Bucket"]);
        let denied = workdir.try_action(action, &["--force"]);
        assert_eq!(denied.status, 20, "{}", denied.stdout);
        assert!(!denied.stdout.contains("secret"), "{}", denied.stdout);
        insta::assert_snapshot!(
            format!("{action}_on_drift"),
            workdir.redact_account(&denied.stdout)
        );
    }
}

#[test]
fn attack_a_change_of_tags_without_a_complete_drift_detection() {
    let workdir = workdir();
    let before = foreign(&workdir, team());
    discarded(&workdir, before, ["DETECTION_FAILED", ""]);
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("adopt-on-drift"),
        "{}",
        denied.stdout
    );

    let workdir = self::workdir();
    template(&workdir);
    created_change_set(&workdir, change_set_of_tags());
    workdir
        .aws
        .on("DescribeStacks", foreign(&workdir, team()))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}))
        .on("DetectStackDrift", refused("AccessDenied", "not allowed"));
    let failed = workdir.try_action("adopt", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
}

/// AWS checked the stack, and does not know whether a resource has drifted.
#[test]
fn attack_a_change_of_tags_over_unknown_drift() {
    let workdir = workdir();
    template(&workdir);
    created_change_set(&workdir, change_set_of_tags());
    let ended = json!({
        "StackId": "stack", "StackDriftDetectionId": "detection",
        "DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "UNKNOWN",
        "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    workdir
        .aws
        .on("DescribeStacks", foreign(&workdir, team()))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}))
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on("DescribeStackDriftDetectionStatus", ended)
        .on(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": []}),
        );
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    let words = "drift detection did not check every resource";
    assert!(denied.stdout.contains(words), "{}", denied.stdout);
}

/// AWS's pages disagree about drift detection in the state `IMPORT_COMPLETE`. A refusal denies, and the change set is deleted.
#[test]
fn attack_a_change_of_tags_without_drift_detection() {
    let workdir = workdir();
    template(&workdir);
    created_change_set(&workdir, change_set_of_tags());
    let mut imported = foreign(&workdir, team());
    imported["Stacks"][0]["StackStatus"] = json!("IMPORT_COMPLETE");
    let reason = "Stack [acme] is in IMPORT_COMPLETE state";
    workdir
        .aws
        .on("DescribeStacks", imported)
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}))
        .on("DetectStackDrift", refused("ValidationError", reason));
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!(
        "adopt_without_drift_detection",
        workdir.redact_account(&denied.stdout)
    );
}

#[test]
fn attack_a_change_of_tags_of_a_missing_resource() {
    let workdir = workdir();
    template(&workdir);
    created_change_set(&workdir, change_set_of_tags());
    let mut missing = drifted("Bucket");
    missing["StackResourceDriftStatus"] = json!("DELETED");
    detected(&workdir, "DETECTION_COMPLETE", json!([missing]));
    workdir
        .aws
        .on("DescribeStacks", adopted(&workdir, "CREATE_COMPLETE"))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
    let denied = workdir.try_action("unadopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!(
        "unadopt_missing_resource",
        workdir.redact_account(&denied.stdout)
    );
}

/// Known drift denies the dry run as it denies the run, if the resource may get other tags, and no update is younger.
#[test]
fn dry_runs_are_denied_for_known_drift() {
    for (kind, updated, status) in [
        ("AWS::S3::Bucket", None, 20),
        ("AWS::S3::BucketPolicy", None, 0),
        ("AWS::S3::Bucket", Some("2026-11-25T11:00:00.000Z"), 0),
    ] {
        let workdir = workdir();
        template(&workdir);
        let mut before = foreign(&workdir, team());
        before["Stacks"][0]["DriftInformation"] = json!({
            "StackDriftStatus": "DRIFTED", "LastCheckTimestamp": "2026-11-25T10:00:00.000Z",
        });
        if let Some(updated) = updated {
            before["Stacks"][0]["LastUpdatedTime"] = json!(updated);
        }
        let mut resource = drifted("Bucket");
        resource["ResourceType"] = json!(kind);
        workdir
            .aws
            .on(
                "DescribeStackResourceDrifts",
                json!({"StackResourceDrifts": [resource]}),
            )
            .on("DescribeStacks", before);
        let compared = workdir.try_action("adopt", &["--dry-run"]);
        assert_eq!(
            compared.status, status,
            "{kind} {updated:?}: {}",
            compared.stdout
        );
        let is_denied = compared.stdout.contains("adopt-on-drift");
        assert_eq!(is_denied, status == 20, "{}", compared.stdout);
    }
}

/// A detection of the stack can leave out a resource, which `check-drift` then checks alone. The stack's own status says nothing of it.
#[test]
fn dry_runs_are_denied_for_drift_of_a_resource_that_was_checked_alone() {
    for action in ["adopt", "unadopt"] {
        let workdir = workdir();
        template(&workdir);
        let mut before = match action {
            "adopt" => foreign(&workdir, team()),
            _ => adopted(&workdir, "CREATE_COMPLETE"),
        };
        before["Stacks"][0]["DriftInformation"] = json!({
            "StackDriftStatus": "IN_SYNC", "LastCheckTimestamp": "2026-11-25T10:00:00.000Z",
        });
        let drifts = json!({"StackResourceDrifts": [drifted("Bucket")]});
        workdir
            .aws
            .set("DescribeStackResourceDrifts", drifts)
            .on("DescribeStacks", before);
        let compared = workdir.try_action(action, &["--dry-run"]);
        assert_eq!(compared.status, 20, "{}", compared.stdout);
        for words in [
            "error[adopt-on-drift]",
            "has drifted from its template, in Bucket",
        ] {
            assert!(compared.stdout.contains(words), "{}", compared.stdout);
        }
    }
}

/// The drift of a stack that cannot be adopted is not the reason.
#[test]
fn a_stack_that_cannot_be_adopted_is_not_denied_for_its_drift() {
    let workdir = super::unfinished::unfinished();
    let mut left = super::answers::stack(&workdir, "IMPORT_COMPLETE");
    left["Stacks"][0]["Tags"] = json!([]);
    left["Stacks"][0]["DriftInformation"] = json!({
        "StackDriftStatus": "DRIFTED", "LastCheckTimestamp": "2026-11-25T10:00:00.000Z",
    });
    let drifts = json!({"StackResourceDrifts": [drifted("Bucket")]});
    workdir
        .aws
        .set("DescribeStackResourceDrifts", drifts)
        .set("DescribeStacks", left);
    let denied = workdir.try_action("adopt", &["--dry-run"]);
    assert!(
        denied.stdout.contains("is not finished"),
        "{}",
        denied.stdout
    );
    assert!(
        !denied.stdout.contains("adopt-on-drift"),
        "{}",
        denied.stdout
    );
}

/// A detection that did not check every resource denies the run, so its result denies the dry run.
#[test]
fn dry_runs_are_denied_after_an_incomplete_detection() {
    let workdir = workdir();
    template(&workdir);
    let mut before = foreign(&workdir, team());
    before["Stacks"][0]["DriftInformation"] = json!({
        "StackDriftStatus": "UNKNOWN", "LastCheckTimestamp": "2026-11-25T10:00:00.000Z",
    });
    workdir.aws.on("DescribeStacks", before);
    let compared = workdir.try_action("adopt", &["--dry-run"]);
    assert_eq!(compared.status, 20, "{}", compared.stdout);
    let words = "drift detection did not check every resource";
    assert!(compared.stdout.contains(words), "{}", compared.stdout);
}

/// The preview says what it knows of values that were changed by hand.
#[test]
fn dry_runs_say_what_the_change_of_tags_may_overwrite() {
    for action in ["adopt", "unadopt"] {
        let mut shown = String::new();
        for status in [None, Some("IN_SYNC"), Some("DRIFTED")] {
            let workdir = workdir();
            template(&workdir);
            let mut before = match action {
                "adopt" => foreign(&workdir, team()),
                _ => adopted(&workdir, "CREATE_COMPLETE"),
            };
            if let Some(status) = status {
                before["Stacks"][0]["DriftInformation"] = json!({
                    "StackDriftStatus": status,
                    "LastCheckTimestamp": "2026-11-25T10:00:00.000Z",
                });
            }
            if status == Some("DRIFTED") {
                let drifts = json!({"StackResourceDrifts": [drifted("Bucket")]});
                workdir.aws.on("DescribeStackResourceDrifts", drifts);
            }
            workdir.aws.on("DescribeStacks", before);
            let compared = workdir.try_action(action, &["--dry-run"]);
            assert!(!compared.stdout.contains("secret"), "{}", compared.stdout);
            let lines = compared.stdout.lines();
            let lines = lines.filter(|line| line.contains("tag") || line.contains("drift"));
            for line in lines {
                shown.push_str(&format!("{}\n", workdir.redact_account(line)));
            }
            shown.push('\n');
        }
        insta::assert_snapshot!(format!("{action}_drift_lines"), shown);
    }
}
