//! Environments: the stacks of a job, and missing setup.

use super::*;

const STAGING: &str = "  staging:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n      \
                   apply: arn:aws:iam::{account_id}:role/provisioner-apply\n";

impl World {
    /// The config of the workdir for `staging`.
    pub(super) fn staged(&self) -> (String, String) {
        let text = self.workdir.read(&self.workdir.path());
        (
            self.workdir.path().replace("-prod-", "-staging-"),
            text.replace("env: prod", "env: staging"),
        )
    }
}

#[test]
fn each_environment_job_has_its_own_changes_and_comment() {
    let world = World::new(&policy(STAGING));
    let (path, text) = world.staged();
    let own = world.workdir.read(&world.workdir.path());
    let pull = world.proposal(|commit| commit.write(&world.workdir.path(), own).write(&path, text));
    let before = world.approved_and_merged(&pull);
    let job = world
        .push(&before)
        .with("PROVISIONER_ENVIRONMENT", "staging");
    run_successfully(&job);
    let stacks = world.stacks();
    assert_eq!(stacks.len(), 1, "{stacks:?}");
    assert!(stacks[0].0.contains("-staging-"), "{stacks:?}");
    run_successfully(&world.push(&before));
    assert_eq!(world.stacks().len(), 2);
    let comments = world.repo.comments(7);
    let ours: Vec<_> = comments
        .iter()
        .filter(|it| it.body.starts_with("<!-- provisioner:provision "))
        .collect();
    assert_eq!(ours.len(), 2);
    assert!(ours[0].body.contains("## Provisioner: `staging`"));
    assert!(ours[1].body.contains("## Provisioner: `prod`"));
    assert!(!ours[1].body.contains("-staging-"));
    world.github.take_writes();
}

#[test]
fn a_job_without_an_environment_provisions_all() {
    let world = World::new(&policy(STAGING));
    let (path, text) = world.staged();
    let own = world.workdir.read(&world.workdir.path());
    let pull = world.proposal(|commit| commit.write(&world.workdir.path(), own).write(&path, text));
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before).with("PROVISIONER_ENVIRONMENT", ""));
    assert_eq!(world.stacks().len(), 2);
    assert!(world.report(7).contains("2 stacks created"));
    world.github.take_writes();
}

/// The policy names no apply role for the environment: a job of another one says so, once.
#[test]
fn a_config_that_no_job_provisions_is_named_once() {
    let world = World::new(&policy("  staging: {}\n"));
    let (path, text) = world.staged();
    let pull = world.proposal(|commit| commit.write(&path, text));
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    for _ in 0..2 {
        run_successfully(&job);
        world.assert_no_stack();
    }
    world.github.expect_writes(&[COMMENT]);
    let comments = world.repo.comments(7);
    let ours = comments.iter().map(|it| &it.body);
    let mut ours = ours.filter(|body| body.starts_with("<!-- provisioner:unserved -->"));
    let comment = ours.next().expect("the comment");
    assert!(ours.next().is_none());
    assert_nothing_live(comment);
    for words in ["No job provisions 1 config", &path, "`staging`"] {
        assert!(comment.contains(words), "{words}: {comment}");
    }
}

#[test]
fn a_job_of_another_environment_does_not_comment() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world
        .push(&before)
        .with("PROVISIONER_ENVIRONMENT", "staging");
    let run = run_successfully(&job);
    assert!(run.summary.contains("No config to apply"));
    assert!(world.github.take_writes().is_empty());
    world.assert_nothing_done(&job, &run);
}

#[test]
fn missing_role_and_missing_token_have_help() {
    let without = policy("").replace(
        "      apply: arn:aws:iam::{account_id}:role/provisioner-apply\n",
        "",
    );
    let world = World::new(&without);
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["role-not-configured"]);
    insta::assert_snapshot!("no_role", world.report(7));

    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let job = job.with("ACTIONS_ID_TOKEN_REQUEST_URL", "");
    world.assert_job_denied(&job, &["identity-token-missing"]);
    insta::assert_snapshot!("no_token", world.report(7));
}
