//! GraphQL, as far as provisioner uses it.

use serde_json::{Value, json};

use crate::support::github::sample;
use crate::support::http::Client;

const BOTH_QUERIES: &str = "query($owner: String!, $name: String!, $cursor: String) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, first: 50, after: $cursor) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number title url isDraft
        files(first: 100) { pageInfo { hasNextPage } totalCount nodes { path changeType } }
      }
    }
  }
}";

fn run_query(client: &Client, query: &str, variables: Value) -> Value {
    let request = json!({"query": query, "variables": variables});
    let path = if client.accept.contains("enterprise") {
        "/api/graphql"
    } else {
        "/graphql"
    };
    client
        .send("POST", path, Some(&request))
        .expect("an answer")
        .json()
}

#[test]
fn the_viewer_and_the_open_pull_requests_come_together_and_page_by_page() {
    let sample = sample();
    for n in 0..60 {
        let branch = format!("b{n}");
        sample.repo.branch(&branch, &sample.base);
        sample
            .repo
            .commit(&branch)
            .write(&format!("f{n}"), "x")
            .push();
        sample.repo.pull(&branch).draft().open();
    }
    let client = Client::new(&sample.fake.api_url(), Some(&sample.fake.actions_token()));
    let variables = json!({"owner": "acme", "name": "infra", "cursor": null});
    let first = run_query(&client, BOTH_QUERIES, variables);
    let viewer = json!({"login": "github-actions[bot]", "databaseId": 41_898_282});
    assert_eq!(first["data"]["viewer"], viewer);
    let page = &first["data"]["repository"]["pullRequests"];
    assert_eq!(page["nodes"].as_array().map(Vec::len), Some(50));
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let expected = json!({
        "number": 7,
        "title": "Add a product",
        "url": "https://github.com/acme/infra/pull/7",
        "isDraft": false,
        "files": {
            "pageInfo": {"hasNextPage": false},
            "totalCount": 4,
            "nodes": [
                {"path": "ml/configs/added.yaml", "changeType": "ADDED"},
                {"path": "ml/configs/changed.yaml", "changeType": "MODIFIED"},
                {"path": "ml/configs/removed.yaml", "changeType": "DELETED"},
                {"path": "s3/configs/moved.yaml", "changeType": "RENAMED"},
            ],
        },
    });
    assert_eq!(page["nodes"][0], expected);
    let cursor = &page["pageInfo"]["endCursor"];
    let second = run_query(
        &client,
        BOTH_QUERIES,
        json!({"owner": "acme", "name": "infra", "cursor": cursor}),
    );
    let page = &second["data"]["repository"]["pullRequests"];
    assert_eq!(page["nodes"].as_array().map(Vec::len), Some(11));
    assert_eq!(page["pageInfo"]["hasNextPage"], false);
}

#[test]
fn invalid_queries_are_rejected() {
    let sample = sample();
    let client = Client::new(
        &sample.fake.enterprise_api_url().replace("/api/v3", ""),
        Some(&sample.fake.actions_token()),
    );
    let message = |query: &str, variables: Value| {
        let answer = run_query(&client, query, variables);
        answer["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let unknown = message("{ viewer { nickname } }", Value::Null);
    assert_eq!(unknown, "Field 'nickname' doesn't exist on type 'User'");
    let missing = message(BOTH_QUERIES, json!({"owner": "acme", "name": "secret"}));
    assert!(
        missing.contains("Could not resolve to a Repository"),
        "{missing}"
    );
    let absent = message(BOTH_QUERIES, json!({"owner": "acme"}));
    assert!(absent.contains("$name"), "{absent}");
    let greedy = BOTH_QUERIES.replace("first: 50", "first: 500");
    let greedy = message(&greedy, json!({"owner": "acme", "name": "infra"}));
    assert!(
        greedy.contains("exceeds the `first` limit of 100"),
        "{greedy}"
    );
    let stranger = Client::new(&sample.fake.api_url(), None);
    let refused = stranger.send(
        "POST",
        "/api/graphql",
        Some(&json!({"query": BOTH_QUERIES})),
    );
    assert_eq!(refused.expect("an answer").status, 401);
}
