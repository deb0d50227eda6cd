//! Merged changes are provisioned, and others are not.

use super::*;

fn a_new_config_is_provisioned_once<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(0);
    world.assert_stack(true);
    world.fake().expect_writes(W::CREATES);
    insta::assert_snapshot!("created", world.comment(7, "provision"));
    // The same run again has nothing to do.
    world.run_push(&before).assert_exit(0);
    world.assert_stack(true);
    let writes = world.fake().take_writes();
    let create = W::CREATES.last().unwrap();
    let posts = writes.iter().filter(|it| it.matches(create));
    assert_eq!(posts.count(), 0, "the one comment is updated");
}

/// Each way of the forge to merge is found as the one pull request.
fn merges_of_each_kind_are_provisioned<W: ForgeWorld>() {
    // A merge commit is what all other tests have, and `provision/merges.rs` rebases several commits.
    let others = |(kind, _): &(&str, _)| !["merge", "rebase"].contains(kind);
    for (kind, merge) in W::Forge::merges().into_iter().filter(others) {
        let (world, pull) = W::with_proposed();
        world.approve(&pull, "bob");
        let before = world.repo().head("main");
        merge(&pull, &world.user("carol"));
        let run = world.run_push(&before);
        run.assert_exit(0);
        world.assert_stack(true);
        let change = &run.evidence["predicate"]["changes"][0]["change"];
        assert_eq!(change["pull_request"], 7, "{kind}");
        assert_eq!(change["commit"], world.repo().head("main"), "{kind}");
        world.fake().take_writes();
    }
}

fn attack_a_direct_push_belongs_to_no_pull_request<W: ForgeWorld>() {
    let world = W::new(&policy(""));
    let before = world.repo().head("main");
    let commit = world.repo().commit("main").author(&world.user("alice"));
    commit.write(&world.workdir().path(), world.text()).push();
    let codes = ["not-merged"];
    let run = world.assert_denied(&before, &codes);
    insta::assert_snapshot!("direct_push", world.shown(&run.summary));
}

fn attack_an_unprotected_default_branch<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let before = world.approved_and_merged(&pull);
    W::Forge::unprotect(world.repo(), "main");
    world.assert_denied(&before, &["branch-not-protected"]);
    insta::assert_snapshot!("unprotected", world.comment(7, "provision"));
}

fn a_merged_config_with_errors_fails_the_run<W: ForgeWorld>() {
    let world = W::new(&policy(""));
    let pull = world.proposed("  versioning: perhaps\n  lifecycle: none\n");
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(10);
    insta::assert_snapshot!("errors", world.comment(7, "provision"));
    world.assert_stack(false);
    world.fake().take_writes();
}

/// A proposal that brings another policy: the one of the base judges it.
fn judged_by_the_base<W: ForgeWorld>(base: &str, own: &str, approver: &str, codes: &[&str]) {
    let world = W::new(base);
    let path = world.workdir().path();
    let pull = world.another(7, |commit| {
        let commit = commit.write(&path, world.text());
        commit.write(".provisioner.yaml", own)
    });
    world.approve(&pull, approver);
    let before = world.merged(&pull);
    world.assert_denied(&before, codes);
}

fn attack_approvals_lowered_by_the_pull_request_itself<W: ForgeWorld>() {
    let (two, one) = (policy("    approvals: 2\n"), policy("    approvals: 1\n"));
    judged_by_the_base::<W>(&two, &one, "bob", &["approval-missing"]);
}

fn attack_an_approver_listed_by_the_pull_request_itself<W: ForgeWorld>() {
    let carol = policy("    approvers: ['@carol']\n");
    let mallory = policy("    approvers: ['@mallory']\n");
    let codes = ["approval-missing", "approver-not-allowed"];
    judged_by_the_base::<W>(&carol, &mallory, "mallory", &codes);
}

fn attack_a_rerun_after_the_config_was_removed<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    let before = world.approved_and_merged(&pull);
    let removal = world.removal(8);
    world.approved_and_merged(&removal);
    world.run_push(&before).assert_exit(0);
    world.assert_stack(false);
    world.fake().take_writes();
}

on_both_forges! {
    a_new_config_is_provisioned_once
    merges_of_each_kind_are_provisioned
    attack_a_direct_push_belongs_to_no_pull_request
    attack_an_unprotected_default_branch
    a_merged_config_with_errors_fails_the_run
    attack_approvals_lowered_by_the_pull_request_itself
    attack_an_approver_listed_by_the_pull_request_itself
    attack_a_rerun_after_the_config_was_removed
}
