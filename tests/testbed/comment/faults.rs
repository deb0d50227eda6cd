//! A failing forge: provisioner does nothing without permission, keeps what it did, and reports it as far as possible.

use super::*;
use crate::support::github::Fault;
use crate::support::job::with_each_non_answer;

/// Vector 36: each read fails permanently.
#[test]
fn attack_any_forge_request_fails() {
    let (world, pull) = World::with_merge();
    let comment = world.comment(&world.carol, "/provisioner prep-master");
    let refused = Fault::Json(403, serde_json::json!({"message": "no"}));
    for pattern in [
        "GET /repos/acme/infra/issues/comments/*",
        "GET /repos/acme/infra/collaborators/**",
        "POST /graphql",
        "GET /repos/acme/infra",
        "GET /repos/acme/infra/branches/**",
        "GET /repos/acme/infra/pulls/7",
        "GET /repos/acme/infra/compare/**",
        "GET /repos/acme/infra/pulls/7/reviews",
        "GET /repos/acme/infra/activity",
        "GET /repos/acme/infra/commits/*/pulls",
        "GET /repos/acme/infra/git/**",
        "GET /repos/acme/infra/commits/*/statuses",
    ] {
        for fault in [Fault::TruncatedJson, refused.clone()] {
            world.github.fault_always(pattern, fault.clone());
            let before = world.github.requests().len();
            let applied = world.apply_job(&pull, &comment).run();
            let hit = world.github.requests()[before..]
                .iter()
                .any(|it| it.matches(pattern));
            world.github.clear_faults();
            let run = applied.outputs["done"] == "1";
            assert!(!(hit && run), "{pattern} {fault:?}: {}", applied.stderr);
            assert!(
                !hit || world.stack().is_none(),
                "{pattern} {fault:?}: {}",
                applied.stderr
            );
            for write in world.github.take_writes() {
                let is_said = write.path.contains("/comments");
                assert!(is_said, "{pattern}: {}", write.line());
            }
        }
    }
    world.assert_no_aws_access();
}

#[test]
fn a_failure_is_reported_in_the_reply() {
    let (world, pull) = World::with_proposal();
    world
        .github
        .fault_always("GET /repos/acme/infra/compare/**", Fault::Status(500));
    let text =
        "/provisioner explain not-merged\n/provisioner show-changes\n/provisioner check-drift";
    let inspected = world.inspect(&pull, &world.carol, text);
    inspected.assert_exit(31);
    world.github.clear_faults();
    world
        .github
        .expect_writes(&[REACTION, COMMENT, COMMENTED, REACTION]);
    assert_eq!(world.reactions(&inspected.comment), ["eyes", "confused"]);
    assert_eq!(
        inspected.environments(),
        "[]",
        "the output is there all the same"
    );
    insta::assert_snapshot!("failure", world.reply());
    world.assert_no_aws_access();
}

#[test]
fn a_token_without_comment_permission_still_applies() {
    let (world, pull) = World::with_merge();
    let token = world.github.actions_token_writing(&["deployments"]);
    let comment = world.comment(&world.carol, "/provisioner prep-master");
    let inspected = world
        .inspect_job(&pull, &comment)
        .with("GITHUB_TOKEN", &token)
        .run();
    assert_eq!(inspected.status, 0, "{}", inspected.stderr);
    assert_eq!(inspected.outputs["environments"], r#"["prod"]"#);
    let applied = world
        .apply_job(&pull, &comment)
        .with("GITHUB_TOKEN", &token)
        .run();
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    assert!(applied.stderr.contains("warning:"), "{}", applied.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert!(applied.summary.contains("prep-master") || applied.summary.contains("created"));
    let writes = world.github.take_writes();
    let refused = writes.iter().filter(|it| it.status == Some(403));
    assert_eq!(refused.count(), 3, "👀, the reply once, 🚀: {writes:#?}");
    assert_eq!(world.replies(), [""; 0]);
}

#[test]
fn results_are_in_the_summary_if_the_reply_fails() {
    let (world, pull) = World::with_merge();
    let inspected = world.inspect(&pull, &world.carol, "/provisioner prep-master");
    world.github.expect_writes(&[REACTION]);
    world.github.fault_always(
        "PATCH /repos/acme/infra/issues/comments/*",
        Fault::TruncatedJson,
    );
    let applied = world.apply_job(&pull, &inspected.comment).run();
    world.github.clear_faults();
    world.github.take_writes();
    assert_eq!(applied.status, 31, "{}", applied.stderr);
    assert_eq!(applied.outputs["done"], "1");
    assert!(applied.outputs["evidence-file"].is_string());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}

/// A command that is allowed is done or unanswered, whichever answer says nothing.
#[test]
fn one_unusable_answer_never_denies_a_command() {
    let (world, pull) = World::with_merge();
    let comment = world.comment(&world.carol, "/provisioner prep-master");
    for job in [
        world.inspect_job(&pull, &comment),
        world.apply_job(&pull, &comment),
    ] {
        with_each_non_answer(
            &world.github,
            (0, 10),
            || job.run(),
            |what, baseline, run| {
                match run.status {
                    0 => {
                        for output in ["environments", "done"] {
                            let expected = &baseline.outputs[output];
                            assert_eq!(run.outputs[output], *expected, "{what}: {}", run.summary);
                        }
                    }
                    31 => assert_ne!(run.outputs["denied"], "1", "{what}: {}", run.summary),
                    other => panic!("{what}: {other}: {}\n{}", run.stderr, run.summary),
                }
                assert!(!run.summary.contains("error["), "{what}: {}", run.summary);
            },
        );
    }
}
