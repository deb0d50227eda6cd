//! A pull request with its reviews.

use provisioner::forge::{ForgeError, ReviewedPullRequest, Reviews as _, User as ForgeUser};
use provisioner::guard::{Actor, Branch, ChangeRequest, Permission, Review, ReviewState};
use provisioner::model::UserId;

use super::{Scene, account, scene, sha};
use crate::support::github::{Fault, User};

const REVIEWS: &str = "GET /repos/acme/infra/pulls/7/reviews";
const PERMISSION: &str = "GET /repos/acme/infra/collaborators/*/permission";

fn read(it: &Scene) -> Result<ReviewedPullRequest, ForgeError> {
    it.ask(async |github| github.request(7, &[]).await)
}

/// Each review as who and what, and whether it is about the head.
fn opinions(it: &Scene) -> Vec<(UserId, ReviewState, bool)> {
    let reviews = read(it).unwrap().request.reviews.unwrap().into_iter();
    reviews
        .map(|review| (review.by.id, review.opinion, review.commit == it.head()))
        .collect()
}

fn id(user: &User) -> UserId {
    UserId(user.id)
}

#[test]
fn all_guard_facts_are_read_with_few_calls() {
    let it = scene();
    it.pull.approve(&it.bob);
    let found = read(&it).unwrap();
    let bob = Actor {
        id: id(&it.bob),
        login: "bob".to_owned(),
        bot: false,
        permission: Some(Permission::Maintain),
        teams: Vec::new(),
    };
    let approval = Review {
        by: bob,
        opinion: ReviewState::Approved,
        commit: it.head(),
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
        head: Some(it.head()),
        author: Some(id(&it.alice)),
        pushers: Some(vec![id(&it.alice)]),
        reviews: Some(vec![approval]),
        ..ChangeRequest::default()
    };
    assert_eq!(found.request, expected);
    assert_eq!(found.author, Some(account(&it.alice)));
    assert_eq!(found.merge, None, "GitHub's test merge is no merge");
    let mut lines: Vec<String> = it.fake.requests().iter().map(|seen| seen.line()).collect();
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
    let it = scene();
    let head = it.head();
    let merged = it.pull.squash(&it.bob);
    it.repo.commit("feature").write("later", "x").push();
    it.repo.delete_branch("feature");
    let found = read(&it).unwrap();
    assert_eq!(found.request.merged, Some(true));
    assert_eq!(found.request.head, Some(head));
    assert_eq!(found.merge, Some(sha(&merged)));
    assert_eq!(found.request.pushers, Some(vec![id(&it.alice)]));
}

#[test]
fn other_branches_are_not_queried() {
    let it = scene();
    let base = it.repo.head("main");
    it.repo.branch("release", &base);
    it.repo.pull("feature").base("release").number(8).open();
    let found = it.ask(async |github| github.request(8, &[]).await.unwrap());
    let target = found.request.target.unwrap();
    assert_eq!((target.name.as_str(), target.default), ("release", false));
    assert_eq!(target.protected, None);
    assert_eq!(it.fake.count("GET /repos/acme/infra/branches/**"), 0);
}

#[test]
fn attack_a_fork_of_the_same_owner_is_a_fork() {
    let it = scene();
    let base = it.repo.head("main");
    let fork = it.repo.fork("acme/infra-2");
    fork.commit("patch").parent(&base).write("x", "y").push();
    it.repo.pull("patch").of_fork(&fork).number(8).open();
    let ask = || it.ask(async |github| github.request(8, &[]).await.unwrap().request);
    let found = ask();
    assert_eq!((found.fork, found.pushers), (Some(true), None));
    fork.delete();
    assert_eq!(ask().fork, Some(true));
    assert_eq!(it.fake.count("GET /repos/*/*/activity"), 0);
}

#[test]
fn reviews_keep_their_order_and_comments_are_neutral() {
    let it = scene();
    let first = it.head();
    it.pull.approve(&it.bob);
    it.pull.request_changes(&it.carol);
    it.repo
        .commit("feature")
        .author(&it.alice)
        .write("b", "x")
        .push();
    it.pull.review(&it.bob, "COMMENTED");
    it.pull.review(&it.bob, "PENDING");
    let taken_back = it.pull.approve(&it.carol);
    it.pull.dismiss(&taken_back);
    let found = opinions(&it);
    assert_eq!(
        found,
        [
            (id(&it.bob), ReviewState::Approved, false),
            (id(&it.carol), ReviewState::ChangesRequested, false),
            (id(&it.carol), ReviewState::Dismissed, true),
        ]
    );
    let reviews = read(&it).unwrap().request.reviews.unwrap();
    assert_eq!(reviews[0].commit, first);
}

