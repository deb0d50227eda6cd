//! Environments: which stacks a job is for, and what it lacks for them.

use super::*;

const TWO: &str = "  staging:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n      \
                   apply: arn:aws:iam::{account_id}:role/provisioner-apply\n";

impl World {
    /// The desk's config for `staging`.
    fn staged(&self) -> (String, String) {
        let text = self.desk.read(&self.desk.path());
        (
            self.desk.path().replace("-prod-", "-staging-"),
            text.replace("env: prod", "env: staging"),
        )
    }
}

#[test]
fn each_environment_s_job_does_its_own_and_comments_for_itself() {
    let world = World::new(&policy(TWO));
    let (path, text) = world.staged();
    let own = world.desk.read(&world.desk.path());
    let pull = world.proposal(|commit| commit.write(&world.desk.path(), own).write(&path, text));
    let before = world.approved_and_merged(&pull);
    let job = world
        .push(&before)
        .with("PROVISIONER_ENVIRONMENT", "staging");
    succeeds(&job);
    let stacks = world.stacks();
    assert_eq!(stacks.len(), 1, "{stacks:?}");
    assert!(stacks[0].0.contains("-staging-"), "{stacks:?}");
    succeeds(&world.push(&before));
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
fn a_job_without_an_environment_does_them_all() {
    let world = World::new(&policy(TWO));
    let (path, text) = world.staged();
    let own = world.desk.read(&world.desk.path());
    let pull = world.proposal(|commit| commit.write(&world.desk.path(), own).write(&path, text));
    let before = world.approved_and_merged(&pull);
    succeeds(&world.push(&before).with("PROVISIONER_ENVIRONMENT", ""));
    assert_eq!(world.stacks().len(), 2);
    assert!(world.told(7).contains("2 configs: 2 done"));
    world.github.take_writes();
}

#[test]
fn a_job_of_another_environment_says_nothing() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world
        .push(&before)
        .with("PROVISIONER_ENVIRONMENT", "staging");
    let done = succeeds(&job);
    assert!(done.summary.contains("No config is concerned"));
    assert!(world.github.take_writes().is_empty());
    world.idle(&job, &done);
}

#[test]
fn an_environment_without_a_role_and_a_job_without_a_token_say_what_to_do() {
    let without = policy("").replace(
        "      apply: arn:aws:iam::{account_id}:role/provisioner-apply\n",
        "",
    );
    let world = World::new(&without);
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.refused(&before, &["role-not-configured"]);
    insta::assert_snapshot!("no_role", world.told(7));

    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let job = job.with("ACTIONS_ID_TOKEN_REQUEST_URL", "");
    world.is_refused(&job, &["identity-token-missing"]);
    insta::assert_snapshot!("no_token", world.told(7));
}
