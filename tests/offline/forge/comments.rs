//! Comments, reactions and statuses.

use provisioner::forge::{Comment, Comments as _, ForgeErrorKind, StatusRecord, Statuses as _};
use provisioner::model::UserId;

use super::{Scene, new_scene};
use crate::support::github::{ACTIONS_BOT_ID, Fault, User};

const OWN: UserId = UserId(ACTIONS_BOT_ID);
const CONTEXT: &str = "provisioner/plan";

impl Scene {
    fn bot(&self) -> User {
        self.fake.bot("github-actions[bot]")
    }
}

fn comment(scene: &Scene, id: u64) -> Option<Comment> {
    scene.call(async |github| github.comment(7, id).await.unwrap())
}

/// The newest status, if it is provisioner's own.
fn own_status(scene: &Scene) -> Option<StatusRecord> {
    let head = scene.head();
    let history =
        scene.call(async |github| github.status_history(&head, OWN, CONTEXT).await.unwrap());
    history.into_iter().last().filter(|status| status.is_own)
}

/// GitHub finds a comment by its id alone.
#[test]
fn a_comment_has_the_number_of_its_own_issue() {
    let scene = new_scene();
    let issue = scene.repo.issue(&scene.carol, "Question", "?");
    let said = scene.repo.comment(issue.number, &scene.carol, "!");
    assert_eq!(comment(&scene, said.id).unwrap().number, issue.number);
}

#[test]
fn attack_a_comment_without_timestamps_counts_as_edited() {
    let scene = new_scene();
    let body = serde_json::json!({
        "id": 5, "html_url": "https://github.com/x", "body": "/provisioner help",
        "issue_url": "https://api.github.com/repos/acme/infra/issues/7",
    });
    let route = "GET /repos/acme/infra/issues/comments/5";
    scene.fake.fault(route, Fault::Json(200, body.clone()));
    assert!(comment(&scene, 5).unwrap().edited);
    let mut other = body;
    other["issue_url"] = "https://api.github.com/repos/acme/infra/issues/x".into();
    scene.fake.fault(route, Fault::Json(200, other));
    let error = scene.call(async |github| github.comment(7, 5).await.unwrap_err());
    assert_eq!(error.kind, ForgeErrorKind::Invalid);
    scene.fake.fault(route, Fault::Status(403));
    let error = scene.call(async |github| github.comment(7, 5).await.unwrap_err());
    assert!(
        error.is_refusal(),
        "not to be allowed to see it is not to see that it is gone"
    );
}

#[test]
fn attack_a_foreign_status_voids_ours() {
    for context in [CONTEXT, "Provisioner/PLAN"] {
        let scene = new_scene();
        let head = scene.pull.head_sha();
        scene.repo.status(&head, CONTEXT, "success", &scene.bot());
        scene.repo.status(&head, context, "success", &scene.mallory);
        assert_eq!(own_status(&scene), None, "{context}");
    }
}
