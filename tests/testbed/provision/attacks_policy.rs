//! Attacks on the policy and the products: those of the base decide, not those of the pull request.

use super::*;
use crate::support::github::DeploymentRefs;

impl World {
    /// Alice proposes the config together with another policy.
    fn proposed_with_policy(&self, policy: &str) -> Pull {
        let text = self.workdir.read(&self.workdir.path());
        self.proposal(|commit| {
            commit
                .write(&self.workdir.path(), text)
                .write(".provisioner.yaml", policy)
        })
    }
}

/// The codes of a denial that the check told as an error: it failed, so that it reported no plan to approve.
fn with_failed_check(code: &'static str) -> [&'static str; 4] {
    [
        "plan-changed",
        "approval-missing",
        "approval-before-plan",
        code,
    ]
}

#[test]
fn attack_an_environment_added_by_the_pull_request_itself() {
    let world = World::new("version: 1\nenvironments:\n  staging: {}\n");
    let pull = world.proposed_with_policy(&policy(""));
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &with_failed_check("environment-not-allowed"));
}

#[test]
fn attack_an_account_listed_by_the_pull_request_itself() {
    let world = World::new(&(policy("") + "accounts: ['999999999999']\n"));
    let pull = world.proposed_with_policy(&policy(""));
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &with_failed_check("account-mismatch"));
}

/// Threat 75: the account is allowed, and is not one of the environment. A change of the list does not count for itself.
#[test]
fn attack_an_account_of_another_environment() {
    let lists = |prod: &str| {
        let both = "accounts: ['999999999999', '{own}']\n";
        policy(&format!(
            "    accounts: ['{prod}']\n  dev: {{accounts: ['{{own}}']}}\n{both}"
        ))
    };
    let world = World::new("version: 1\n");
    let own = world.workdir.aws.account.clone();
    let of_dev = lists("999999999999").replace("{own}", &own);
    let of_both = lists("{own}").replace("{own}", &own);
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(".provisioner.yaml", of_dev).push();
    let pull = world.proposed_with_policy(&of_both);
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &with_failed_check("account-mismatch"));
    assert_eq!(world.issuers[1].issued(), [""; 0], "no token is asked for");
}

