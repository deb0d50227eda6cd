//! Every endpoint once, through Prism: requests and answers must match GitHub's description.

use serde_json::{Value, json};

use crate::support::github::Fault;
use crate::support::github::{Sample, sample};
use crate::support::http::{Answer, Client};
use crate::support::prism::Prism;

struct Through {
    prism: Prism,
    client: Client,
}

impl Through {
    #[track_caller]
    fn send(&self, method: &str, path: &str, body: Option<&Value>, status: u16) -> Value {
        let answer: Answer = self.client.send(method, path, body).expect("an answer");
        assert!(
            !Prism::refused(&answer),
            "{method} {path}: {}",
            answer.text()
        );
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        answer.json()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.send("GET", path, None, 200)
    }
}

#[test]
fn every_endpoint_keeps_to_the_published_description() {
    let sample = sample();
    sample.fake.team("acme", "platform", &[&sample.reviewer]);
    sample.pull.approve(&sample.reviewer);
    let sample = Sample {
        repo: sample
            .repo
            .rule("feature/new", "pull_request")
            .rule("feature/new", "deletion")
            .limited_environments(&["prod"]),
        ..sample
    };
    let head = sample.pull.head_sha();
    let prism = Prism::in_front_of(&sample.fake.api_url());
    let token = sample.fake.token(&sample.reviewer);
    let client = Client::new(&prism.url(), Some(&token));
    let mut api = Through { prism, client };
    let repo = "/repos/acme/infra";

    api.get("/user");
    api.get(&format!(
        "{repo}/commits?sha={head}&path=s3/configs/x.yaml&per_page=11"
    ));
    api.get("/users/alice");
    api.get("/rate_limit");
    api.get("/orgs/acme/teams/platform/memberships/bob");
    api.get(repo);
    api.get(&format!("{repo}/collaborators/bob/permission"));

    api.get(&format!("{repo}/pulls?state=open&base=main&per_page=1"));
    assert_eq!(api.get(&format!("{repo}/pulls/7"))["changed_files"], 4);
    assert_eq!(
        api.get(&format!("{repo}/pulls/7/files"))
            .as_array()
            .map(Vec::len),
        Some(4)
    );
    api.get(&format!("{repo}/pulls/7/commits"));
    api.get(&format!("{repo}/pulls/7/reviews"));
    api.get(&format!("{repo}/issues/7"));
    api.get(&format!("{repo}/commits/{head}/pulls"));

    let compared = api.get(&format!("{repo}/compare/{}...{head}", sample.base));
    assert_eq!(compared["merge_base_commit"]["sha"], json!(sample.base));
    let tree = api.get(&format!("{repo}/git/trees/{head}?recursive=1"));
    assert_eq!(tree["truncated"], false);
    api.get(&format!("{repo}/git/commits/{head}"));
    api.get(&format!("{repo}/git/ref/heads%2Fmain"));
    api.get(&format!("{repo}/commits/{head}"));
    api.get(&format!("{repo}/branches/main"));
    api.get(&format!("{repo}/environments/prod"));
    sample.repo.workflow(
        ".github/workflows/provisioner-apply.yml",
        "disabled_inactivity",
    );
    sample
        .repo
        .waiting_run(".github/workflows/provisioner-apply.yml", &["prod"]);
    api.get(&format!("{repo}/actions/workflows?per_page=100"));
    let runs = format!("{repo}/actions/runs?status=waiting&branch=main&per_page=100");
    let runs = api.get(&runs);
    let id = &runs["workflow_runs"][0]["id"];
    api.get(&format!("{repo}/actions/runs/{id}/pending_deployments"));

    let limit = format!("{repo}/environments/prod/deployment-branch-policies");
    assert_eq!(api.get(&limit)["total_count"], 1);
    let rules = api.get(&format!("{repo}/rules/branches/feature%2Fnew"));
    assert_eq!(rules.as_array().map(Vec::len), Some(2));
    let activity = format!("{repo}/activity?ref=refs%2Fheads%2Ffeature%2Fnew&per_page=1");
    assert_eq!(api.get(&activity)[0]["after"], json!(head));
    assert_eq!(api.get(&activity)[0]["actor"]["login"], "alice");
    let file = api.get(&format!("{repo}/contents/README.md?ref=main"));
    api.get(&format!(
        "{repo}/git/blobs/{}",
        file["sha"].as_str().unwrap_or_default()
    ));
    api.get(&format!(
        "{repo}/contents/ml%2Fconfigs%2Fchanged.yaml?ref={head}"
    ));
    api.get(&format!("{repo}/contents/ml%2Fconfigs"));
    api.send("GET", &format!("{repo}/contents/nowhere.yaml"), None, 404);

    let comments = format!("{repo}/issues/7/comments");
    let comment = api.send("POST", &comments, Some(&json!({"body": "hello"})), 201);
    let one = format!("{repo}/issues/comments/{}", comment["id"]);
    api.get(&comments);
    api.get(&one);
    api.send("PATCH", &one, Some(&json!({"body": "edited"})), 200);
    let eyes = json!({"content": "eyes"});
    let reaction = api.send("POST", &format!("{one}/reactions"), Some(&eyes), 201);
    api.send("POST", &format!("{one}/reactions"), Some(&eyes), 200);
    api.get(&format!("{one}/reactions"));
    api.send(
        "DELETE",
        &format!("{one}/reactions/{}", reaction["id"]),
        None,
        204,
    );
    api.send("DELETE", &one, None, 204);
    let long = "x".repeat(65_537);
    api.send("POST", &comments, Some(&json!({"body": long})), 422);

    let issue = json!({"title": "Drift", "body": "It has drifted."});
    let issue = api.send("POST", &format!("{repo}/issues"), Some(&issue), 201);
    let one = format!("{repo}/issues/{}", issue["number"]);
    let closed = json!({"body": "No more.", "state": "closed", "state_reason": "completed"});
    api.send("PATCH", &one, Some(&closed), 200);
    assert_eq!(api.get(&one)["state"], "closed");
    let all = api.get(&format!("{repo}/issues?state=all"));
    assert_eq!(all.as_array().map(Vec::len), Some(2));

    let status = json!({"state": "success", "context": "provisioner/plan", "description": "d"});
    api.send(
        "POST",
        &format!("{repo}/statuses/{head}"),
        Some(&status),
        201,
    );
    api.get(&format!("{repo}/commits/{head}/statuses"));
    assert_eq!(
        api.get(&format!("{repo}/commits/{head}/status"))["state"],
        "success"
    );

    let wanted = json!({"ref": head, "environment": "prod", "required_contexts": []});
    let deployment = api.send("POST", &format!("{repo}/deployments"), Some(&wanted), 201);
    let statuses = format!("{repo}/deployments/{}/statuses", deployment["id"]);
    // Without addresses GitHub answers empty strings, which its own description does not allow.
    let link = "https://example.org/run/1";
    let running = json!({"state": "in_progress", "log_url": link, "environment_url": link});
    api.send("POST", &statuses, Some(&running), 201);
    api.get(&statuses);
    api.get(&format!("{repo}/deployments?environment=prod"));

    // A job's own token: no identity by REST.
    api.client.token = Some(sample.fake.actions_token());
    api.send("GET", "/user", None, 403);
    // A fork's token: it cannot write.
    api.client.token = Some(sample.fake.readonly_token());
    api.send("POST", &comments, Some(&json!({"body": "no"})), 403);

    sample.pull.squash(&sample.reviewer);
    assert_eq!(api.get(&format!("{repo}/pulls/7"))["merged"], true);
    assert_eq!(api.prism.violations(), Vec::<String>::new());
    assert_eq!(sample.fake.take_writes().len(), 13);
    prism_does_object(&api, &sample);
    sample.fake.take_writes();
}

