//! Merge requests: versions, approvals, merges.

use serde_json::{Value, json};

use super::Api;
use crate::support::gitlab::sample;

#[test]
fn diff_refs_are_null_just_after_creation() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.repo.branch("other", &sample.base);
    sample.repo.commit("other").write("x", "y").push();
    let pull = sample.repo.pull("other").unprepared().open();
    let path = format!("/merge_requests/{}", pull.number);
    let fresh = api.get(&path).json();
    assert_eq!(fresh["diff_refs"], Value::Null);
    assert_eq!(
        (&fresh["changes_count"], &fresh["prepared_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(fresh["detailed_merge_status"], "preparing");
    assert_eq!(api.get(&format!("{path}/versions")).json(), json!([]));
    pull.prepare();
    let ready = api.get(&path).json();
    assert_eq!(ready["diff_refs"]["head_sha"], pull.head_sha());
    assert_eq!(ready["diff_refs"]["base_sha"], sample.base);
    assert_eq!(ready["changes_count"], "1");
}

#[test]
fn every_push_adds_a_version_after_its_time() {
    let sample = sample();
    let api = Api::check(&sample);
    let first = sample.pull.head_sha();
    let second = sample
        .repo
        .commit("feature/new")
        .write("more.yaml", "x: 1\n")
        .push();
    let versions = api.get("/merge_requests/7/versions").json();
    assert_eq!(versions[0]["head_commit_sha"], second);
    assert_eq!(versions[1]["head_commit_sha"], first);
    assert_eq!(versions[0]["real_size"], "5");
    assert_ne!(versions[0]["patch_id_sha"], versions[1]["patch_id_sha"]);
    let pushed = api.get("/events?action=pushed").json()[0]["created_at"].clone();
    assert!(versions[0]["created_at"].as_str() > pushed.as_str());
    assert_eq!(api.get("/merge_requests/7").json()["sha"], second);
}

#[test]
fn approvals_of_the_same_patch_survive_a_push() {
    let sample = sample();
    let api = Api::check(&sample);
    let repo = sample.repo.clone().reset_approvals_on_push();
    sample.pull.approve(&sample.reviewer);
    let approvals = || api.get("/merge_requests/7/approvals").json();
    let approved_at = approvals()["approved_by"][0]["approved_at"].clone();
    assert_eq!(
        approvals()["approved_by"][0]["user"]["id"],
        sample.reviewer.id
    );
    repo.commit("main").write("else.md", "x").push();
    sample.pull.rebase_source(&sample.author);
    assert_eq!(approvals()["approved_by"][0]["approved_at"], approved_at);
    let versions = api.get("/merge_requests/7/versions").json();
    assert_eq!(versions[0]["patch_id_sha"], versions[1]["patch_id_sha"]);
    assert!(versions[0]["created_at"].as_str() > approved_at.as_str());
}

/// GitLab refuses both after the merge.
#[test]
fn approvals_end_with_the_merge() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.pull.approve(&sample.reviewer);
    let approvals = || api.get("/merge_requests/7/approvals").json()["approved_by"].clone();
    let before = approvals();
    sample.pull.merge(&sample.reviewer);
    for (user, state) in [
        (&sample.author, "APPROVED"),
        (&sample.reviewer, "DISMISSED"),
    ] {
        let review = || sample.pull.review(user, state);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(review));
        assert!(refused.is_err(), "{state}");
    }
    assert_eq!(approvals(), before);
}

#[test]
fn approvals_are_reset_later_than_the_push() {
    let sample = sample();
    let api = Api::check(&sample);
    let repo = sample.repo.clone().reset_approvals_on_push();
    sample.pull.approve(&sample.reviewer);
    repo.hold_resets();
    repo.commit("feature/new")
        .write("more.yaml", "x: 1\n")
        .push();
    let approved = || api.get("/merge_requests/7/approvals").json()["approved"].clone();
    assert_eq!(approved(), true);
    repo.run_resets();
    assert_eq!(approved(), false);
}

#[test]
fn approvals_stay_without_the_setting() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.pull.approve(&sample.reviewer);
    sample
        .repo
        .commit("feature/new")
        .write("more.yaml", "x: 1\n")
        .push();
    assert_eq!(
        api.get("/merge_requests/7/approvals").json()["approved"],
        true
    );
    sample.pull.review(&sample.reviewer, "DISMISSED");
    assert_eq!(
        api.get("/merge_requests/7/approvals").json()["approved_by"],
        json!([])
    );
}

