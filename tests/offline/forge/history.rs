//! From commits to the pull requests that merged them.

use provisioner::forge::Reviews as _;

use super::{Scene, new_scene, sha};
use crate::support::github::Fault;
use crate::support::http::Client;

fn merged_by(scene: &Scene, commit: &str) -> Vec<u64> {
    scene.call(async |github| github.merged_by(&sha(commit)).await.unwrap())
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
