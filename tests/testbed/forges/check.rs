//! The check of a pull request.

use super::*;

fn a_change_is_checked_in_one_comment<W: ForgeWorld>() {
    let world = W::new(&policy(""));
    world.workdir().write_config(CONFIG);
    let path = world.workdir().path();
    let pull = world.opened(7, |commit| commit.write(&path, world.text()));
    world.run_check(&pull).assert_exit(0);
    assert_eq!(
        world.fake().take_writes().len(),
        2,
        "a comment and a status"
    );
    let comments = |world: &W| -> Vec<String> {
        let all = world.repo().comments(7).into_iter();
        all.map(|it| world.shown(&it.body)).collect()
    };
    let first = comments(&world);
    assert_eq!(first.len(), 1);
    insta::assert_snapshot!("checked", first[0]);
    // A second run finds both as they are.
    world.run_check(&pull).assert_exit(0);
    assert_eq!(comments(&world), first);
    world.fake().take_writes();
}

/// The notice names the other pull request of the same config.
fn another_open_pull_request_is_named<W: ForgeWorld>() {
    let (world, pull) = W::with_proposed();
    world.workdir().write_config(TAGGED);
    let path = world.workdir().path();
    world.another(8, |commit| commit.write(&path, world.text()));
    world.check(&pull);
    let body = world.shown(&world.repo().comments(7)[0].body);
    let named: Vec<&str> = body
        .lines()
        .filter(|line| line.contains("is also open"))
        .collect();
    insta::assert_snapshot!("collision", named.join("\n"));
}

/// No fork gets credentials, and nothing is done for it.
fn attack_a_fork_gets_no_credentials<W: ForgeWorld>() {
    let world = W::new(&policy(""));
    let mallory = world.user("mallory");
    let fork = world.repo().fork("mallory/infra");
    fork.branch_by(&mallory, "feature-7", &world.repo().head("main"));
    let commit = fork.commit("feature-7").author(&mallory);
    commit.write(&world.workdir().path(), world.text()).push();
    let pull = world.repo().pull("feature-7").of_fork(&fork);
    let pull = pull.author(&mallory).number(7).open();
    let run = world.run_fork_check(&pull);
    run.assert_exit(0);
    assert!(run.summary.contains("fork"), "{}", run.summary);
    world.assert_stack(false);
    world.fake().take_writes();
}

on_both_forges! {
    a_change_is_checked_in_one_comment
    another_open_pull_request_is_named
    attack_a_fork_gets_no_credentials
}
