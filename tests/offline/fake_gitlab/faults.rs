//! Queued faults, and what the fake says at its end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use super::Api;
use crate::support::gitlab::{FakeGitLab, Fault};
use crate::support::gitlab::{Sample, sample};

const NOTES: &str = "/merge_requests/7/notes";

#[test]
fn limits_have_the_texts_and_headers_of_gitlab() {
    let sample = sample();
    let api = Api::check(&sample);
    sample
        .fake
        .fault("GET /projects/*", Fault::TooManyRequests { retry_after: 3 });
    let answer = api.get("");
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (429, "Retry later\n")
    );
    assert_eq!(answer.header("retry-after"), Some("3"));
    assert_eq!(answer.header("ratelimit-remaining"), Some("0"));
    assert!(
        answer
            .header("ratelimit-resettime")
            .unwrap()
            .ends_with(" GMT")
    );
    sample
        .fake
        .fault("GET /projects/*", Fault::SecondaryLimit { retry_after: 60 });
    let answer = api.get("");
    let text = "This endpoint has been requested too many times. Try again later.";
    assert_eq!(
        (answer.status, answer.json()),
        (429, json!({"message": {"error": text}}))
    );
    sample.fake.fault("GET /projects/*", Fault::Status(502));
    assert_eq!(api.get("").status, 502);
    assert_eq!(api.get("").status, 200);
}

#[test]
fn a_cut_connection_hides_whether_the_write_was_done() {
    let sample = sample();
    let api = Api::check(&sample);
    let send = || {
        api.client
            .send("POST", &api.path(NOTES), Some(&json!({"body": "once"})))
    };
    sample
        .fake
        .fault("POST /projects/*/merge_requests/*/notes", Fault::DropBefore);
    assert!(send().is_err());
    assert_eq!(sample.repo.comments(7).len(), 0);
    sample
        .fake
        .fault("POST /projects/*/merge_requests/*/notes", Fault::DropAfter);
    assert!(send().is_err());
    assert_eq!(sample.repo.comments(7).len(), 1);
    assert_eq!(sample.fake.take_writes().len(), 2);
}

#[test]
fn the_fake_checks_expectations_on_drop() {
    let complaint = |misuse: fn(&Sample, &Api)| {
        let sample = sample();
        let api = Api::check(&sample);
        misuse(&sample, &api);
        let end = catch_unwind(AssertUnwindSafe(|| drop::<FakeGitLab>(sample.fake)));
        let said = end.expect_err("the drop should have failed");
        said.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let said = complaint(|_, api| drop(api.send("POST", NOTES, &json!({"body": "x"}))));
    assert!(said.contains("unacknowledged write: POST"), "{said}");
    let said = complaint(|_, api| drop(api.get("/nonsense")));
    assert!(said.contains("does not have: GET"), "{said}");
    let said = complaint(|sample, _| sample.fake.fault("GET /user", Fault::Status(500)));
    assert!(said.contains("fault that never fired"), "{said}");
    let said = complaint(|sample, api| {
        api.send("POST", NOTES, &json!({"body": "/approve"}));
        sample.fake.take_writes();
    });
    assert!(said.contains("executed quick action: /approve"), "{said}");
}
