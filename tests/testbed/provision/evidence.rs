//! The evidence: an in-toto statement from which `replay` recomputes decisions and comments.
use serde_json::json;

use super::*;

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
        evidence["predicate"]["run"],
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
    assert!(report.ends_with("1 comment, 0 differences\n"), "{report}");
    world.github.take_writes();
}

#[test]
fn attack_edited_evidence_is_detected() {
    let world = World::new(&policy("    approvals: 2\n"));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    world.assert_job_denied(&job, &["approval-missing"]);
    let evidence = evidence_of(&job);
    assert_eq!(replayed(&job, &evidence).2, 0);
    let change = "/predicate/changes/0";
    for (place, value) in [
        ("/decisions/0/denials", json!([])),
        ("/decisions/0/denials/0/code", json!("stack-busy")),
        ("/decisions/0/denials/0/fact", json!("unheard of")),
        ("/decisions/0/facts/authority/reviews", json!([])),
        ("/decisions/0/facts/authority/merged", json!(false)),
        ("/decisions/0/facts/authority/fork", json!(true)),
        ("/decisions/0/early", json!(false)),
        ("/policy/before", json!(policy(""))),
        ("/policy/before", json!("version: 2\n")),
        ("/report/outcomes/0/state", json!("done")),
        ("/report/outcomes/0/problems", json!([])),
        ("/comment", json!("0".repeat(64))),
        ("/heading/marker", json!("<!-- x -->")),
        ("/decisions/0/stack/name", json!("another")),
        ("/decisions/0/unknown", json!(1)),
        ("/pull_request", json!(8)),
        ("/pull_request", json!(null)),
        ("/commit", json!("0".repeat(40))),
        ("/report/version", json!("9.9.9")),
        ("/report/environment", json!("dev")),
    ] {
        let mut edited = evidence.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        let parent = edited.pointer_mut(&format!("{change}{parent}")).unwrap();
        match parent {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            other => other[key] = value.clone(),
        }
        let (_, report, status) = replayed(&job, &edited);
        assert_eq!(status, 20, "{place} {value}: {report}");
        assert!(report.contains("different: "), "{place} {value}: {report}");
    }
    let mut edited = evidence.clone();
    edited["predicate"]["changes"][0]["policy"]["now"] = json!("version: 2\n");
    assert_eq!(replayed(&job, &edited).2, 20);
    let mut edited = evidence.clone();
    let digest = json!({"sha256": "0".repeat(64)});
    edited["subject"] = json!([{"name": "x in 123456789012 us-west-1", "digest": digest}]);
    assert_eq!(replayed(&job, &edited).2, 20);
    let mut edited = evidence.clone();
    edited["predicate"]["changes"] = json!([]);
    assert_eq!(replayed(&job, &edited).2, 20);
    let mut edited = evidence.clone();
    edited["_type"] = json!("https://in-toto.io/Statement/v0.1");
    assert_eq!(replayed(&job, &edited).2, 20);
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
