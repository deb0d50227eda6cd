//! A merge request with its approvals.

use provisioner::forge::{ReviewedPullRequest, Reviews as _, Users as _};
use provisioner::guard::{AccountKind, ReviewState};
use provisioner::model::UserId;

use super::{Scene, id, new_scene};
use crate::support::gitlab::PushLevel;

fn read(scene: &Scene) -> ReviewedPullRequest {
    scene.call(async |gitlab| gitlab.request(7, &[]).await.unwrap())
}

/// The user, the state, and whether the review is of the head.
fn reviews(scene: &Scene) -> Vec<(UserId, ReviewState, bool)> {
    let reviews = read(scene).request.reviews.unwrap().into_iter();
    reviews
        .map(|review| (review.by.id, review.state, review.commit == scene.head()))
        .collect()
}

/// GitLab keeps the approval of a head that was rebased.
#[test]
fn attack_an_approval_before_a_rebase() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    scene.repo.commit("main").write("else.md", "x").push();
    scene.pull.rebase_source(&scene.alice);
    let bob = id(&scene.bob);
    assert_eq!(reviews(&scene), [(bob, ReviewState::Approved, false)]);
}

/// The clock has seconds: what happened first is not known.
#[test]
fn attack_an_approval_at_the_time_of_the_push() {
    let scene = new_scene();
    scene.fake.freeze();
    let commit = scene.repo.commit("feature").author(&scene.alice);
    commit.write("a.yaml", "a: 2\n").push();
    scene.pull.approve(&scene.bob);
    let of_head = reviews(&scene).into_iter().filter(|(.., of_head)| *of_head);
    assert_eq!(of_head.count(), 0);
}

/// Everybody who can change the pipeline of a merge request can act as the user of the check.
#[test]
fn attack_the_user_of_the_check_is_no_person() {
    let scene = new_scene();
    let checker = scene.fake.check_bot().login;
    let found = scene.call(async |gitlab| gitlab.find_user(&checker).await.unwrap());
    assert_eq!(found.unwrap().kind, AccountKind::JobBot);
}

/// GitLab Free has one reviewer: whoever else requests changes is in no list, and keeps an approval.
#[test]
fn attack_a_request_for_changes_by_no_reviewer_counts() {
    let scene = new_scene();
    let objecting = || {
        let reviews = reviews(&scene).into_iter();
        let objections = reviews.filter(|(_, state, _)| *state == ReviewState::ChangesRequested);
        objections.map(|(user, ..)| user).collect::<Vec<_>>()
    };
    scene.pull.reviewer(&scene.bob);
    // A person's words are no activity.
    scene.repo.comment(7, &scene.mallory, "requested changes");
    assert_eq!(objecting(), []);
    scene.pull.approve(&scene.carol);
    scene.pull.request_changes(&scene.carol);
    assert_eq!(objecting(), [id(&scene.carol)]);
    let commit = scene.repo.commit("feature").author(&scene.alice);
    commit.write("a.yaml", "a: 2\n").push();
    assert_eq!(objecting(), [id(&scene.carol)], "a push answers nothing");
    scene.pull.review(&scene.carol, "DISMISSED");
    scene.pull.approve(&scene.carol);
    assert_eq!(objecting(), []);
    // A reviewer's state is what counts.
    scene.pull.request_changes(&scene.carol);
    scene.pull.reviewer(&scene.carol);
    assert_eq!(objecting(), []);
}

#[test]
fn groups_are_read_at_any_depth() {
    let scene = new_scene();
    scene.fake.group("acme/platform/operators", &[&scene.bob]);
    let teams = ["acme/platform/operators".to_owned(), "acme/none".to_owned()];
    let of = |login: &str| {
        scene.call(async |gitlab| {
            let user = gitlab.find_user(login).await.unwrap().unwrap();
            gitlab.actor(&user, &teams).await.unwrap().teams
        })
    };
    assert_eq!(of("bob"), ["acme/platform/operators"]);
    assert_eq!(of("carol"), [""; 0]);
}

