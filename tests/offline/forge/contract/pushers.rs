//! Who pushed content to a pull request, and when its head arrived.

use provisioner::change::add_contributors;
use provisioner::forge::{PullRequests as _, Reviews as _};
use provisioner::guard::{AccountKind, ChangeRequest};
use provisioner::workspace::ConfigSelector;

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene, sha};
use crate::support::forge::Fault;

/// The facts of a pull request into `base`, a commit of the default branch.
fn request<F: ForgeFixture>(scene: &Scene<F>, number: u64, base: &str) -> ChangeRequest {
    let selection = ConfigSelector::new(&["*.yaml".to_owned()]).unwrap();
    scene.call(async |forge| {
        let mut reviewed = forge.request(number, &[]).await.unwrap();
        let head = reviewed.request.head.clone().unwrap();
        let base = sha(base);
        let fork = forge.merge_base(&base, &head).await.unwrap();
        let added = add_contributors(forge, &mut reviewed, (&base, &fork), &selection);
        added.await.unwrap();
        reviewed.request
    })
}

fn pushers_into<F: ForgeFixture>(scene: &Scene<F>, base: &str) -> Option<Vec<u64>> {
    let pushers = request(scene, 7, base).pushers?.into_iter();
    let mut ids: Vec<u64> = pushers.map(|pusher| pusher.id.0).collect();
    ids.sort_unstable();
    Some(ids)
}

fn pushers<F: ForgeFixture>(scene: &Scene<F>) -> Option<Vec<u64>> {
    pushers_into(scene, &scene.repo.head("main"))
}

fn attack_the_pusher_counts_not_the_commit_author<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let commit = scene.repo.commit("feature").write("b", "x");
    commit.author(&scene.carol).by(&scene.bob).push();
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id, scene.bob.id]));
}

fn attack_every_pusher_counts_not_only_the_last<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    for user in [&scene.bob, &scene.carol, &scene.alice] {
        let commit = scene.repo.commit("feature").by(user);
        commit.write(&user.login, "x").push();
    }
    let all = vec![scene.alice.id, scene.bob.id, scene.carol.id];
    assert_eq!(pushers(&scene), Some(all));
}

fn attack_the_pusher_of_a_removed_commit_counts<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let commit = scene.repo.commit("feature").by(&scene.bob);
    let kept = commit.write("b", "x").push();
    let commit = scene.repo.commit("feature").by(&scene.bob);
    commit.write("c", "x").push();
    // Carol removes the last commit only, which moves the branch to a commit that no user pushed on its own.
    scene.repo.branch_by(&scene.carol, "feature", &kept);
    let all = vec![scene.alice.id, scene.bob.id, scene.carol.id];
    assert_eq!(pushers(&scene), Some(all));
}

fn the_creator_of_the_branch_pushed_nothing<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    scene.repo.branch_by(&scene.bob, "other", &base);
    let commit = scene.repo.commit("other").by(&scene.alice);
    commit.write("o", "x").push();
    let pull = scene.repo.pull("other").author(&scene.alice);
    pull.number(8).open();
    let found = request(&scene, 8, &base).pushers.unwrap();
    let found: Vec<u64> = found.iter().map(|it| it.id.0).collect();
    assert_eq!(found, [scene.alice.id]);
}

fn a_merge_of_the_base_without_changes_is_no_push<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let later = scene.repo.commit("main").write("later.yaml", "x").push();
    let merge = scene.repo.commit("feature").also_parent(&later);
    merge.write("later.yaml", "x").by(&scene.bob).push();
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id]));
}

fn attack_a_merge_of_the_base_with_a_change_counts<F: ForgeFixture>() {
    for (path, text) in [
        ("a.yaml", "a: 2\n"),
        ("new.yaml", "x"),
        ("later.yaml", "y"),
        ("s3/configs/_defaults.yaml", "x"),
        (".provisioner.yaml", "version: 1\n"),
        (".provisioner/products/x/product.yaml", "x"),
    ] {
        let scene = Scene::<F>::new();
        let later = scene.repo.commit("main").write("later.yaml", "x").push();
        let merge = scene.repo.commit("feature").also_parent(&later);
        let merge = merge.write("later.yaml", "x").write(path, text);
        merge.by(&scene.bob).push();
        let both = vec![scene.alice.id, scene.bob.id];
        assert_eq!(pushers(&scene), Some(both), "{path}");
    }
}

fn attack_a_merge_that_drops_a_change_of_the_base_counts<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let later = scene.repo.commit("main").write("later.yaml", "x").push();
    let merge = scene.repo.commit("feature").also_parent(&later);
    merge.by(&scene.bob).empty().push();
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id, scene.bob.id]));
}

fn attack_first_pusher_still_counts_as_pusher<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let head = scene.pull.head_sha();
    let commit = scene.repo.commit("feature").author(&scene.bob);
    commit.write("b", "x").push();
    scene.repo.branch_by(&scene.carol, "feature", &head);
    let all = vec![scene.alice.id, scene.bob.id, scene.carol.id];
    assert_eq!(pushers(&scene), Some(all));
}

/// After the merge, the default branch holds everything that the pull request brought.
fn attack_a_merge_of_a_side_branch_counts_after_the_merge_too<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    scene.repo.branch("side", &base);
    let side = scene.repo.commit("side").by(&scene.bob);
    let side = side.write("side.yaml", "x").push();
    let merge = scene.repo.commit("feature").also_parent(&side);
    merge.write("side.yaml", "x").by(&scene.bob).push();
    let both = Some(vec![scene.alice.id, scene.bob.id]);
    assert_eq!(pushers_into(&scene, &base), both);
    scene.merge();
    assert_eq!(pushers_into(&scene, &base), both);
}

