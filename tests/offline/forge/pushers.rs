//! Who pushed a pull request's head.

use provisioner::forge::Reviews as _;
use provisioner::model::UserId;

use super::{Scene, new_scene};
use crate::support::github::Fault;

const ACTIVITY: &str = "GET /repos/acme/infra/activity";

fn pushers(scene: &Scene) -> Option<Vec<u64>> {
    let found = scene.call(async |github| github.request(7, &[]).await.unwrap());
    let ids = found.request.pushers?.into_iter();
    Some(ids.map(|UserId(id)| id).collect())
}

#[test]
fn attack_the_pusher_counts_not_the_commit_author() {
    let scene = new_scene();
    let commit = scene.repo.commit("feature").write("b", "x");
    commit.author(&scene.carol).by(&scene.bob).push();
    assert_eq!(pushers(&scene), Some(vec![scene.bob.id]));
    assert_eq!(scene.fake.count(ACTIVITY), 1);
}

#[test]
fn merging_the_base_into_the_head_counts_as_push() {
    let scene = new_scene();
    scene.repo.commit("main").write("later", "x").push();
    scene.pull.update_branch(&scene.bob);
    assert_eq!(pushers(&scene), Some(vec![scene.bob.id]));
}

#[test]
fn attack_first_pusher_still_counts_as_pusher() {
    let scene = new_scene();
    let head = scene.pull.head_sha();
    scene
        .repo
        .commit("feature")
        .author(&scene.bob)
        .write("b", "x")
        .push();
    scene.repo.branch_by(&scene.carol, "feature", &head);
    assert_eq!(pushers(&scene), Some(vec![scene.carol.id, scene.alice.id]));
}

#[test]
fn other_pushes_and_branch_deletion_do_not_count() {
    let scene = new_scene();
    scene
        .repo
        .commit("other")
        .author(&scene.bob)
        .write("b", "x")
        .push();
    scene.pull.merge(&scene.bob);
    scene.repo.delete_branch("feature");
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id]));
}

#[test]
fn all_pages_of_activity_are_read() {
    let scene = new_scene();
    let (head, base) = (scene.pull.head_sha(), scene.repo.head("main"));
    for _ in 0..50 {
        scene.repo.branch_by(&scene.bob, "feature", &base);
        scene.repo.branch_by(&scene.carol, "feature", &head);
    }
    assert_eq!(pushers(&scene), Some(vec![scene.carol.id, scene.alice.id]));
    assert_eq!(scene.fake.count(ACTIVITY), 2);
    let asked: Vec<String> = scene
        .fake
        .requests()
        .into_iter()
        .map(|seen| seen.query)
        .collect();
    assert!(
        asked.iter().any(|query| query.contains("&after=")),
        "{asked:?}"
    );
}

#[test]
fn too_much_activity_makes_pushers_unknown() {
    let scene = new_scene();
    let (head, base) = (scene.pull.head_sha(), scene.repo.head("main"));
    for _ in 0..1_000 {
        scene.repo.branch_by(&scene.bob, "feature", &base);
        scene.repo.branch_by(&scene.carol, "feature", &head);
    }
    assert_eq!(pushers(&scene), None);
    assert_eq!(scene.fake.count(ACTIVITY), 20);
}

#[test]
fn without_branch_activity_all_activity_is_searched() {
    let scene = new_scene();
    let head = scene.pull.head_sha();
    scene.repo.forget_activities();
    assert_eq!(pushers(&scene), None);
    assert_eq!(scene.fake.count(ACTIVITY), 2);
    scene.repo.branch_by(&scene.carol, "copy", &head);
    assert_eq!(pushers(&scene), Some(vec![scene.carol.id]));
}

#[test]
fn an_unreadable_branch_is_found_in_all_activity() {
    let scene = new_scene();
    scene
        .fake
        .fault(&format!("{ACTIVITY}?**ref=**"), Fault::Status(422));
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id]));
    scene.fake.fault_times(2, ACTIVITY, Fault::Status(403));
    assert_eq!(pushers(&scene), None);
}

#[test]
fn attack_a_deleted_pusher_is_unknown() {
    let scene = new_scene();
    let head = scene.pull.head_sha();
    scene
        .repo
        .branch_by(&scene.bob, "feature", &scene.repo.head("main"));
    scene.repo.branch_by(&scene.bob, "feature", &head);
    scene.fake.delete_user(&scene.alice);
    assert_eq!(pushers(&scene), None);
}

#[test]
fn attack_a_branch_name_is_escaped_in_the_query() {
    let scene = new_scene();
    let name = "a&ref=refs/heads/main&per_page=1#+b";
    let base = scene.repo.head("main");
    scene.repo.branch(name, &base);
    scene
        .repo
        .commit(name)
        .author(&scene.carol)
        .write("c", "x")
        .push();
    scene.repo.pull(name).number(8).open();
    let found = scene.call(async |github| github.request(8, &[]).await.unwrap());
    assert_eq!(found.request.pushers, Some(vec![UserId(scene.carol.id)]));
    assert_eq!(scene.fake.count(ACTIVITY), 1);
}
