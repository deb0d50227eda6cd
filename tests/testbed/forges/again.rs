//! A person starts a job that provisions a merged config again.

use serde_json::json;

use super::*;

pub(super) trait RunAgain: ForgeWorld {
    /// The job for configs that Carol names.
    fn run_named(&self, configs: &str) -> Run;

    fn run_again(&self) -> Run {
        self.run_named(&self.workdir().path())
    }
}

impl RunAgain for World {
    fn run_named(&self, configs: &str) -> Run {
        let inputs = json!({"mode": "apply", "configs": configs});
        let event = self
            .repo
            .workflow_dispatch_event("main", &inputs, &self.carol);
        self.job("workflow_dispatch", &event, 1).run().into()
    }
}

impl RunAgain for GitLabWorld {
    fn run_named(&self, configs: &str) -> Run {
        let variables = self.repo.web_pipeline("main", &self.carol);
        let token = self.gitlab.apply_token();
        let job = self.job(&variables, &token, &self.branch_claims());
        let job = job
            .with("PROVISIONER_ENVIRONMENT", "prod")
            .with("PROVISIONER_MODE", "apply")
            .with("PROVISIONER_PATHS", configs);
        crate::gitlab::world::run(job).into()
    }
}

fn merges_of_each_kind_are_provisioned_again<W: RunAgain>() {
    // GitHub's rebase brings one more commit, which nobody approved.
    let others = |(kind, _): &(&str, _)| *kind != "rebase";
    for (kind, merge) in W::Forge::merges().into_iter().filter(others) {
        let (world, pull) = W::with_proposed();
        world.approve(&pull, "bob");
        merge(&pull, &world.user("carol"));
        let later = world.repo().commit("main").author(&world.user("carol"));
        later.write("README.md", "later").push();
        let run = world.run_again();
        run.assert_exit(0);
        world.assert_stack(true);
        let change = &run.evidence["predicate"]["changes"][0]["change"];
        assert_eq!(change["pull_request"], 7, "{kind}");
        world.fake().take_writes();
    }
}

fn attack_an_unapproved_merge_is_provisioned_again<W: RunAgain>() {
    let (world, pull) = W::with_proposed();
    world.merged(&pull);
    let run = world.run_again();
    run.assert_exit(20);
    assert_eq!(run.codes(), ["approval-missing"], "{}", run.summary);
    world.assert_stack(false);
    world.fake().take_writes();
}

/// What a freeze denies is provisioned after it: here, after a reviewed change of the policy.
fn attack_a_merge_in_a_freeze<W: RunAgain>() {
    let freeze = "    freeze: [{from: 2001-01-01, to: 9990-12-31, reason: end of year}]\n";
    let always = "    windows: [{from: '00:00', to: '00:00', zone: Europe/Berlin}]\n";
    let world = W::new(&policy(freeze));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["outside-window"]);
    insta::assert_snapshot!("frozen", world.comment(7, "provision"));
    let opened = world.another(8, |commit| {
        commit.write(".provisioner.yaml", policy(always))
    });
    // A merge of the policy alone starts nothing.
    let before = world.approved_and_merged(&opened);
    world.run_push(&before).assert_exit(0);
    world.assert_stack(false);
    world.run_again().assert_exit(0);
    world.assert_stack(true);
    world.fake().take_writes();
}

on_both_forges! {
    attack_a_merge_in_a_freeze
    merges_of_each_kind_are_provisioned_again
    attack_an_unapproved_merge_is_provisioned_again
}
