//! From commits to the pull requests that brought them.

use provisioner::forge::Reviews as _;

use super::{Scene, scene, sha};
use crate::support::github::Fault;
use crate::support::http::Client;

fn merged_by(it: &Scene, commit: &str) -> Vec<u64> {
    it.ask(async |github| github.merged_by(&sha(commit)).await.unwrap())
}

#[test]
fn every_merge_method_yields_its_commits() {
    let it = scene();
    let before = it.repo.head("main");
    let merged = it.pull.merge(&it.bob);
    assert_eq!(merged_by(&it, &merged), [7]);
    assert_eq!(merged_by(&it, &before), [0_u64; 0], "pushed without one");

    let it = scene();
    let squashed = it.pull.squash(&it.bob);
    assert_eq!(merged_by(&it, &squashed), [7]);

    let it = scene();
    it.repo.commit("feature").write("b.yaml", "b: 1\n").push();
    let last = it.pull.rebase(&it.bob);
    let parents = it.ask(async |github| github.parents(&sha(&last)).await.unwrap());
    assert_eq!(merged_by(&it, &last), [7]);
    assert_eq!(merged_by(&it, parents[0].as_str()), [7]);

    let it = scene();
    let queued = it.pull.queue();
    assert_eq!(merged_by(&it, &queued.1), [0_u64; 0], "not merged yet");
    it.pull.merge_queued(&it.bob, &queued);
    assert_eq!(merged_by(&it, &queued.1), [7]);
}

#[test]
fn parents_come_in_their_order() {
    let it = scene();
    let (base, head) = (it.repo.head("main"), it.pull.head_sha());
    let merged = it.pull.merge(&it.bob);
    let parents = it.ask(async |github| github.parents(&sha(&merged)).await.unwrap());
    assert_eq!(parents, [sha(&base), sha(&head)]);
    let none = it.ask(async |github| github.parents(&sha(&base)).await.unwrap());
    assert_eq!(none, []);
}

#[test]
fn merges_into_other_branches_do_not_count() {
    let it = scene();
    let base = it.repo.head("main");
    it.repo.branch("release", &base);
    let other = it.repo.pull("feature").base("release").number(8).open();
    let merged = other.merge(&it.bob);
    assert_eq!(merged_by(&it, &merged), [0_u64; 0]);
    assert_eq!(merged_by(&it, &it.pull.head_sha()), [0_u64; 0], "7 is open");
}

#[test]
fn pull_requests_are_read_to_the_last_page() {
    let it = scene();
    let base = it.repo.head("main");
    it.repo.branch("release", &base);
    for number in 8..108 {
        it.repo
            .pull("feature")
            .base("release")
            .number(number)
            .open();
    }
    let last = it.repo.pull("feature").number(500).open();
    last.merge(&it.bob);
    // The head is a commit of all of them.
    assert_eq!(merged_by(&it, &it.pull.head_sha()), [500]);
}

#[test]
fn attack_another_repositorys_pull_request_is_not_ours() {
    let it = scene();
    let merged = it.pull.merge(&it.bob);
    let path = format!("/repos/acme/infra/commits/{merged}/pulls");
    let client = Client::new(&it.fake.api_url(), Some(&it.fake.actions_token()));
    let mut answer = client.get(&path).unwrap().json();
    answer[0]["base"]["repo"]["id"] = 1.into();
    it.fake
        .fault(&format!("GET {path}"), Fault::Json(200, answer));
    assert_eq!(merged_by(&it, &merged), [0_u64; 0]);
    assert_eq!(merged_by(&it, &merged), [7]);
}

#[test]
fn the_repository_id_is_fetched_once() {
    let it = scene();
    let merged = it.pull.merge(&it.bob);
    it.ask(async |github| {
        for _ in 0..3 {
            github.merged_by(&sha(&merged)).await.unwrap();
        }
    });
    assert_eq!(it.fake.count("GET /repos/acme/infra"), 1);
    assert_eq!(it.fake.requests().len(), 4);
}

#[test]
fn an_unknown_commit_is_an_error() {
    let it = scene();
    let nothing = sha(&"0".repeat(40));
    let (pulls, parents) = it.ask(async |github| {
        (
            github
                .merged_by(&nothing)
                .await
                .map_err(|it| it.is_refusal()),
            github.parents(&nothing).await.map_err(|it| it.is_refusal()),
        )
    });
    assert_eq!((pulls, parents), (Err(true), Err(true)));
}
