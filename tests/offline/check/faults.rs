//! `check` against a GitHub with rate limits, errors, wrong answers and broken connections.

use serde_json::json;

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::github::{Fault, Pull};

fn scene() -> (Scene, Pull) {
    let scene = Scene::new();
    let pull = scene.changed();
    (scene, pull)
}

#[test]
fn transient_faults_are_retried() {
    let (scene, pull) = scene();
    let github = &scene.github;
    github.fault("GET /repos/acme/infra/pulls/7", Fault::Status(502));
    github.fault("GET /repos/acme/infra/pulls/7/files", Fault::DropBefore);
    github.fault(
        "GET /repos/acme/infra/git/blobs/**",
        Fault::TooManyRequests { retry_after: 0 },
    );
    github.fault(
        "GET /repos/acme/infra/issues/7/comments",
        Fault::SecondaryLimit { retry_after: 1 },
    );
    github.fault("POST /graphql", Fault::Status(500));
    github.fault(STATUS, Fault::Status(503));
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(scene.repo.comments(7).len(), 1);
    github.expect_writes(&[COMMENTS, STATUS, STATUS]);
}

#[test]
fn a_comment_with_a_lost_response_is_not_repeated() {
    let (scene, pull) = scene();
    scene.github.fault(COMMENTS, Fault::DropAfter);
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}

#[test]
fn a_comment_that_was_not_created_is_retried() {
    for fault in [Fault::DropBefore, Fault::Status(502)] {
        let (scene, pull) = scene();
        scene.github.fault(COMMENTS, fault);
        let run = scene.job(&pull).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(scene.repo.comments(7).len(), 1);
        scene.github.take_writes();
    }
}

#[test]
fn a_permanent_fault_names_its_request() {
    for (fault, text) in [
        (Fault::Status(500), "pull request 7: HTTP 500"),
        (Fault::TruncatedJson, "pull request 7: the answer is not"),
    ] {
        let (scene, pull) = scene();
        scene
            .github
            .fault_always("GET /repos/acme/infra/pulls/7", fault);
        let run = scene.job(&pull).run();
        assert_eq!(run.status, 31);
        assert!(run.stderr.contains(text), "{}", run.stderr);
        assert!(scene.github.take_writes().is_empty());
    }
}

/// GitHub answers 422 or 406 for a pull request whose difference is too large, and lists no files of a head that it does not know yet.
#[test]
fn trees_replace_an_unusable_list_of_files() {
    let error = |status, message| Fault::Json(status, json!({ "message": message }));
    for fault in [
        error(
            422,
            "Server Error: Sorry, this diff is taking too long to generate.",
        ),
        error(406, "Sorry, the diff exceeded the maximum number of files."),
        error(404, "Not Found"),
        Fault::Status(500),
        Fault::TruncatedJson,
        Fault::Json(200, json!([])),
    ] {
        let (scene, pull) = scene();
        scene
            .github
            .fault_always("GET /repos/acme/infra/pulls/7/files", fault.clone());
        let run = scene.job(&pull).run();
        assert_eq!(run.status, 0, "{fault:?}: {}", run.stderr);
        assert_eq!(run.outputs["configs"], "1", "{fault:?}");
        let comment = scene.comment();
        assert!(comment.contains("lifecycle_policy"), "{fault:?}: {comment}");
        scene.github.expect_writes(&[COMMENTS, STATUS]);
    }
}

#[test]
fn an_expired_token_is_not_about_the_list_of_files() {
    let (scene, pull) = scene();
    let expired = Fault::Json(401, json!({"message": "Bad credentials"}));
    scene
        .github
        .fault("GET /repos/acme/infra/pulls/7/files", expired);
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert!(
        run.stderr.contains("files of pull request 7"),
        "{}",
        run.stderr
    );
}

/// The list serves a notice only.
#[test]
fn open_pull_requests_may_stay_unknown() {
    let limited = "You have exceeded a secondary rate limit.";
    for (times, fault) in [
        (5, Fault::Status(502)),
        (1, Fault::Status(403)),
        (1, Fault::Json(403, json!({"message": "no"}))),
        (1, Fault::SecondaryLimit { retry_after: 900 }),
        (5, Fault::Json(429, json!({ "message": limited }))),
        (1, Fault::TruncatedJson),
        (1, Fault::Json(200, json!({"data": {"repository": null}}))),
    ] {
        let (scene, pull) = scene();
        scene
            .github
            .fault_times(times, "POST /graphql", fault.clone());
        let run = scene.job(&pull).run();
        assert_eq!(run.status, 0, "{fault:?}: {}", run.stderr);
        let comment = scene.comment();
        let notice = "The other open pull requests could not be read.";
        assert!(comment.contains(notice), "{fault:?}: {comment}");
        assert!(
            run.stderr.contains("open pull requests: "),
            "{}",
            run.stderr
        );
        scene.github.expect_writes(&[COMMENTS, STATUS]);
    }
}

#[test]
fn the_token_appears_nowhere() {
    let (scene, pull) = scene();
    scene
        .github
        .fault_always("GET /repos/acme/infra/pulls/7", Fault::Status(500));
    let job = scene
        .job(&pull)
        .with("GITHUB_TOKEN", "ghs_secretsecretsecret");
    let run = job.run();
    assert_ne!(run.status, 0);
    assert!(!format!("{}{}{}", run.stdout, run.stderr, run.summary).contains("secretsecret"));
}
