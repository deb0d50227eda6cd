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
fn attack_a_commit_that_names_somebody_else_is_whose_push_it_is() {
    let it = scene();
    let commit = it.repo.commit("feature").write("b", "x");
    commit.author(&it.carol).by(&it.bob).push();
    assert_eq!(pushers(&it), Some(vec![it.bob.id]));
    assert_eq!(it.fake.count(ACTIVITY), 1);
}

#[test]
fn who_brings_the_base_into_the_head_pushed_it() {
    let it = scene();
    it.repo.commit("main").write("later", "x").push();
    it.pull.update_branch(&it.bob);
    assert_eq!(pushers(&it), Some(vec![it.bob.id]));
}

#[test]
fn attack_who_pushed_it_first_stays_one_of_them() {
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
fn other_commits_and_the_branchs_end_do_not_count() {
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
fn the_record_is_read_to_its_end() {
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
fn a_record_that_is_too_long_tells_nobody() {
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
fn without_a_record_of_the_branch_all_are_looked_through() {
    let it = scene();
    let head = it.pull.head_sha();
    it.repo.forget_activities();
    assert_eq!(pushers(&it), None);
    assert_eq!(it.fake.count(ACTIVITY), 2);
    it.repo.branch_by(&it.carol, "copy", &head);
    assert_eq!(pushers(&it), Some(vec![it.carol.id]));
}

#[test]
fn a_branch_that_may_not_be_asked_for_is_found_among_all() {
    let it = scene();
    it.fake
        .fault(&format!("{ACTIVITY}?**ref=**"), Fault::Status(422));
    assert_eq!(pushers(&it), Some(vec![it.alice.id]));
    it.fake.fault_times(2, ACTIVITY, Fault::Status(403));
    assert_eq!(pushers(&it), None);
}

#[test]
fn attack_a_pusher_who_is_gone_may_be_anybody() {
    let it = scene();
    let head = it.pull.head_sha();
    it.repo.branch_by(&it.bob, "feature", &it.repo.head("main"));
    it.repo.branch_by(&it.bob, "feature", &head);
    it.fake.delete_user(&it.alice);
    assert_eq!(pushers(&it), None);
}

#[test]
fn attack_a_branchs_name_does_not_change_the_question() {
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
