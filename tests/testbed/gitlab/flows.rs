//! What each flow does on GitLab when everything is as it should be.
#![expect(clippy::disallowed_methods, reason = "a webhook's payload is a file")]

use super::world::*;
use crate::support::gitlab::{Pull, User};
use crate::world::World;

#[test]
fn a_merge_request_is_checked_in_one_note() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let notes = world.notes(7);
    let [note] = &notes[..] else {
        panic!("{notes:?}");
    };
    insta::assert_snapshot!("gitlab_check", world.shown(note));
    let statuses = world.repo.statuses(&pull.head_sha());
    assert_eq!(statuses.len(), 1, "{statuses:?}");
    // A second run finds both as they are.
    let run = world.run_check(&pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let again = world.notes(7);
    assert_eq!(again.len(), 1);
    // Only the link to the job differs.
    assert_eq!(world.shown(&again[0]), world.shown(note));
    assert_eq!(world.repo.statuses(&pull.head_sha()).len(), 1);
    world.gitlab.take_writes();
}

#[test]
fn a_merged_and_approved_change_is_provisioned() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let run = world.provision(&before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let notes = world.notes(7);
    assert_eq!(notes.len(), 2, "{notes:#?}");
    insta::assert_snapshot!("gitlab_provisioned", world.shown(&notes[1]));
    // A retried job finds the stack as it is.
    world.gitlab.take_writes();
    let again = world.provision(&before);
    assert_eq!(again.status, 0, "{}", again.stderr);
    world.gitlab.take_writes();
}

/// Runs the job of a note without an environment, or with one.
fn command(world: &GitLabWorld, by: &User, text: &str, environment: Option<&str>) -> GitLabRun {
    command_on(world, 7, by, text, environment)
}

fn command_on(
    world: &GitLabWorld,
    number: u64,
    by: &User,
    text: &str,
    environment: Option<&str>,
) -> GitLabRun {
    let note = world.repo.comment(number, by, text);
    let variables = world.repo.note_pipeline(&note, by);
    let payload = variables.iter().find(|(name, _)| name == "TRIGGER_PAYLOAD");
    let (_, payload) = payload.unwrap();
    let token = world.gitlab.apply_token();
    let job = world.job(&variables, &token, &world.branch_claims());
    let file = job.folder.path().join("payload.json");
    std::fs::write(&file, payload).unwrap();
    let job = job.with("TRIGGER_PAYLOAD", &file.display().to_string());
    run(match environment {
        Some(environment) => job.with("PROVISIONER_ENVIRONMENT", environment),
        None => job,
    })
}

#[test]
fn a_command_that_reads_is_answered_in_a_note() {
    let world = GitLabWorld::new(&policy(""));
    world.proposed(CONFIG);
    let run = command(&world, &world.carol, "/provisioner show-changes", None);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    let reply = world.notes(7).pop().unwrap();
    assert!(reply.starts_with("<!-- provisioner:command "), "{reply}");
    insta::assert_snapshot!("gitlab_reply", world.shown(&reply));
    // A guest gets no answer.
    let notes = world.notes(7).len();
    let run = command(&world, &world.mallory, "/provisioner show-changes", None);
    assert_eq!(
        (run.status, world.notes(7).len()),
        (0, notes),
        "{}",
        run.stderr
    );
    world.gitlab.take_writes();
}

impl GitLabWorld {
    /// A merge request by Alice that removes the config of the workdir, checked.
    pub fn removal(&self, number: u64) -> Pull {
        let branch = format!("removal-{number}");
        self.repo
            .branch_by(&self.alice, &branch, &self.repo.head("main"));
        let commit = self.repo.commit(&branch).author(&self.alice);
        commit.remove(&self.workdir.path()).push();
        let pull = self.repo.pull(&branch).author(&self.alice);
        let pull = pull.number(number).open();
        self.check(&pull);
        pull
    }
}

/// Removes the config of a deployed stack: the merge asks, and a second person confirms by a note.
#[test]
fn a_second_person_confirms_a_deletion() {
    let world = GitLabWorld::new(&policy("    deletes: guarded\n"));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let run = world.provision(&before);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let removal = world.removal(8);
    removal.approve(&world.bob);
    let before = world.repo.head("main");
    removal.merge(&world.bob);
    let run = world.provision(&before);
    assert_eq!(
        world.stack().as_deref(),
        Some("CREATE_COMPLETE"),
        "{}",
        run.stderr
    );
    let asked = world.notes(8).pop().unwrap();
    let line = asked
        .lines()
        .find(|line| line.starts_with("/provisioner tear-down"));
    let line = line.unwrap_or_else(|| panic!("{asked}"));
    // Who opened it cannot confirm it.
    let run = command_on(&world, 8, &world.alice, line, Some("prod"));
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let run = command_on(&world, 8, &world.carol, line, Some("prod"));
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
}

#[test]
fn drift_is_looked_for_on_schedule() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    assert_eq!(world.provision(&before).status, 0);
    let token = world.gitlab.apply_token();
    let job = world.job(
        &world.repo.schedule_pipeline(),
        &token,
        &world.branch_claims(),
    );
    let run = run(job);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert!(world.repo.issues().is_empty());
    world.gitlab.take_writes();
}

/// A fork's pipeline runs in the fork, and a member's pipeline for it in the project: neither gets a role.
#[test]
fn attack_a_merge_request_of_a_fork_gets_no_credentials() {
    let world = GitLabWorld::new(&policy(""));
    world.workdir.write_config(CONFIG);
    let text = world.workdir.read(&world.workdir.path());
    let fork = world.repo.fork("mallory/infra");
    fork.branch_by(&world.mallory, "feature", &world.repo.head("main"));
    let commit = fork.commit("feature").author(&world.mallory);
    commit.write(&world.workdir.path(), text).push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.mallory).number(7).open();
    let token = world.gitlab.check_token();
    let run = run(world.job(
        &pull.parent_pipeline(&world.bob),
        &token,
        &world.branch_claims(),
    ));
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert!(
        run.stdout.contains("fork") || run.file("summary.md").contains("fork"),
        "{}",
        run.stdout
    );
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
}

/// Calls of both forges for one new config, for a check and a provisioning.
#[test]
fn calls_are_bounded() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let check = world.gitlab.requests().len();
    let base = world.approved_and_merged(&pull);
    assert_eq!(world.provision(&base).status, 0);
    let provision = world.gitlab.requests().len() - check;
    world.gitlab.take_writes();
    let on_github = World::new(&policy(""));
    let pull = on_github.proposed(CONFIG);
    let github_check = on_github.github.requests().len();
    let base = on_github.approved_and_merged(&pull);
    assert_eq!(on_github.push(&base).run().status, 0);
    let github_provision = on_github.github.requests().len() - github_check;
    on_github.github.take_writes();
    let calls = [check, provision, github_check, github_provision];
    assert_eq!(calls, [24, 35, 16, 29], "docs/gitlab.md names them");
}
