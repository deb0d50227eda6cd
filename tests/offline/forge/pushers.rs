//! Who pushed content to a pull request, and when its head arrived.

use provisioner::change::add_contributors;
use provisioner::forge::{PullRequests as _, Reviews as _};
use provisioner::guard::ChangeRequest;
use provisioner::workspace::ConfigSelector;

use super::{Scene, new_scene, sha};
use crate::support::github::Fault;

const ACTIVITY: &str = "GET /repos/acme/infra/activity";

/// The facts of a pull request into `base`, a commit of the default branch.
fn request(scene: &Scene, number: u64, base: &str) -> ChangeRequest {
    let selection = ConfigSelector::new(&["*.yaml".to_owned()]).unwrap();
    scene.call(async |github| {
        let mut reviewed = github.request(number, &[]).await.unwrap();
        let head = reviewed.request.head.clone().unwrap();
        let base = sha(base);
        let fork = github.merge_base(&base, &head).await.unwrap();
        add_contributors(github, &mut reviewed, (&base, &fork), &selection)
            .await
            .unwrap();
        reviewed.request
    })
}

fn pushers(scene: &Scene) -> Option<Vec<u64>> {
    pushers_into(scene, &scene.pull.base_sha())
}

fn pushers_into(scene: &Scene, base: &str) -> Option<Vec<u64>> {
    let pushers = request(scene, 7, base).pushers?.into_iter();
    Some(pushers.map(|pusher| pusher.id.0).collect())
}

#[test]
fn a_merge_of_the_base_without_changes_is_no_push() {
    let scene = new_scene();
    scene.repo.commit("main").write("later.yaml", "x").push();
    scene.pull.update_branch(&scene.bob);
    let base = scene.repo.head("main");
    assert_eq!(pushers_into(&scene, &base), Some(vec![scene.alice.id]));
}

#[test]
fn all_pages_of_activity_are_read() {
    let scene = new_scene();
    let (head, base) = (scene.pull.head_sha(), scene.repo.head("main"));
    for _ in 0..50 {
        scene.repo.branch_by(&scene.bob, "feature", &base);
        scene.repo.branch_by(&scene.carol, "feature", &head);
    }
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id, scene.carol.id]));
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
    // Another branch's record does not tell who pushed to this one.
    scene.repo.branch_by(&scene.carol, "copy", &head);
    assert_eq!(pushers(&scene), None);
    scene
        .repo
        .branch_by(&scene.carol, "feature", &scene.repo.head("main"));
    scene.repo.branch_by(&scene.carol, "feature", &head);
    assert_eq!(pushers(&scene), Some(vec![scene.carol.id]));
}

#[test]
fn an_unreadable_branch_is_found_in_all_activity() {
    let scene = new_scene();
    scene
        .fake
        .fault(&format!("{ACTIVITY}?**ref=**"), Fault::Status(422));
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id]));
    scene.fake.fault(ACTIVITY, Fault::Status(403));
    assert_eq!(pushers(&scene), None);
}
