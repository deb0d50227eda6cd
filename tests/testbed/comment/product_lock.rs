//! Commands under a lock of the built-in products.

use super::*;
use crate::support::product_lock::{LOCK, of_release, running};

impl World {
    fn lock(&self, text: String) {
        let commit = self.repo.commit("main").author(&self.carol);
        commit.write(LOCK, text).push();
    }
}

/// A test creates a stack, so it needs the program of the lock. The lock is that of the default branch.
#[test]
fn attack_a_test_by_a_program_that_the_lock_does_not_name() {
    let (world, pull) = World::with_proposal();
    world.lock(of_release("0.2.0", "s3"));
    pull.approve(&world.bob);
    world.github.take_writes();
    let denied = world.inspect(&pull, &world.carol, "/provisioner test-deploy");
    denied.assert_exit(20);
    assert_eq!(denied.environments(), "[]");
    let reply = world.last_reply();
    assert!(reply.contains("error[product-not-locked]"), "{reply}");
    world.lock(running());
    world.github.take_writes();
    let tested = world.apply(&pull, &world.carol, "/provisioner test-deploy");
    tested.assert_exit(0);
    // Reading is allowed, so that an upgrade can be previewed.
    world.lock(of_release("0.2.0", "s3"));
    let shown = world.inspect(&pull, &world.carol, "/provisioner show-changes");
    shown.assert_exit(0);
    world.github.take_writes();
}

/// A removal that was merged before an upgrade is confirmed after it, by the program of the new lock.
#[test]
fn a_removal_from_before_an_upgrade_is_confirmed_after_it() {
    let old = |world: &World| world.lock(running());
    let (world, pull) = World::with_removal_under(&policy(""), old);
    let posted = world.posted();
    world.lock(of_release("0.2.0", "s3"));
    let denied = world.apply(&pull, &world.carol, &posted);
    denied.assert_exit(20);
    assert!(world.last_reply().contains("error[product-not-locked]"));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
    world.lock(running());
    world.apply(&pull, &world.carol, &posted).assert_exit(0);
    assert_eq!(world.stack(), None);
    world.github.take_writes();
}
