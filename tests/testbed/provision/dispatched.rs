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
    assert!(
        world.report(7).contains("1 stack created"),
        "{}",
        world.report(7)
    );
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

impl World {
    /// Another merge changes the policy.
    fn policy_changes_to(&self, text: &str) {
        let commit = self.repo.commit("main").author(&self.carol);
        commit.write(".provisioner.yaml", text).push();
    }
}

#[test]
fn attack_a_dispatch_after_the_policy_became_stricter() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    world.policy_changes_to(&policy("    approvals: 2\n"));
    world.assert_job_denied(&world.dispatched(), &["approval-missing"]);
}

/// The policy before the merge counts too if the merge could have chosen the one of now.
#[test]
fn attack_a_dispatch_under_the_policy_of_the_merge_itself() {
    let world = World::new(&policy("    approvals: 2\n"));
    let text = world.workdir.read(&world.workdir.path());
    let pull = world.proposal(|commit| {
        let commit = commit.write(&world.workdir.path(), text);
        commit.write(".provisioner.yaml", policy(""))
    });
    world.approved_and_merged(&pull);
    world.assert_job_denied(&world.dispatched(), &["approval-missing"]);
}

/// An update that the policy denied is applied once another pull request allowed it. What runs is what reviewers saw.
#[test]
fn a_denied_update_is_applied_under_the_policy_of_now() {
    let world = World::with_stack("");
    let pull = world.proposed(TAGGED);
    let before = world.approved_and_merged(&pull);
    let denied = world.push(&before).run();
    assert_eq!(codes_of(&denied.summary), ["update-not-allowed"]);
    world.policy_changes_to(&policy("    updates: reviewed\n"));
    // The merge alone stays denied: its reviewers expected that nothing is applied.
    let again = world.push(&before).run();
    assert_eq!(codes_of(&again.summary), ["update-not-allowed"]);
    let job = world.dispatched();
    let run = run_successfully(&job);
    assert!(run.summary.contains(": updated;"), "{}", run.summary);
    let (_, report, status) = super::evidence::replayed(&job, &evidence_of(&job));
    assert_eq!(status, 0, "{report}");
    world.github.take_writes();
}

#[test]
fn unknown_configs_are_refused_before_anything_is_read() {
    let (world, pull) = World::with_proposed();
    world.approved_and_merged(&pull);
    let typo = world.workdir.path().replace("acme", "acm");
    let words = "not a config of the default branch";
    world.assert_usage(&world.apply_dispatch("main", &typo), words);
}
