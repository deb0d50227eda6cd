//! A person starts the workflow to apply configs whose merge was denied or failed.

use serde_json::json;

use super::*;

impl World {
    fn apply_dispatch(&self, branch: &str, configs: &str) -> Job {
        let inputs = json!({"mode": "apply", "configs": configs});
        let event = self
            .repo
            .workflow_dispatch_event(branch, &inputs, &self.carol);
        self.job("workflow_dispatch", &event, 1)
    }

    fn dispatched(&self) -> Job {
        self.apply_dispatch("main", &self.workdir.path())
    }

    /// The job ends with a wrong use: nothing is done, and every channel has these words.
    #[track_caller]
    fn assert_usage(&self, job: &Job, words: &str) {
        let run = job.run();
        assert_eq!(run.status, 2, "{}\n{}", run.stderr, run.summary);
        for text in [&run.stderr, &run.stdout, &run.summary] {
            assert!(text.replace('`', "").contains(words), "{words}: {text}");
        }
        self.assert_nothing_done(job, &run);
        assert_eq!(self.repo.comments(7).len(), 1, "the check's comment");
    }
}

#[test]
fn a_denied_merge_is_applied_once_its_approval_exists() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    let push = world.push(&before);
    assert_eq!(push.run().status, 20);
    assert_eq!(world.stacks(), []);
    pull.approve(&world.bob);
    world.github.clear_journal();
    let job = world.dispatched();
    let run = run_successfully(&job);
    let dispatched = world.github.requests().len();
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(run.outputs["done"], "1");
    assert!(world.report(7).contains("1 done"), "{}", world.report(7));
    let evidence = evidence_of(&job);
    assert_eq!(
        evidence["predicate"]["changes"][0]["change"]["pull_request"],
        7
    );
    world.assert_no_secrets(&job, &run);

    // Its file name suffices, and a second start changes nothing.
    world.github.clear_journal();
    let path = world.workdir.path();
    let again = run_successfully(&world.apply_dispatch("main", path.rsplit('/').next().unwrap()));
    assert!(again.summary.contains(": unchanged;"), "{}", again.summary);
    let repeated = world.github.requests().len();
    world.github.clear_journal();
    run_successfully(&push);
    let pushed = world.github.requests().len();
    // The listing of configs, the config's history, and the pull request that it names.
    assert!(
        dispatched <= pushed + 9 && repeated <= pushed + 9,
        "{dispatched}, {repeated}, {pushed}"
    );
    world.github.take_writes();
}

#[test]
fn attack_a_dispatch_replaces_no_approval() {
    let (world, pull) = World::with_proposed();
    world.merged(&pull);
    world.assert_job_denied(&world.dispatched(), &["approval-missing"]);
}

#[test]
fn attack_a_dispatch_on_another_branch() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    world.repo.branch("evil", &world.repo.head("main"));
    let job = world.apply_dispatch("evil", &world.workdir.path());
    world.assert_usage(&job, "only main is applied");
}

#[test]
fn attack_a_dispatch_after_the_approval_was_dismissed() {
    let (world, pull) = World::with_proposed();
    let review = pull.review(&world.bob, "APPROVED");
    world.merged(&pull);
    pull.dismiss(&review);
    world.assert_job_denied(&world.dispatched(), &["approval-missing"]);
}

/// The approval of an earlier pull request does not cover what was pushed later.
#[test]
fn attack_a_dispatch_for_a_config_that_was_pushed_directly() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    world.workdir.write_config(TAGGED);
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(&world.workdir.path(), text).push();
    let run = world.dispatched().run();
    assert_eq!(run.status, 20, "{}\n{}", run.stderr, run.summary);
    assert!(codes_of(&run.summary).contains(&"not-merged".to_owned()));
    assert_eq!(world.stacks(), []);
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.take_writes();
}

/// Both the policy before the merge and the policy of now count.
#[test]
fn attack_a_dispatch_under_another_policy_than_that_of_the_merge() {
    let two = policy("    approvals: 2\n");
    for (before, now) in [(policy(""), &*two), (two.clone(), &*policy(""))] {
        let world = World::new(&before);
        let pull = world.proposed(CONFIG);
        world.approved_and_merged(&pull);
        let commit = world.repo.commit("main").author(&world.carol);
        commit.write(".provisioner.yaml", now).push();
        world.assert_job_denied(&world.dispatched(), &["approval-missing"]);
    }
}

#[test]
fn unknown_configs_are_refused_before_anything_is_read() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    let typo = world.workdir.path().replace("acme", "acm");
    for (configs, words) in [
        ("", "no config given"),
        (&*typo, "not a config of the default branch"),
    ] {
        world.assert_usage(&world.apply_dispatch("main", configs), words);
    }
}
