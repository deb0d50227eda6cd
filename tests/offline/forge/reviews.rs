//! A pull request with its reviews.

use provisioner::forge::{ForgeError, ReviewedPullRequest, Reviews as _};
use provisioner::guard::{Permission, ReviewState};
use provisioner::model::UserId;

use super::{Scene, new_scene};
use crate::support::github::{Fault, User};

const REVIEWS: &str = "GET /repos/acme/infra/pulls/7/reviews";
const BRANCH: &str = "GET /repos/acme/infra/branches/main";
const ACTIVITY: &str = "GET /repos/acme/infra/activity";
const PERMISSION: &str = "GET /repos/acme/infra/collaborators/*/permission";

fn read(scene: &Scene) -> Result<ReviewedPullRequest, ForgeError> {
    scene.call(async |github| github.request(7, &[]).await)
}

/// The author and the state of each review, and whether it is of the head.
fn review_states(scene: &Scene) -> Vec<(UserId, ReviewState, bool)> {
    let reviews = read(scene).unwrap().request.reviews.unwrap().into_iter();
    reviews
        .map(|review| (review.by.id, review.state, review.commit == scene.head()))
        .collect()
}

fn id(user: &User) -> UserId {
    UserId(user.id)
}

#[test]
fn reviews_keep_their_order_and_comments_are_neutral() {
    let scene = new_scene();
    let first = scene.head();
    scene.pull.approve(&scene.bob);
    scene.pull.request_changes(&scene.carol);
    scene
        .repo
        .commit("feature")
        .author(&scene.alice)
        .write("b", "x")
        .push();
    scene.pull.review(&scene.bob, "COMMENTED");
    scene.pull.review(&scene.bob, "PENDING");
    let taken_back = scene.pull.approve(&scene.carol);
    scene.pull.dismiss(&taken_back);
    let found = review_states(&scene);
    assert_eq!(
        found,
        [
            (id(&scene.bob), ReviewState::Approved, false),
            (id(&scene.carol), ReviewState::ChangesRequested, false),
            (id(&scene.carol), ReviewState::Dismissed, true),
        ]
    );
    let reviews = read(&scene).unwrap().request.reviews.unwrap();
    assert_eq!(reviews[0].commit, first);
}

#[test]
fn only_effective_reviewers_are_fetched_once() {
    let scene = new_scene();
    for _ in 0..3 {
        scene.pull.approve(&scene.bob);
    }
    let taken_back = scene.pull.approve(&scene.carol);
    scene.pull.dismiss(&taken_back);
    let bot = scene.fake.bot("helper[bot]");
    scene.pull.approve(&bot);
    let reviews = read(&scene).unwrap().request.reviews.unwrap();
    let permissions: Vec<_> = reviews.iter().map(|review| review.by.permission).collect();
    let maintain = Some(Permission::Maintain);
    assert_eq!(permissions, [maintain, maintain, maintain, None, None]);
    assert!(reviews[4].by.bot);
    assert_eq!(scene.fake.count(PERMISSION), 1);
}

#[test]
fn attack_a_deleted_account_approves_nothing_and_its_objection_stays() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    let objection = scene.pull.request_changes(&scene.carol);
    scene.fake.delete_user(&scene.bob);
    scene.fake.delete_user(&scene.carol);
    // Two deleted accounts are different people: a review of one does not replace the other's.
    let ghost = scene.fake.user_with_id("ghost", 10_137);
    scene.pull.approve(&ghost);
    let dismissed = scene.pull.approve(&ghost);
    scene.pull.dismiss(&dismissed);
    assert_eq!(
        review_states(&scene),
        [(UserId(0), ReviewState::ChangesRequested, true)]
    );
    assert_eq!(scene.fake.count(PERMISSION), 0);
    scene.pull.dismiss(&objection);
    assert_eq!(review_states(&scene), []);
}

#[test]
fn attack_an_approval_of_a_missing_commit_does_not_count() {
    let scene = new_scene();
    let approval = scene.pull.approve(&scene.bob);
    let objection = scene.pull.request_changes(&scene.carol);
    let dismissed = scene.pull.approve(&scene.mallory);
    scene.pull.dismiss(&dismissed);
    for review in [&approval, &objection, &dismissed] {
        scene.pull.lose_commit(review);
    }
    assert_eq!(
        review_states(&scene),
        [
            (id(&scene.carol), ReviewState::ChangesRequested, true),
            (id(&scene.mallory), ReviewState::Dismissed, true),
        ]
    );
}

/// The pull request was read just before, so its reviews, its branch and the record of activities exist.
#[test]
fn what_exists_is_not_missing_after_not_found() {
    for place in [REVIEWS, BRANCH, ACTIVITY] {
        let scene = new_scene();
        scene.fake.fault_always(place, Fault::Status(404));
        let error = read(&scene).unwrap_err();
        assert!(error.is_not_found(), "{place}: {error}");
    }
}
