//! What two persons get done.

use super::*;

fn roles<W: IssueWorld>(world: &W) -> Vec<String> {
    let assumed = world.workdir().aws.requests_of("AssumeRoleWithWebIdentity");
    let roles = assumed.iter().map(|request| request.get("RoleArn"));
    let mut roles: Vec<String> = roles
        .map(|role| role.rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    roles.dedup();
    roles
}

fn a_second_person_confirms_a_restoration<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    assert_eq!(roles(&world), ["provisioner-plan"]);
    insta::assert_snapshot!("restore_requested", world.last_reply(number));
    let run = world.assert_repaired(number, "bob", &line);
    assert_eq!(roles(&world), ["provisioner-plan", "provisioner-apply"]);
    insta::assert_snapshot!("restored_by_comment", world.last_reply(number));
    let decided = run.evidence.to_string();
    assert!(decided.contains(r#""kind":"restore""#), "{decided}");
    // The stack was checked again, so the issue is closed.
    let issue = world.repo().issues().pop().unwrap();
    assert!(!issue.open, "{}", issue.body);
    assert!(issue.body.contains("no drift found"), "{}", issue.body);
    let created = &world.workdir().aws.requests_of("CreateChangeSet")[1];
    assert_eq!(created.get("DeploymentMode"), "REVERT_DRIFT");
}

fn a_second_person_confirms_a_continued_rollback<W: IssueWorld>() {
    let (world, number) = W::failed("");
    let request = "/provisioner continue-rollback --skip Queue";
    let run = world.command(number, "alice", request);
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("rollback_requested", world.last_reply(number));
    let line = world.posted(number);
    assert!(line.contains(" --skip Queue --force --confirm "), "{line}");
    let answers = world.workdir().aws.requests_of("DescribeStacks").len();
    assert!(answers > 0);
    let failed = super::super::answers::stack(world.workdir(), "UPDATE_ROLLBACK_FAILED");
    let done = super::super::answers::stack(world.workdir(), "UPDATE_ROLLBACK_COMPLETE");
    continued(world.workdir(), "UPDATE_ROLLBACK_COMPLETE");
    world
        .workdir()
        .aws
        .set("DescribeStacks", json!([failed, failed, done]));
    let run = world.assert_repaired(number, "bob", &line);
    insta::assert_snapshot!("rollback_continued", world.last_reply(number));
    let decided = run.evidence.to_string();
    assert!(
        decided.contains(r#""kind":"continue-rollback""#),
        "{decided}"
    );
    let asked = &world.workdir().aws.requests_of("ContinueUpdateRollback")[0];
    assert_eq!(asked.get("ResourcesToSkip.member.1"), "Queue");
    // Nobody checked the drift of its resources: the next scan does.
    assert!(world.repo().issues().pop().unwrap().open);
}

fn two_approvals_are_two_confirmations<W: IssueWorld>() {
    let (world, number) = W::drifted("    updates: in-place\n    approvals: 2\n");
    let line = world.requested(number);
    world.assert_denied(number, "bob", &line, "2 confirmations required, 1 valid");
    world.assert_denied(number, "bob", &line, "2 confirmations required, 1 valid");
    world.assert_repaired(number, "carol", &line);
}

fn a_stack_without_drift_is_left_as_it_is<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    let none = super::super::answers::change_set("FAILED", reason);
    world.workdir().aws.set("DescribeChangeSet", none);
    let run = world.command(number, "bob", &line);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.effects(), 0);
    assert!(!world.repo().issues().pop().unwrap().open);
    // Nothing is left to request.
    world.repo().reopen_issue(number);
    let run = world.command(number, "alice", "/provisioner restore");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let reply = world.replies(number).pop().unwrap();
    assert!(reply.contains("no drift to revert"), "{reply}");
    assert!(!reply.contains("--confirm"), "{reply}");
    world.workdir().aws.allow_unused();
    world.fake().take_writes();
}

on_both_forges! {
    a_second_person_confirms_a_restoration
    a_second_person_confirms_a_continued_rollback
    two_approvals_are_two_confirmations
    a_stack_without_drift_is_left_as_it_is
}
