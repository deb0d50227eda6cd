//! Projects, tokens, protection and events.

use serde_json::{Value, json};

use super::Api;
use crate::support::gitlab::sample;
use crate::support::gitlab::{AccessLevel, PushLevel};
use crate::support::http::Client;

#[test]
fn private_project_is_404_to_strangers() {
    let sample = sample();
    let stranger = sample.fake.user("mallory");
    let api = Api::new(&sample, &sample.fake.token(&stranger));
    let answer = api.get("");
    assert_eq!(
        (answer.status, answer.json()),
        (404, json!({"message": "404 Project Not Found"}))
    );
    let unknown = Client::new(&sample.fake.server_url(), Some("glpat-unknown"));
    let answer = unknown.get("/api/v4/user").unwrap();
    assert_eq!(
        (answer.status, answer.json()),
        (401, json!({"message": "401 Unauthorized"}))
    );
    let anonymous = Client::new(&sample.fake.server_url(), None);
    assert_eq!(anonymous.get("/api/v4/user").unwrap().status, 401);
    assert_eq!(anonymous.get(&api.path("")).unwrap().status, 404);
}

#[test]
fn bots_have_ids_of_their_own() {
    let sample = sample();
    let me = |token: String| {
        let client = Client::new(&sample.fake.server_url(), Some(&token));
        client.get("/api/v4/user").unwrap().json()
    };
    let (check, apply) = (me(sample.fake.check_token()), me(sample.fake.apply_token()));
    assert_ne!(check["id"], apply["id"]);
    assert_eq!((&check["bot"], &apply["bot"]), (&json!(true), &json!(true)));
    assert_eq!(me(sample.fake.token(&sample.author))["bot"], false);
}

#[test]
fn numeric_and_encoded_path_are_the_same_project() {
    let sample = sample();
    let api = Api::check(&sample);
    let by_path = api
        .client
        .get("/api/v4/projects/acme%2Finfra")
        .unwrap()
        .json();
    assert_eq!(by_path, api.get("").json());
    assert_eq!(by_path["default_branch"], "main");
}

#[test]
fn renamed_project_redirects_reads_and_refuses_writes() {
    let sample = sample();
    let api = Api::check(&sample);
    sample.repo.rename("acme/platform");
    let old = "/api/v4/projects/acme%2Finfra/merge_requests/7";
    let answer = api.client.get(old).unwrap();
    let location = answer.header("location").unwrap();
    assert_eq!(answer.status, 301);
    assert!(
        location.ends_with(&api.path("/merge_requests/7")),
        "{location}"
    );
    // It is no JSON. <https://docs.gitlab.com/api/rest/#redirects>
    assert_eq!(
        answer.text(),
        format!("This resource has been moved permanently to {location}")
    );
    let body = json!({"body": "x"});
    let answer = api
        .client
        .send("POST", &format!("{old}/notes"), Some(&body))
        .unwrap();
    let refusal = json!({"message": "Non GET methods are not allowed for moved projects"});
    assert_eq!((answer.status, answer.json()), (405, refusal));
    assert_eq!(api.get("").json()["path_with_namespace"], "acme/platform");
    sample.fake.take_writes();
}

#[test]
fn maintainers_may_push_by_default() {
    let sample = sample();
    let api = Api::check(&sample);
    let levels = || api.get("/protected_branches/main").json()["push_access_levels"].clone();
    assert_eq!(levels()[0]["access_level"], 40);
    let repo = sample.repo.clone().protected("main");
    assert_eq!(levels()[0]["access_level"], 0);
    assert_eq!(levels()[0]["access_level_description"], "No one");
    let repo = repo.protected_for("main", &[PushLevel::Role(0), PushLevel::DeployKey(3)]);
    assert_eq!(levels()[1]["deploy_key_id"], 3);
    repo.unprotect("main");
    assert_eq!(api.get("/protected_branches/main").status, 404);
    assert_eq!(
        api.get("/repository/branches/main").json()["protected"],
        false
    );
}

