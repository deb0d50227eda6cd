//! The evidence: an in-toto statement from which `replay` recomputes decisions and comments.
use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::support::evidence::{BOUND_BY_DIGEST, assert_edits_are_detected};

const SECRET: &str = "Xk7mQ2vR9tLp4WzN8bYc";

/// Replays a file. Returns standard output, standard error and the exit code.
pub fn replayed(job: &Job, evidence: &Value) -> (String, String, i32) {
    let file = job.folder.path().join("evidence-copy.json");
    std::fs::write(&file, evidence.to_string()).unwrap();
    let run = job.command(&["replay", &file.display().to_string()]);
    (run.stdout, run.stderr, run.status)
}

#[test]
fn a_replayed_statement_gives_the_same_decisions() {
    let world = World::new(&policy(""));
    let pull = world.proposed(&format!("{CONFIG}  tags:\n    Password: {SECRET}\n"));
    let before = world.approved_and_merged(&pull);
    let job = world
        .push(&before)
        .with("GITHUB_SERVER_URL", "https://github.com");
    let run = run_successfully(&job);
    let evidence = evidence_of(&job);
    // https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
    assert_eq!(evidence["_type"], "https://in-toto.io/Statement/v1");
    assert!(evidence["predicateType"].as_str().unwrap().contains(':'));
    let subject = &evidence["subject"][0];
    assert!(
        subject["name"]
            .as_str()
            .unwrap()
            .contains(&world.workdir.stack())
    );
    let digest = subject["digest"]["sha256"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let keys: Vec<&String> = evidence.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 4, "{keys:?}");
    assert_eq!(
        evidence["predicate"]["run"]["url"],
        "https://github.com/acme/infra/actions/runs/4711"
    );
    // The digest is that of the stack's template.
    let template = world.workdir.aws.stacks().get_template();
    let template = template.stack_name(world.workdir.stack()).send();
    let template = world
        .workdir
        .aws
        .wait(template)
        .unwrap()
        .template_body
        .unwrap();
    assert_eq!(
        digest,
        provisioner::model::Digest::sha256(&template).to_string()
    );

    let captured_output = world.captured_output(&job, &run);
    assert!(!captured_output.contains(SECRET), "{captured_output}");
    let arn = format!("arn:aws:s3:::{}", world.workdir.name);
    assert!(!evidence.to_string().contains(&arn), "outputs of the stack");

    let (said, report, status) = replayed(&job, &evidence);
    assert_eq!(status, 0, "{report}");
    let posted = world.repo.comments(7).pop().unwrap().body;
    assert_eq!(said.trim_end(), posted.trim_end(), "byte for byte");
    let digest = evidence["predicate"]["changes"][0]["digest"].as_str();
    let digest = &digest.unwrap()[..32];
    assert!(posted.contains(&format!(" · evidence `{digest}`</sub>")));
    assert!(run.summary.contains(digest), "{}", run.summary);
    let file = provisioner::model::Digest::sha256(std::fs::read(evidence_file(&job)).unwrap());
    let line = format!("evidence: SHA-256 {file}\n");
    assert!(run.stderr.contains(&line), "{}", run.stderr);
    assert!(report.ends_with("1 comment, 0 differences\n"), "{report}");
    world.github.take_writes();
}

/// The evidence of a job, which every edit spoils. Adds the rows that were needed.
#[track_caller]
fn attacked(world: &World, job: &Job, needed: &mut BTreeSet<&str>) -> Value {
    job.run();
    world.github.take_writes();
    let evidence = evidence_of(job);
    needed.extend(assert_edits_are_detected(&evidence));
    evidence
}

#[test]
fn attack_every_edit_of_evidence_is_detected() {
    let mut needed = BTreeSet::new();

    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    let job = world.push(&before);
    let unapproved = attacked(&world, &job, &mut needed);
    let (_, report, status) = replayed(&job, &unapproved);
    assert_eq!(status, 0, "{report}");
    let mut edited = unapproved;
    edited["predicate"]["changes"][0]["change"]["stacks"][0]["decisions"] = json!([]);
    let (_, report, status) = replayed(&job, &edited);
    assert_eq!(status, 20, "{report}");
    assert!(report.contains(": a decision is missing\n"), "{report}");

    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    attacked(&world, &world.push(&before), &mut needed);
    attacked(&world, &world.push(&before), &mut needed);

    let solution = format!("{CONFIG}  solutions:\n    - churn\n  lifecycle_policy: compliance\n");
    let world = World::with_stack("");
    let pull = world.proposed(&solution);
    let before = world.approved_and_merged(&pull);
    attacked(&world, &world.push(&before), &mut needed);

    let world = World::with_stack("");
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    attacked(&world, &world.push(&before), &mut needed);

    let rows = BOUND_BY_DIGEST.iter().map(|(pattern, _)| *pattern);
    assert_eq!(needed, rows.collect());
}

#[test]
fn a_role_that_the_policy_of_now_lacks_is_in_the_evidence() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let apply = "      apply: arn:aws:iam::{account_id}:role/provisioner-apply\n";
    let commit = world.repo.commit("main").author(&world.carol);
    let commit = commit.write(".provisioner.yaml", policy("").replace(apply, ""));
    let job = world.push(&before);
    commit.push();
    world.assert_job_denied(&job, &["role-not-configured"]);
    let evidence = evidence_of(&job);
    let change = &evidence["predicate"]["changes"][0]["change"];
    assert!(change["policy"]["now"].is_string(), "{change:#}");
    let stack = &change["stacks"][0];
    assert_eq!(stack["refusals"][0]["code"], "role-not-configured");
    assert_eq!(stack["decisions"][0]["denials"], json!([]));
    attacked(&world, &job, &mut BTreeSet::new());
}

#[test]
fn invalid_evidence_is_an_error() {
    let world = World::new(&policy(""));
    let event = world
        .repo
        .push_event("main", &world.repo.head("main"), &world.bob);
    let job = world.job("push", &event, 1);
    for text in [json!({}), json!([]), json!("x"), json!({"_type": 1})] {
        let (_, report, status) = replayed(&job, &text);
        assert_eq!(status, 2, "{text}: {report}");
        assert!(report.starts_with("error: "), "{report}");
    }
    let missing = job.command(&["replay", "/nowhere.json"]);
    assert_eq!(missing.status, 2, "{}", missing.stderr);
}
