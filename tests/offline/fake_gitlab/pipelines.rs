//! Predefined variables of jobs, and the pipelines behind them.

use serde_json::{Value, json};

use super::Api;
use crate::support::gitlab::Variables;
use crate::support::gitlab::sample;

const ZEROS: &str = "0000000000000000000000000000000000000000";

fn value<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    let mut all = variables.iter();
    all.find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn merge_request_pipeline_names_the_source_and_no_branch() {
    let sample = sample();
    let job = sample.pull.pipeline(&sample.author);
    let head = sample.pull.head_sha();
    let get = |name| value(&job, name);
    assert_eq!(get("CI_PIPELINE_SOURCE"), Some("merge_request_event"));
    assert_eq!(get("CI_COMMIT_SHA"), Some(head.as_str()));
    assert_eq!(get("CI_COMMIT_BRANCH"), None);
    assert_eq!(get("CI_COMMIT_REF_NAME"), Some("feature/new"));
    assert_eq!(get("CI_COMMIT_BEFORE_SHA"), Some(ZEROS));
    assert_eq!(get("CI_COMMIT_REF_PROTECTED"), Some("false"));
    assert_eq!(get("CI_MERGE_REQUEST_IID"), Some("7"));
    assert_eq!(get("CI_MERGE_REQUEST_EVENT_TYPE"), Some("detached"));
    assert_eq!(get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), Some(""));
    assert_eq!(get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), Some(""));
    assert_eq!(
        get("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        Some(sample.base.as_str())
    );
    assert_eq!(get("CI_API_V4_URL"), Some(sample.fake.api_url().as_str()));
    assert_eq!(get("CI_OPEN_MERGE_REQUESTS"), Some("acme/infra!7"));
    let api = Api::new(&sample, get("CI_JOB_TOKEN").unwrap());
    assert_eq!(api.get("/merge_requests/7").status, 200);
}

#[test]
fn merged_result_pipeline_runs_on_a_commit_of_no_branch() {
    let sample = sample();
    sample.repo.commit("main").write("else.md", "x").push();
    let job = sample.pull.merged_result_pipeline(&sample.author);
    let get = |name| value(&job, name).unwrap();
    assert_eq!(get("CI_MERGE_REQUEST_EVENT_TYPE"), "merged_result");
    assert_eq!(
        get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
        sample.pull.head_sha()
    );
    assert_eq!(
        get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"),
        sample.repo.head("main")
    );
    let api = Api::check(&sample);
    let commit = api
        .get(&format!("/repository/commits/{}", get("CI_COMMIT_SHA")))
        .json();
    assert_eq!(
        commit["parent_ids"],
        json!([sample.repo.head("main"), sample.pull.head_sha()])
    );
}

