//! Where a run tells what it did: comment, deployments, outputs, summary. What cannot be told does not undo what was done.

use super::*;
use crate::support::github::Fault;

#[test]
fn a_run_tells_and_its_repetition_adds_nothing() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let done = succeeds(&job);
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
    let told: Vec<&str> = deployment
        .statuses
        .iter()
        .map(|it| it.description.as_str())
        .collect();
    assert_eq!(
        told,
        [
            format!("{}: in progress", world.desk.stack()),
            format!("{}: done", world.desk.stack())
        ]
    );
    for (name, count) in [
        ("done", "1"),
        ("waiting", "0"),
        ("denied", "0"),
        ("failed", "0"),
    ] {
        assert_eq!(done.outputs[name], count, "{name}");
    }
    assert_eq!(
        done.outputs["evidence-file"],
        evidence_file(&job).display().to_string()
    );
    assert!(
        done.stderr
            .ends_with("provisioner: 1 config, 1 done, 0 waiting, 0 denied, 0 failed\n"),
        "{}",
        done.stderr
    );
    let summary = world.desk.neutral(&settled(&done.summary));
    assert!(
        summary.starts_with("\n## Provisioner: `prod`\n"),
        "{summary}"
    );

    let again = succeeds(&job);
    assert_eq!(again.outputs["done"], "1");
    let writes = world.github.take_writes();
    let comments = writes.iter().filter(|it| it.matches(COMMENT)).count();
    assert_eq!(comments, 0, "the comment is updated, if at all");
    assert_eq!(world.repo.deployments().len(), 1);
    insta::assert_snapshot!("again", world.told(7));
    assert_eq!(world.stacks().len(), 1);
}

#[test]
fn without_the_permission_for_deployments_the_work_goes_on() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let token = world
        .github
        .actions_token_writing(&["issues", "pull-requests"]);
    succeeds(&world.push(&before).with("GITHUB_TOKEN", &token));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(
        world.told(7).contains("Grant the job deployments write."),
        "{}",
        world.told(7)
    );
    let tries = world.github.take_writes();
    assert_eq!(
        tries.iter().filter(|it| it.matches(DEPLOYMENT)).count(),
        1,
        "it is tried once"
    );
}

#[test]
fn without_the_permission_for_comments_the_work_goes_on() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let token = world.github.actions_token_writing(&["deployments"]);
    let done = succeeds(&world.push(&before).with("GITHUB_TOKEN", &token));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(done.summary.contains("1 config: 1 done"));
    assert!(done.stderr.contains("warning: "), "{}", done.stderr);
    assert_eq!(done.outputs["done"], "1");
    world.github.take_writes();
}

#[test]
fn a_forge_that_fails_at_the_end_fails_the_run_after_the_work() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    world.github.fault_always(COMMENT, Fault::Status(502));
    let done = world.push(&before).run();
    assert_eq!(done.status, 31, "{}", done.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(done.outputs["done"], "1");
    world.github.clear_faults();
    succeeds(&world.push(&before));
    assert!(world.told(7).contains("1 config: 1 done"));
    world.github.take_writes();
}

#[test]
fn no_comment_where_none_is_wanted() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    succeeds(&world.push(&before).with("PROVISIONER_COMMENT", "false"));
    world
        .github
        .expect_writes(&[DEPLOYMENT, DEPLOYED, DEPLOYED]);
}

#[test]
fn attack_the_comment_of_somebody_else_is_not_ours() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    world.refused(&before, &["approval-missing"]);
    let ours = world.repo.comments(7).pop().unwrap();
    let theirs = world.repo.comment(7, &world.mallory, &ours.body);
    pull.approve(&world.bob);
    succeeds(&world.push(&before));
    let comments = world.repo.comments(7);
    let body = |id| &comments.iter().find(|it| it.id == id).unwrap().body;
    assert_eq!(*body(theirs.id), theirs.body);
    assert!(body(ours.id).contains("1 config: 1 done"));
    world.github.take_writes();
}
