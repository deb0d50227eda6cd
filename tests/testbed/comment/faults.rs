//! A forge that fails: nothing happens that was not allowed, what was done is done, and somebody is told as far as that is possible.

use super::*;
use crate::support::github::Fault;

/// Vector 36: each call that reads fails, for good.
#[test]
fn attack_a_forge_that_fails_anywhere() {
    let (world, pull) = World::with_merge();
    let comment = world.says(&world.carol, "/provisioner prep-master");
    let refused = Fault::Json(403, serde_json::json!({"message": "no"}));
    for pattern in [
        "GET /repos/acme/infra/issues/comments/*",
        "GET /repos/acme/infra/collaborators/**",
        "POST /graphql",
        "GET /repos/acme/infra",
        "GET /repos/acme/infra/branches/**",
        "GET /repos/acme/infra/pulls/7",
        "GET /repos/acme/infra/compare/**",
        "GET /repos/acme/infra/pulls/7/files",
        "GET /repos/acme/infra/pulls/7/reviews",
        "GET /repos/acme/infra/activity",
        "GET /repos/acme/infra/commits/*/pulls",
        "GET /repos/acme/infra/git/**",
        "GET /repos/acme/infra/contents/**",
        "GET /repos/acme/infra/commits/*/statuses",
    ] {
        for fault in [Fault::TruncatedJson, refused.clone()] {
            world.github.fault_always(pattern, fault.clone());
            let before = world.github.requests().len();
            let acted = world.act_on(&pull, &comment).run();
            let hit = world.github.requests()[before..]
                .iter()
                .any(|it| it.matches(pattern));
            world.github.clear_faults();
            let done = acted.outputs["done"] == "1";
            assert!(!(hit && done), "{pattern} {fault:?}: {}", acted.stderr);
            assert!(
                !hit || world.stack().is_none(),
                "{pattern} {fault:?}: {}",
                acted.stderr
            );
            for write in world.github.take_writes() {
                let is_said = write.path.contains("/comments");
                assert!(is_said, "{pattern}: {}", write.line());
            }
        }
    }
    world.nothing_asked();
}

#[test]
fn a_failure_is_told_in_the_reply_and_not_left_in_progress() {
    let (world, pull) = World::with_proposal();
    world
        .github
        .fault_always("GET /repos/acme/infra/pulls/7/files", Fault::TruncatedJson);
    let text =
        "/provisioner explain not-merged\n/provisioner show-changes\n/provisioner check-drift";
    let looked = world.look(&pull, &world.carol, text);
    looked.ends(31);
    world.github.clear_faults();
    world
        .github
        .expect_writes(&[REACTION, COMMENT, COMMENTED, REACTION]);
    assert_eq!(world.reactions(&looked.comment), ["eyes", "confused"]);
    assert_eq!(
        looked.environments(),
        "[]",
        "the output is there all the same"
    );
    insta::assert_snapshot!("failure", world.reply());
    world.nothing_asked();
}

#[test]
fn work_goes_on_where_the_token_may_not_write_comments() {
    let (world, pull) = World::with_merge();
    let token = world.github.actions_token_writing(&["deployments"]);
    let comment = world.says(&world.carol, "/provisioner prep-master");
    let looked = world
        .look_at(&pull, &comment)
        .with("GITHUB_TOKEN", &token)
        .run();
    assert_eq!(looked.status, 0, "{}", looked.stderr);
    assert_eq!(looked.outputs["environments"], r#"["prod"]"#);
    let acted = world
        .act_on(&pull, &comment)
        .with("GITHUB_TOKEN", &token)
        .run();
    assert_eq!(acted.status, 0, "{}", acted.stderr);
    assert!(acted.stderr.contains("warning:"), "{}", acted.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(acted.summary.contains("prep-master") || acted.summary.contains("created"));
    let writes = world.github.take_writes();
    let refused = writes.iter().filter(|it| it.status == Some(403));
    assert_eq!(refused.count(), 3, "👀, the reply once, 🚀: {writes:#?}");
    assert_eq!(world.replies(), [""; 0]);
}

#[test]
fn what_was_done_is_written_down_where_the_reply_fails() {
    let (world, pull) = World::with_merge();
    let looked = world.look(&pull, &world.carol, "/provisioner prep-master");
    world.github.expect_writes(&[REACTION]);
    world.github.fault_always(
        "PATCH /repos/acme/infra/issues/comments/*",
        Fault::TruncatedJson,
    );
    let acted = world.act_on(&pull, &looked.comment).run();
    world.github.clear_faults();
    world.github.take_writes();
    assert_eq!(acted.status, 31, "{}", acted.stderr);
    assert_eq!(acted.outputs["done"], "1");
    assert!(acted.outputs["evidence-file"].is_string());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}
