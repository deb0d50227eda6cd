//! Attacks on the issue, the digest and the stack: each changes nothing. Each has an allowed twin.

use super::super::answers::{arn, stack};
use super::super::restore::described;
use super::*;

fn attack_a_repair_by_a_copied_issue<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let copied = world.opened(&world.user("alice"), false);
    for text in ["/provisioner restore", &line] {
        let said = world.say(copied, &world.user("bob"), text);
        world.assert_ignored(&said);
    }
    // The own issue, without its marker.
    let other = world.repo().issue(&world.own(), "Notes", "no marker");
    let said = world.say(other.number, &world.user("bob"), &line);
    world.assert_ignored(&said);
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_by_a_closed_issue<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    world.repo().close_issue(number);
    for (login, text) in [("alice", "/provisioner restore"), ("bob", &line)] {
        world.assert_denied(number, login, text, "the issue is closed");
    }
    world.repo().reopen_issue(number);
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_by_the_issue_of_another_stack<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let body = world.issue_of("acme-prod-0099-us-west-2-s3-stack", false);
    let other = world.repo().issue(&world.own(), "Drift", &body).number;
    for (login, text) in [("alice", "/provisioner restore"), ("bob", &line)] {
        world.assert_denied(other, login, text, "repair-not-requested");
    }
    // An argument names no stack.
    let named = format!("/provisioner restore {}", world.workdir().path());
    let run = world.command(other, "alice", &named);
    assert_ne!(run.status, 0, "{}", run.stderr);
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_by_a_comment_on_a_pull_request<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let run = world.on_pull_request(&world.user("bob"), &line);
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("repair-not-requested"),
        "{}",
        run.stderr
    );
    assert_eq!(world.effects(), 0);
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_with_another_digest<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let digest = line.split("--confirm ").nth(1).unwrap();
    let other = line.replace(digest, &"0".repeat(16));
    world.assert_denied(number, "bob", &other, "repair-needs-second-person");
    let unforced = line.replace("--force ", "");
    world.assert_denied(number, "bob", &unforced, "force-required");
    // A confirmation of another repair.
    let rollback = line.replace("restore", "continue-rollback");
    world.assert_denied(number, "bob", &rollback, "repair-needs-second-person");
    world.assert_repaired(number, "bob", &line);
}

fn attack_drift_that_changes_after_the_preview<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let mut more = reverted();
    more["Target"]["Path"] = json!("/Properties/Tags/0/Value");
    let changed = described(json!([modified(json!([reverted(), more]))]));
    let aws = &world.workdir().aws;
    aws.set("DescribeChangeSet", changed);
    world.assert_denied(number, "bob", &line, "repair-not-confirmed");
    aws.set(
        "DescribeChangeSet",
        described(json!([modified(json!([reverted()]))])),
    );
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_namesake_created_after_the_preview<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let aws = &world.workdir().aws;
    let mut first = stack(world.workdir(), "UPDATE_COMPLETE");
    first["Stacks"][0]["Parameters"] =
        json!([{"ParameterKey": "VpcId", "ParameterValue": "/network/vpc"}]);
    let mut other = first.clone();
    let id = arn("stack", &world.workdir().stack()).replace("000000000001", "000000000002");
    other["Stacks"][0]["StackId"] = json!(id);
    aws.set("DescribeStacks", other);
    world.assert_denied(number, "bob", &line, "repair-not-confirmed");
    aws.set("DescribeStacks", first);
    world.assert_repaired(number, "bob", &line);
}

/// The drift comes again in the same form, and the issue is opened again.
fn attack_a_confirmation_that_was_used<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let confirmed = world.say(number, &world.user("bob"), &line);
    let run = world.jobs(&confirmed);
    assert_eq!((run.status, world.effects()), (0, 1), "{}", run.stderr);
    let again = world.jobs(&confirmed);
    assert_ne!(again.status, 0, "the issue is closed: {}", again.stderr);
    world.repo().reopen_issue(number);
    let mut updated = stack(world.workdir(), "UPDATE_COMPLETE");
    updated["Stacks"][0]["Parameters"] =
        json!([{"ParameterKey": "VpcId", "ParameterValue": "/network/vpc"}]);
    updated["Stacks"][0]["LastUpdatedTime"] = json!("2026-11-26T09:00:00.000Z");
    world.workdir().aws.set("DescribeStacks", updated);
    let again = world.jobs(&confirmed);
    assert_ne!(again.status, 0, "{}", again.stderr);
    assert_eq!(world.effects(), 1);
    world.assert_denied(number, "bob", &line, "repair-needs-second-person");
    world.command(number, "alice", "/provisioner restore");
    executed(world.workdir(), json!([]));
    world.assert_repaired(number, "bob", &world.posted(number));
}

