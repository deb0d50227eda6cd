//! A forge that fails at each single read: provisioner does nothing without permission, and reports nothing false.

use serde_json::json;

use super::*;
use crate::support::github::Fault;
use crate::support::http::Client;
use crate::support::job::with_each_non_answer;

impl World {
    /// Every read of the forge in a run, once.
    fn places(&self, job: &Job) -> Vec<String> {
        self.github.clear_journal();
        job.run();
        let mut places: Vec<String> = Vec::new();
        for request in self.github.requests() {
            if !request.is_write() && !places.contains(&request.line()) {
                places.push(request.line());
            }
        }
        self.github.clear_journal();
        places
    }

    /// A run in which one read always fails with this fault.
    fn run_with(&self, job: &Job, place: &str, fault: &Fault) -> JobOutput {
        self.github.fault_always(place, fault.clone());
        let run = job.run();
        self.github.clear_faults();
        run
    }
}

#[test]
fn attack_faults_never_replace_a_missing_fact() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    // A reviewer who requests changes, so that every read matters for the decision.
    pull.request_changes(&world.carol);
    let before = world.merged(&pull);
    let job = world.push(&before);
    let places = world.places(&job);
    assert!(places.len() > 12, "{places:#?}");
    for place in &places {
        let of_list = ["/reviews", "/pulls", "/statuses", "/activity", "/comments"];
        let nothing = match of_list.iter().any(|end| place.ends_with(end)) {
            true => json!([]),
            false => json!({}),
        };
        for fault in [Fault::Status(404), Fault::Json(200, nothing)] {
            let run = world.run_with(&job, place, &fault);
            // A change without configs has nothing to report.
            let says_nothing = run.summary.contains("No config to apply");
            assert!(
                run.status != 0 || says_nothing,
                "{place} {fault:?}: {}",
                run.summary
            );
            assert_ne!(run.outputs["done"], "1", "{place} {fault:?}");
            assert_eq!(world.stacks(), [], "{place} {fault:?}");
            assert_eq!(world.issuers[1].issued(), [""; 0], "{place} {fault:?}");
            world.assert_no_secrets(&job, &run);
        }
    }
    world.github.take_writes();
}

#[test]
fn permanent_faults_fail_the_run_or_do_not_matter() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let places = world.places(&job);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    for place in &places {
        let run = world.run_with(&job, place, &Fault::Status(403));
        match run.status {
            0 => assert_eq!(run.outputs["done"], "1", "{place}: {}", run.summary),
            20 => assert!(
                !codes_of(&run.summary).is_empty(),
                "{place}: {}",
                run.summary
            ),
            31 => assert!(run.stderr.contains("error: "), "{place}: {}", run.stderr),
            other => panic!("{place}: {other}: {}", run.stderr),
        }
        world.assert_no_secrets(&job, &run);
    }
    world.github.take_writes();
}

#[test]
fn transient_faults_are_retried() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let places = world.places(&job);
    let faults = [
        Fault::Status(502),
        Fault::TooManyRequests { retry_after: 0 },
        Fault::CutBody,
    ];
    for (place, fault) in places.iter().zip(faults.iter().cycle()) {
        world.github.fault(place, fault.clone());
    }
    run_successfully(&job);
    assert_eq!(world.stacks().len(), 1);
    world.github.take_writes();
    world.github.clear_faults();
}

#[test]
fn one_unreadable_merge_does_not_block_others() {
    let world = World::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let (path, text) = world.other();
    let other = world.another(8, |commit| commit.write(&path, text));
    other.approve(&world.bob);
    let before = world.approved_and_merged(&pull);
    other.merge(&world.bob);
    let job = world.push(&before);
    let run = world.run_with(&job, "GET /repos/acme/infra/pulls/7", &Fault::Status(403));
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert_eq!(run.outputs["done"], "1");
    assert!(world.report(8).contains("1 stack "));
    assert!(world.stacks()[0].0.starts_with("edge-"));
    let summary = world.workdir.redact_account(&normalize(&run.summary));
    insta::assert_snapshot!("one_unknown", summary);
    assert_eq!(
        evidence_of(&job)["predicate"]["changes"][0]["change"]["pull_request"],
        8
    );
    world.github.take_writes();
}

