//! Pipelines of merge commits as whole jobs: merged results and merge trains (Premium).
//! <https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/>, <https://docs.gitlab.com/ci/pipelines/merge_trains/>

use super::world::*;
use crate::support::gitlab::{Pull, Variables};

/// What a report says of a new stack if the job queried AWS.
const PREVIEWED: &str = "-stack: does not exist;";

impl GitLabWorld {
    fn with_trains() -> Self {
        Self::with_project(&policy(""), |repo| repo.protected("main").merge_trains())
    }

    /// A merge request of the project or of a fork that writes this file.
    fn proposes(&self, number: u64, is_fork: bool, path: &str, text: &str) -> Pull {
        let branch = format!("change-{number}");
        let (repo, by) = match is_fork {
            true => (
                self.repo.fork(&format!("mallory{number}/infra")),
                &self.mallory,
            ),
            false => (self.repo.clone(), &self.alice),
        };
        repo.branch_by(by, &branch, &self.repo.head("main"));
        repo.commit(&branch).author(by).write(path, text).push();
        let pull = self.repo.pull(&branch).author(by);
        let pull = match is_fork {
            true => pull.of_fork(&repo),
            false => pull,
        };
        pull.number(number).open()
    }

    fn proposes_config(&self, number: u64, is_fork: bool) -> Pull {
        self.workdir.write_config(CONFIG);
        let text = self.workdir.read(&self.workdir.path());
        self.proposes(number, is_fork, &self.workdir.path(), &text)
    }

    /// Runs the check of a pipeline of the merge request's branch.
    fn run_pipeline(&self, pull: &Pull, variables: &Variables) -> GitLabRun {
        let branch = pull.head_ref();
        let subject = format!("project_path:acme/infra:ref_type:branch:ref:{branch}");
        let claims = self.claims(&subject, &branch, false);
        let ran = run(self.job(variables, &self.gitlab.check_token(), &claims));
        assert_eq!(ran.status, 0, "{}{}", ran.stderr, ran.stdout);
        ran
    }

    /// Runs the check of the merge request's place in the train. Returns the run and the commit.
    fn run_train(&self, pull: &Pull) -> (GitLabRun, String) {
        let variables = pull.merge_train_pipeline(&self.bob);
        let commit = variables.iter().find(|(name, _)| name == "CI_COMMIT_SHA");
        let commit = commit.unwrap().1.clone();
        let ran = self.run_pipeline(pull, &variables);
        // The status of the commit is all that a train's check writes.
        self.gitlab.expect_writes(&["POST /projects/*/statuses/*"]);
        (ran, commit)
    }
}

#[test]
fn a_merged_results_pipeline_checks_in_the_same_note() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let shown = world.notes(7);
    world.repo.commit("main").write("README.md", "x").push();
    let variables = pull.merged_result_pipeline(&world.alice);
    world.run_pipeline(&pull, &variables);
    world.gitlab.take_writes();
    let notes = world.notes(7);
    assert_eq!(notes.len(), 1, "{notes:#?}");
    assert!(notes[0].contains(&pull.head_sha()), "{}", notes[0]);
    // The base is the merge base, as without merged results.
    assert_eq!(world.shown(&notes[0]), world.shown(&shown[0]));
    let statuses = world.repo.statuses(&pull.head_sha());
    assert!(
        statuses.iter().all(|status| status.state == "success"),
        "{statuses:?}"
    );
    let before = world.approved_and_merged(&pull);
    let run = world.provision(&before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.gitlab.take_writes();
}

#[test]
fn a_merge_train_is_checked_and_provisioned() {
    let world = GitLabWorld::with_trains();
    let first = world.proposes(7, false, "README.md", "text\n");
    let own = world.proposes_config(8, false);
    for pull in [&first, &own] {
        world.check(pull);
        pull.approve(&world.bob);
    }
    let notes = world.notes(8).len();
    let path = world.workdir.path();
    // The first one changes no config; the second is checked on top of it.
    let (ran, commit) = world.run_train(&first);
    assert!(
        !ran.file("summary.md").contains(&path),
        "{}",
        ran.file("summary.md")
    );
    assert_eq!(world.repo.statuses(&commit).len(), 1);
    let (ran, commit) = world.run_train(&own);
    let summary = ran.file("summary.md");
    assert!(summary.contains(&path), "{summary}");
    assert!(summary.contains(PREVIEWED), "{summary}");
    assert!(!summary.contains("comes from a fork"), "{summary}");
    assert!(!summary.contains("could not find every"), "{summary}");
    assert_eq!(world.repo.statuses(&commit).len(), 1);
    assert_eq!(world.notes(8).len(), notes);
    assert_eq!(world.stack(), None);
    first.merge(&world.bob);
    let before = world.merged(&own);
    let run = world.provision(&before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.gitlab.take_writes();
}

/// A fork in the train, or ahead in it, has a part in what is checked: the job asks AWS nothing.
#[test]
fn attack_a_fork_in_a_merge_train_gets_no_preview() {
    for is_ahead in [false, true] {
        let world = GitLabWorld::with_trains();
        let ran = match is_ahead {
            false => world.run_train(&world.proposes_config(7, true)).0,
            true => {
                let fork = world.proposes(7, true, "README.md", "text\n");
                fork.merge_train_pipeline(&world.bob);
                world.run_train(&world.proposes_config(8, false)).0
            }
        };
        let summary = ran.file("summary.md");
        assert!(
            summary.contains("merge request 7, which comes from a fork"),
            "{summary}"
        );
        assert!(!summary.contains(PREVIEWED), "{summary}");
    }
}

/// A job that GitLab still runs after the train changed.
#[test]
fn attack_a_commit_that_the_train_does_not_hold_gets_no_preview() {
    let world = GitLabWorld::with_trains();
    let pull = world.proposes_config(7, false);
    let mut variables = pull.merge_train_pipeline(&world.bob);
    let head = pull.head_sha();
    for (name, value) in &mut variables {
        if name == "CI_COMMIT_SHA" {
            value.clone_from(&head);
        }
    }
    let ran = world.run_pipeline(&pull, &variables);
    let summary = ran.file("summary.md");
    assert!(
        summary.contains("could not find every merge request"),
        "{summary}"
    );
    assert!(!summary.contains(PREVIEWED), "{summary}");
    world.gitlab.take_writes();
}
