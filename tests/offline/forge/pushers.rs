//! Who pushed a pull request's head.

use provisioner::forge::Reviews as _;
use provisioner::model::UserId;

use super::{Scene, scene};
use crate::support::github::Fault;

const ACTIVITY: &str = "GET /repos/acme/infra/activity";

fn pushers(it: &Scene) -> Option<Vec<u64>> {
    let found = it.ask(async |github| github.request(7, &[]).await.unwrap());
    let ids = found.request.pushers?.into_iter();
    Some(ids.map(|UserId(id)| id).collect())
}

#[test]
fn attack_the_pusher_counts_not_the_commit_author() {
    let it = scene();
    let commit = it.repo.commit("feature").write("b", "x");
    commit.author(&it.carol).by(&it.bob).push();
    assert_eq!(pushers(&it), Some(vec![it.bob.id]));
    assert_eq!(it.fake.count(ACTIVITY), 1);
}

#[test]
fn merging_the_base_into_the_head_counts_as_push() {
    let it = scene();
    it.repo.commit("main").write("later", "x").push();
    it.pull.update_branch(&it.bob);
    assert_eq!(pushers(&it), Some(vec![it.bob.id]));
}

#[test]
fn attack_first_pusher_still_counts_as_pusher() {
    let it = scene();
    let head = it.pull.head_sha();
    it.repo
        .commit("feature")
        .author(&it.bob)
        .write("b", "x")
        .push();
    it.repo.branch_by(&it.carol, "feature", &head);
    assert_eq!(pushers(&it), Some(vec![it.carol.id, it.alice.id]));
}

#[test]
fn other_pushes_and_branch_deletion_do_not_count() {
    let it = scene();
    it.repo
        .commit("other")
        .author(&it.bob)
        .write("b", "x")
        .push();
    it.pull.merge(&it.bob);
    it.repo.delete_branch("feature");
    assert_eq!(pushers(&it), Some(vec![it.alice.id]));
}

#[test]
fn all_pages_of_activity_are_read() {
    let it = scene();
    let (head, base) = (it.pull.head_sha(), it.repo.head("main"));
    for _ in 0..50 {
        it.repo.branch_by(&it.bob, "feature", &base);
        it.repo.branch_by(&it.carol, "feature", &head);
    }
    assert_eq!(pushers(&it), Some(vec![it.carol.id, it.alice.id]));
    assert_eq!(it.fake.count(ACTIVITY), 2);
    let asked: Vec<String> = it
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
    let it = scene();
    let (head, base) = (it.pull.head_sha(), it.repo.head("main"));
    for _ in 0..1_000 {
        it.repo.branch_by(&it.bob, "feature", &base);
        it.repo.branch_by(&it.carol, "feature", &head);
    }
    assert_eq!(pushers(&it), None);
    assert_eq!(it.fake.count(ACTIVITY), 20);
}

#[test]
fn without_branch_activity_all_activity_is_searched() {
    let it = scene();
    let head = it.pull.head_sha();
    it.repo.forget_activities();
    assert_eq!(pushers(&it), None);
    assert_eq!(it.fake.count(ACTIVITY), 2);
    it.repo.branch_by(&it.carol, "copy", &head);
    assert_eq!(pushers(&it), Some(vec![it.carol.id]));
}

#[test]
fn an_unreadable_branch_is_found_in_all_activity() {
    let it = scene();
    it.fake
        .fault(&format!("{ACTIVITY}?**ref=**"), Fault::Status(422));
    assert_eq!(pushers(&it), Some(vec![it.alice.id]));
    it.fake.fault_times(2, ACTIVITY, Fault::Status(403));
    assert_eq!(pushers(&it), None);
}

#[test]
fn attack_a_deleted_pusher_is_unknown() {
    let it = scene();
    let head = it.pull.head_sha();
    it.repo.branch_by(&it.bob, "feature", &it.repo.head("main"));
    it.repo.branch_by(&it.bob, "feature", &head);
    it.fake.delete_user(&it.alice);
    assert_eq!(pushers(&it), None);
}

#[test]
fn attack_a_branch_name_is_escaped_in_the_query() {
    let it = scene();
    let name = "a&ref=refs/heads/main&per_page=1#+b";
    let base = it.repo.head("main");
    it.repo.branch(name, &base);
    it.repo
        .commit(name)
        .author(&it.carol)
        .write("c", "x")
        .push();
    it.repo.pull(name).number(8).open();
    let found = it.ask(async |github| github.request(8, &[]).await.unwrap());
    assert_eq!(found.request.pushers, Some(vec![UserId(it.carol.id)]));
    assert_eq!(it.fake.count(ACTIVITY), 1);
}
