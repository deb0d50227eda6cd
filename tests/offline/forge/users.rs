//! Permissions and teams of users.

use provisioner::forge::{ForgeError, User, Users as _};
use provisioner::guard::{AccountKind, Actor, Permission};
use provisioner::model::UserId;
use serde_json::json;

use super::{Scene, account, new_scene};
use crate::support::github::{ACTIONS_BOT_ID, Fault, Permission as Role};

fn read_actor(scene: &Scene, account: &User, teams: &[&str]) -> Result<Actor, ForgeError> {
    let teams: Vec<String> = teams.iter().map(|&team| team.to_owned()).collect();
    // A job's own token cannot read teams.
    let token = scene.fake.app_token("provisioner");
    scene.call_as(token, async |github| github.actor(account, &teams).await)
}

fn permission(scene: &Scene, account: &User) -> Option<Permission> {
    read_actor(scene, account, &[]).unwrap().permission
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
        let scene = new_scene();
        let repo = scene.repo.clone().custom_role(&scene.mallory, name, role);
        let scene = Scene { repo, ..scene };
        assert_eq!(
            permission(&scene, &account(&scene.mallory)),
            Some(expected),
            "{name}"
        );
    }
}

#[test]
fn attack_a_reused_login_grants_nothing() {
    let scene = new_scene();
    scene.fake.team("acme", "platform", &[&scene.bob]);
    let known = account(&scene.bob);
    let teams = ["acme/platform"];
    let before = read_actor(&scene, &known, &teams).unwrap();
    assert_eq!(before.permission, Some(Permission::Maintain));
    assert_eq!(before.teams, teams);

    scene.fake.rename_user(&scene.bob, "robert");
    let newcomer = scene.fake.user("bob");
    scene.repo.set_permission(&newcomer, Role::Admin);
    scene.fake.team("acme", "platform", &[&newcomer]);
    scene.fake.clear_journal();
    let after = read_actor(&scene, &known, &teams).unwrap();
    assert_eq!((after.permission, after.teams), (None, Vec::new()));
    assert_eq!(after.id, known.id);
    assert_eq!(
        scene.fake.count("GET /orgs/**"),
        0,
        "a team goes by the name"
    );
}

#[test]
fn an_unknown_user_has_no_permission() {
    let scene = new_scene();
    let route = "GET /repos/acme/infra/collaborators/bob/permission";
    let bob = account(&scene.bob);
    let user = json!({"id": scene.bob.id, "login": "bob"});
    for answer in [
        json!({"permission": "admin", "role_name": "admin", "user": null}),
        json!({"permission": "admin", "role_name": "admin"}),
        json!({"permission": "owner", "role_name": "admin", "user": user}),
    ] {
        scene.fake.fault(route, Fault::Json(200, answer.clone()));
        assert_eq!(permission(&scene, &bob), None, "{answer}");
    }
    let answer = json!({"permission": "write", "user": user});
    scene.fake.fault(route, Fault::Json(200, answer));
    assert_eq!(permission(&scene, &bob), Some(Permission::Write));
}

#[test]
fn only_active_members_belong_to_a_team() {
    let scene = new_scene();
    scene.fake.team("acme", "platform", &[&scene.bob]);
    scene.fake.team("other", "ops", &[&scene.bob]);
    scene.fake.invite("acme", "security", &scene.bob);
    let teams = [
        "acme/platform",
        "acme/security",
        "acme/nothing",
        "other/ops",
    ];
    let found = read_actor(&scene, &account(&scene.bob), &teams).unwrap();
    assert_eq!(found.teams, ["acme/platform", "other/ops"]);
    assert_eq!(scene.fake.requests().len(), 5);
}

#[test]
fn bots_and_strangers_cost_few_calls() {
    let scene = new_scene();
    scene.fake.team("acme", "platform", &[&scene.mallory]);
    let found = read_actor(&scene, &account(&scene.mallory), &["acme/platform"]).unwrap();
    assert_eq!(found.permission, Some(Permission::None));
    assert_eq!((found.teams.len(), scene.fake.requests().len()), (0, 1));

    let machine = User {
        id: UserId(ACTIONS_BOT_ID),
        login: "github-actions[bot]".to_owned(),
        kind: AccountKind::JobBot,
    };
    let found = read_actor(&scene, &machine, &["acme/platform"]).unwrap();
    assert_eq!((found.bot, found.permission), (true, None));
    assert_eq!(scene.fake.requests().len(), 1);
}

