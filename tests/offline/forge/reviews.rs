//! A pull request with its reviews.

use provisioner::forge::{ForgeError, ReviewedPullRequest, Reviews as _, User as ForgeUser};
use provisioner::guard::{Actor, Branch, ChangeRequest, Permission, Review, ReviewState};
use provisioner::model::UserId;

use super::{Scene, account, new_scene, sha};
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
fn all_guard_facts_are_read_with_few_calls() {
    let scene = new_scene();
    let approved = scene.pull.approve(&scene.bob);
    let found = read(&scene).unwrap();
    let bob = Actor {
        id: id(&scene.bob),
        login: "bob".to_owned(),
        bot: false,
        permission: Some(Permission::Maintain),
        teams: Vec::new(),
    };
    let approval = Review {
        by: bob,
        state: ReviewState::Approved,
        commit: scene.head(),
        at: Some(approved.at.parse().unwrap()),
    };
    let expected = ChangeRequest {
        number: 7,
        merged: Some(false),
        target: Some(Branch {
            name: "main".to_owned(),
            default: true,
            protected: Some(true),
        }),
        fork: Some(false),
        head: Some(scene.head()),
        author: Some(account(&scene.alice).contributor()),
        reviews: Some(vec![approval]),
        ..ChangeRequest::default()
    };
    assert_eq!(found.request, expected);
    assert_eq!(found.author, Some(account(&scene.alice)));
    assert_eq!(found.merge, None, "GitHub's test merge is no merge");
    let mut lines: Vec<String> = scene
        .fake
        .requests()
        .iter()
        .map(|seen| seen.line())
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "GET /repos/acme/infra/activity",
            "GET /repos/acme/infra/branches/main",
            "GET /repos/acme/infra/collaborators/bob/permission",
            "GET /repos/acme/infra/pulls/7",
            REVIEWS,
        ]
    );
}

#[test]
fn a_merged_pull_request_keeps_its_merged_head() {
    let scene = new_scene();
    let head = scene.head();
    let merged = scene.pull.squash(&scene.bob);
    scene.repo.commit("feature").write("later", "x").push();
    scene.repo.delete_branch("feature");
    let found = read(&scene).unwrap();
    assert_eq!(found.request.merged, Some(true));
    assert_eq!(found.request.head, Some(head));
    assert_eq!(found.merge, Some(sha(&merged)));
    let pushes = found.pushes.unwrap();
    assert!(
        pushes
            .iter()
            .any(|push| push.by == Some(account(&scene.alice)))
    );
}

#[test]
fn other_branches_are_not_queried() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    scene.repo.branch("release", &base);
    scene.repo.pull("feature").base("release").number(8).open();
    let found = scene.call(async |github| github.request(8, &[]).await.unwrap());
    let target = found.request.target.unwrap();
    assert_eq!((target.name.as_str(), target.default), ("release", false));
    assert_eq!(target.protected, None);
    assert_eq!(scene.fake.count("GET /repos/acme/infra/branches/**"), 0);
}

#[test]
fn attack_a_fork_of_the_same_owner_is_a_fork() {
    let scene = new_scene();
    let base = scene.repo.head("main");
    let fork = scene.repo.fork("acme/infra-2");
    fork.commit("patch").parent(&base).write("x", "y").push();
    scene.repo.pull("patch").of_fork(&fork).number(8).open();
    let read_request = || scene.call(async |github| github.request(8, &[]).await.unwrap().request);
    let found = read_request();
    assert_eq!((found.fork, found.pushers), (Some(true), None));
    fork.delete();
    assert_eq!(read_request().fork, Some(true));
    assert_eq!(scene.fake.count("GET /repos/*/*/activity"), 0);
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
fn attack_an_objection_on_a_later_page_counts() {
    let scene = new_scene();
    scene.pull.approve(&scene.carol);
    for _ in 0..99 {
        scene.pull.review(&scene.mallory, "COMMENTED");
    }
    scene.pull.request_changes(&scene.carol);
    let found = review_states(&scene);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[1],
        (id(&scene.carol), ReviewState::ChangesRequested, true)
    );
    assert_eq!(scene.fake.count(REVIEWS), 2);
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

#[test]
fn a_deleted_author_is_unknown() {
    let scene = new_scene();
    scene.fake.delete_user(&scene.alice);
    let found = read(&scene).unwrap();
    assert_eq!(
        (found.author, found.request.author),
        (None::<ForgeUser>, None)
    );
    assert_eq!(found.request.pushers, None);
}

#[test]
fn forbidden_facts_are_missing() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    scene.fake.fault(REVIEWS, Fault::Status(403));
    scene.fake.fault(BRANCH, Fault::Status(403));
    scene.fake.fault(ACTIVITY, Fault::Status(403));
    let found = read(&scene).unwrap().request;
    assert_eq!(found.reviews, None);
    assert_eq!(found.target.unwrap().protected, None);
    assert_eq!(found.pushers, None);
    // GitHub answers 404 for somebody who is no collaborator.
    for status in [403, 404] {
        scene.fake.fault(PERMISSION, Fault::Status(status));
        let found = read(&scene).unwrap().request;
        assert_eq!(found.reviews.unwrap()[0].by.permission, None);
        assert_eq!(found.target.unwrap().protected, Some(true));
    }
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

#[test]
fn without_the_pull_request_there_are_no_facts() {
    let scene = new_scene();
    let missing = scene.call(async |github| github.request(99, &[]).await.unwrap_err());
    assert!(missing.is_refusal());
    scene
        .fake
        .fault("GET /repos/acme/infra/pulls/7", Fault::TruncatedJson);
    assert!(!read(&scene).unwrap_err().is_refusal());
}

#[test]
fn a_response_that_times_out_is_a_missing_fact() {
    for place in [REVIEWS, PERMISSION, ACTIVITY] {
        let scene = new_scene();
        scene.pull.approve(&scene.bob);
        scene.fake.fault(place, Fault::Status(500));
        assert!(read(&scene).is_ok(), "{place}");
        scene.fake.fault_always(place, Fault::Status(502));
        assert!(!read(&scene).unwrap_err().is_refusal(), "{place}");
        scene.fake.clear_faults();
        scene.fake.fault(place, Fault::TruncatedJson);
        assert!(!read(&scene).unwrap_err().is_refusal(), "{place}");
    }
}
