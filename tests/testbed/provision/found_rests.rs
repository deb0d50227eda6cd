//! A merge that a run denied or gave up starts no job again until a fact changes.

use serde_json::json;

use super::*;

const DAY: u64 = 86_400;

impl World {
    fn scheduled(&self, accounts: &str) -> Job {
        let event = self.repo.schedule_event("37 * * * *");
        let job = self.job("schedule", &event, 1);
        job.with("PROVISIONER_MODE", "apply")
            .with("GITHUB_REF", "refs/heads/main")
            .with("PROVISIONER_ACCOUNTS", accounts)
    }

    fn find_groups(&self, accounts: &str) -> Value {
        let job = self.find_job().with("PROVISIONER_ACCOUNTS", accounts);
        self.found(&job, 0).0
    }

    /// A merge that nobody approved, whose denial two runs told.
    fn denied_twice() -> (Self, Pull) {
        let (world, pull) = Self::with_proposed();
        world.pass_to_2100();
        let before = world.merged(&pull);
        assert_eq!(world.push(&before).run().status, 20);
        assert_eq!(world.find_groups(""), json!(["prod"]));
        let run = world.scheduled("").run();
        assert_eq!(run.status, 0, "{}", run.summary);
        (world, pull)
    }

    /// After every time of the emulated AWS.
    fn pass_to_2100(&self) {
        self.github.pass(4_102_444_800 - 1_767_225_600);
    }
}

#[test]
fn a_denied_merge_is_found_again_once_a_fact_changes() {
    let (world, pull) = World::denied_twice();
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]), "{summary}");
    assert!(summary.contains("nothing changed since"), "{summary}");
    // Words on the pull request are no fact.
    world.repo.comment(7, &world.carol, "when does this go?");
    assert_eq!(world.find_groups(""), json!([]));
    pull.approve(&world.bob);
    assert_eq!(world.find_groups(""), json!(["prod"]));
    let run = world.scheduled("").run();
    assert_eq!(run.status, 0, "{}", run.summary);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.find_groups(""), json!([]));
    world.github.take_writes();
}

#[test]
fn the_policy_the_lock_and_the_day_are_facts() {
    type Change = fn(&World);
    let changes: [Change; 3] = [
        |world| {
            let commit = world.repo.commit("main").author(&world.carol);
            let text = policy("    deletes: guarded\n");
            commit.write(".provisioner.yaml", &text).push();
        },
        |world| {
            let commit = world.repo.commit("main").author(&world.carol);
            commit
                .write(".provisioner/products.lock", "version: 1\n")
                .push();
        },
        |world| world.github.pass(DAY),
    ];
    for change in changes {
        let (world, _) = World::denied_twice();
        assert_eq!(world.find_groups(""), json!([]));
        change(&world);
        assert_eq!(world.find_groups(""), json!(["prod"]));
        world.github.take_writes();
    }
}

/// The record of a run is a line of its comment. Another person's line does not hold a job.
#[test]
fn attack_an_edited_record_holds_no_job() {
    let (world, _) = World::denied_twice();
    assert_eq!(world.find_groups(""), json!([]));
    let comments = world.repo.comments(7).into_iter();
    let mut own = comments.filter(|it| it.body.starts_with("<!-- provisioner:provision"));
    let comment = own.next().unwrap();
    world.repo.edit_comment(comment.id, &comment.body);
    assert_eq!(world.find_groups(""), json!(["prod"]));
    world.github.take_writes();
}

#[test]
fn a_merge_that_runs_gave_up_is_not_found_again() {
    let (world, pull) = World::with_proposed();
    world.pass_to_2100();
    world.workdir.create_bucket();
    let before = world.approved_and_merged(&pull);
    assert_eq!(world.push(&before).run().status, 10);
    for status in [10, 10, 0] {
        assert_eq!(world.find_groups(""), json!(["prod"]));
        let run = world.scheduled("").run();
        assert_eq!(run.status, status, "{}", run.summary);
    }
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]), "{summary}");
    world.github.take_writes();
}

/// Each group of accounts has a comment of its own.
#[test]
fn a_job_of_a_group_of_accounts_finds_its_own_record() {
    let (world, pull) = World::with_proposed();
    world.pass_to_2100();
    let before = world.merged(&pull);
    let own = format!("{}*", &world.workdir.aws.account[..3]);
    let job = world.push(&before).with("PROVISIONER_ACCOUNTS", &own);
    assert_eq!(job.run().status, 20);
    assert_eq!(world.scheduled(&own).run().status, 0);
    // As the jobs are: one line for each.
    let groups = format!("999999999999\n{own}\n");
    assert_eq!(world.find_groups(&groups), json!([]));
    // A job of all accounts has no record.
    assert_eq!(world.find_groups(""), json!(["prod"]));
    // Nor has a job of other groups.
    let other = format!("{}*", &world.workdir.aws.account[..4]);
    assert_eq!(world.find_groups(&other), json!(["prod"]));
    // Accounts of no group are of no job.
    assert_eq!(world.find_groups("999999999999"), json!([]));
    pull.approve(&world.bob);
    assert_eq!(world.find_groups(&groups), json!(["prod"]));
    world.github.take_writes();
}

/// A denial of the same merge hides neither the failure nor its number. After the third one, no job starts for it.
#[test]
fn attack_a_failure_beside_a_denial_is_tried_for_ever() {
    let world = World::new(&policy(""));
    world.workdir.write_config("  versioning: true\n");
    let (path, text) = (
        world.workdir.path(),
        world.workdir.read(&world.workdir.path()),
    );
    let removed = path.replace("acme-", "edge-");
    let former = text.replace("acme", "edge");
    world.repo.commit("main").write(&removed, &former).push();
    world.pass_to_2100();
    let pull = world.proposal(|commit| commit.write(&path, &text).remove(&removed));
    let before = world.approved_and_merged(&pull);
    // A config with errors may claim the stack of the removed one.
    let broken = removed.replace("s3/configs/", "ml/configs/");
    world
        .repo
        .commit("main")
        .write(&broken, "client: 2\n")
        .push();
    // The creation fails before it begins.
    world.workdir.create_bucket();
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}\n{}", run.stderr, run.summary);
    let codes = codes_of(&run.summary);
    assert!(codes.starts_with(&["preflight-failed".to_owned(), "duplicate-stack".to_owned()]));
    for count in 2..=3 {
        let run = world.scheduled("").run();
        assert_eq!(run.status, 20, "{count}: {}", run.summary);
        let mut comments = world.repo.comments(7).into_iter();
        let recorded = format!("={count} -->");
        assert!(comments.any(|it| it.body.contains(&recorded)));
    }
    assert!(
        world.report(7).contains("Three runs failed"),
        "{}",
        world.report(7)
    );
    // The comment gets the row of what is left, then nothing changes any more.
    for status in [30, 0] {
        let run = world.scheduled("").run();
        assert_eq!(run.status, status, "{}\n{}", run.stderr, run.summary);
    }
    let (found, summary) = world.found(&world.find_job(), 0);
    assert_eq!(found, json!([]), "{summary}");
    world.github.take_writes();
}
