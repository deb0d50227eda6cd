//! Attacks on the policy and the products: those of the base decide, and nothing that a pull request brings itself.

use super::*;

impl World {
    /// Alice proposes the config together with another policy.
    fn proposed_with_policy(&self, policy: &str) -> Pull {
        let text = self.desk.read(&self.desk.path());
        self.proposal(|commit| {
            commit
                .write(&self.desk.path(), text)
                .write(".provisioner.yaml", policy)
        })
    }
}

#[test]
fn attack_approvals_lowered_by_the_pull_request_itself() {
    let world = World::new(&policy("    approvals: 2\n"));
    let pull = world.proposed_with_policy(&policy("    approvals: 1\n"));
    let before = world.approved_and_merged(&pull);
    world.refused(&before, &["approval-missing"]);
}

#[test]
fn attack_an_approver_listed_by_the_pull_request_itself() {
    let world = World::new(&policy("    approvers: ['@carol']\n"));
    let pull = world.proposed_with_policy(&policy("    approvers: ['@mallory']\n"));
    pull.approve(&world.mallory);
    let before = world.merged(&pull);
    world.refused(&before, &["approval-missing", "approver-not-allowed"]);
}

#[test]
fn attack_an_environment_added_by_the_pull_request_itself() {
    let world = World::new("version: 1\nenvironments:\n  staging: {}\n");
    let pull = world.proposed_with_policy(&policy(""));
    let before = world.approved_and_merged(&pull);
    world.refused(&before, &["environment-not-allowed"]);
}

#[test]
fn attack_an_account_listed_by_the_pull_request_itself() {
    let world = World::new(&(policy("") + "accounts: ['999999999999']\n"));
    let pull = world.proposed_with_policy(&policy(""));
    let before = world.approved_and_merged(&pull);
    world.refused(&before, &["account-mismatch"]);
}

#[test]
fn attack_roles_replaced_by_the_pull_request_itself() {
    let world = World::new(&policy(""));
    let evil = policy("").replace("role/provisioner-apply", "role/administrator");
    let pull = world.proposed_with_policy(&evil);
    let before = world.approved_and_merged(&pull);
    // There is no role `administrator`: that the stack is made shows that the base's one was used.
    succeeds(&world.push(&before));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_updates_allowed_by_the_pull_request_itself() {
    let world = World::with_stack("");
    world.desk.write_config(TAGGED);
    let pull = world.proposed_with_policy(&policy("    updates: reviewed\n"));
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.summary);
    assert_eq!(codes_of(&done.summary), ["update-not-allowed"]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_a_policy_that_the_pull_request_removes() {
    let world = World::new(&policy("    approvals: 2\n"));
    let text = world.desk.read(&world.desk.path());
    let pull = world.proposal(|commit| {
        let commit = commit.write(&world.desk.path(), text);
        commit.remove(".provisioner.yaml")
    });
    let before = world.approved_and_merged(&pull);
    world.refused(&before, &["approval-missing"]);
}

#[test]
fn attack_a_broken_policy_is_not_replaced_by_assumptions() {
    let world = World::new("version: 1\ndefaults: {approvals: 0}\n");
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.summary);
    insta::assert_snapshot!("broken_policy", world.told(7));
    world.idle(&world.push(&before), &done);
}

#[test]
fn attack_a_product_edited_after_the_plan_was_shown() {
    // The product is not the pull request's: what it shows was made of the one before.
    let world = World::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    let commit = world.repo.commit("main").author(&world.carol);
    commit
        .write(".provisioner/products/s3/product.yaml", "name: s3\n")
        .push();
    let before = world.merged(&pull);
    let done = world.push(&before).run();
    assert_ne!(done.status, 0, "{}", done.summary);
    world.idle(&world.push(&before), &done);
}

#[test]
fn attack_an_unprotected_default_branch() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    world.repo.unprotect("main");
    world.refused(&before, &["branch-not-protected"]);
    insta::assert_snapshot!("unprotected", world.told(7));
    // A rule that asks for pull requests is as good; one that only forbids to delete is not.
    let repo = world.repo.clone().rule("main", "deletion");
    world.refused(&before, &["branch-not-protected"]);
    let _repo = repo.rule("main", "pull_request");
    succeeds(&world.push(&before));
    world.github.take_writes();
}