#[test]
fn requested_changes_are_a_state_of_the_reviewer() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.pull.request_changes(&sample.reviewer);
    let reviewers = api.get("/merge_requests/7/reviewers").json();
    assert_eq!(reviewers[0]["state"], "requested_changes");
    assert_eq!(reviewers[0]["user"]["username"], "bob");
    sample.pull.approve(&sample.reviewer);
    assert_eq!(
        api.get("/merge_requests/7/reviewers").json()[0]["state"],
        "approved"
    );
    sample.pull.review(&sample.reviewer, "DISMISSED");
    assert_eq!(
        api.get("/merge_requests/7/reviewers").json()[0]["state"],
        "unapproved"
    );
    assert_eq!(
        api.get("/merge_requests/7").json()["reviewers"][0]["id"],
        sample.reviewer.id
    );
}

#[test]
fn equal_times_while_the_clock_is_stopped() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.fake.freeze();
    sample
        .repo
        .commit("feature/new")
        .write("more.yaml", "x: 1\n")
        .push();
    sample.pull.approve(&sample.reviewer);
    sample.fake.thaw();
    let version = api.get("/merge_requests/7/versions").json()[0]["created_at"].clone();
    let approvals = api.get("/merge_requests/7/approvals").json();
    assert_eq!(approvals["approved_by"][0]["approved_at"], version);
}

#[test]
fn merge_methods_set_different_commits() {
    let merged = |how: fn(&crate::support::gitlab::Sample) -> String| {
        let sample = sample();
        let api = Api::check(&sample);
        let sha = how(&sample);
        assert_eq!(sample.repo.head("main"), sha);
        let pull = api.get("/merge_requests/7").json();
        assert_eq!(pull["state"], "merged");
        assert_eq!(pull["merge_user"]["username"], "bob");
        let of_commit = api
            .get(&format!("/repository/commits/{sha}/merge_requests"))
            .json();
        assert_eq!(of_commit[0]["iid"], 7);
        let parents = api.get(&format!("/repository/commits/{sha}")).json()["parent_ids"].clone();
        (
            sha,
            pull["merge_commit_sha"].clone(),
            pull["squash_commit_sha"].clone(),
            parents.as_array().unwrap().len(),
        )
    };
    let (sha, merge, squash, parents) = merged(|s| s.pull.merge(&s.reviewer));
    assert_eq!((merge, squash, parents), (json!(sha), Value::Null, 2));
    let (sha, merge, squash, parents) = merged(|s| s.pull.squash(&s.reviewer));
    assert_eq!((merge, squash, parents), (Value::Null, json!(sha), 1));
    let (sha, merge, squash, parents) = merged(|s| s.pull.squash_and_merge(&s.reviewer));
    assert_eq!((merge, parents), (json!(sha), 2));
    assert!(squash.is_string());
    let (_, merge, squash, _) = merged(|s| s.pull.fast_forward(&s.reviewer));
    assert_eq!((merge, squash), (Value::Null, Value::Null));
}

#[test]
fn merged_tree_is_the_target_with_the_changes() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.repo.commit("main").write("else.md", "x").push();
    sample.pull.merge(&sample.reviewer);
    let tree = api
        .get("/repository/tree?recursive=true&per_page=100")
        .json();
    let blobs: Vec<&str> = tree
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["type"] == "blob")
        .filter_map(|e| e["path"].as_str())
        .collect();
    let expected = [
        "README.md",
        "else.md",
        "ml/configs/added.yaml",
        "ml/configs/changed.yaml",
        "s3/configs/moved.yaml",
    ];
    assert_eq!(blobs, expected);
}

#[test]
fn open_merge_requests_are_found_by_commit() {
    let sample = sample();
    let api = Api::check(&sample);
    let sha = sample.pull.head_sha();
    let found = api
        .get(&format!("/repository/commits/{sha}/merge_requests"))
        .json();
    assert_eq!(
        (&found[0]["iid"], &found[0]["state"]),
        (&json!(7), &json!("opened"))
    );
    assert_eq!(
        api.get("/merge_requests?state=opened&target_branch=main")
            .json()[0]["iid"],
        7
    );
    assert_eq!(api.get("/merge_requests?state=merged").json(), json!([]));
    let files = api.get("/merge_requests/7/diffs").json();
    let names: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["new_path"].clone())
        .collect();
    assert_eq!(names.len(), 4);
    assert_eq!(files[3]["old_path"], "ml/configs/moved.yaml");
    assert_eq!(files[3]["renamed_file"], true);
}

#[test]
fn fork_is_another_project() {
    let sample = sample();
    let api = Api::check(&sample);
    let fork = sample.repo.fork("mallory/infra");
    fork.commit("patch")
        .parent(&sample.base)
        .write("x", "y")
        .push();
    let pull = sample.repo.pull("patch").of_fork(&fork).open();
    let json = api.get(&format!("/merge_requests/{}", pull.number)).json();
    assert_eq!(json["source_project_id"], fork.id);
    assert_eq!(json["target_project_id"], sample.repo.id);
    fork.delete();
    let json = api.get(&format!("/merge_requests/{}", pull.number)).json();
    assert_eq!(json["source_project_id"], Value::Null);
}
