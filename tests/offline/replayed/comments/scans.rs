//! A scan for drift, and provisioner's issue about a stack.

use super::super::answers::stack;
use super::*;

/// A detection that could not check a resource does not say that the drift is gone.
#[test]
fn attack_a_scan_that_could_not_check_a_resource_closes_the_issue() {
    for (detection, status, is_open) in [
        ("DETECTION_FAILED", 30, true),
        ("DETECTION_COMPLETE", 0, false),
    ] {
        let world = GitHubWorld::new(&policy(""));
        let workdir = world.workdir();
        workdir.aws.allow_unused();
        let ended = json!({
            "StackId": "stack", "StackDriftDetectionId": "detection", "DetectionStatus": detection,
            "DetectionStatusReason": "Failed to detect drift on resource [Bucket]",
            "Timestamp": "2026-11-25T09:00:00.000Z",
        });
        let started = json!({"StackDriftDetectionId": "detection"});
        let none = json!({"StackResourceDrifts": []});
        workdir
            .aws
            .set("DescribeStacks", stack(workdir, "UPDATE_COMPLETE"))
            .set("DetectStackDrift", started)
            .set("DescribeStackDriftDetectionStatus", ended)
            .set("DescribeStackResourceDrifts", none)
            .set("ListStackResources", json!({"StackResourceSummaries": []}))
            .set("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
        world.opened(&world.own(), false);
        let run = world.scan();
        assert_eq!(run.status, status, "{}", run.stderr);
        let writes = world.fake().take_writes();
        assert_eq!(writes.len(), usize::from(!is_open), "{}", run.stderr);
        let issue = world.repo().issues().pop().unwrap();
        assert_eq!(issue.open, is_open, "{}", issue.body);
        let named = run.stderr.contains("not all resources were checked");
        assert_eq!(named, is_open, "{}", run.stderr);
    }
}
