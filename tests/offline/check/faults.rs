//! `check` against a GitHub with rate limits, errors, wrong answers and broken connections.

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
    let (scene, pull) = scene();
    scene
        .github
        .fault_always("GET /repos/acme/infra/pulls/7/files", Fault::Status(500));
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 31);
    assert!(
        run.stderr.contains("files of pull request 7: HTTP 500"),
        "{}",
        run.stderr
    );
    assert!(scene.github.take_writes().is_empty());
}

#[test]
fn an_invalid_response_is_not_an_empty_list() {
    let (scene, pull) = scene();
    scene
        .github
        .fault_always("GET /repos/acme/infra/pulls/7/files", Fault::TruncatedJson);
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 31);
    assert!(
        run.stderr.contains("files of pull request 7"),
        "{}",
        run.stderr
    );
}

#[test]
fn attack_a_truncated_list_is_rejected() {
    let (scene, pull) = scene();
    scene.github.fault_always(
        "GET /repos/acme/infra/pulls/7/files",
        Fault::Json(200, serde_json::json!([])),
    );
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 31);
    assert!(
        run.stderr.contains("GitHub counts 1 and lists 0"),
        "{}",
        run.stderr
    );
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
