//! Queued faults change responses as described.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use crate::support::github::sample;
use crate::support::github::{FakeGitHub, Fault};
use crate::support::http::Client;

const COMMENTS: &str = "/repos/acme/infra/issues/7/comments";

#[test]
fn a_cut_connection_hides_whether_the_write_was_done() {
    let sample = sample();
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let body = json!({"body": "once"});
    sample
        .fake
        .fault("POST /repos/*/*/issues/*/comments", Fault::DropBefore);
    assert!(client.send("POST", COMMENTS, Some(&body)).is_err());
    assert_eq!(sample.repo.comments(7).len(), 0);
    sample
        .fake
        .fault("POST /repos/*/*/issues/*/comments", Fault::DropAfter);
    assert!(client.send("POST", COMMENTS, Some(&body)).is_err());
    assert_eq!(sample.repo.comments(7).len(), 1);
    client
        .send("POST", COMMENTS, Some(&body))
        .expect("the third goes through");
    assert_eq!(
        sample.repo.comments(7).len(),
        2,
        "a blind repetition doubles the comment"
    );
    let statuses: Vec<_> = sample.fake.take_writes().iter().map(|w| w.status).collect();
    assert_eq!(statuses, [None, Some(201), Some(201)]);
}

#[test]
fn queued_faults_change_responses() {
    let sample = sample();
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let path = "/repos/acme/infra/pulls/7";
    let get = || client.get(path);
    sample.fake.fault("GET /repos/**", Fault::CutBody);
    assert!(get().is_err());
    sample.fake.fault("GET /repos/**", Fault::TruncatedJson);
    let half = get().expect("complete by HTTP");
    assert!(half.status == 200 && half.json().is_null() && half.text().starts_with('{'));
    sample
        .fake
        .fault_times(2, "GET /repos/**", Fault::Status(502));
    assert_eq!((get().unwrap().status, get().unwrap().status), (502, 502));
    sample
        .fake
        .fault("GET /repos/**", Fault::TooManyRequests { retry_after: 1 });
    let slow_down = get().expect("an answer");
    assert_eq!(
        (slow_down.status, slow_down.header("retry-after")),
        (429, Some("1"))
    );
    sample
        .fake
        .fault("GET /repos/**", Fault::SecondaryLimit { retry_after: 0 });
    let slow_down = get().expect("an answer");
    assert!(slow_down.status == 403 && slow_down.text().contains("secondary rate limit"));
    sample
        .fake
        .fault("GET /repos/**", Fault::PrimaryLimit { reset_in: 60 });
    assert_eq!(
        get().expect("an answer").header("x-ratelimit-remaining"),
        Some("0")
    );
    sample
        .fake
        .fault_after(1, "GET /repos/*/*/pulls/*?*page=2*", Fault::Status(500));
    let second = || {
        client
            .get(&format!("{path}?page=2"))
            .expect("an answer")
            .status
    };
    assert_eq!(
        (get().unwrap().status, second(), second(), second()),
        (200, 200, 500, 200)
    );
}

#[test]
fn the_fake_checks_expectations_on_drop() {
    let complaint = |misuse: fn(&FakeGitHub, &Client)| {
        let sample = sample();
        let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
        misuse(&sample.fake, &client);
        let end = catch_unwind(AssertUnwindSafe(|| drop(sample.fake)));
        let said = end.expect_err("the drop should have failed");
        said.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let said = complaint(|_, client| {
        client
            .send("POST", COMMENTS, Some(&json!({"body": "x"})))
            .expect("an answer");
    });
    assert!(said.contains("unacknowledged write: POST"), "{said}");
    let said = complaint(|_, client| {
        client.get("/repos/acme/infra/nonsense").expect("an answer");
    });
    assert!(
        said.contains("does not have: GET /repos/acme/infra/nonsense"),
        "{said}"
    );
    let said = complaint(|gh, _| gh.fault("GET /user", Fault::Status(500)));
    assert!(said.contains("fault that never fired"), "{said}");
}
