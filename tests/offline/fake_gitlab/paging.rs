//! Offset pages, short pages and pages by token.

use std::collections::BTreeSet;

use super::Api;
use crate::support::gitlab::sample;

#[test]
fn a_page_can_be_short_though_more_follow() {
    let sample = sample();
    let api = Api::check(&sample);
    for n in 0..5 {
        sample.repo.hidden_comment(7, &sample.author);
        sample
            .repo
            .comment(7, &sample.author, &format!("comment {n}"));
    }
    let page = |n: usize| {
        api.get(&format!(
            "/merge_requests/7/notes?sort=asc&order_by=created_at&per_page=4&page={n}"
        ))
    };
    let first = page(1);
    assert_eq!(first.json().as_array().unwrap().len(), 2);
    assert_eq!(first.header("x-next-page"), Some("2"));
    assert_eq!(first.header("x-total"), Some("10"));
    let last = page(3);
    assert_eq!(last.header("x-next-page"), Some(""));
    assert_eq!(last.json()[0]["body"], "comment 4");
    let only = api
        .get("/merge_requests/7/notes?activity_filter=only_comments&per_page=100")
        .json();
    assert_eq!(only.as_array().unwrap().len(), 5);
}

#[test]
fn trees_go_on_by_link_only() {
    let sample = sample();
    let api = Api::check(&sample);
    let mut commit = sample.repo.commit("main");
    for n in 0..7 {
        commit = commit.write(&format!("bulk/{n}.yaml"), "x: 1\n");
    }
    commit.push();
    let mut next = api.path("/repository/tree?ref=main&path=bulk&pagination=keyset&per_page=3");
    let (mut seen, mut pages) = (BTreeSet::new(), 0);
    loop {
        let answer = api.client.get(&next).unwrap();
        assert_eq!((answer.status, answer.header("x-next-page")), (200, None));
        for entry in answer.json().as_array().unwrap() {
            seen.insert(entry["path"].as_str().unwrap().to_owned());
        }
        pages += 1;
        let Some(link) = answer.header("link") else {
            break;
        };
        let address = link.trim_start_matches('<').split('>').next().unwrap();
        assert!(link.ends_with("; rel=\"next\""), "{link}");
        next = address
            .trim_start_matches(&sample.fake.server_url())
            .to_owned();
    }
    assert_eq!((seen.len(), pages), (7, 3));
}

#[test]
fn missing_paths_and_refs_have_their_own_texts() {
    let sample = sample();
    let api = Api::check(&sample);
    let message = |path: &str| {
        let answer = api.get(path);
        assert_eq!(answer.status, 404);
        answer.json()["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("/repository/tree?ref=gone"), "404 Tree Not Found");
    assert_eq!(
        message("/repository/tree?path=gone"),
        "404 invalid revision or path Not Found"
    );
    assert_eq!(message("/repository/branches/gone"), "404 Branch Not Found");
    assert_eq!(message("/repository/commits/gone"), "404 Commit Not Found");
    assert_eq!(
        message("/repository/files/gone/raw?ref=main"),
        "404 File Not Found"
    );
    assert_eq!(message("/merge_requests/99"), "404 Not found");
    assert_eq!(
        message("/merge_requests/99/notes"),
        "404 Merge Request Not Found"
    );
}

#[test]
fn blobs_and_files_are_raw() {
    let sample = sample();
    let api = Api::check(&sample);
    let entries = api
        .get("/repository/tree?path=ml/configs&ref=feature%2Fnew")
        .json();
    let added = &entries[0];
    assert_eq!(added["path"], "ml/configs/added.yaml");
    let id = added["id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/repository/blobs/{id}/raw")).text(),
        "new: yes\n"
    );
    let raw = api.get("/repository/files/ml%2Fconfigs%2Fadded.yaml/raw?ref=feature%2Fnew");
    assert_eq!(raw.text(), "new: yes\n");
}

#[test]
fn commits_are_listed_without_a_count() {
    let sample = sample();
    let api = Api::check(&sample);
    let answer = api.get("/repository/commits?ref_name=feature%2Fnew&per_page=1");
    assert_eq!(answer.json()[0]["id"], sample.pull.head_sha());
    assert_eq!(
        (answer.header("x-total"), answer.header("x-next-page")),
        (None, Some("2"))
    );
    let of_path = api
        .get("/repository/commits?ref_name=feature%2Fnew&path=README.md")
        .json();
    assert_eq!(of_path[0]["id"], sample.base);
    assert_eq!(of_path.as_array().unwrap().len(), 1);
    let (a, b) = (
        sample.pull.head_sha(),
        sample.repo.commit("main").write("x", "y").push(),
    );
    let base = api
        .get(&format!("/repository/merge_base?refs[]={a}&refs[]={b}"))
        .json();
    assert_eq!(base["id"], sample.base);
}
