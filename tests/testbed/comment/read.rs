//! Commands about stacks of an open pull request: the inspection job uses the plan role, the job for `prod` tests with the apply
//! role.

use super::*;
use crate::support::proxy::{Fault, FaultProxy, Rule};

#[test]
fn changes_and_drift_of_a_stack_that_exists() {
    let (world, pull) = World::with_merge();
    world
        .apply(&pull, &world.carol, "/provisioner prep-master")
        .assert_exit(0);
    world.github.take_writes();
    world.repo.delete_branch("feature");
    pull.repo.branch("second", &world.repo.head("main"));
    world
        .workdir
        .write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
    let text = world.workdir.read(&world.workdir.path());
    let commit = world
        .repo
        .commit("second")
        .write(&world.workdir.path(), text);
    commit.author(&world.alice).push();
    let second = world
        .repo
        .pull("second")
        .author(&world.alice)
        .number(8)
        .open();
    world.check(&second);
    let comment = world.repo.comment(
        8,
        &world.carol,
        "/provisioner show-changes\n/provisioner check-drift",
    );
    let run = world.inspect_job(&second, &comment).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    world
        .github
        .expect_writes(&[REACTION, SECOND_REPLY, COMMENTED, COMMENTED, REACTION]);
    let replies = world.repo.comments(8);
    insta::assert_snapshot!(
        "show-changes",
        world.normalized(&replies.last().unwrap().body)
    );
    let stack = world.workdir.stack();
    assert_eq!(
        world.workdir.aws.change_sets(&stack),
        [""; 0],
        "nothing is left"
    );
}

#[test]
fn a_kept_test_reports_how_to_delete_it() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    world
        .apply(&pull, &world.carol, "/provisioner test-deploy --keep")
        .assert_exit(0);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    insta::assert_snapshot!("test-deploy-keep", world.reply());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn a_test_whose_removal_is_refused_names_what_it_left() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    let inspected = world.inspect(&pull, &world.carol, "/provisioner test-deploy");
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    proxy.rule(Rule::new(Fault::Denied).for_operation("DeleteStack"));
    let job = world.apply_job(&pull, &inspected.comment);
    let run = job.with("AWS_ENDPOINT_URL", &proxy.url()).run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    let stacks = world.workdir.aws.stack_names().into_iter();
    let mut left = stacks.map(|(name, _)| name).filter(|name| name != "roles");
    let left = left.next().expect("the stack of the test");
    for text in [
        &run.stderr,
        &run.stdout,
        &run.summary,
        &world.last_comment(),
    ] {
        let text = text.replace('`', "");
        for words in [
            "AWS DeleteStack: AccessDenied",
            &format!("stack {left} is CREATE_COMPLETE"),
            &format!("aws cloudformation delete-stack --stack-name {left} --region us-west-2"),
            "Otherwise the next test of this config deletes it.",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    world.github.take_writes();
    // The next test deletes it, and says so.
    world
        .apply(&pull, &world.carol, "/provisioner test-deploy")
        .assert_exit(0);
    let reply = world.last_comment();
    assert!(
        reply.contains(&format!("left by earlier tests and deleted: {left}")),
        "{reply}"
    );
    world.assert_no_stack();
    world.github.take_writes();
}

#[test]
fn a_removed_config_is_neither_compared_nor_tested() {
    let (world, pull) = World::with_merge();
    world
        .apply(&pull, &world.carol, "/provisioner prep-master")
        .assert_exit(0);
    world.github.take_writes();
    let path = world.workdir.path();
    world.repo.branch("gone", &world.repo.head("main"));
    world
        .repo
        .commit("gone")
        .remove(&path)
        .author(&world.alice)
        .push();
    let removal = world
        .repo
        .pull("gone")
        .author(&world.alice)
        .number(8)
        .open();
    world.check(&removal);
    let text = format!(
        "/provisioner show-changes\n/provisioner check-drift\n/provisioner test-deploy {path}"
    );
    let comment = world.repo.comment(8, &world.carol, &text);
    let run = world.inspect_job(&removal, &comment).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    world.github.take_writes();
    assert_eq!(run.outputs["environments"], "[]");
    let replies = world.repo.comments(8);
    insta::assert_snapshot!("removed", world.normalized(&replies.last().unwrap().body));
}