#[test]
fn merge_train_pipelines_stand_behind_each_other() {
    let sample = sample();
    let repo = sample.repo.clone().merge_trains();
    repo.branch("other", &sample.base);
    repo.commit("other").write("x", "y").push();
    let other = repo.pull("other").open();
    let first = sample.pull.merge_train_pipeline(&sample.author);
    let second = other.merge_train_pipeline(&sample.author);
    assert_eq!(
        value(&second, "CI_MERGE_REQUEST_EVENT_TYPE"),
        Some("merge_train")
    );
    let onto = value(&second, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA");
    assert_eq!(onto, value(&first, "CI_COMMIT_SHA"));
    let api = Api::check(&sample);
    let train = api.get("/merge_trains/main?sort=asc").json();
    assert_eq!(train[0]["merge_request"]["iid"], 7);
    assert_eq!(train[0]["pipeline"]["sha"], onto.unwrap());
    assert_eq!(train.as_array().unwrap().len(), 2);
}

#[test]
fn push_schedule_and_web_pipelines_name_the_branch() {
    let sample = sample();
    let push = sample.repo.push_pipeline("main", ZEROS, &sample.reviewer);
    assert_eq!(value(&push, "CI_PIPELINE_SOURCE"), Some("push"));
    assert_eq!(value(&push, "CI_COMMIT_BRANCH"), Some("main"));
    assert_eq!(value(&push, "CI_COMMIT_REF_PROTECTED"), Some("true"));
    assert_eq!(value(&push, "GITLAB_USER_LOGIN"), Some("bob"));
    assert_eq!(value(&push, "CI_MERGE_REQUEST_IID"), None);
    let schedule = sample.repo.schedule_pipeline();
    assert_eq!(value(&schedule, "CI_PIPELINE_SOURCE"), Some("schedule"));
    assert_eq!(value(&schedule, "CI_COMMIT_BEFORE_SHA"), Some(ZEROS));
    let web = sample.repo.web_pipeline("main", &sample.reviewer);
    assert_eq!(value(&web, "CI_PIPELINE_SOURCE"), Some("web"));
}

#[test]
fn note_pipeline_acts_as_the_tokens_owner_and_has_the_payload() {
    let sample = sample();
    let note = sample
        .repo
        .comment(7, &sample.author, "/provisioner approve");
    let job = sample.repo.note_pipeline(&note, &sample.reviewer);
    assert_eq!(value(&job, "CI_PIPELINE_SOURCE"), Some("trigger"));
    assert_eq!(value(&job, "CI_PIPELINE_TRIGGERED"), Some("true"));
    assert_eq!(value(&job, "CI_COMMIT_BRANCH"), Some("main"));
    assert_eq!(value(&job, "GITLAB_USER_LOGIN"), Some("bob"));
    let payload: Value = serde_json::from_str(value(&job, "TRIGGER_PAYLOAD").unwrap()).unwrap();
    let attributes = &payload["object_attributes"];
    assert_eq!(
        (&attributes["id"], &attributes["action"]),
        (&json!(note.id), &json!("create"))
    );
    assert_eq!(attributes["note"], "/provisioner approve");
    assert_eq!(payload["user"]["username"], "alice");
    assert_eq!(payload["merge_request"]["iid"], 7);
    assert_eq!(
        payload["merge_request"]["last_commit"]["id"],
        sample.pull.head_sha()
    );
}

#[test]
fn forks_pipeline_runs_in_the_fork_unless_a_member_starts_it() {
    let sample = sample();
    let fork = sample.repo.fork("mallory/infra");
    fork.commit("patch")
        .parent(&sample.base)
        .write("x", "y")
        .push();
    let pull = sample.repo.pull("patch").of_fork(&fork).open();
    let own = pull.pipeline(&sample.fake.user("mallory"));
    assert_eq!(
        value(&own, "CI_PROJECT_ID"),
        Some(fork.id.to_string().as_str())
    );
    assert_eq!(
        value(&own, "CI_MERGE_REQUEST_PROJECT_ID"),
        Some(sample.repo.id.to_string().as_str())
    );
    let parent = pull.parent_pipeline(&sample.reviewer);
    assert_eq!(
        value(&parent, "CI_PROJECT_ID"),
        Some(sample.repo.id.to_string().as_str())
    );
    assert_eq!(
        value(&parent, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
        Some(fork.id.to_string().as_str())
    );
}

#[test]
fn status_of_a_merge_request_pipeline_needs_its_own_ref() {
    let sample = sample();
    let api = Api::check(&sample);
    let job = sample.pull.pipeline(&sample.author);
    let pipeline: u64 = value(&job, "CI_PIPELINE_ID").unwrap().parse().unwrap();
    let path = format!("/statuses/{}", sample.pull.head_sha());
    let mut body = json!({"state": "success", "name": "provisioner", "pipeline_id": pipeline, "ref": "feature/new"});
    let refused = api.send("POST", &path, &body);
    assert_eq!(refused.status, 404);
    assert_eq!(
        refused.json()["message"],
        "404 Pipeline for pipeline_id, sha and ref Not Found"
    );
    body.as_object_mut().unwrap().remove("ref");
    let status = api.send("POST", &path, &body).json();
    assert_eq!(status["ref"], "refs/merge-requests/7/head");
    assert_eq!(status["pipeline_id"], pipeline);
    sample.fake.take_writes();
}
