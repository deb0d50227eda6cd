//! What the flows cost on both forges.

use super::world::*;
use crate::world::World;

/// Calls of both forges for one new config, for a check and a provisioning.
#[test]
fn calls_are_bounded() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let check = world.gitlab.requests().len();
    let base = world.approved_and_merged(&pull);
    assert_eq!(world.provision(&base).status, 0);
    let provision = world.gitlab.requests().len() - check;
    world.gitlab.take_writes();
    let on_github = World::new(&policy(""));
    let pull = on_github.proposed(CONFIG);
    let github_check = on_github.github.requests().len();
    let base = on_github.approved_and_merged(&pull);
    assert_eq!(on_github.push(&base).run().status, 0);
    let github_provision = on_github.github.requests().len() - github_check;
    on_github.github.take_writes();
    let calls = [check, provision, github_check, github_provision];
    assert_eq!(calls, [24, 35, 16, 29], "docs/gitlab.md names them");
}
