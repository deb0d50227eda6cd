//! Users, their roles and teams.

use provisioner::forge::{ForgeError, User, Users as _};
use provisioner::guard::{Actor, Permission};

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene, account, id};
use crate::support::forge::{Fault, Permission as Role};

fn read<F: ForgeFixture>(
    scene: &Scene<F>,
    user: &User,
    teams: &[&str],
) -> Result<Actor, ForgeError> {
    let teams: Vec<String> = teams.iter().map(|&team| team.to_owned()).collect();
    let token = F::team_token(&scene.fake);
    scene.call_as(token, async |forge| forge.actor(user, &teams).await)
}

fn roles_are_distinguished<F: ForgeFixture>() {
    for (role, expected) in [
        (Role::None, Permission::None),
        (Role::Read, Permission::Read),
        (Role::Triage, Permission::Triage),
        (Role::Write, Permission::Write),
        (Role::Maintain, Permission::Maintain),
        (Role::Admin, Permission::Admin),
    ] {
        let scene = Scene::<F>::new();
        scene.repo.set_permission(&scene.mallory, role);
        let found = read(&scene, &account(&scene.mallory), &[]).unwrap();
        assert_eq!(found.permission, Some(expected));
    }
    let scene = Scene::<F>::new();
    let stranger = read(&scene, &account(&scene.mallory), &[]).unwrap();
    assert_eq!(stranger.permission, Some(Permission::None));
    assert_eq!((stranger.id, stranger.bot), (id(&scene.mallory), false));
}

fn attack_a_reused_login_grants_nothing<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::team(&scene.fake, "acme", "platform", &[&scene.bob]);
    let known = account(&scene.bob);
    let before = read(&scene, &known, &["acme/platform"]).unwrap();
    assert_eq!(before.permission, Some(Permission::Maintain));
    assert_eq!(before.teams, ["acme/platform"]);
    scene.fake.rename_user(&scene.bob, "robert");
    let newcomer = scene.fake.user("bob");
    scene.repo.set_permission(&newcomer, Role::Admin);
    let after = read(&scene, &known, &[]).unwrap();
    assert_eq!((after.id, after.permission), (known.id, None));
}

fn only_members_belong_to_a_team<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::team(&scene.fake, "acme", "platform", &[&scene.bob]);
    F::team(&scene.fake, "other", "ops", &[&scene.bob]);
    F::team(&scene.fake, "acme", "security", &[&scene.carol]);
    let teams = [
        "acme/platform",
        "acme/security",
        "acme/nothing",
        "other/ops",
    ];
    let found = read(&scene, &account(&scene.bob), &teams).unwrap();
    assert_eq!(found.teams, ["acme/platform", "other/ops"]);
}

/// Such a team is nobody's; an outage is an error, and not a user without teams.
fn an_unreadable_team_has_no_members<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::team(&scene.fake, "acme", "platform", &[&scene.bob]);
    let bob = account(&scene.bob);
    for status in [403, 404] {
        scene.fake.fault(F::ROUTES.team, Fault::Status(status));
        let found = read(&scene, &bob, &["acme/platform"]).unwrap();
        assert_eq!(found.teams, [""; 0]);
    }
    scene.fake.fault_always(F::ROUTES.team, Fault::Status(503));
    let error = read(&scene, &bob, &["acme/platform"]).unwrap_err();
    assert!(!error.is_refusal(), "{error}");
}

fn attack_bots_are_no_persons<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let bot = scene.fake.bot("helper[bot]");
    scene.repo.set_permission(&bot, Role::Admin);
    let own = F::job_user(&scene.fake);
    scene.call(async |forge| {
        for bot in [&bot, &own] {
            let found = forge.find_user(&bot.login).await.unwrap().unwrap();
            assert_eq!((found.id, found.is_bot()), (id(bot), true));
            let actor = forge.actor(&found, &[]).await.unwrap();
            assert_eq!((actor.bot, actor.permission), (true, None));
        }
        let bob = forge.find_user("bob").await.unwrap();
        assert_eq!(bob, Some(account(&scene.bob)));
        assert_eq!(forge.find_user("nobody").await.unwrap(), None);
    });
}

fn the_token_identity_is_read<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let own = scene.call(async |forge| forge.current_user().await.unwrap());
    assert_eq!(own, Some(scene.own()));
    let error = scene.call_as("wrong".to_owned(), async |forge| {
        forge.current_user().await.unwrap_err()
    });
    assert_eq!(error.kind, provisioner::forge::ForgeErrorKind::Expired);
}

/// A refused role is no role. Half an answer, and an outage, are errors.
fn a_role_without_answer_is_no_permission<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let bob = account(&scene.bob);
    for status in [403, 404] {
        scene.fake.fault(F::ROUTES.role, Fault::Status(status));
        let found = read(&scene, &bob, &[]).unwrap();
        assert_eq!(found.permission, F::ROLE_WITHOUT_ANSWER);
    }
    for fault in [Fault::TruncatedJson, Fault::Text(200, String::new())] {
        scene.fake.fault(F::ROUTES.role, fault);
        assert!(!read(&scene, &bob, &[]).unwrap_err().is_refusal());
    }
    scene.fake.fault(F::ROUTES.role, Fault::Status(500));
    let again = read(&scene, &bob, &[]).unwrap();
    assert_eq!(again.permission, Some(Permission::Maintain), "tried again");
    scene.fake.fault_always(F::ROUTES.role, Fault::Status(500));
    assert!(!read(&scene, &bob, &[]).unwrap_err().is_refusal());
}

/// No name of a user or team leaves its place in an address.
fn attack_names_are_escaped_in_the_path<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    F::team(&scene.fake, "acme", "platform", &[&scene.bob]);
    let teams = [
        "acme",
        "/",
        "acme/..",
        "../acme",
        "acme/x/../platform",
        "acme/platform?x",
    ];
    let found = read(&scene, &account(&scene.bob), &teams).unwrap();
    assert_eq!(found.teams, [""; 0]);
    for login in [
        "../../user?x=",
        "bob/permission?",
        "bob#",
        "b%6Fb",
        "bob\r\nx: y",
    ] {
        let hostile = User {
            login: login.to_owned(),
            ..account(&scene.bob)
        };
        let found = read(&scene, &hostile, &[]).unwrap();
        assert_eq!((found.permission, found.login.as_str()), (None, login));
    }
    assert_eq!(scene.fake.unexpected(), [""; 0]);
}

on_both_forges! {
    roles_are_distinguished
    attack_a_reused_login_grants_nothing
    only_members_belong_to_a_team
    an_unreadable_team_has_no_members
    attack_bots_are_no_persons
    the_token_identity_is_read
    a_role_without_answer_is_no_permission
    attack_names_are_escaped_in_the_path
}
