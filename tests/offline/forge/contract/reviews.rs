//! What the guard decides by: a pull request with its reviews, its merge, and the default branch.

use provisioner::forge::{ForgeError, PullRequests as _, ReviewedPullRequest, Reviews as _};
use provisioner::guard::{AccountKind, Permission, ReviewState};
use provisioner::model::UserId;

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene, account, id, sha};
use crate::support::forge::{Fault, Permission as Role};

fn read<F: ForgeFixture>(scene: &Scene<F>) -> Result<ReviewedPullRequest, ForgeError> {
    scene.call(async |forge| forge.request(7, &[]).await)
}

/// The user, the state, and whether the review is of the head. A dismissed review, which only GitHub lists, is left out.
fn reviews<F: ForgeFixture>(scene: &Scene<F>) -> Vec<(UserId, ReviewState, bool)> {
    let reviews = read(scene).unwrap().request.reviews.unwrap().into_iter();
    let all = reviews.map(|it| (it.by.id, it.state, it.commit == scene.head()));
    let all: Vec<_> = all.collect();
    let dismissed = |it: &&(_, ReviewState, _)| it.1 == ReviewState::Dismissed;
    assert!(F::LISTS_DISMISSED || all.iter().filter(dismissed).count() == 0);
    all.into_iter().filter(|it| !dismissed(&it)).collect()
}

fn all_guard_facts_are_read<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::approve(&scene.pull, &scene.bob);
    let found = read(&scene).unwrap();
    let request = &found.request;
    assert_eq!(request.number, 7);
    let target = request.target.as_ref().unwrap();
    let (name, default) = (target.name.as_str(), target.default);
    assert_eq!(
        (name, default, target.protected),
        ("main", true, Some(true))
    );
    assert_eq!((request.merged, request.fork), (Some(false), Some(false)));
    assert_eq!(request.head, Some(scene.head()));
    assert_eq!(found.author, Some(account(&scene.alice)));
    let [approval] = &request.reviews.as_ref().unwrap()[..] else {
        panic!("{request:#?}");
    };
    assert_eq!(approval.by.id, id(&scene.bob));
    assert_eq!(approval.by.permission, Some(Permission::Maintain));
    assert_eq!((&approval.commit, approval.by.bot), (&scene.head(), false));
    assert!(approval.at.is_some(), "by the forge's clock");
    assert_eq!(found.merge, None);
    let calls = scene.fake.requests().len();
    assert!(calls <= 12, "{calls} calls");
    scene.fake.expect_writes(&[]);
}

fn attack_an_approval_of_an_earlier_head<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::approve(&scene.pull, &scene.bob);
    let bob = id(&scene.bob);
    assert_eq!(reviews(&scene), [(bob, ReviewState::Approved, true)]);
    let commit = scene.repo.commit("feature").author(&scene.alice);
    commit.write("a.yaml", "a: 2\n").push();
    assert_eq!(reviews(&scene), [(bob, ReviewState::Approved, false)]);
}

fn a_withdrawn_approval_does_not_count<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::approve(&scene.pull, &scene.bob);
    F::withdraw(&scene.pull, &scene.bob);
    assert_eq!(reviews(&scene), []);
    F::review(&scene.pull, &scene.bob);
    assert_eq!(reviews(&scene), [], "a comment is no verdict");
    F::approve(&scene.pull, &scene.bob);
    F::request_changes(&scene.pull, &scene.carol);
    let objection = (id(&scene.carol), ReviewState::ChangesRequested, true);
    assert!(reviews(&scene).contains(&objection));
}

/// A review does not hide another person's.
fn attack_an_objection_on_a_later_page_counts<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    for n in 0..110 {
        let reviewer = scene.fake.user(&format!("reviewer-{n}"));
        F::approve(&scene.pull, &reviewer);
    }
    F::request_changes(&scene.pull, &scene.carol);
    let found = reviews(&scene);
    let objection = (id(&scene.carol), ReviewState::ChangesRequested, true);
    assert_eq!(found.len(), 111);
    assert!(found.contains(&objection));
}

