//! A merge queue's check requests an identity token only if no fork has a part in what it checks.

use super::*;

/// How the queue comes to a group.
#[derive(Clone, Copy, Debug)]
enum Ahead {
    Nothing,
    Own,
    Fork,
    /// A group whose branch is gone.
    Lost,
    /// A group whose branch names two pull requests.
    Ambiguous,
}

impl World {
    /// A pull request of this repository or of a fork that writes this file.
    fn proposes(&self, number: u64, is_fork: bool, path: &str, text: &str) -> Pull {
        let branch = format!("change-{number}");
        let repo = match is_fork {
            true => self.repo.fork(&format!("mallory{number}/infra")),
            false => self.repo.clone(),
        };
        repo.branch(&branch, &self.repo.head("main"));
        repo.commit(&branch).write(path, text).push();
        let pull = self.repo.pull(&branch).author(&self.alice);
        let pull = match is_fork {
            true => pull.of_fork(&repo),
            false => pull,
        };
        pull.number(number).open()
    }

    fn changes_config(&self, number: u64, is_fork: bool) -> Pull {
        self.workdir.write_config("  versioning: false\n");
        let text = self.workdir.read(&self.workdir.path());
        self.proposes(number, is_fork, &self.workdir.path(), &text)
    }

    fn check_group(&self, pull: &Pull, base: &str, head: &str) -> JobOutput {
        let event = pull.merge_group_event(base, head, &self.alice);
        let token = self.github.actions_token();
        let job = Job::new(&self.github, &token, "merge_group", &event);
        let variables = self.issuer.variables();
        let job = variables
            .iter()
            .fold(job, |job, (name, value)| job.with(name, value));
        let run = job.with("AWS_ENDPOINT_URL", &self.workdir.url).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        self.github.expect_writes(&[STATUS]);
        run
    }
}

#[test]
fn attack_a_fork_in_a_merge_queue_requests_no_token() {
    for is_fork in [true, false] {
        let world = World::new(&policy(ROLE));
        let pull = world.changes_config(7, is_fork);
        let (base, head) = pull.queue();
        let run = world.check_group(&pull, &base, &head);
        let tokens = world.issuer.issued().len();
        assert_eq!(tokens, usize::from(!is_fork), "{}", run.summary);
        let told = run
            .summary
            .contains("pull request 7, which comes from a fork");
        assert_eq!(told, is_fork, "{}", run.summary);
        let is_measured = run.outputs["impact"] != "unknown";
        assert!(is_measured || is_fork, "{}", run.summary);
        world.assert_unchanged();
        world.assert_no_secrets(&run);
    }
}

/// The head of a group has the products and configs of the groups ahead of it.
#[test]
fn attack_a_fork_ahead_in_the_merge_queue_requests_no_token() {
    for (ahead, expected) in [
        (Ahead::Nothing, None),
        (Ahead::Own, None),
        (Ahead::Fork, Some("pull request 7, which comes from a fork")),
        (Ahead::Lost, Some("could not find every pull request")),
        (Ahead::Ambiguous, Some("could not find every pull request")),
    ] {
        let world = World::new(&policy(ROLE));
        let first = world.proposes(7, matches!(ahead, Ahead::Fork), "README.md", "text\n");
        let own = world.changes_config(8, false);
        let onto = match ahead {
            Ahead::Nothing => world.repo.head("main"),
            _ => first.queue().1,
        };
        let main = world.repo.head("main");
        let branch = format!("gh-readonly-queue/main/pr-7-{main}");
        if matches!(ahead, Ahead::Lost | Ahead::Ambiguous) {
            world.repo.delete_branch(&branch);
        }
        if matches!(ahead, Ahead::Ambiguous) {
            world.repo.branch(&format!("{branch}-pr-9-{main}"), &onto);
        }
        let (base, head) = own.queue_onto(&onto);
        let run = world.check_group(&own, &base, &head);
        let tokens = world.issuer.issued().len();
        assert_eq!(
            tokens,
            usize::from(expected.is_none()),
            "{ahead:?} {}",
            run.summary
        );
        if let Some(expected) = expected {
            assert!(run.summary.contains(expected), "{ahead:?} {}", run.summary);
        }
        world.assert_unchanged();
    }
}

/// The event of another branch, and of a group that is merged.
#[test]
fn attack_a_group_that_the_queue_does_not_hold_requests_no_token() {
    let world = World::new(&policy(ROLE));
    let pull = world.changes_config(7, true);
    let base = world.repo.head("main");
    let run = world.check_group(&pull, &base, &pull.head_sha());
    assert!(
        run.summary.contains("could not find every"),
        "{}",
        run.summary
    );

    let queued = pull.queue();
    pull.merge_queued(&world.alice, &queued);
    let run = world.check_group(&pull, &queued.0, &queued.1);
    assert!(
        run.summary.contains("could not find every"),
        "{}",
        run.summary
    );
    assert_eq!(world.issuer.issued(), [""; 0], "no token was requested");
}
