//! Permissions and teams of users.

use provisioner::forge::{ForgeError, User, Users as _};
use provisioner::guard::{Actor, Permission};
use provisioner::model::UserId;
use serde_json::json;

use super::{Scene, account, scene};
use crate::support::github::{ACTIONS_BOT_ID, Fault, Permission as Role};

fn ask(it: &Scene, account: &User, teams: &[&str]) -> Result<Actor, ForgeError> {
    let teams: Vec<String> = teams.iter().map(|&team| team.to_owned()).collect();
    // A job's own token may not look at teams.
    let token = it.fake.app_token("provisioner");
    it.ask_as(token, async |github| github.actor(account, &teams).await)
}

fn permission(it: &Scene, account: &User) -> Option<Permission> {
    ask(it, account, &[]).unwrap().permission
}

#[test]
fn roles_are_distinguished() {
    for (role, expected) in [
        (Role::None, Permission::None),
        (Role::Read, Permission::Read),
        (Role::Triage, Permission::Triage),
        (Role::Write, Permission::Write),
        (Role::Maintain, Permission::Maintain),
        (Role::Admin, Permission::Admin),
    ] {
        let it = scene();
        it.repo.set_permission(&it.mallory, role);
        assert_eq!(permission(&it, &account(&it.mallory)), Some(expected));
    }
}

#[test]
fn attack_a_role_name_is_not_a_permission() {
    for (name, role, expected) in [
        ("deployer", Role::Write, Permission::Write),
        ("admin", Role::Read, Permission::Read),
        ("maintain", Role::Read, Permission::Read),
        ("write", Role::None, Permission::None),
        ("security", Role::Admin, Permission::Admin),
    ] {
        let it = scene();
        let repo = it.repo.clone().custom_role(&it.mallory, name, role);
        let it = Scene { repo, ..it };
        assert_eq!(
            permission(&it, &account(&it.mallory)),
            Some(expected),
            "{name}"
        );
    }
}

#[test]
fn attack_a_reused_login_grants_nothing() {
    let it = scene();
    it.fake.team("acme", "platform", &[&it.bob]);
    let known = account(&it.bob);
    let teams = ["acme/platform"];
    let before = ask(&it, &known, &teams).unwrap();
    assert_eq!(before.permission, Some(Permission::Maintain));
    assert_eq!(before.teams, teams);

    it.fake.rename_user(&it.bob, "robert");
    let newcomer = it.fake.user("bob");
    it.repo.set_permission(&newcomer, Role::Admin);
    it.fake.team("acme", "platform", &[&newcomer]);
    it.fake.clear_journal();
    let after = ask(&it, &known, &teams).unwrap();
    assert_eq!((after.permission, after.teams), (None, Vec::new()));
    assert_eq!(after.id, known.id);
    assert_eq!(it.fake.count("GET /orgs/**"), 0, "a team goes by the name");
}

#[test]
fn an_unknown_user_has_no_permission() {
    let it = scene();
    let route = "GET /repos/acme/infra/collaborators/bob/permission";
    let bob = account(&it.bob);
    let user = json!({"id": it.bob.id, "login": "bob"});
    for answer in [
        json!({"permission": "admin", "role_name": "admin", "user": null}),
        json!({"permission": "admin", "role_name": "admin"}),
        json!({"permission": "owner", "role_name": "admin", "user": user}),
    ] {
        it.fake.fault(route, Fault::Json(200, answer.clone()));
        assert_eq!(permission(&it, &bob), None, "{answer}");
    }
    let answer = json!({"permission": "write", "user": user});
    it.fake.fault(route, Fault::Json(200, answer));
    assert_eq!(permission(&it, &bob), Some(Permission::Write));
}

#[test]
fn only_active_members_belong_to_a_team() {
    let it = scene();
    it.fake.team("acme", "platform", &[&it.bob]);
    it.fake.team("other", "ops", &[&it.bob]);
    it.fake.invite("acme", "security", &it.bob);
    let teams = [
        "acme/platform",
        "acme/security",
        "acme/nothing",
        "other/ops",
    ];
    let found = ask(&it, &account(&it.bob), &teams).unwrap();
    assert_eq!(found.teams, ["acme/platform", "other/ops"]);
    assert_eq!(it.fake.requests().len(), 5);
}

#[test]
fn unreadable_teams_are_empty() {
    let it = scene();
    it.fake.team("acme", "platform", &[&it.bob]);
    let teams = ["acme/platform".to_owned()];
    let bob = account(&it.bob);
    let found = it.ask(async |github| github.actor(&bob, &teams).await.unwrap());
    assert_eq!(found.permission, Some(Permission::Maintain));
    assert_eq!(found.teams, [""; 0]);
    let route = "GET /orgs/acme/teams/platform/memberships/bob";
    it.fake.fault_always(route, Fault::Status(503));
    let error = ask(&it, &bob, &["acme/platform"]).unwrap_err();
    assert!(!error.is_refusal(), "{error}");
}

