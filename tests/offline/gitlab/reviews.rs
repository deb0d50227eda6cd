//! A merge request with its approvals.

use provisioner::forge::{ReviewedPullRequest, Reviews as _, Users as _};
use provisioner::guard::{AccountKind, Permission as Role, ReviewState};
use provisioner::model::UserId;

use super::{Scene, new_scene, sha};
use crate::support::gitlab::{Permission, PushLevel, User};

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

fn id(user: &User) -> UserId {
    UserId(user.id)
}

#[test]
fn all_guard_facts_are_read_with_few_calls() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    let found = read(&scene);
    let request = &found.request;
    let target = request.target.as_ref().unwrap();
    assert_eq!((target.name.as_str(), target.default), ("main", true));
    assert_eq!(target.protected, Some(true));
    assert_eq!((request.merged, request.fork), (Some(false), Some(false)));
    assert_eq!(request.head, Some(scene.head()));
    let author = request.author.as_ref().unwrap();
    assert_eq!(
        (author.id, author.kind),
        (id(&scene.alice), AccountKind::Person)
    );
    let [approval] = &request.reviews.as_ref().unwrap()[..] else {
        panic!("{request:#?}");
    };
    assert_eq!(approval.by.permission, Some(Role::Maintain));
    assert_eq!((&approval.commit, approval.by.bot), (&scene.head(), false));
    assert!(approval.at.is_some());
    assert_eq!(found.merge, None);
    let pushes = found.pushes.unwrap();
    assert!(
        pushes.iter().any(|push| push.after == scene.head()),
        "{pushes:#?}"
    );
    let calls = scene.fake.requests().len();
    assert!(calls <= 12, "{calls} calls");
}

#[test]
fn attack_an_approval_of_an_earlier_head() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    assert_eq!(
        reviews(&scene),
        [(id(&scene.bob), ReviewState::Approved, true)]
    );
    let commit = scene.repo.commit("feature").author(&scene.alice);
    commit.write("a.yaml", "a: 2\n").push();
    // GitLab keeps the approval.
    assert_eq!(
        reviews(&scene),
        [(id(&scene.bob), ReviewState::Approved, false)]
    );
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    scene.pull.rebase_source(&scene.alice);
    assert_eq!(
        reviews(&scene),
        [(id(&scene.bob), ReviewState::Approved, false)]
    );
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

#[test]
fn withdrawn_approvals_are_gone_and_requests_for_changes_count() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    scene.pull.review(&scene.bob, "DISMISSED");
    assert_eq!(reviews(&scene), []);
    scene.pull.approve(&scene.bob);
    scene.pull.request_changes(&scene.carol);
    let found = reviews(&scene);
    assert!(
        found.contains(&(id(&scene.carol), ReviewState::ChangesRequested, true)),
        "{found:?}"
    );
}

#[test]
fn attack_roles_of_approvers_are_those_of_now() {
    let scene = new_scene();
    scene.pull.approve(&scene.bob);
    let role = || {
        let reviews = read(&scene).request.reviews.unwrap();
        reviews[0].by.permission
    };
    assert_eq!(role(), Some(Role::Maintain));
    scene.repo.set_permission(&scene.bob, Permission::Read);
    assert_eq!(role(), Some(Role::Read));
    scene.repo.remove_member(&scene.bob);
    assert_eq!(role(), Some(Role::None));
}

#[test]
fn attack_bots_are_no_persons() {
    let scene = new_scene();
    let checker = scene.fake.check_bot();
    let service = scene.fake.bot("service_account_1");
    for (user, kind) in [
        (&checker, AccountKind::JobBot),
        (&service, AccountKind::Bot),
        (&scene.bob, AccountKind::Person),
    ] {
        let found = scene.call(async |gitlab| gitlab.find_user(&user.login).await.unwrap());
        assert_eq!(found.unwrap().kind, kind, "{}", user.login);
    }
    let nobody = scene.call(async |gitlab| gitlab.find_user("nobody").await.unwrap());
    assert_eq!(nobody, None);
}

#[test]
fn attack_a_login_that_somebody_else_took() {
    let scene = new_scene();
    let old = scene.call(async |gitlab| gitlab.find_user("bob").await.unwrap().unwrap());
    scene.fake.rename_user(&scene.bob, "robert");
    let actor = scene.call(async |gitlab| gitlab.actor(&old, &[]).await.unwrap());
    assert_eq!(actor.permission, None);
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
fn merges_of_each_kind_are_found_by_their_commit() {
    for kind in ["merge", "squash", "squash_and_merge", "fast_forward"] {
        let scene = new_scene();
        scene.pull.approve(&scene.bob);
        let merge = match kind {
            "merge" => scene.pull.merge(&scene.bob),
            "squash" => scene.pull.squash(&scene.bob),
            "squash_and_merge" => scene.pull.squash_and_merge(&scene.bob),
            _ => scene.pull.fast_forward(&scene.bob),
        };
        let tip = scene.repo.head("main");
        let found = read(&scene);
        assert_eq!(found.merge, Some(sha(&tip)), "{kind} {merge}");
        assert_eq!(found.request.merged, Some(true));
        let by = scene.call(async |gitlab| gitlab.merged_by(&sha(&tip)).await.unwrap());
        assert_eq!(by, [7], "{kind}");
    }
    // An open merge request contains its commits, and brought none.
    let scene = new_scene();
    let head = scene.head();
    let by = scene.call(async |gitlab| gitlab.merged_by(&head).await.unwrap());
    assert_eq!(by, [0_u64; 0]);
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

#[test]
fn attack_a_job_token_reads_no_approval() {
    let scene = new_scene();
    let token = scene.fake.job_token();
    let found = scene.call_as(token, None, async |gitlab| gitlab.request(7, &[]).await);
    assert!(found.is_err() || found.unwrap().request.reviews.is_none());
}

#[test]
fn a_stranger_has_no_role() {
    let scene = new_scene();
    let actor = scene.call(async |gitlab| {
        let user = gitlab.find_user("mallory").await.unwrap().unwrap();
        gitlab.actor(&user, &[]).await.unwrap()
    });
    assert_eq!(
        (actor.id, actor.permission),
        (id(&scene.mallory), Some(Role::None))
    );
}
