//! Deployments of stacks.

use provisioner::forge::{Deployment, DeploymentState, Deployments as _, Upsert};
use provisioner::model::UserId;
use serde_json::json;

use super::{Scene, new_scene};
use crate::support::github::ACTIONS_BOT_ID;
use crate::support::http::Client;

const OWN: UserId = UserId(ACTIONS_BOT_ID);
const CREATE: &str = "POST /repos/acme/infra/deployments";
const STATUS: &str = "POST /repos/acme/infra/deployments/*/statuses";
const TASK: &str = "provisioner:123456789012/us-east-1/b001";

fn deployment(scene: &Scene, state: DeploymentState, description: &str) -> Deployment {
    Deployment {
        commit: scene.head(),
        environment: "dev & test/x=1#2".to_owned(),
        task: TASK.to_owned(),
        description: description.to_owned(),
        state,
    }
}

fn put(scene: &Scene, deployment: &Deployment) -> Upsert {
    scene.call(async |github| github.put_deployment(OWN, deployment).await.unwrap())
}

/// States with descriptions of the only deployment, newest first.
fn listed_states(scene: &Scene) -> Vec<(String, String)> {
    let all = scene.repo.deployments();
    let [one] = all.as_slice() else {
        panic!("{} deployments", all.len())
    };
    let statuses = one.statuses.iter().rev();
    statuses
        .map(|status| (status.state.clone(), status.description.clone()))
        .collect()
}

#[test]
fn a_deployment_is_created_once_with_its_state() {
    let scene = new_scene();
    // Another user's failed check does not block it.
    scene
        .repo
        .status(&scene.pull.head_sha(), "ci", "failure", &scene.alice);
    let states = [
        (DeploymentState::Pending, "pending"),
        (DeploymentState::InProgress, "in_progress"),
        (DeploymentState::Failure, "failure"),
        (DeploymentState::Success, "success"),
        (DeploymentState::Inactive, "inactive"),
    ];
    for (n, (state, word)) in states.into_iter().enumerate() {
        let wanted = deployment(&scene, state, word);
        let written = put(&scene, &wanted);
        match n {
            0 => assert!(matches!(written, Upsert::Created(_)), "{written:?}"),
            _ => assert!(matches!(written, Upsert::Updated(_)), "{written:?}"),
        }
        assert_eq!(listed_states(&scene)[0], (word.to_owned(), word.to_owned()));
        let again = put(&scene, &wanted);
        assert!(matches!(again, Upsert::Unchanged(_)), "{again:?}");
    }
    let one = &scene.repo.deployments()[0];
    assert_eq!(one.environment, "dev & test/x=1#2");
    assert_eq!(
        (one.task.as_str(), &one.sha),
        (TASK, &scene.pull.head_sha())
    );
    let writes = scene
        .fake
        .expect_writes(&[CREATE, STATUS, STATUS, STATUS, STATUS, STATUS]);
    assert_eq!(writes[0].json()["auto_merge"], json!(false));
    assert_eq!(writes[0].json()["required_contexts"], json!([]));
    assert_eq!(writes[1].json()["auto_inactive"], json!(false));
    // First: list, deployment, status. Later: list, its statuses, and a status if it changed.
    assert_eq!(scene.fake.requests().len(), 3 + 2 + 4 * (3 + 2));
}

#[test]
fn a_changed_description_is_posted() {
    let scene = new_scene();
    put(&scene, &deployment(&scene, DeploymentState::Failure, "one"));
    put(&scene, &deployment(&scene, DeploymentState::Failure, "two"));
    assert_eq!(listed_states(&scene).len(), 2);
    scene.fake.expect_writes(&[CREATE, STATUS, STATUS]);
}

#[test]
fn attack_a_foreign_deployment_is_not_reused() {
    let scene = new_scene();
    let theirs = Client::new(&scene.fake.api_url(), Some(&scene.fake.token(&scene.bob)));
    let wanted = deployment(&scene, DeploymentState::Success, "all is well");
    let body = json!({
        "ref": wanted.commit, "environment": wanted.environment, "task": TASK, "required_contexts": [],
    });
    for _ in 0..101 {
        let made = theirs.send("POST", "/repos/acme/infra/deployments", Some(&body));
        assert_eq!(made.unwrap().status, 201);
    }
    scene.fake.clear_journal();
    let made = put(&scene, &wanted);
    assert!(matches!(made, Upsert::Created(_)));
    scene.fake.expect_writes(&[CREATE, STATUS]);
    // Our status replaces another user's status.
    let ours = scene.repo.deployments()[0].id;
    let path = format!("/repos/acme/infra/deployments/{ours}/statuses");
    let body = json!({"state": "failure", "description": "all is well"});
    assert_eq!(theirs.send("POST", &path, Some(&body)).unwrap().status, 201);
    scene.fake.clear_journal();
    assert!(matches!(put(&scene, &wanted), Upsert::Updated(_)));
    let newest = scene.repo.deployments()[0]
        .statuses
        .last()
        .cloned()
        .unwrap();
    assert_eq!((newest.state.as_str(), newest.creator), ("success", OWN.0));
    // Another user's equal status is not ours.
    let body = json!({"state": "success", "description": "all is well"});
    assert_eq!(theirs.send("POST", &path, Some(&body)).unwrap().status, 201);
    assert!(matches!(put(&scene, &wanted), Upsert::Updated(_)));
    scene.fake.take_writes();
}
