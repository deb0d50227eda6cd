//! A GitHub that limits, fails, lies and breaks off.

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::github::{Fault, Pull};

fn scene() -> (Scene, Pull) {
    let scene = Scene::new();
    let pull = scene.changed();
    (scene, pull)
}

#[test]
fn passing_faults_are_waited_out() {
    let (scene, pull) = scene();
    let github = &scene.github;
    github.fault("GET /repos/acme/infra/pulls/7", Fault::Status(502));
    github.fault("GET /repos/acme/infra/pulls/7/files", Fault::DropBefore);
    github.fault(
        "GET /repos/acme/infra/contents/**",
        Fault::TooManyRequests { retry_after: 0 },
    );
    github.fault(
        "GET /repos/acme/infra/issues/7/comments",
        Fault::SecondaryLimit { retry_after: 1 },
    );
    github.fault("POST /graphql", Fault::Status(500));
    github.fault(STATUS, Fault::Status(503));
    let done = scene.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(scene.repo.comments(7).len(), 1);
    github.expect_writes(&[COMMENTS, STATUS, STATUS]);
}

#[test]
fn a_comment_whose_answer_was_lost_is_not_made_twice() {
    let (scene, pull) = scene();
    scene.github.fault(COMMENTS, Fault::DropAfter);
    let done = scene.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}

#[test]
fn a_comment_that_was_never_made_is_made() {
    for fault in [Fault::DropBefore, Fault::Status(502)] {
        let (scene, pull) = scene();
        scene.github.fault(COMMENTS, fault);
        let done = scene.job(&pull).run();
        assert_eq!(done.status, 0, "{}", done.stderr);
        assert_eq!(scene.repo.comments(7).len(), 1);
        scene.github.take_writes();
    }
}

#[test]
fn a_lasting_fault_is_an_error_that_says_what_was_asked() {
    let (scene, pull) = scene();
    scene
        .github
        .fault_always("GET /repos/acme/infra/pulls/7/files", Fault::Status(500));
    let done = scene.job(&pull).run();
    assert_eq!(done.status, 31);
    assert!(
        done.stderr
            .contains("files of pull request 7: GitHub answers 500"),
        "{}",
        done.stderr
    );
    assert!(scene.github.take_writes().is_empty());
}

#[test]
fn a_broken_answer_is_an_error_and_no_empty_list() {
    let (scene, pull) = scene();
    scene
        .github
        .fault_always("GET /repos/acme/infra/pulls/7/files", Fault::TruncatedJson);
    let done = scene.job(&pull).run();
    assert_eq!(done.status, 31);
    assert!(
        done.stderr.contains("files of pull request 7"),
        "{}",
        done.stderr
    );
}

#[test]
fn attack_a_list_that_is_too_short_is_not_believed() {
    let (scene, pull) = scene();
    scene.github.fault_always(
        "GET /repos/acme/infra/pulls/7/files",
        Fault::Json(200, serde_json::json!([])),
    );
    let done = scene.job(&pull).run();
    assert_eq!(done.status, 31);
    assert!(
        done.stderr.contains("GitHub counts 1 and lists 0"),
        "{}",
        done.stderr
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
    let done = job.run();
    assert_ne!(done.status, 0);
    assert!(!format!("{}{}{}", done.stdout, done.stderr, done.summary).contains("secretsecret"));
}
