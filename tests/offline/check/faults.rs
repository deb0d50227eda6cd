//! `check` against a GitHub with rate limits, errors, wrong answers and broken connections.

use serde_json::json;

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::github::{Fault, Pull};
use crate::support::http::Client;
use crate::support::job::{Job, config, path, with_each_non_answer};

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
        (
            Fault::Json(301, json!({"message": "Moved Permanently"})),
            "pull request 7: the repository was renamed or moved, re-run the workflow: Moved Permanently (HTTP 301)",
        ),
        (
            Fault::Json(200, json!({"message": "Server Error"})),
            "pull request 7: an error text in a successful answer: Server Error",
        ),
        (
            Fault::Text(200, String::new()),
            "pull request 7: an empty answer",
        ),
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

/// An answer that says nothing changes nothing that the check says: the run ends the same, or as unreachable.
#[test]
fn one_unusable_answer_never_changes_a_check() {
    let (scene, pull) = scene();
    let run = || scene.job(&pull).run();
    with_each_non_answer(&scene.github, (0, 12), run, |what, baseline, run| {
        assert!(
            matches!(run.status, 0 | 31),
            "{what}: {}: {}",
            run.status,
            run.stderr
        );
        let digest = &run.outputs["digest"];
        assert!(
            *digest == baseline.outputs["digest"] || (digest.is_null() && run.status == 31),
            "{what}: {digest}"
        );
    });
    for status in scene.repo.statuses(&pull.head_sha()) {
        assert_eq!(status.state, "success");
        assert!(status.description.is_some_and(|text| text.contains("plan")));
    }
    assert!(scene.comment().contains("lifecycle_policy"));
}

/// A token ends after an hour. Nothing of the report is lost, and the next run writes it.
#[test]
fn an_expired_token_loses_no_report() {
    for place in [COMMENTS, STATUS, "POST /graphql"] {
        let (scene, pull) = scene();
        let expired = Fault::Json(401, json!({"message": "Bad credentials"}));
        scene.github.fault_always(place, expired);
        let run = scene.job(&pull).run();
        scene.github.clear_faults();
        assert_eq!(run.status, 31, "{place}: {}", run.stderr);
        assert!(run.summary.contains("lifecycle_policy"), "{place}");
        let notice = ": `Bad credentials (HTTP 401)`. Re-run the job to write it.";
        assert!(run.summary.contains(notice), "{place}: {}", run.summary);
        assert_eq!(run.outputs["configs"], "1", "{place}");
        assert!(run.sarif.is_object() && run.report.is_object(), "{place}");
        let again = scene.job(&pull).run();
        assert_eq!(again.status, 0, "{place}: {}", again.stderr);
        assert!(scene.comment().contains("lifecycle_policy"), "{place}");
        assert_eq!(scene.repo.statuses(&pull.head_sha()).len(), 1, "{place}");
        scene.github.take_writes();
    }
}

/// S13: a comment or a status that GitHub refuses for good costs a notice, and one that it could not take ends the run as unreachable.
/// Nothing else is lost.
#[test]
fn a_refused_comment_or_status_loses_no_report() {
    let no = |status, message: &str| Fault::Json(status, json!({ "message": message }));
    let refusals = [
        (no(403, "Resource not accessible by integration"), false),
        (no(404, "Not Found"), false),
        (no(410, "Gone"), false),
        (no(422, "Validation Failed"), false),
        (Fault::Status(500), true),
    ];
    for (fault, is_temporary) in refusals {
        for places in [&[COMMENTS][..], &[STATUS], &[COMMENTS, STATUS]] {
            let (scene, pull) = scene();
            for place in places {
                scene.github.fault_always(place, fault.clone());
            }
            let run = scene.job(&pull).run();
            let what = format!("{places:?} {fault:?}: {}", run.stderr);
            assert_eq!(run.status, if is_temporary { 31 } else { 0 }, "{what}");
            assert!(run.summary.contains("lifecycle_policy"), "{what}");
            let notices = run.report["notices"].as_array().unwrap().len();
            assert!(notices >= places.len(), "{what}: {:#}", run.report);
            assert!(run.stderr.contains("warning: "), "{what}");
            assert!(run.sarif.is_object(), "{what}");
            assert_eq!(run.outputs["configs"], "1", "{what}");
            let is_commented = !scene.repo.comments(7).is_empty();
            assert_eq!(is_commented, !places.contains(&COMMENTS), "{what}");
            let has_status = !scene.repo.statuses(&pull.head_sha()).is_empty();
            assert_eq!(has_status, !places.contains(&STATUS), "{what}");
            scene.github.clear_faults();
            scene.github.take_writes();
        }
    }
}

/// S13: the annotations of errors are there too.
#[test]
fn a_refused_comment_loses_no_annotation() {
    let (scene, pull) = scene();
    let text = config("b001", "  versionning: true\n");
    scene
        .repo
        .commit("feature")
        .write(&path("b001"), text)
        .push();
    let refused = Fault::Json(
        403,
        json!({"message": "Resource not accessible by integration"}),
    );
    scene.github.fault_always(COMMENTS, refused.clone());
    scene.github.fault_always(STATUS, refused);
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert!(run.stdout.contains("::error file="), "{}", run.stdout);
    assert!(run.summary.contains("versionning"), "{}", run.summary);
    let results = run.sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty());
    scene.github.clear_faults();
    scene.github.take_writes();
}

/// The event is of a push some seconds ago, which GitHub's answers lack at first.
#[test]
fn a_check_waits_for_a_new_head() {
    let (scene, pull) = scene();
    let before = pull.head_sha();
    let client = Client::new(&scene.github.api_url(), Some(&scene.github.actions_token()));
    let old = client.get("/repos/acme/infra/pulls/7").unwrap().json();
    let text = config("b001", "  lifecycle_policy: ml-optimized\n");
    let commit = scene.repo.commit("feature").write(&path("b001"), text);
    commit.push();
    let mut event = pull.synchronize_event(&before, &scene.alice);
    let now = jiff::Timestamp::from_second(scene.github.now()).unwrap();
    event["pull_request"]["updated_at"] = json!(now.to_string());
    scene.github.clear_journal();
    scene
        .github
        .fault_times(3, "GET /repos/acme/infra/pulls/7", Fault::Json(200, old));
    let job = Job::new(
        &scene.github,
        &scene.github.actions_token(),
        "pull_request",
        &event,
    );
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        scene.comment().contains("ml-optimized"),
        "{}",
        scene.comment()
    );
    assert_eq!(scene.github.count("GET /repos/acme/infra/pulls/7"), 4);
    assert_eq!(scene.repo.statuses(&before).len(), 0);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
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