#[test]
fn attack_roles_replaced_by_the_pull_request_itself() {
    let world = World::new(&policy(""));
    let evil = policy("").replace("role/provisioner-apply", "role/administrator");
    let pull = world.proposed_with_policy(&evil);
    let before = world.approved_and_merged(&pull);
    // The role `administrator` does not exist: a created stack shows that the base's role was used.
    run_successfully(&world.push(&before));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_updates_allowed_by_the_pull_request_itself() {
    let world = World::with_stack("");
    world.workdir.write_config(TAGGED);
    let pull = world.proposed_with_policy(&policy("    updates: reviewed\n"));
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    assert_eq!(codes_of(&run.summary), ["update-not-allowed"]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_a_policy_that_the_pull_request_removes() {
    let world = World::new(&policy("    approvals: 2\n"));
    let text = world.workdir.read(&world.workdir.path());
    let pull = world.proposal(|commit| {
        let commit = commit.write(&world.workdir.path(), text);
        commit.remove(".provisioner.yaml")
    });
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["approval-missing"]);
}

#[test]
fn attack_an_invalid_policy_has_no_defaults() {
    let world = World::new("version: 1\ndefaults: {approvals: 0}\n");
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    insta::assert_snapshot!("broken_policy", world.report(7));
    world.assert_nothing_done(&world.push(&before), &run);
}

/// A broken policy cannot forbid its own repair; the repaired one decides alone, with two approvals.
#[test]
fn a_repair_of_the_policy_needs_two_approvals() {
    let broken = || World::new("version: 1\ndefaults: {approvals: 0}\n");
    let world = broken();
    let pull = world.proposed_with_policy(&policy(""));
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["approval-missing"]);

    let world = broken();
    let pull = world.proposed_with_policy(&policy(""));
    pull.approve(&world.bob);
    pull.approve(&world.carol);
    let before = world.merged(&pull);
    run_successfully(&world.push(&before));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

/// A merge that left the policy broken is not judged by a repair that came later: it may have edited the policy in its own favor.
#[test]
fn attack_a_later_repair_judges_an_earlier_merge() {
    let world = World::new("version: 1\ndefaults: {approvals: 0}\n");
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    pull.approve(&world.carol);
    let before = world.merged(&pull);
    let repair = world.repo.commit("main").author(&world.carol);
    repair.write(".provisioner.yaml", policy("")).push();
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    let codes = codes_of(&run.summary);
    let is_invalid = codes.iter().any(|code| *code == "policy-invalid");
    assert!(is_invalid, "{codes:?}");
    assert_eq!(world.stacks(), []);
    world.github.take_writes();
}

#[test]
fn attack_a_product_edited_after_the_plan_was_shown() {
    // The default branch's product renders the preview, not the pull request's.
    let world = World::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    let commit = world.repo.commit("main").author(&world.carol);
    commit
        .write(".provisioner/products/s3/product.yaml", "name: s3\n")
        .push();
    let before = world.merged(&pull);
    let run = world.push(&before).run();
    assert_ne!(run.status, 0, "{}", run.summary);
    world.assert_nothing_done(&world.push(&before), &run);
}

/// Vector 38: an old run is started again after the policy became stricter.
#[test]
fn attack_a_run_from_before_a_stricter_policy() {
    for (stricter, code) in [
        (policy("    approvals: 2\n"), "approval-missing"),
        (policy("    approvers: ['@carol']\n"), "approval-missing"),
        (
            policy("") + "accounts: ['999999999999']\n",
            "account-mismatch",
        ),
        (
            "version: 1\nenvironments:\n  staging: {}\n".to_owned(),
            "environment-not-allowed",
        ),
    ] {
        let (world, pull) = World::with_proposed();
        let before = world.approved_and_merged(&pull);
        let old = world.push(&before);
        let commit = world.repo.commit("main").author(&world.carol);
        commit.write(".provisioner.yaml", stricter).push();
        let run = old.run();
        assert_eq!(run.status, 20, "{}\n{}", run.stderr, run.summary);
        assert_eq!(codes_of(&run.summary)[0], code, "{}", run.summary);
        assert!(
            run.summary.contains("by the policy after the change"),
            "{}",
            run.summary
        );
        world.assert_nothing_done(&old, &run);
    }
}

/// Vector 41: a second file claims the stack of another config; its removal would delete that stack.
#[test]
fn attack_a_second_config_claims_the_stack() {
    let world = World::new(&policy(""));
    let path = world.workdir.path();
    let text = world.workdir.read(&path);
    let commit = world.repo.commit("main").write(&path, &text);
    let double = path.replace("s3/configs/", "ml/configs/");
    commit.write(&double, &text).push();
    let pull = world.proposal(|commit| commit.remove(&double));
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["duplicate-stack"]);
}

/// An edit of a product that renders the config as before leaves an outstanding change alone.
#[test]
fn a_product_edited_after_the_merge_supersedes_only_what_it_changes() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let old = world.push(&before);
    let commit = world.repo.commit("main").author(&world.carol);
    commit
        .write(".provisioner/products/other/product.yaml", "name: other\n")
        .push();
    run_successfully(&old);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

/// Vector 46: a workflow on another branch gets the identity that changes stacks.
#[test]
fn attack_an_environment_that_other_branches_can_deploy_to() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let only = |kind, name: &str| DeploymentRefs::Custom(vec![(kind, name.to_owned())]);
    for refs in [
        None,
        Some(DeploymentRefs::ProtectedBranches),
        Some(only("branch", "*")),
        Some(only("tag", "main")),
    ] {
        world.repo.environment("prod", refs);
        world.assert_denied(&before, &["environment-not-protected"]);
    }
    world.repo.environment("prod", Some(only("branch", "main")));
    run_successfully(&world.push(&before));
    world.github.take_writes();
}