#[test]
fn bots_and_strangers_cost_few_calls() {
    let it = scene();
    it.fake.team("acme", "platform", &[&it.mallory]);
    let found = ask(&it, &account(&it.mallory), &["acme/platform"]).unwrap();
    assert_eq!(found.permission, Some(Permission::None));
    assert_eq!((found.teams.len(), it.fake.requests().len()), (0, 1));

    let machine = User {
        id: UserId(ACTIONS_BOT_ID),
        login: "github-actions[bot]".to_owned(),
        bot: true,
    };
    let found = ask(&it, &machine, &["acme/platform"]).unwrap();
    assert_eq!((found.bot, found.permission), (true, None));
    assert_eq!(it.fake.requests().len(), 1);
}

#[test]
fn attack_a_login_is_escaped_in_the_path() {
    let it = scene();
    for login in [
        "../../../../user?x=",
        "bob/permission?",
        "bob#",
        "b%6Fb",
        "bob\r\nx: y",
        "ünïcode",
    ] {
        let hostile = User {
            id: UserId(it.bob.id),
            login: login.to_owned(),
            bot: false,
        };
        it.fake.clear_journal();
        let found = ask(&it, &hostile, &["acme/platform"]).unwrap();
        assert_eq!((found.permission, found.login.as_str()), (None, login));
        let path = format!("GET /repos/acme/infra/collaborators/{login}/permission");
        let seen: Vec<String> = it.fake.requests().iter().map(|seen| seen.line()).collect();
        assert_eq!(seen, [path]);
    }
    it.fake.clear_journal();
    for login in ["", ".", ".."] {
        let hostile = User {
            id: UserId(it.bob.id),
            login: login.to_owned(),
            bot: false,
        };
        assert_eq!(permission(&it, &hostile), None);
    }
    assert_eq!(it.fake.requests().len(), 0);
}

#[test]
fn attack_a_team_name_is_escaped_in_the_path() {
    let it = scene();
    let teams = [
        "acme",
        "/",
        "acme/..",
        "../acme",
        "acme/x/../../y",
        "acme/x?y#z",
    ];
    let found = ask(&it, &account(&it.bob), &teams).unwrap();
    assert_eq!(found.teams, [""; 0]);
    let seen: Vec<String> = it.fake.requests().iter().map(|seen| seen.line()).collect();
    assert_eq!(
        seen,
        [
            "GET /repos/acme/infra/collaborators/bob/permission",
            "GET /orgs/acme/teams/x/../../y/memberships/bob",
            "GET /orgs/acme/teams/x?y#z/memberships/bob",
        ]
    );
}

#[test]
fn the_token_identity_is_read() {
    let it = scene();
    let own = |token| it.ask_as(token, async |github| github.current_user().await);
    let job = it.fake.actions_token();
    assert_eq!(own(job.clone()).unwrap(), Some(UserId(ACTIONS_BOT_ID)));
    assert_eq!(it.fake.requests().len(), 1);
    // Where GraphQL says nothing, people are known by REST, and jobs are not known at all.
    it.fake.fault_times(
        2,
        "POST /graphql",
        Fault::Json(200, json!({"data": null, "errors": [{"message": "no"}]})),
    );
    let person = it.fake.token(&it.alice);
    assert_eq!(own(person).unwrap(), Some(UserId(it.alice.id)));
    assert_eq!(own(job.clone()).unwrap(), None);
    it.fake.fault(
        "POST /graphql",
        Fault::Json(200, json!({"data": {"viewer": {"databaseId": null}}})),
    );
    assert_eq!(own(job.clone()).unwrap(), None);
    it.fake.fault("POST /graphql", Fault::TruncatedJson);
    assert!(!own(job).unwrap_err().is_refusal());
}

#[test]
fn an_enterprise_server_has_other_addresses() {
    let it = scene();
    it.fake.team("acme", "platform", &[&it.bob]);
    let teams = ["acme/platform".to_owned()];
    let bob = account(&it.bob);
    let (found, own) = it.ask_enterprise(it.fake.token(&it.alice), async |github| {
        let found = github.actor(&bob, &teams).await.unwrap();
        (found, github.current_user().await.unwrap())
    });
    assert_eq!(found.permission, Some(Permission::Maintain));
    assert_eq!(found.teams, teams);
    assert_eq!(own, Some(UserId(it.alice.id)));
}
