//! Comments and reactions.

use provisioner::forge::{Comments as _, Reaction, Upsert, Users as _};
use provisioner::guard::Permission;

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene, account, id};
use crate::support::forge::Fault;

const MARKER: &str = "<!-- provisioner:check -->";

fn upsert<F: ForgeFixture>(scene: &Scene<F>, body: &str) -> Upsert {
    let own = scene.own();
    let body = format!("{MARKER}\n{body}");
    scene.call(async |forge| {
        let written = forge.upsert_comment(7, own, MARKER, &body).await;
        written.unwrap()
    })
}

fn own_comment<F: ForgeFixture>(scene: &Scene<F>) -> Option<String> {
    let own = scene.own();
    scene.call(async |forge| forge.own_comment(7, own, MARKER).await.unwrap())
}

fn bodies<F: ForgeFixture>(scene: &Scene<F>) -> Vec<String> {
    let all = scene.repo.comments(7).into_iter();
    all.map(|comment| comment.body).collect()
}

fn a_comment_is_read_in_its_current_state<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner help");
    let read = |comment| scene.call(async |forge| forge.comment(7, comment).await.unwrap());
    let found = read(said.id).unwrap();
    assert_eq!((found.number, found.edited), (7, false));
    assert_eq!(found.by, Some(account(&scene.bob)));
    assert_eq!(found.body, "/provisioner help");
    scene.repo.edit_comment(said.id, "/provisioner tear-down");
    let found = read(said.id).unwrap();
    assert!(found.edited);
    assert_eq!(found.body, "/provisioner tear-down");
    let by_bot = F::job_user(&scene.fake);
    let by_bot = scene.repo.comment(7, &by_bot, "done");
    assert!(read(by_bot.id).unwrap().by.unwrap().is_bot());
    assert!(read(1).is_none(), "it is gone");
}

/// What a deleted user said is nobody's, or a user's who may do nothing.
fn attack_a_comment_of_a_deleted_user_has_no_permission<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner tear-down");
    scene.fake.delete_user(&scene.bob);
    scene.call(async |forge| {
        let by = forge.comment(7, said.id).await.unwrap().unwrap().by;
        assert_eq!(by.is_some(), F::HAS_GHOST);
        if let Some(ghost) = by {
            assert_ne!(ghost.id, id(&scene.bob));
            let actor = forge.actor(&ghost, &[]).await.unwrap();
            assert_eq!(actor.permission, Some(Permission::None));
        }
    });
}

fn one_comment_is_created_replaced_and_left<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    assert_eq!(own_comment(&scene), None);
    let Upsert::Created(first) = upsert(&scene, "one") else {
        panic!("it existed");
    };
    assert_eq!(upsert(&scene, "one"), Upsert::Unchanged(first.clone()));
    assert_eq!(upsert(&scene, "two"), Upsert::Updated(first));
    assert_eq!(bodies(&scene), [format!("{MARKER}\ntwo")]);
    assert_eq!(own_comment(&scene), Some(format!("{MARKER}\ntwo")));
    let writes = [F::ROUTES.create_comment, F::ROUTES.update_comment];
    scene.fake.expect_writes(&writes);
}

fn attack_a_foreign_comment_with_our_marker_is_not_ours<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let own = F::job_user(&scene.fake);
    let fake = format!("{MARKER} all is well");
    scene.repo.comment(7, &scene.mallory, &fake);
    scene.repo.comment(7, &own, &format!("> {MARKER} quoted"));
    assert_eq!(own_comment(&scene), None);
    assert!(matches!(upsert(&scene, "mine"), Upsert::Created(_)));
    // The first of two is ours.
    scene.repo.comment(7, &own, &format!("{MARKER}\nlater"));
    assert_eq!(own_comment(&scene), Some(format!("{MARKER}\nmine")));
    assert_eq!(bodies(&scene)[0], fake);
    scene.fake.expect_writes(&[F::ROUTES.create_comment]);
}