fn attack_a_config_removed_after_the_preview<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let path = world.workdir().path();
    world.repo().commit("main").remove(&path).push();
    world.assert_denied(number, "bob", &line, "repair-not-requested");
    // Another config that claims the stack too.
    world.commit();
    let text = world.workdir().read(&path);
    let copy = path.replace("s3/configs/", "s3/configs/team/");
    let globs = policy("    updates: in-place\nconfigs: ['s3/configs/**/*.yaml']\n");
    let commit = world.repo().commit("main");
    commit
        .write(".provisioner.yaml", globs)
        .write(&copy, text)
        .push();
    world.assert_denied(number, "bob", &line, "duplicate-stack");
    world.repo().commit("main").remove(&copy).push();
    world.assert_repaired(number, "bob", &line);
}

fn attack_a_repair_that_the_policy_forbids<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let set = |policy: &str| {
        let commit = world.repo().commit("main");
        commit.write(".provisioner.yaml", policy).push();
    };
    set(&policy("    updates: never\n"));
    world.assert_denied(number, "bob", &line, "update-not-allowed");
    set("version: 1\nenvironments: {prod: [\n");
    world.assert_denied(number, "bob", &line, "policy-invalid");
    set("version: 1\nenvironments: {prod: {updates: in-place}}\n");
    world.assert_denied(number, "bob", &line, "role-not-configured");
    set(&policy(IN_PLACE));
    W::Forge::unprotect(world.repo(), "main");
    world.assert_denied(number, "bob", &line, "branch-not-protected");
}

/// The change set does more than revert drift.
fn attack_a_restoration_by_comment_that_hides_an_update<W: IssueWorld>() {
    let (world, number) = W::drifted("    updates: reviewed\n");
    let line = world.requested(number);
    let mut hidden = reverted();
    let target = hidden["Target"].as_object_mut().unwrap();
    target.remove("Drift");
    target["BeforeValueFrom"] = json!("PREVIOUS_DEPLOYMENT_STATE");
    let changed = described(json!([modified(json!([reverted(), hidden]))]));
    world.workdir().aws.set("DescribeChangeSet", changed);
    world.assert_denied(number, "bob", &line, "repair-changes-more");
    let request = "/provisioner restore";
    world.assert_denied(number, "alice", request, "repair-changes-more");
    let reply = world.replies(number).pop().unwrap();
    assert!(!reply.contains("--confirm"), "{reply}");
}

fn attack_a_skipped_resource_that_was_not_confirmed<W: IssueWorld>() {
    let (world, number) = W::failed("");
    let run = world.command(number, "alice", "/provisioner continue-rollback");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let line = world.posted(number);
    // Somebody adds a resource to the confirmed list.
    let more = line.replace(" --force", " --skip Queue --force");
    world.assert_denied(number, "bob", &more, "repair-needs-second-person");
    world.command(
        number,
        "alice",
        "/provisioner continue-rollback --skip Queue",
    );
    world.assert_denied(number, "bob", &more, "repair-needs-second-person");
    // The rollback of the bucket did not fail.
    let other = "/provisioner continue-rollback --skip Bucket";
    world.assert_denied(number, "alice", other, "repair-changes-more");
    let confirmed = format!("{other} --force --confirm {}", "0".repeat(16));
    world.assert_denied(number, "bob", &confirmed, "repair-needs-second-person");
    let failed = stack(world.workdir(), "UPDATE_ROLLBACK_FAILED");
    let done = stack(world.workdir(), "UPDATE_ROLLBACK_COMPLETE");
    continued(world.workdir(), "UPDATE_ROLLBACK_COMPLETE");
    world
        .workdir()
        .aws
        .set("DescribeStacks", json!([failed, failed, done]));
    world.assert_repaired(number, "bob", &line);
}

on_both_forges! {
    attack_a_repair_by_a_copied_issue
    attack_a_repair_by_a_closed_issue
    attack_a_repair_by_the_issue_of_another_stack
    attack_a_repair_by_a_comment_on_a_pull_request
    attack_a_repair_with_another_digest
    attack_drift_that_changes_after_the_preview
    attack_a_namesake_created_after_the_preview
    attack_a_confirmation_that_was_used
    attack_a_config_removed_after_the_preview
    attack_a_repair_that_the_policy_forbids
    attack_a_restoration_by_comment_that_hides_an_update
    attack_a_skipped_resource_that_was_not_confirmed
}
