//! Flow 3: provisions approved and merged changes of the default branch.

use crate::support::job::normalize;
use crate::world::*;

const VERSIONED: &str = "  versioning: true\n  solutions:\n    - churn\n";

#[test]
fn a_new_config_is_provisioned_once() {
    let world = World::new(&policy(""));
    let pull = world.proposed(VERSIONED);
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let run = job.run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world
        .github
        .expect_writes(&[DEPLOYMENT, DEPLOYED, DEPLOYED, COMMENT]);
    insta::assert_snapshot!(
        "created",
        world
            .workdir
            .redact_account(&normalize(&world.last_comment()))
    );
    assert_eq!(run.outputs["done"], "1");
    assert_eq!(
        world.issuers[1].issued().len(),
        1,
        "one token serves the run"
    );

    // The same run again has nothing to do.
    let again = job.run();
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let writes = world.github.take_writes();
    let posts: Vec<_> = writes
        .iter()
        .filter(|it| it.path.ends_with("comments"))
        .collect();
    assert_eq!(posts.len(), 0, "the one comment is updated");
}
