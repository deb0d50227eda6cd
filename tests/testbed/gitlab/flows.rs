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

/// Jobs of one environment share it by groups of accounts. A variable of a trigger can select another group, and do less by it.
#[test]
fn attack_a_job_of_other_accounts() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let own = world.workdir.aws.account.clone();
    let run_for = |accounts: &str| {
        run(world
            .push_job(&before)
            .with("PROVISIONER_ACCOUNTS", accounts))
    };
    assert_eq!(run_for("999999999999").status, 0);
    assert_eq!(world.stack(), None);
    for wrong in ["prod", "12345678901", "[0-9]*"] {
        assert_eq!(run_for(wrong).status, 2, "{wrong}");
        assert_eq!(world.stack(), None);
    }
    // Nobody approved it, whatever the group.
    let denied = GitLabWorld::new(&policy(""));
    let unapproved = denied.proposed(CONFIG);
    let before_denied = denied.merged(&unapproved);
    let job = denied.push_job(&before_denied);
    let ended = run(job.with("PROVISIONER_ACCOUNTS", &denied.workdir.aws.account));
    assert_eq!(ended.status, 20);
    assert_eq!(denied.stack(), None);
    denied.gitlab.take_writes();
    let group = format!("999999999999, {}*", &own[..3]);
    let run = run_for(&group);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let notes = world.notes(7).concat();
    assert!(notes.contains("accounts `999999999999`, `"), "{notes}");
    world.gitlab.take_writes();
}