#[test]
fn members_and_roles() {
    let sample = sample();
    let api = Api::check(&sample);
    let level = |id: u64| {
        let answer = api.get(&format!("/members/all/{id}"));
        (answer.status, answer.json()["access_level"].clone())
    };
    assert_eq!(level(sample.author.id), (200, json!(30)));
    assert_eq!(level(sample.reviewer.id), (200, json!(40)));
    let stranger = sample.fake.user("mallory");
    assert_eq!(level(stranger.id), (404, Value::Null));
    sample.fake.block(&sample.author);
    let member = api
        .get(&format!("/members/all/{}", sample.author.id))
        .json();
    assert_eq!(member["state"], "blocked");
    sample
        .fake
        .private_group("acme/secret", &[&sample.reviewer]);
    let path = format!(
        "/api/v4/groups/acme%2Fsecret/members/all/{}",
        sample.reviewer.id
    );
    assert_eq!(
        api.client.get(&path).unwrap().json()["message"],
        "404 Group Not Found"
    );
    sample.fake.team("acme", "operators", &[&sample.reviewer]);
    let path = path.replace("secret", "operators");
    assert_eq!(api.client.get(&path).unwrap().json()["access_level"], 30);
}

#[test]
fn job_tokens_work_on_documented_routes_only() {
    let sample = sample();
    let api = Api::new(&sample, &sample.fake.job_token());
    let sha = sample.pull.head_sha();
    let reads = [
        "/merge_requests/7".to_owned(),
        "/merge_requests/7/notes".to_owned(),
        "/repository/branches/main".to_owned(),
        format!("/repository/commits/{sha}"),
        format!("/repository/commits/{sha}/merge_requests"),
    ];
    for path in reads {
        assert_eq!(api.get(&path).status, 200, "{path}");
    }
    let refused = [
        "/merge_requests/7/approvals",
        "/merge_requests/7/versions",
        "/protected_branches/main",
        "/members/all/1",
        "/repository/tree",
        "/events",
    ];
    for path in refused {
        assert_eq!(api.get(path).status, 404, "{path}");
    }
    assert_eq!(api.client.get("/api/v4/user").unwrap().status, 401);
    let note = api.send("POST", "/merge_requests/7/notes", &json!({"body": "x"}));
    let status = api.send(
        "POST",
        &format!("/statuses/{sha}"),
        &json!({"state": "success"}),
    );
    assert_eq!((note.status, status.status), (401, 404));
    let deployment = json!({"environment": "prod/a", "sha": sha, "ref": "main", "tag": false, "status": "running"});
    assert_eq!(api.send("POST", "/deployments", &deployment).status, 201);
    assert_eq!(sample.fake.take_writes().len(), 3);
}

#[test]
fn read_scope_refuses_writes() {
    let sample = sample();
    let api = Api::new(&sample, &sample.fake.read_token(&sample.author));
    let answer = api.send("POST", "/merge_requests/7/notes", &json!({"body": "x"}));
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (403, &json!("insufficient_scope"))
    );
    sample.fake.take_writes();
}

#[test]
fn events_name_pushers_until_they_are_forgotten() {
    let sample = sample();
    let api = Api::check(&sample);
    let events = || api.get("/events?action=pushed&per_page=100").json();
    let newest = &events()[0];
    assert_eq!(newest["author_id"], sample.author.id);
    assert_eq!(newest["push_data"]["commit_to"], sample.pull.head_sha());
    assert_eq!(newest["push_data"]["ref"], "feature/new");
    sample.repo.bulk_push(&sample.reviewer, 5);
    let bulk = &events()[0];
    assert_eq!(bulk["push_data"]["commit_to"], Value::Null);
    assert_eq!(bulk["push_data"]["ref"], Value::Null);
    assert_eq!(bulk["push_data"]["ref_count"], 5);
    assert_eq!(api.get("/events?after=2026-01-01").json(), json!([]));
    assert_eq!(
        api.get("/events?after=2025-12-31&before=2026-01-01").json(),
        json!([])
    );
    sample.repo.forget_activities();
    assert_eq!(events(), json!([]));
}

#[test]
fn guests_of_a_private_project_see_no_code() {
    let sample = sample();
    let guest = sample.fake.user("guest");
    sample.repo.set_permission(&guest, AccessLevel::Guest);
    let api = Api::new(&sample, &sample.fake.token(&guest));
    assert_eq!(api.get("").status, 200);
    assert_eq!(
        api.get("/repository/tree").json(),
        json!({"message": "403 Forbidden"})
    );
    assert_eq!(api.get("/merge_requests/7").status, 404);
    assert_eq!(api.get("/protected_branches/main").status, 403);
    // Whoever reads the code reads its protection.
    sample.repo.set_permission(&guest, AccessLevel::Reporter);
    assert_eq!(api.get("/protected_branches/main").status, 200);
}
