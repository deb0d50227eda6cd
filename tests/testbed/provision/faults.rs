//! A forge that fails at each single read: provisioner does nothing without permission, and reports nothing false.

use serde_json::json;

use super::*;
use crate::support::github::Fault;

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
            let says_nothing = run.summary.contains("No config is concerned");
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
    assert!(world.report(8).contains("1 config: 1 done"));
    assert!(world.stacks()[0].0.starts_with("edge-"));
    let summary = world.workdir.redact_account(&normalize(&run.summary));
    let commit = regex::Regex::new("What `[0-9a-f]{7}`").unwrap();
    insta::assert_snapshot!("one_unknown", commit.replace(&summary, "What `[commit]`"));
    assert_eq!(
        evidence_of(&job)["predicate"]["changes"][0]["pull_request"],
        8
    );
    world.github.take_writes();
}
