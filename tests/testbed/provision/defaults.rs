//! Defaults beside configs, merged: what they change in stacks.

use super::*;

const DEFAULTS: &str = "s3/configs/_defaults.yaml";

impl World {
    /// The config of the workdir without its section `s3`, and defaults with these lines in that section.
    fn split(&self, s3: &str) -> (String, String) {
        let text = self.workdir.read(&self.workdir.path());
        let (own, _) = text.split_once("s3:\n").unwrap();
        (format!("{own}s3: {{}}\n"), format!("s3:\n{s3}"))
    }
}

#[test]
fn a_new_config_on_defaults_creates_its_stack() {
    let world = World::new(&policy(""));
    let (own, defaults) = world.split("  versioning: true\n  tags:\n    CostCenter: forecasting\n");
    let pull = world.proposal(|commit| {
        commit
            .write(&world.workdir.path(), own)
            .write(DEFAULTS, defaults)
    });
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before));
    assert!(world.template().contains("forecasting"));
    world.github.take_writes();
}

/// The config itself is not edited, and by default no update is applied.
#[test]
fn changed_defaults_update_the_stack_if_the_policy_allows_it() {
    for (rest, status) in [("", 20), ("    updates: reviewed\n", 0)] {
        let world = World::with_stack(rest);
        let (_, defaults) = world.split("  tags:\n    CostCenter: forecasting\n");
        let pull = world.proposal(|commit| commit.write(DEFAULTS, defaults));
        let before = world.approved_and_merged(&pull);
        let run = world.push(&before).run();
        assert_eq!(run.status, status, "{}\n{}", run.stderr, run.summary);
        let is_updated = world.template().contains("forecasting");
        assert_eq!(is_updated, status == 0);
        world.github.take_writes();
    }
}

/// Defaults that are pushed after the approval void it, as a config would.
#[test]
fn attack_defaults_pushed_after_the_approval() {
    let world = World::with_stack("    updates: reviewed\n");
    let template = world.template();
    let (_, defaults) = world.split("  tags:\n    CostCenter: forecasting\n");
    let evil = defaults.replace("forecasting", "evil");
    let pull = world.proposal(|commit| commit.write(DEFAULTS, defaults));
    pull.review(&world.bob, "APPROVED");
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(DEFAULTS, evil).push();
    let before = world.merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}\n{}", run.stderr, run.summary);
    assert_eq!(world.template(), template);
    world.github.take_writes();
}

/// Defaults on the default branch that changed after the merge change what the config means: the merged plan is not applied.
#[test]
fn attack_defaults_that_change_between_the_merge_and_its_run() {
    let world = World::with_stack("    updates: reviewed\n");
    let template = world.template();
    let (_, defaults) = world.split("  tags:\n    CostCenter: forecasting\n");
    let evil = defaults.replace("forecasting", "evil");
    let pull = world.proposal(|commit| commit.write(DEFAULTS, defaults));
    let before = world.approved_and_merged(&pull);
    let push = world.push(&before);
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(DEFAULTS, evil).push();
    let run = run_successfully(&push);
    let text = "A newer merge changed";
    assert!(run.summary.contains(text), "{}", run.summary);
    assert_eq!(world.template(), template);
    world.github.take_writes();
}