fn our_comment_is_found_on_any_page<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    for n in 0..200 {
        let body = format!("{MARKER} {n}");
        scene.repo.comment(7, &scene.mallory, &body);
    }
    let own = F::job_user(&scene.fake);
    scene.repo.comment(7, &own, &format!("{MARKER} ours"));
    let pages = F::ROUTES.comments;
    scene.fake.fault_after(2, pages, Fault::Status(500));
    assert_eq!(own_comment(&scene), Some(format!("{MARKER} ours")));
    assert_eq!(scene.fake.count(pages), 4, "the third one twice");
}

/// An unread page may hold our comment: a second one would be wrong.
fn without_a_list_no_comment_is_written<F: ForgeFixture>() {
    for fault in [Fault::Status(502), Fault::Status(404), Fault::TruncatedJson] {
        let scene = Scene::<F>::new();
        let own = scene.own();
        scene.fake.fault_always(F::ROUTES.comments, fault);
        let written = scene.call(async |forge| {
            let body = format!("{MARKER}\nx");
            forge.upsert_comment(7, own, MARKER, &body).await
        });
        assert!(written.is_err());
        scene.fake.expect_writes(&[]);
    }
}

/// A POST whose answer is lost may have been executed.
fn a_comment_with_a_lost_response_is_not_doubled<F: ForgeFixture>() {
    for fault in [Fault::DropAfter, Fault::CutBody, Fault::TruncatedJson] {
        let scene = Scene::<F>::new();
        let own = scene.own();
        scene.fake.fault(F::ROUTES.create_comment, fault);
        let body = format!("{MARKER}\nx");
        scene.call(async |forge| {
            let _ = forge.upsert_comment(7, own, MARKER, &body).await;
            let again = forge.upsert_comment(7, own, MARKER, &body).await;
            assert!(matches!(again, Ok(Upsert::Unchanged(_))), "{again:?}");
        });
        assert_eq!(bodies(&scene), [body]);
        scene.fake.take_writes();
    }
}

fn a_token_that_may_not_write_is_refused<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let (own, token) = (scene.own(), F::read_only_token(&scene.fake));
    let error = scene.call_as(token, async |forge| {
        let body = format!("{MARKER}\nx");
        let written = forge.upsert_comment(7, own, MARKER, &body).await;
        written.unwrap_err()
    });
    assert!(error.is_not_allowed(), "{error}");
    scene.fake.expect_writes(&[F::ROUTES.create_comment]);
}

/// Not to be allowed to see a comment is not to see that it is gone.
fn a_refused_comment_is_an_error<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let said = scene.repo.comment(7, &scene.bob, "x");
    for fault in [Fault::Status(403), Fault::TruncatedJson] {
        scene.fake.fault(F::ROUTES.comment, fault);
        let read = scene.call(async |forge| forge.comment(7, said.id).await);
        assert!(read.is_err());
    }
}

fn a_reaction_is_added_once<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner help");
    let all = [
        Reaction::Seen,
        Reaction::Seen,
        Reaction::Done,
        Reaction::Failed,
    ];
    scene.fake.fault(F::ROUTES.react, Fault::DropAfter);
    scene.call(async |forge| {
        for reaction in all {
            forge.react(7, said.id, reaction).await.unwrap();
        }
        let missing = forge.react(7, 1, Reaction::Seen).await.unwrap_err();
        assert!(missing.is_refusal(), "{missing}");
    });
    let reactions = scene.repo.comments(7)[0].reactions.clone();
    let contents: Vec<&str> = reactions.iter().map(|it| it.content.as_str()).collect();
    assert_eq!(contents, ["eyes", "rocket", "confused"]);
    scene.fake.expect_writes(&[F::ROUTES.react; 6]);
}

on_both_forges! {
    a_comment_is_read_in_its_current_state
    attack_a_comment_of_a_deleted_user_has_no_permission
    one_comment_is_created_replaced_and_left
    attack_a_foreign_comment_with_our_marker_is_not_ours
    our_comment_is_found_on_any_page
    without_a_list_no_comment_is_written
    a_comment_with_a_lost_response_is_not_doubled
    a_token_that_may_not_write_is_refused
    a_refused_comment_is_an_error
    a_reaction_is_added_once
}