#[test]
fn attack_a_login_is_escaped_in_the_path() {
    let scene = new_scene();
    for login in [
        "../../../../user?x=",
        "bob/permission?",
        "bob#",
        "b%6Fb",
        "bob\r\nx: y",
        "ünïcode",
    ] {
        let hostile = User {
            id: UserId(scene.bob.id),
            login: login.to_owned(),
            kind: AccountKind::Person,
        };
        scene.fake.clear_journal();
        let found = read_actor(&scene, &hostile, &["acme/platform"]).unwrap();
        assert_eq!((found.permission, found.login.as_str()), (None, login));
        let path = format!("GET /repos/acme/infra/collaborators/{login}/permission");
        let seen: Vec<String> = scene
            .fake
            .requests()
            .iter()
            .map(|seen| seen.line())
            .collect();
        assert_eq!(seen, [path]);
    }
    scene.fake.clear_journal();
    for login in ["", ".", ".."] {
        let hostile = User {
            id: UserId(scene.bob.id),
            login: login.to_owned(),
            kind: AccountKind::Person,
        };
        assert_eq!(permission(&scene, &hostile), None);
    }
    assert_eq!(scene.fake.requests().len(), 0);
}

#[test]
fn attack_a_team_name_is_escaped_in_the_path() {
    let scene = new_scene();
    let teams = [
        "acme",
        "/",
        "acme/..",
        "../acme",
        "acme/x/../../y",
        "acme/x?y#z",
    ];
    let found = read_actor(&scene, &account(&scene.bob), &teams).unwrap();
    assert_eq!(found.teams, [""; 0]);
    let seen: Vec<String> = scene
        .fake
        .requests()
        .iter()
        .map(|seen| seen.line())
        .collect();
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
    let scene = new_scene();
    let own = |token| scene.call_as(token, async |github| github.current_user().await);
    let job = scene.fake.actions_token();
    assert_eq!(own(job.clone()).unwrap(), Some(UserId(ACTIONS_BOT_ID)));
    assert_eq!(scene.fake.requests().len(), 1);
    // Without GraphQL, people are identified by REST.
    let without = [
        Fault::Json(404, json!({"message": "Not Found"})),
        Fault::Json(200, json!({"data": null, "errors": [{"message": "no"}]})),
    ];
    for fault in without {
        scene.fake.fault_times(2, "POST /graphql", fault);
        let person = scene.fake.token(&scene.alice);
        assert_eq!(own(person).unwrap(), Some(UserId(scene.alice.id)));
        let error = own(job.clone()).unwrap_err();
        assert!(error.is_refusal(), "no answer is no fact: {error}");
    }
    let forbidden = json!({"data": null, "errors": [{"type": "FORBIDDEN", "message": "no"}]});
    for unnamed in [json!({"data": {"viewer": {"databaseId": null}}}), forbidden] {
        scene.fake.fault("POST /graphql", Fault::Json(200, unnamed));
        assert_eq!(own(job.clone()).unwrap(), None, "jobs have no user by REST");
    }
    scene.fake.fault("POST /graphql", Fault::TruncatedJson);
    assert!(!own(job).unwrap_err().is_refusal());
}

#[test]
fn an_enterprise_server_has_other_addresses() {
    let scene = new_scene();
    scene.fake.team("acme", "platform", &[&scene.bob]);
    let teams = ["acme/platform".to_owned()];
    let bob = account(&scene.bob);
    let (found, own) = scene.call_enterprise(scene.fake.token(&scene.alice), async |github| {
        let found = github.actor(&bob, &teams).await.unwrap();
        (found, github.current_user().await.unwrap())
    });
    assert_eq!(found.permission, Some(Permission::Maintain));
    assert_eq!(found.teams, teams);
    assert_eq!(own, Some(UserId(scene.alice.id)));
}
