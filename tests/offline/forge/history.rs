//! From commits to the pull requests that merged them.

use provisioner::forge::Reviews as _;

use super::{Scene, new_scene, sha};
use crate::support::github::Fault;
use crate::support::http::Client;

fn merged_by(scene: &Scene, commit: &str) -> Vec<u64> {
    scene.call(async |github| github.merged_by(&sha(commit)).await.unwrap())
}

#[test]
fn every_merge_method_yields_its_commits() {
    let scene = new_scene();
    let before = scene.repo.head("main");
    let merged = scene.pull.merge(&scene.bob);
    assert_eq!(merged_by(&scene, &merged), [7]);
    assert_eq!(merged_by(&scene, &before), [0_u64; 0], "pushed without one");

    let scene = new_scene();
    let squashed = scene.pull.squash(&scene.bob);
    assert_eq!(merged_by(&scene, &squashed), [7]);

    let scene = new_scene();
    scene
        .repo
        .commit("feature")
        .write("b.yaml", "b: 1\n")
        .push();
    let last = scene.pull.rebase(&scene.bob);
    let parents = scene.call(async |github| github.parents(&sha(&last)).await.unwrap());
    assert_eq!(merged_by(&scene, &last), [7]);
    assert_eq!(merged_by(&scene, parents[0].as_str()), [7]);

    let scene = new_scene();
    let queued = scene.pull.queue();
    assert_eq!(merged_by(&scene, &queued.1), [0_u64; 0], "not merged yet");
    scene.pull.merge_queued(&scene.bob, &queued);
    assert_eq!(merged_by(&scene, &queued.1), [7]);
}

#[test]
fn parents_come_in_their_order() {
    let scene = new_scene();
    let (base, head) = (scene.repo.head("main"), scene.pull.head_sha());
    let merged = scene.pull.merge(&scene.bob);
    let parents = scene.call(async |github| github.parents(&sha(&merged)).await.unwrap());
    assert_eq!(parents, [sha(&base), sha(&head)]);
    let none = scene.call(async |github| github.parents(&sha(&base)).await.unwrap());
    assert_eq!(none, []);
}

#[test]
fn merges_into_other_branches_do_not_count() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    scene.repo.branch("release", &base);
    let other = scene.repo.pull("feature").base("release").number(8).open();
    let merged = other.merge(&scene.bob);
    assert_eq!(merged_by(&scene, &merged), [0_u64; 0]);
    assert_eq!(
        merged_by(&scene, &scene.pull.head_sha()),
        [0_u64; 0],
        "7 is open"
    );
}

#[test]
fn pull_requests_are_read_to_the_last_page() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    scene.repo.branch("release", &base);
    for number in 8..108 {
        scene
            .repo
            .pull("feature")
            .base("release")
            .number(number)
            .open();
    }
    let last = scene.repo.pull("feature").number(500).open();
    last.merge(&scene.bob);
    // All of them contain the head.
    assert_eq!(merged_by(&scene, &scene.pull.head_sha()), [500]);
}

#[test]
fn attack_another_repositorys_pull_request_is_not_ours() {
    let scene = new_scene();
    let merged = scene.pull.merge(&scene.bob);
    let path = format!("/repos/acme/infra/commits/{merged}/pulls");
    let client = Client::new(&scene.fake.api_url(), Some(&scene.fake.actions_token()));
    let mut answer = client.get(&path).unwrap().json();
    answer[0]["base"]["repo"]["id"] = 1.into();
    scene
        .fake
        .fault(&format!("GET {path}"), Fault::Json(200, answer));
    assert_eq!(merged_by(&scene, &merged), [0_u64; 0]);
    assert_eq!(merged_by(&scene, &merged), [7]);
}

#[test]
fn the_repository_id_is_fetched_once() {
    let scene = new_scene();
    let merged = scene.pull.merge(&scene.bob);
    scene.call(async |github| {
        for _ in 0..3 {
            github.merged_by(&sha(&merged)).await.unwrap();
        }
    });
    assert_eq!(scene.fake.count("GET /repos/acme/infra"), 1);
    assert_eq!(scene.fake.requests().len(), 4);
}

#[test]
fn an_unknown_commit_is_an_error() {
    let scene = new_scene();
    let nothing = sha(&"0".repeat(40));
    let (pulls, parents) = scene.call(async |github| {
        (
            github
                .merged_by(&nothing)
                .await
                .map_err(|error| error.is_refusal()),
            github
                .parents(&nothing)
                .await
                .map_err(|error| error.is_refusal()),
        )
    });
    assert_eq!((pulls, parents), (Err(true), Err(true)));
}
