//! The table of what GitLab documents, against the routes of the fake.

use serde_json::json;

use super::Api;
use crate::support::gitlab::contract::documented;
use crate::support::gitlab::sample;

/// A path of a documented route, with values for its parameters.
fn path(route: &str) -> String {
    let segments = route.split('/').map(|segment| match segment {
        ":id" => "acme%2Finfra",
        ":merge_request_iid" | ":noteable_id" => "7",
        ":sha" | ":branch" | ":target_branch" | ":name" => "main",
        ":file_path" => "README.md",
        parameter if parameter.starts_with(':') => "1",
        literal => literal,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn every_documented_route_has_its_page_and_an_answer() {
    let sample = sample();
    let api = Api::check(&sample);
    for (route, endpoint) in &documented().routes {
        let page = endpoint.page.strip_prefix("https://docs.gitlab.com/api/");
        assert!(
            page.is_some_and(|page| page.contains("/#")),
            "{route}: {}",
            endpoint.page
        );
        let (method, template) = route.split_once(' ').unwrap();
        let path = format!("/api/v4{}", path(template));
        api.client.send(method, &path, None).unwrap();
    }
    let unexpected = sample.fake.take_unexpected();
    assert_eq!(unexpected, Vec::<String>::new());
    sample.fake.take_writes();
}

#[test]
fn what_gitlab_does_not_document_fails_the_test() {
    let sample = sample();
    let api = Api::check(&sample);
    let notes = "/merge_requests/7/notes";
    api.get("/merge_requests?state=open");
    api.get("/merge_requests?statee=opened");
    api.get("/merge_requests?author_id=bob");
    api.send("POST", notes, &json!({"body": "x", "text": "y"}));
    let found = sample.fake.take_unexpected();
    let expected = [
        "GET /projects/:id/merge_requests: parameter state is \"open\", not opened|closed|locked|merged|all",
        "GET /projects/:id/merge_requests: undocumented parameter statee",
        "GET /projects/:id/merge_requests: parameter author_id is \"bob\", not integer",
        "POST /projects/:id/merge_requests/:noteable_id/notes: undocumented property text of the body",
    ];
    assert_eq!(found, expected);
    sample.fake.take_writes();
}
