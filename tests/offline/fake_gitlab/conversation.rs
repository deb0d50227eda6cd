//! Notes, reactions, issues and quick actions.

use serde_json::{Value, json};

use super::Api;
use crate::support::gitlab::Extractor;
use crate::support::gitlab::{Sample, sample};

const NOTES: &str = "/merge_requests/7/notes";

fn post(sample: &Sample, body: &str) -> (u16, Value) {
    let api = Api::check(sample);
    let answer = api.send("POST", NOTES, &json!({ "body": body }));
    sample.fake.take_writes();
    (answer.status, answer.json())
}

fn executed(sample: &Sample) -> Vec<String> {
    sample
        .fake
        .take_executed()
        .into_iter()
        .map(|e| e.command)
        .collect()
}

#[test]
fn notes_are_created_changed_and_deleted() {
    let sample = sample();
    let api = Api::check(&sample);
    let made = api.send("POST", NOTES, &json!({"body": "one"})).json();
    assert_eq!(
        (&made["system"], &made["noteable_iid"], &made["type"]),
        (&json!(false), &json!(7), &Value::Null)
    );
    let path = format!("{NOTES}/{}", made["id"]);
    let changed = api.send("PUT", &path, &json!({"body": "two"})).json();
    assert_eq!(changed["body"], "two");
    assert!(changed["updated_at"].as_str() > changed["created_at"].as_str());
    let other = Api::new(&sample, &sample.fake.token(&sample.author));
    assert_eq!(
        other.send("PUT", &path, &json!({"body": "three"})).status,
        403
    );
    assert_eq!(api.send("DELETE", &path, &json!({})).status, 204);
    assert_eq!(
        api.get(&path).json(),
        json!({"message": "404 Note Not Found"})
    );
    assert_eq!(api.send("POST", NOTES, &json!({"body": " "})).status, 400);
    assert_eq!(
        api.send("POST", NOTES, &json!({})).json(),
        json!({"error": "body is missing"})
    );
    sample.fake.take_writes();
}

#[test]
fn second_equal_reaction_is_refused() {
    let sample = sample();
    let api = Api::check(&sample);
    let note = sample.repo.comment(7, &sample.author, "hello");
    let path = format!("{NOTES}/{}/award_emoji", note.id);
    assert_eq!(
        api.send("POST", &path, &json!({"name": "eyes"})).status,
        201
    );
    let again = api.send("POST", &path, &json!({"name": "eyes"}));
    assert_eq!(again.status, 404);
    assert!(
        again.text().contains("has already been taken"),
        "{}",
        again.text()
    );
    assert_eq!(api.get(&path).json()[0]["name"], "eyes");
    sample.fake.take_writes();
}

#[test]
fn commands_alone_answer_202_and_create_nothing() {
    let sample = sample();
    let (status, answer) = post(&sample, "/approve");
    assert_eq!(
        (status, &answer["summary"]),
        (202, &json!(["Approved the current merge request."]))
    );
    assert_eq!(answer["id"], Value::Null);
    assert!(sample.repo.comments(7).is_empty());
    let executed = sample.fake.take_executed();
    assert_eq!(executed[0].by, sample.fake.check_bot().login);
    let approvals = Api::check(&sample)
        .get("/merge_requests/7/approvals")
        .json();
    assert_eq!(
        approvals["approved_by"][0]["user"]["id"],
        sample.fake.check_bot().id
    );
}

#[test]
fn commands_in_a_text_run_and_vanish() {
    let sample = sample();
    let (status, note) = post(&sample, "hello\n/close\nworld");
    assert_eq!((status, &note["body"]), (201, &json!("hello\nworld")));
    assert_eq!(executed(&sample), ["close"]);
    assert_eq!(
        Api::check(&sample).get("/merge_requests/7").json()["state"],
        "closed"
    );
}

#[test]
fn merge_runs_as_the_tokens_user() {
    let sample = sample();
    // The bot is a Developer, and maintainers merge.
    let (status, answer) = post(&sample, "/merge");
    assert_eq!(
        (status, &answer["message"]),
        (400, &json!("Could not apply merge command."))
    );
    sample.repo.change_protection("main", |p| p.merge = 30);
    assert_eq!(post(&sample, "/merge").0, 202);
    assert_eq!(executed(&sample), ["merge"]);
    let pull = Api::check(&sample).get("/merge_requests/7").json();
    assert_eq!(pull["merge_user"]["id"], sample.fake.check_bot().id);
}

#[test]
fn a_longer_fence_hides_nothing_from_the_older_extractor() {
    let cases = [
        // text, older, newer
        ("```\n/label ~x\n```", false, false),
        ("````\n/label ~x\n````", true, false),
        ("~~~\n/label ~x\n~~~", true, false),
        ("    \n\n    /label ~x", false, false),
        (" /label ~x", false, false),
        ("> /label ~x", false, false),
        ("text\n/label ~x", true, true),
        ("<pre>\n/label ~x\n</pre>", false, false),
        ("- item\n/label ~x", true, false),
        ("/provisioner approve", false, false),
        ("/LABEL ~x", true, true),
        ("&#47;label ~x", false, false),
    ];
    for (text, older, newer) in cases {
        let runs = |extractor| {
            let sample = sample();
            sample.fake.extractor(extractor);
            post(&sample, text);
            !executed(&sample).is_empty()
        };
        assert_eq!(runs(Extractor::Lines), older, "older: {text}");
        assert_eq!(runs(Extractor::Markdown), newer, "newer: {text}");
        assert_eq!(runs(Extractor::Either), older || newer, "either: {text}");
    }
}

#[test]
fn commands_run_in_descriptions_of_issues_and_in_changed_notes() {
    let sample = sample();
    let api = Api::check(&sample);
    let issue = api
        .send(
            "POST",
            "/issues",
            &json!({"title": "Drift", "description": "found\n/close"}),
        )
        .json();
    assert_eq!(
        (&issue["state"], &issue["description"]),
        (&json!("closed"), &json!("found"))
    );
    assert_eq!(executed(&sample), ["close"]);
    let note = api.send("POST", NOTES, &json!({"body": "one"})).json();
    let path = format!("{NOTES}/{}", note["id"]);
    assert_eq!(
        api.send("PUT", &path, &json!({"body": "/approve"})).status,
        202
    );
    assert_eq!(executed(&sample), ["approve"]);
    assert!(sample.repo.comments(7).is_empty());
    sample.fake.take_writes();
}

#[test]
fn issues_are_listed_by_author_and_closed() {
    let sample = sample();
    let api = Api::check(&sample);
    let own = sample.fake.check_bot().id;
    sample.repo.issue(&sample.author, "Other", "");
    let made = api
        .send(
            "POST",
            "/issues",
            &json!({"title": "Drift", "description": "x"}),
        )
        .json();
    let list = || {
        api.get(&format!("/issues?state=opened&author_id={own}"))
            .json()
    };
    assert_eq!(
        (list().as_array().unwrap().len(), &list()[0]["iid"]),
        (1, &made["iid"])
    );
    let close = json!({"state_event": "close"});
    let closed = api
        .send("PUT", &format!("/issues/{}", made["iid"]), &close)
        .json();
    assert_eq!(closed["state"], "closed");
    assert_eq!(list(), json!([]));
    sample.fake.take_writes();
}