fn attack_roles_of_approvers_are_those_of_now<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::approve(&scene.pull, &scene.bob);
    for (role, expected) in [
        (Role::Maintain, Permission::Maintain),
        (Role::Read, Permission::Read),
        (Role::None, Permission::None),
    ] {
        scene.repo.set_permission(&scene.bob, role);
        let found = read(&scene).unwrap().request.reviews.unwrap();
        assert_eq!(found[0].by.permission, Some(expected));
    }
}

fn attack_a_bot_is_no_approver<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let bot = scene.fake.bot("helper[bot]");
    scene.repo.set_permission(&bot, Role::Admin);
    F::approve(&scene.pull, &bot);
    let found = read(&scene).unwrap().request.reviews.unwrap();
    assert_eq!((found[0].by.bot, found[0].by.permission), (true, None));
}

fn a_merged_pull_request_keeps_its_merged_head<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let head = scene.head();
    let merged = scene.merge();
    scene.repo.commit("feature").write("later", "x").push();
    scene.repo.delete_branch("feature");
    let found = read(&scene).unwrap();
    assert_eq!(found.request.merged, Some(true));
    assert_eq!(found.request.head, Some(head));
    assert_eq!(found.merge, Some(merged));
}

fn merges_of_each_kind_are_found_by_their_commit<F: ForgeFixture>() {
    for (kind, merge) in F::merges() {
        let scene = Scene::<F>::new();
        let before = scene.repo.head("main");
        let brought = merge(&scene.pull, &scene.bob);
        assert_eq!(scene.repo.head("main"), *brought.last().unwrap(), "{kind}");
        let found = read(&scene).unwrap();
        assert_eq!(found.merge, brought.last().map(|it| sha(it)), "{kind}");
        scene.call(async |forge| {
            for commit in &brought {
                assert_eq!(forge.merged_by(&sha(commit)).await.unwrap(), [7], "{kind}");
            }
            let none = forge.merged_by(&sha(&before)).await.unwrap();
            assert_eq!(none, [0_u64; 0], "pushed without one");
        });
    }
}

fn an_open_pull_request_and_another_branch_brought_nothing<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    scene.repo.branch("release", &base);
    let other = scene.repo.pull("feature").base("release").number(8).open();
    let (_, merge) = F::merges()[0];
    let merged = merge(&other, &scene.bob).pop().unwrap();
    scene.call(async |forge| {
        for commit in [sha(&merged), scene.head()] {
            let found = forge.merged_by(&commit).await.unwrap();
            assert_eq!(found, [0_u64; 0]);
        }
    });
}

fn merges_are_found_on_a_later_page<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    scene.repo.branch("release", &base);
    for number in 8..120 {
        let pull = scene.repo.pull("feature").base("release");
        pull.number(number).open();
    }
    let last = scene.repo.pull("feature").number(500).open();
    let (_, merge) = F::merges()[0];
    let merged = merge(&last, &scene.bob).pop().unwrap();
    let found = scene.call(async |forge| forge.merged_by(&sha(&merged)).await.unwrap());
    assert_eq!(found, [500]);
}

fn parents_come_in_their_order<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let (base, head) = (scene.repo.head("main"), scene.head());
    let merged = scene.merge();
    scene.call(async |forge| {
        let parents = forge.parents(&merged).await.unwrap();
        assert_eq!(parents, [sha(&base), head]);
        assert_eq!(forge.parents(&sha(&base)).await.unwrap(), []);
    });
}

fn an_unknown_commit_or_pull_request_is_an_error<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let nothing = sha(&"0".repeat(40));
    scene.call(async |forge| {
        let errors = [
            forge.merged_by(&nothing).await.err(),
            forge.parents(&nothing).await.err(),
            forge.request(99, &[]).await.err(),
            forge.pull_request(99).await.err(),
        ];
        for error in errors {
            assert!(error.unwrap().is_refusal());
        }
    });
}

/// By the id of the repository, not by its owner.
fn attack_a_fork_of_the_same_owner_is_a_fork<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    let fork = scene.repo.fork("acme/infra-2");
    fork.commit("patch").parent(&base).write("x", "y").push();
    scene.repo.pull("patch").of_fork(&fork).number(8).open();
    let is_fork = || {
        scene.call(async |forge| {
            let request = forge.request(8, &[]).await.unwrap();
            assert_eq!(request.pushes, None);
            let pull = forge.pull_request(8).await.unwrap();
            (request.request.fork, pull.fork)
        })
    };
    assert_eq!(is_fork(), (Some(true), true));
    fork.delete();
    assert_eq!(is_fork(), (Some(true), true), "a deleted one too");
}

