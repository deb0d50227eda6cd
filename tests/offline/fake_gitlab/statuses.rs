//! Statuses, deployments and environments.

use serde_json::{Value, json};

use super::Api;
use crate::support::gitlab::sample;

#[test]
fn status_without_a_pipeline_creates_an_external_one() {
    let sample = sample();
    let api = Api::check(&sample);
    let sha = sample.pull.head_sha();
    let body = json!({"state": "success", "name": "provisioner", "ref": "feature/new"});
    let status = api.send("POST", &format!("/statuses/{sha}"), &body);
    assert_eq!(status.status, 201);
    let pipelines = api.get(&format!("/pipelines?sha={sha}")).json();
    assert_eq!(pipelines[0]["source"], "external");
    assert_eq!(status.json()["pipeline_id"], pipelines[0]["id"]);
    let unknown = json!({"state": "success", "ref": "feature/new", "pipeline_id": 1});
    let refused = api.send("POST", &format!("/statuses/{sha}"), &unknown);
    assert_eq!(
        refused.json()["message"],
        "404 Pipeline for pipeline_id, sha and ref Not Found"
    );
    sample.fake.take_writes();
}

#[test]
fn concurrent_status_updates_collide() {
    let sample = sample();
    let api = Api::check(&sample);
    let path = format!("/statuses/{}", sample.pull.head_sha());
    let body = json!({"state": "running", "name": "provisioner", "ref": "feature/new"});
    sample.fake.collide_statuses(1);
    let answer = api.send("POST", &path, &body);
    let text = "Another update to this commit status is in progress";
    assert_eq!(
        (answer.status, answer.json()),
        (409, json!({"message": text}))
    );
    assert_eq!(api.send("POST", &path, &body).status, 201);
    let again = api.send("POST", &path, &body);
    assert_eq!(again.status, 400);
    assert!(
        again
            .text()
            .contains("Cannot transition status via :run from :running")
    );
    sample.fake.take_writes();
}

#[test]
fn unfinished_statuses_change_and_finished_ones_follow_each_other() {
    let sample = sample();
    let api = Api::check(&sample);
    let sha = sample.pull.head_sha();
    let set = |state: &str| {
        let body = json!({"state": state, "name": "provisioner", "ref": "feature/new"});
        api.send("POST", &format!("/statuses/{sha}"), &body).json()["id"].clone()
    };
    assert_eq!(set("running"), set("success"));
    let third = set("failed");
    let list = |query: &str| {
        api.get(&format!("/repository/commits/{sha}/statuses?{query}"))
            .json()
    };
    assert_eq!(
        list("ref=feature%2Fnew&all=true&sort=desc")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let newest = list("ref=feature%2Fnew");
    assert_eq!(newest[0]["id"], third);
    assert_eq!(newest.as_array().unwrap().len(), 1);
    assert_eq!(newest[0]["author"]["id"], sample.fake.check_bot().id);
    // The default branch, where this commit has no status.
    assert_eq!(list("all=true"), json!([]));
    sample.fake.take_writes();
}

#[test]
fn long_and_unknown_values_are_refused() {
    let sample = sample();
    let api = Api::check(&sample);
    let path = format!("/statuses/{}", sample.pull.head_sha());
    let long = json!({"state": "success", "description": "x".repeat(256)});
    assert!(
        api.send("POST", &path, &long)
            .text()
            .contains("maximum is 255")
    );
    let unknown = json!({"state": "neutral"});
    assert_eq!(
        api.send("POST", &path, &unknown).json(),
        json!({"error": "state does not have a valid value"})
    );
    assert_eq!(
        api.send("POST", &path, &json!({})).json(),
        json!({"error": "state is missing"})
    );
    sample.fake.take_writes();
}

#[test]
fn deployments_make_environments_that_can_be_stopped() {
    let sample = sample();
    let api = Api::check(&sample);
    let sha = sample.base.clone();
    let body = json!({"environment": "prod/a", "sha": sha, "ref": "main", "tag": false, "status": "running"});
    let made = api.send("POST", "/deployments", &body).json();
    let done = api.send(
        "PUT",
        &format!("/deployments/{}", made["id"]),
        &json!({"status": "success"}),
    );
    assert_eq!(
        (done.status, &done.json()["status"]),
        (200, &json!("success"))
    );
    let again = api.send(
        "PUT",
        &format!("/deployments/{}", made["id"]),
        &json!({"status": "success"}),
    );
    assert_eq!(again.status, 400);
    let environment = &api.get("/environments?name=prod%2Fa").json()[0];
    assert_eq!(
        (&environment["state"], &environment["tier"]),
        (&json!("available"), &json!("production"))
    );
    assert_eq!(environment["external_url"], Value::Null);
    let one = api
        .get(&format!("/environments/{}", environment["id"]))
        .json();
    assert_eq!(one["last_deployment"]["id"], made["id"]);
    let stopped = api.send(
        "POST",
        &format!("/environments/{}/stop", environment["id"]),
        &json!({}),
    );
    assert_eq!(stopped.json()["state"], "stopped");
    assert_eq!(
        api.get("/deployments?environment=prod%2Fa&status=success")
            .json()[0]["id"],
        made["id"]
    );
    assert_eq!(api.get("/merge_trains/main").status, 403);
    sample.fake.take_writes();
}