/// The test above is meaningful only if Prism reports violations.
fn prism_does_object(api: &Through, sample: &Sample) {
    let wrong = json!({"state": "done"});
    let path = "/repos/acme/infra/deployments/1/statuses";
    let answer = api
        .client
        .send("POST", path, Some(&wrong))
        .expect("an answer");
    assert!(Prism::refused(&answer), "{}", answer.text());
    let misshapen = Fault::Json(200, json!({"number": "7"}));
    sample
        .fake
        .fault("GET /repos/acme/infra/pulls/7", misshapen);
    let answer = api
        .client
        .get("/repos/acme/infra/pulls/7")
        .expect("an answer");
    assert!(Prism::refused(&answer), "{}", answer.text());
}

#[test]
fn the_independent_emulator_has_the_same_paths() {
    let seed = "tokens:
  test_token:
    login: alice
    scopes: [repo]
github:
  users:
    - login: alice
  repos:
    - owner: alice
      name: infra
      auto_init: true
";
    let other = crate::support::emulate::Emulate::start(seed);
    let client = Client::new(&other.api_url(), Some("test_token"));
    let repo = client.get("/repos/alice/infra").expect("an answer");
    assert_eq!(
        repo.json()["full_name"],
        "alice/infra",
        "{}\n{}",
        repo.text(),
        other.log()
    );
}