#[test]
fn attack_a_branch_is_protected_only_if_nobody_may_push() {
    let scene = new_scene();
    let protected = || {
        let branch = scene.call(async |gitlab| gitlab.default_branch().await.unwrap());
        assert!(branch.private);
        branch.branch.protected
    };
    assert_eq!(protected(), Some(true));
    scene
        .repo
        .change_protection("main", |it| it.allow_force_push = true);
    assert_eq!(protected(), Some(false));
    scene
        .repo
        .change_protection("main", |it| it.allow_force_push = false);
    assert_eq!(protected(), Some(true));
    scene.repo.unprotect("main");
    assert_eq!(protected(), Some(false));
    let repo = scene
        .repo
        .clone()
        .protected_for("main", &[PushLevel::Role(40)]);
    assert_eq!(protected(), Some(false));
    drop(repo);
}

#[test]
fn pushers_that_gitlab_does_not_know_are_unknown() {
    let scene = new_scene();
    assert!(read(&scene).pushes.is_some());
    scene.repo.blank_events();
    assert_eq!(read(&scene).pushes, None);
    let scene = new_scene();
    scene.repo.forget_activities();
    assert_eq!(read(&scene).pushes, None);
    let scene = new_scene();
    scene.pull.forget_versions();
    let found = read(&scene);
    assert_eq!(found.pushes, None);
    scene.pull.approve(&scene.bob);
    assert_eq!(reviews(&scene), []);
}

/// More pushes to another branch than are read for every merge request.
fn push_elsewhere(scene: &Scene) {
    let ends = [scene.repo.head("main"), scene.pull.head_sha()];
    for number in 0..2_100 {
        let end = &ends[number % 2];
        scene.repo.branch_by(&scene.mallory, "junk", end);
    }
}

/// Everybody who pushed a version, by id.
fn pushers(scene: &Scene) -> Option<Vec<UserId>> {
    let pushes = read(scene).pushes?.into_iter();
    let mut pushers: Vec<UserId> = pushes.filter_map(|push| Some(push.by?.id)).collect();
    pushers.sort_unstable();
    pushers.dedup();
    Some(pushers)
}

/// Activity elsewhere makes no pusher unknown, and hides none.
#[test]
fn attack_many_pushes_to_another_branch() {
    let scene = new_scene();
    let (alice, bob) = (id(&scene.alice), id(&scene.bob));
    push_elsewhere(&scene);
    assert_eq!(pushers(&scene), Some(vec![alice]));
    let first = scene.pull.head_sha();
    let commit = scene.repo.commit("feature").by(&scene.bob);
    commit.write("b", "x").push();
    scene.repo.branch_by(&scene.alice, "feature", &first);
    assert_eq!(pushers(&scene), Some(vec![alice, bob]), "a reverted push");
    // Bob's branch of the same name and commit: Alice's was deleted by a push that names nothing.
    scene.repo.delete_branch("feature");
    scene.repo.blank_newest_events(1);
    scene.repo.branch_by(&scene.bob, "feature", &first);
    push_elsewhere(&scene);
    assert_eq!(pushers(&scene), Some(vec![alice, bob]), "created again");
}

#[test]
fn attack_many_pushes_around_a_push_without_names() {
    let scene = new_scene();
    let commit = scene.repo.commit("feature").by(&scene.bob);
    commit.write("b", "x").push();
    scene.repo.blank_newest_events(1);
    push_elsewhere(&scene);
    assert_eq!(pushers(&scene), None);
    let scene = new_scene();
    scene.repo.forget_activities();
    let commit = scene.repo.commit("feature").by(&scene.bob);
    commit.write("b", "x").push();
    push_elsewhere(&scene);
    assert_eq!(pushers(&scene), None, "the creation is forgotten");
}

#[test]
fn attack_a_job_token_reads_no_approval() {
    let scene = new_scene();
    let token = scene.fake.job_token();
    let found = scene.call_as(token, async |gitlab| gitlab.request(7, &[]).await);
    assert!(found.is_err() || found.unwrap().request.reviews.is_none());
}