fn pushes_after_the_merge_do_not_count<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    scene.merge();
    let commit = scene.repo.commit("feature").by(&scene.carol);
    commit.write("next.yaml", "x").push();
    scene.repo.delete_branch("feature");
    assert_eq!(pushers_into(&scene, &base), Some(vec![scene.alice.id]));
}

fn other_branches_do_not_count<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let commit = scene.repo.commit("other").by(&scene.bob);
    commit.write("b", "x").push();
    assert_eq!(pushers(&scene), Some(vec![scene.alice.id]));
}

fn the_head_arrives_when_it_is_pushed_last<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    let arrived = || request(&scene, 7, &base).head_arrived.unwrap();
    let (head, first) = (scene.pull.head_sha(), arrived());
    scene.repo.branch_by(&scene.bob, "feature", &base);
    scene.repo.branch_by(&scene.bob, "feature", &head);
    assert!(arrived() > first);
}

/// Threat 9: the author of a commit chooses its date.
fn attack_a_commit_date_is_not_the_time_of_its_push<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    let arrived = || request(&scene, 7, &base).head_arrived.unwrap();
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

fn pushes_are_read_to_the_last_page<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let (head, base) = (scene.pull.head_sha(), scene.repo.head("main"));
    for _ in 0..55 {
        scene.repo.branch_by(&scene.bob, "feature", &base);
        scene.repo.branch_by(&scene.carol, "feature", &head);
    }
    let found = pushers(&scene).unwrap();
    assert!(found.contains(&scene.alice.id), "the first push: {found:?}");
    assert!(found.contains(&scene.carol.id), "{found:?}");
}

/// Who pushed is unknown, and not nobody.
fn attack_pushes_that_the_forge_forgot_are_unknown<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::forget_pushes(&scene.repo);
    assert_eq!(pushers(&scene), None);
    // Another branch's record does not tell who pushed to this one.
    let head = scene.pull.head_sha();
    scene.repo.branch_by(&scene.carol, "copy", &head);
    assert_eq!(pushers(&scene), None);
}

fn unreadable_pushes_are_unknown<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let pushes = || {
        let read = scene.call(async |forge| forge.request(7, &[]).await);
        read.map_or(None, |found| found.pushes)
    };
    assert!(pushes().is_some());
    let place = F::ROUTES.pushes;
    scene.fake.fault(place, Fault::Status(502));
    assert!(pushes().is_some(), "tried again");
    for fault in [
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(502),
        Fault::TruncatedJson,
        Fault::Text(200, String::new()),
    ] {
        scene.fake.fault_always(place, fault.clone());
        assert_eq!(pushes(), None, "{fault:?}");
        scene.fake.clear_faults();
    }
}

/// Whose the pushes of a deleted user are is not known, or the ghost's.
fn attack_a_deleted_pusher_is_not_forgotten<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let commit = scene.repo.commit("feature").by(&scene.bob);
    commit.write("b", "x").push();
    scene.fake.delete_user(&scene.alice);
    match pushers(&scene) {
        None => assert!(!F::HAS_GHOST),
        Some(found) => {
            assert!(F::HAS_GHOST && !found.contains(&scene.alice.id));
            assert_eq!(found.len(), 2, "{found:?}");
        }
    }
}

fn a_bot_is_a_pusher<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let bot = scene.fake.bot("renovate[bot]");
    // Everybody who can change a job pushes with its token.
    let of_jobs = F::check_user(&scene.fake);
    for bot in [&bot, &of_jobs] {
        let commit = scene.repo.commit("feature").by(bot);
        commit.write(&bot.login, "x").push();
    }
    let found = request(&scene, 7, &scene.repo.head("main"))
        .pushers
        .unwrap();
    let kinds: Vec<_> = found.iter().map(|it| (it.id.0, it.kind)).collect();
    assert_eq!(kinds.len(), 3);
    for expected in [
        (scene.alice.id, AccountKind::Person),
        (bot.id, AccountKind::Bot),
        (of_jobs.id, AccountKind::JobBot),
    ] {
        assert!(kinds.contains(&expected), "{kinds:?}");
    }
}

fn attack_a_branch_name_is_escaped<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let name = "a&ref=refs/heads/main&per_page=1#+b";
    let base = scene.repo.head("main");
    scene.repo.branch(name, &base);
    let commit = scene.repo.commit(name).author(&scene.carol);
    commit.write("c", "x").push();
    let pull = scene.repo.pull(name).author(&scene.carol);
    pull.number(8).open();
    let found = request(&scene, 8, &base).pushers.unwrap();
    let found: Vec<u64> = found.iter().map(|it| it.id.0).collect();
    assert_eq!(found, [scene.carol.id]);
}

on_both_forges! {
    attack_the_pusher_counts_not_the_commit_author
    attack_every_pusher_counts_not_only_the_last
    attack_the_pusher_of_a_removed_commit_counts
    the_creator_of_the_branch_pushed_nothing
    a_merge_of_the_base_without_changes_is_no_push
    attack_a_merge_of_the_base_with_a_change_counts
    attack_a_merge_that_drops_a_change_of_the_base_counts
    attack_first_pusher_still_counts_as_pusher
    attack_a_merge_of_a_side_branch_counts_after_the_merge_too
    pushes_after_the_merge_do_not_count
    other_branches_do_not_count
    the_head_arrives_when_it_is_pushed_last
    attack_a_commit_date_is_not_the_time_of_its_push
    pushes_are_read_to_the_last_page
    attack_pushes_that_the_forge_forgot_are_unknown
    unreadable_pushes_are_unknown
    attack_a_deleted_pusher_is_not_forgotten
    a_bot_is_a_pusher
    attack_a_branch_name_is_escaped
}
