//! A removed config: what goes is told, and nothing goes before a second person confirms it.

use super::*;

#[test]
fn a_removal_waits_and_says_how_it_is_confirmed() {
    let world = World::with_stack("");
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let done = succeeds(&job);
    insta::assert_snapshot!("waiting", world.told(7));
    assert_eq!(done.outputs["waiting"], "1");
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.desk.aws.buckets().len(), 1);
    let writes: Vec<String> = world
        .github
        .take_writes()
        .iter()
        .map(|it| it.line())
        .collect();
    assert_eq!(
        writes.len(),
        3,
        "a deployment, its state, a comment: {writes:#?}"
    );
    assert_eq!(
        world.repo.deployments()[0].statuses.last().unwrap().state,
        "pending"
    );
    world.keeps_secrets(&job, &done);

    // The same once more: nothing new is said.
    let first = world.repo.comments(7).pop().unwrap();
    succeeds(&job);
    assert_eq!(world.repo.comments(7).pop().unwrap().body, first.body);
    let again = world.github.take_writes();
    assert!(again.is_empty(), "{again:#?}");

    // Somebody deleted it meanwhile.
    let delete = world.desk.aws.stacks().delete_stack();
    let delete = delete.stack_name(world.desk.stack()).send();
    world.desk.aws.wait(delete).unwrap();
    succeeds(&job);
    insta::assert_snapshot!("gone", world.told(7));
    assert_eq!(
        world.repo.deployments()[0].statuses.last().unwrap().state,
        "inactive"
    );
    world.github.take_writes();
}

#[test]
fn attack_what_was_not_approved_is_not_even_looked_at() {
    let world = World::with_stack("");
    let pull = world.removal();
    let before = world.merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(codes_of(&done.summary), ["approval-missing"]);
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(!world.told(7).contains("--confirm"));
    world.github.take_writes();
}

#[test]
fn attack_a_protected_stack_says_so_and_waits_for_nobody() {
    let world = World::with_stack("");
    let protect = world.desk.aws.stacks().update_termination_protection();
    let protect = protect
        .stack_name(world.desk.stack())
        .enable_termination_protection(true);
    world.desk.aws.wait(protect.send()).unwrap();
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    insta::assert_snapshot!("protected", world.told(7));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_a_policy_that_deletes_nothing_asks_nobody() {
    let world = World::with_stack("    deletes: never\n");
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    insta::assert_snapshot!("never_deleted", world.told(7));
    world.github.take_writes();
}

#[test]
fn attack_a_removal_that_was_undone_since_deletes_nothing() {
    let world = World::with_stack("");
    let text = world.desk.read(&world.desk.path());
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let old = world.push(&before);
    let back = world.another(8, |commit| commit.write(&world.desk.path(), text));
    world.merged(&back);
    succeeds(&old);
    assert!(!world.told(7).contains("--confirm"));
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.take_writes();
}