/// What a run says of a merged change while one answer says nothing: the same as without the fault, or nothing.
#[test]
fn one_unusable_answer_never_denies_an_approved_change() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    with_each_non_answer(
        &world.github,
        (0, 20),
        || job.run(),
        |what, baseline, run| {
            assert_eq!(baseline.outputs["done"], "1");
            match run.status {
                0 => assert_eq!(run.outputs["done"], "1", "{what}: {}", run.summary),
                31 => assert!(
                    run.stderr.contains("error: ") || run.outputs["done"] == "1",
                    "{what}"
                ),
                other => panic!("{what}: {other}: {}\n{}", run.stderr, run.summary),
            }
            assert_eq!(codes_of(&run.summary), [""; 0], "{what}: {}", run.summary);
            assert_eq!(codes_of(&world.last_comment()), [""; 0], "{what}");
        },
    );
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn attack_one_unusable_answer_never_allows_a_denied_change() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    let job = world.push(&before);
    with_each_non_answer(
        &world.github,
        (20, 12),
        || job.run(),
        |what, _, run| {
            assert!(matches!(run.status, 20 | 31), "{what}: {}", run.stderr);
            assert_eq!(world.stacks(), [], "{what}");
            assert_eq!(world.issuers[1].issued(), [""; 0], "{what}");
        },
    );
}

/// Just after a merge, GitHub's answers can be those from before. Each question is repeated, and the change is provisioned.
#[test]
fn a_new_merge_is_waited_for() {
    let (world, pull) = World::with_proposed();
    pull.approve(&world.bob);
    let before = world.repo.head("main");
    let client = Client::new(&world.github.api_url(), Some(&world.github.actions_token()));
    let old = client
        .get("/repos/acme/infra/branches/main")
        .unwrap()
        .json();
    pull.merge(&world.bob);
    let mut event = world.repo.push_event("main", &before, &world.bob);
    event["repository"]["pushed_at"] = json!(world.github.now());
    let job = world.job("push", &event, 1);
    let none = || Fault::Json(200, json!([]));
    let questions = [
        ("GET /repos/acme/infra/branches/main", Fault::Json(200, old)),
        ("GET /repos/acme/infra/commits/*/pulls", none()),
        ("GET /repos/acme/infra/commits/*/statuses", none()),
        ("GET /repos/acme/infra/compare/**", Fault::Status(404)),
    ];
    for (place, fault) in questions {
        world.github.fault_times(2, place, fault);
    }
    // Of the branch, then of all branches.
    world
        .github
        .fault_times(4, "GET /repos/acme/infra/activity", none());
    run_successfully(&job);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

/// The same answers long after the push are facts.
#[test]
fn a_merge_of_an_hour_ago_is_not_waited_for() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let mut event = world.repo.push_event("main", &before, &world.bob);
    event["repository"]["pushed_at"] = json!(world.github.now() - 3600);
    let job = world.job("push", &event, 1);
    world.github.clear_journal();
    let pulls = "GET /repos/acme/infra/commits/*/pulls";
    world
        .github
        .fault_always(pulls, Fault::Json(200, json!([])));
    let run = job.run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(codes_of(&run.summary)[0], "not-merged");
    assert_eq!(world.github.count(pulls), 1, "{}", run.stderr);
    world.assert_nothing_done(&job, &run);
    world.github.clear_faults();
}

/// A token ends after an hour: what was done is in the summary and the evidence, and the next run writes the comment.
#[test]
fn an_expired_token_loses_no_report() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let expired = Fault::Json(401, json!({"message": "Bad credentials"}));
    world.github.fault_always(COMMENT, expired);
    let run = job.run();
    world.github.clear_faults();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert_eq!(run.outputs["done"], "1");
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let notice = "⚠️ Pull request 7: No comment was posted: `Bad credentials (HTTP 401)`. Re-run the job to write it.";
    assert!(run.summary.contains(notice), "{}", run.summary);
    assert_eq!(
        evidence_of(&job)["predicate"]["changes"][0]["change"]["pull_request"],
        7
    );
    run_successfully(&job);
    assert!(
        world.report(7).contains("1 stack unchanged"),
        "{}",
        world.report(7)
    );
    world.github.take_writes();
}
