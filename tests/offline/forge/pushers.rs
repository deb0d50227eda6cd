//! Who pushed content to a pull request, and when its head arrived.

use provisioner::change::add_contributors;
use provisioner::forge::{PullRequests as _, Reviews as _};
use provisioner::guard::{AccountKind, ChangeRequest};
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
fn attack_the_pusher_counts_not_the_commit_author() {
    let scene = new_scene();
    let commit = scene.repo.commit("feature").write("b", "x");
    commit.author(&scene.carol).by(&scene.bob).push();
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id, scene.bob.id]));
    assert_eq!(scene.fake.count(ACTIVITY), 1);
}

#[test]
fn attack_every_pusher_counts_not_only_the_last() {
    let scene = new_scene();
    for (user, file) in [
        (&scene.bob, "b.yaml"),
        (&scene.carol, "c.yaml"),
        (&scene.alice, "a.yaml"),
    ] {
        scene
            .repo
            .commit("feature")
            .by(user)
            .write(file, "x")
            .push();
    }
    assert_eq!(
        pushers(&scene),
        Some(vec![scene.alice.id, scene.bob.id, scene.carol.id])
    );
}

#[test]
fn attack_the_pusher_of_a_removed_commit_counts() {
    let scene = new_scene();
    let kept = scene
        .repo
        .commit("feature")
        .by(&scene.bob)
        .write("b", "x")
        .push();
    scene
        .repo
        .commit("feature")
        .by(&scene.bob)
        .write("c", "x")
        .push();
    // Carol removes the last commit only, which moves the branch to a commit that no user pushed on its own.
    scene.repo.branch_by(&scene.carol, "feature", &kept);
    assert_eq!(
        pushers(&scene),
        Some(vec![scene.alice.id, scene.bob.id, scene.carol.id])
    );
}

#[test]
fn bots_of_jobs_and_other_bots_are_told_apart() {
    let scene = new_scene();
    for login in ["github-actions[bot]", "renovate[bot]"] {
        let bot = scene.fake.bot(login);
        scene
            .repo
            .commit("feature")
            .by(&bot)
            .write(login, "x")
            .push();
    }
    let found = request(&scene, 7, &scene.pull.base_sha()).pushers.unwrap();
    let kinds: Vec<AccountKind> = found.iter().map(|pusher| pusher.kind).collect();
    assert_eq!(
        kinds,
        [AccountKind::Person, AccountKind::JobBot, AccountKind::Bot]
    );
}

#[test]
fn the_creator_of_the_branch_pushed_nothing() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    scene.repo.branch_by(&scene.bob, "other", &base);
    scene
        .repo
        .commit("other")
        .by(&scene.alice)
        .write("o", "x")
        .push();
    scene
        .repo
        .pull("other")
        .author(&scene.alice)
        .number(8)
        .open();
    let found = request(&scene, 8, &base).pushers.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.0, scene.alice.id);
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
fn attack_a_merge_of_the_base_with_a_change_counts() {
    for (path, text) in [
        ("a.yaml", "a: 2\n"),
        ("new.yaml", "x"),
        ("later.yaml", "y"),
        ("s3/configs/_defaults.yaml", "x"),
        (".provisioner.yaml", "version: 1\n"),
        (".provisioner/products/x/product.yaml", "x"),
    ] {
        let scene = new_scene();
        let later = scene.repo.commit("main").write("later.yaml", "x").push();
        let merge = scene.repo.commit("feature").also_parent(&later);
        merge
            .write("later.yaml", "x")
            .write(path, text)
            .by(&scene.bob)
            .push();
        let found = pushers_into(&scene, &later);
        assert_eq!(found, Some(vec![scene.alice.id, scene.bob.id]), "{path}");
    }
}

#[test]
fn attack_a_merge_that_drops_a_change_of_the_base_counts() {
    let scene = new_scene();
    let later = scene.repo.commit("main").write("later.yaml", "x").push();
    scene
        .repo
        .commit("feature")
        .also_parent(&later)
        .by(&scene.bob)
        .empty()
        .push();
    assert_eq!(
        pushers_into(&scene, &later),
        Some(vec![scene.alice.id, scene.bob.id])
    );
}

/// After the merge, the default branch holds everything that the pull request brought.
#[test]
fn attack_a_merge_of_a_side_branch_counts_after_the_merge_too() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    scene.repo.branch("side", &base);
    let side = scene
        .repo
        .commit("side")
        .by(&scene.bob)
        .write("side.yaml", "x")
        .push();
    let merge = scene.repo.commit("feature").also_parent(&side);
    merge.write("side.yaml", "x").by(&scene.bob).push();
    assert_eq!(
        pushers_into(&scene, &base),
        Some(vec![scene.alice.id, scene.bob.id])
    );
    scene.pull.merge(&scene.carol);
    assert_eq!(
        pushers_into(&scene, &base),
        Some(vec![scene.alice.id, scene.bob.id])
    );
}

#[test]
fn pushes_after_the_merge_do_not_count() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    scene.pull.squash(&scene.carol);
    scene
        .repo
        .commit("feature")
        .by(&scene.bob)
        .write("next.yaml", "x")
        .push();
    assert_eq!(pushers_into(&scene, &base), Some(vec![scene.alice.id]));
}

#[test]
fn the_head_arrives_when_it_is_pushed_last() {
    let scene = new_scene();
    let arrived = |scene: &Scene| {
        request(scene, 7, &scene.pull.base_sha())
            .head_arrived
            .unwrap()
    };
    let head = scene.pull.head_sha();
    let first = arrived(&scene);
    scene
        .repo
        .branch_by(&scene.bob, "feature", &scene.repo.head("main"));
    scene.repo.branch_by(&scene.bob, "feature", &head);
    assert!(arrived(&scene) > first);
}

/// Threat 9: the author of a commit chooses its date.
#[test]
fn attack_a_commit_date_is_not_the_time_of_its_push() {
    let scene = new_scene();
    let arrived = || {
        let request = request(&scene, 7, &scene.pull.base_sha());
        request.head_arrived.unwrap()
    };
    let mut last = arrived();
    for date in ["2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"] {
        let commit = scene.repo.commit("feature").author(&scene.alice);
        commit.write("dated.yaml", date).dated(date).push();
        let next = arrived();
        assert!(next > last, "{next} is the server's time");
        assert!(next < "2100-01-01T00:00:00Z".parse().unwrap());
        last = next;
    }
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
    assert_eq!(
        pushers(&scene),
        Some(vec![scene.alice.id, scene.bob.id, scene.carol.id])
    );
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
    let found = request(&scene, 8, &base).pushers.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.0, scene.carol.id);
    assert_eq!(scene.fake.count(ACTIVITY), 1);
}