fn another_target_is_not_the_default_branch<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let base = scene.repo.head("main");
    scene.repo.branch("release", &base);
    scene.repo.pull("feature").base("release").number(8).open();
    let found = scene.call(async |forge| forge.request(8, &[]).await.unwrap());
    let target = found.request.target.unwrap();
    let (name, default) = (target.name.as_str(), target.default);
    assert_eq!((name, default, target.protected), ("release", false, None));
}

fn a_protected_branch_has_its_tip<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let read = || scene.call(async |forge| forge.default_branch().await.unwrap());
    let found = read();
    assert_eq!(found.branch.name, "main");
    assert!(found.branch.default && found.private);
    assert_eq!(found.branch.protected, Some(true));
    assert_eq!(found.tip, sha(&scene.repo.head("main")));
    F::unprotect(&scene.repo, "main");
    assert_eq!(read().branch.protected, Some(false));
}

/// A branch whose protection cannot be read is not protected, and an outage is an error.
fn an_unreadable_protection_is_unknown<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let protected = || {
        scene.call(async |forge| {
            let request = forge.request(7, &[]).await;
            request.map(|it| it.request.target.unwrap().protected)
        })
    };
    let place = F::ROUTES.protection;
    scene.fake.fault(place, Fault::Status(403));
    assert_eq!(protected(), Ok(None));
    scene.fake.fault(place, Fault::Status(502));
    assert_eq!(protected(), Ok(Some(true)), "tried again");
    for fault in [
        Fault::Status(502),
        Fault::TruncatedJson,
        Fault::Text(200, "{}".to_owned()),
    ] {
        scene.fake.fault_always(place, fault);
        assert_ne!(protected().unwrap_or(None), Some(true));
        scene.fake.clear_faults();
    }
}

/// Missing reviews are no empty list, and an outage is an error.
fn unreadable_reviews_are_unknown<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::approve(&scene.pull, &scene.bob);
    let place = F::ROUTES.reviews;
    scene.fake.fault(place, Fault::Status(403));
    let unknown = read(&scene).map_or(None, |found| found.request.reviews);
    assert_eq!(unknown, None);
    scene.fake.fault(place, Fault::Status(500));
    assert!(
        read(&scene).unwrap().request.reviews.is_some(),
        "tried again"
    );
    for fault in [
        Fault::Status(502),
        Fault::Status(404),
        Fault::TruncatedJson,
        Fault::Text(200, String::new()),
    ] {
        scene.fake.fault_always(place, fault.clone());
        let found = read(&scene).map_or(None, |found| found.request.reviews);
        assert_eq!(found, None, "{fault:?}");
        scene.fake.clear_faults();
    }
}

/// What a deleted author opened is nobody's, or the ghost's, who approves nothing.
fn a_deleted_author_is_not_known<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    scene.fake.delete_user(&scene.alice);
    let found = read(&scene).unwrap();
    assert_eq!(found.author.is_some(), F::HAS_GHOST);
    let author = found.request.author;
    assert!(author.is_none_or(|it| it.id != id(&scene.alice) && it.kind == AccountKind::Person));
}

on_both_forges! {
    all_guard_facts_are_read
    attack_an_approval_of_an_earlier_head
    a_withdrawn_approval_does_not_count
    attack_an_objection_on_a_later_page_counts
    attack_roles_of_approvers_are_those_of_now
    attack_a_bot_is_no_approver
    a_merged_pull_request_keeps_its_merged_head
    merges_of_each_kind_are_found_by_their_commit
    an_open_pull_request_and_another_branch_brought_nothing
    merges_are_found_on_a_later_page
    parents_come_in_their_order
    an_unknown_commit_or_pull_request_is_an_error
    attack_a_fork_of_the_same_owner_is_a_fork
    another_target_is_not_the_default_branch
    a_protected_branch_has_its_tip
    an_unreadable_protection_is_unknown
    unreadable_reviews_are_unknown
    a_deleted_author_is_not_known
}
