//! The outputs of a run: comment, deployments, variables, summary. A failed report does not undo what was done.

use super::*;
use crate::support::github::Fault;

#[test]
fn a_repeated_run_updates_the_same_comment() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let run = run_successfully(&job);
    world
        .github
        .expect_writes(&[DEPLOYMENT, DEPLOYED, DEPLOYED, COMMENT]);
    let deployment = world.repo.deployments().remove(0);
    assert_eq!(deployment.environment, "prod");
    assert_eq!(deployment.sha, world.repo.head("main"));
    let states: Vec<&str> = deployment
        .statuses
        .iter()
        .map(|it| it.state.as_str())
        .collect();
    assert_eq!(states, ["in_progress", "success"]);
    let report: Vec<&str> = deployment
        .statuses
        .iter()
        .map(|it| it.description.as_str())
        .collect();
    assert_eq!(
        report,
        [
            format!("{}: in progress", world.workdir.stack()),
            format!("{}: created", world.workdir.stack())
        ]
    );
    for (name, count) in [
        ("done", "1"),
        ("waiting", "0"),
        ("denied", "0"),
        ("failed", "0"),
    ] {
        assert_eq!(run.outputs[name], count, "{name}");
    }
    assert_eq!(
        run.outputs["evidence-file"],
        evidence_file(&job).display().to_string()
    );
    assert!(
        run.stderr
            .ends_with("provisioner: 1 config, 1 done, 0 waiting, 0 denied, 0 failed\n"),
        "{}",
        run.stderr
    );
    let summary = world.workdir.redact_account(&normalize(&run.summary));
    assert!(
        summary.starts_with("\n## Provisioner: `prod`\n"),
        "{summary}"
    );

    let again = run_successfully(&job);
    assert_eq!(again.outputs["done"], "1");
    let writes = world.github.take_writes();
    let comments = writes.iter().filter(|it| it.matches(COMMENT)).count();
    assert_eq!(comments, 0, "the comment is updated, if at all");
    assert_eq!(world.repo.deployments().len(), 1);
    insta::assert_snapshot!("again", world.report(7));
    assert_eq!(world.stacks().len(), 1);
}

#[test]
fn without_deployment_permission_the_run_continues() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let token = world
        .github
        .actions_token_writing(&["issues", "pull-requests"]);
    run_successfully(&world.push(&before).with("GITHUB_TOKEN", &token));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(
        world
            .report(7)
            .contains("Grant the job `deployments: write`."),
        "{}",
        world.report(7)
    );
    let tries = world.github.take_writes();
    assert_eq!(
        tries.iter().filter(|it| it.matches(DEPLOYMENT)).count(),
        1,
        "it is tried once"
    );
}

#[test]
fn without_comment_permission_the_run_continues() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let token = world.github.actions_token_writing(&["deployments"]);
    let run = run_successfully(&world.push(&before).with("GITHUB_TOKEN", &token));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(run.summary.contains("1 stack "));
    assert!(run.stderr.contains("warning: "), "{}", run.stderr);
    assert_eq!(run.outputs["done"], "1");
    world.github.take_writes();
}

#[test]
fn a_failed_comment_fails_the_run_after_provisioning() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    world.github.fault_always(COMMENT, Fault::Status(502));
    let run = world.push(&before).run();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(run.outputs["done"], "1");
    world.github.clear_faults();
    run_successfully(&world.push(&before));
    assert!(world.report(7).contains("1 stack "));
    world.github.take_writes();
}

#[test]
fn comments_can_be_switched_off() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before).with("PROVISIONER_COMMENT", "false"));
    world
        .github
        .expect_writes(&[DEPLOYMENT, DEPLOYED, DEPLOYED]);
}

#[test]
fn attack_a_foreign_comment_is_not_ours() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing"]);
    let ours = world.repo.comments(7).pop().unwrap();
    let theirs = world.repo.comment(7, &world.mallory, &ours.body);
    pull.approve(&world.bob);
    run_successfully(&world.push(&before));
    let comments = world.repo.comments(7);
    let body = |id| &comments.iter().find(|it| it.id == id).unwrap().body;
    assert_eq!(*body(theirs.id), theirs.body);
    assert!(body(ours.id).contains("1 stack "));
    world.github.take_writes();
}