#[test]
fn only_effective_reviewers_are_fetched_once() {
    let it = scene();
    for _ in 0..3 {
        it.pull.approve(&it.bob);
    }
    let taken_back = it.pull.approve(&it.carol);
    it.pull.dismiss(&taken_back);
    let bot = it.fake.bot("helper[bot]");
    it.pull.approve(&bot);
    let reviews = read(&it).unwrap().request.reviews.unwrap();
    let permissions: Vec<_> = reviews.iter().map(|review| review.by.permission).collect();
    let maintain = Some(Permission::Maintain);
    assert_eq!(permissions, [maintain, maintain, maintain, None, None]);
    assert!(reviews[4].by.bot);
    assert_eq!(it.fake.count(PERMISSION), 1);
}

#[test]
fn attack_an_objection_on_a_later_page_counts() {
    let it = scene();
    it.pull.approve(&it.carol);
    for _ in 0..99 {
        it.pull.review(&it.mallory, "COMMENTED");
    }
    it.pull.request_changes(&it.carol);
    let found = opinions(&it);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[1],
        (id(&it.carol), ReviewState::ChangesRequested, true)
    );
    assert_eq!(it.fake.count(REVIEWS), 2);
}

#[test]
fn attack_a_deleted_account_approves_nothing_and_its_objection_stays() {
    let it = scene();
    it.pull.approve(&it.bob);
    let objection = it.pull.request_changes(&it.carol);
    it.fake.delete_user(&it.bob);
    it.fake.delete_user(&it.carol);
    // Two who are gone are not one person: what one says does not take back what another said.
    let ghost = it.fake.user_with_id("ghost", 10_137);
    it.pull.approve(&ghost);
    let dismissed = it.pull.approve(&ghost);
    it.pull.dismiss(&dismissed);
    assert_eq!(
        opinions(&it),
        [(UserId(0), ReviewState::ChangesRequested, true)]
    );
    assert_eq!(it.fake.count(PERMISSION), 0);
    it.pull.dismiss(&objection);
    assert_eq!(opinions(&it), []);
}

#[test]
fn attack_an_approval_of_a_missing_commit_does_not_count() {
    let it = scene();
    let approval = it.pull.approve(&it.bob);
    let objection = it.pull.request_changes(&it.carol);
    let dismissed = it.pull.approve(&it.mallory);
    it.pull.dismiss(&dismissed);
    for review in [&approval, &objection, &dismissed] {
        it.pull.lose_commit(review);
    }
    assert_eq!(
        opinions(&it),
        [
            (id(&it.carol), ReviewState::ChangesRequested, true),
            (id(&it.mallory), ReviewState::Dismissed, true),
        ]
    );
}

#[test]
fn a_deleted_author_is_unknown() {
    let it = scene();
    it.fake.delete_user(&it.alice);
    let found = read(&it).unwrap();
    assert_eq!(
        (found.author, found.request.author),
        (None::<ForgeUser>, None)
    );
    assert_eq!(found.request.pushers, None);
}

#[test]
fn forbidden_facts_are_missing() {
    for status in [403, 404] {
        let it = scene();
        it.pull.approve(&it.bob);
        it.fake.fault(REVIEWS, Fault::Status(status));
        let branch = "GET /repos/acme/infra/branches/main";
        it.fake.fault(branch, Fault::Status(status));
        it.fake
            .fault_times(2, "GET /repos/acme/infra/activity", Fault::Status(status));
        let found = read(&it).unwrap().request;
        assert_eq!(found.reviews, None);
        assert_eq!(found.target.unwrap().protected, None);
        assert_eq!(found.pushers, None);

        it.fake.fault(PERMISSION, Fault::Status(status));
        let found = read(&it).unwrap().request;
        assert_eq!(found.reviews.unwrap()[0].by.permission, None);
        assert_eq!(found.target.unwrap().protected, Some(true));
    }
}

#[test]
fn without_the_pull_request_there_are_no_facts() {
    let it = scene();
    let missing = it.ask(async |github| github.request(99, &[]).await.unwrap_err());
    assert!(missing.is_refusal());
    it.fake
        .fault("GET /repos/acme/infra/pulls/7", Fault::TruncatedJson);
    assert!(!read(&it).unwrap_err().is_refusal());
}

#[test]
fn a_response_that_times_out_is_a_missing_fact() {
    for place in [REVIEWS, PERMISSION, "GET /repos/acme/infra/activity"] {
        let it = scene();
        it.pull.approve(&it.bob);
        it.fake.fault(place, Fault::Status(500));
        assert!(read(&it).is_ok(), "{place}");
        it.fake.fault_always(place, Fault::Status(502));
        assert!(!read(&it).unwrap_err().is_refusal(), "{place}");
        it.fake.clear_faults();
        it.fake.fault(place, Fault::TruncatedJson);
        assert!(!read(&it).unwrap_err().is_refusal(), "{place}");
    }
}
