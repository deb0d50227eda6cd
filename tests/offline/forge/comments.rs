//! Comments, reactions and statuses.

use provisioner::forge::{
    Comment, Comments as _, CommitStatus, ForgeErrorKind, Reaction, StatusRecord, Statuses as _,
    Upsert, User as ForgeUser,
};
use provisioner::model::UserId;

use super::{Scene, account, new_scene};
use crate::support::github::{ACTIONS_BOT_ID, Fault, User};

const OWN: UserId = UserId(ACTIONS_BOT_ID);
const MARKER: &str = "<!-- provisioner -->";
const CONTEXT: &str = "provisioner/plan";
const COMMENTS: &str = "GET /repos/acme/infra/issues/7/comments";
const STATUSES: &str = "GET /repos/acme/infra/commits/*/statuses";
const REACTIONS: &str = "POST /repos/acme/infra/issues/comments/*/reactions";

impl Scene {
    fn bot(&self) -> User {
        self.fake.bot("github-actions[bot]")
    }
}

fn comment(scene: &Scene, id: u64) -> Option<Comment> {
    scene.call(async |github| github.comment(7, id).await.unwrap())
}

fn own_comment(scene: &Scene) -> Option<String> {
    scene.call(async |github| github.own_comment(7, OWN, MARKER).await.unwrap())
}

/// The newest status, if it is provisioner's own.
fn own_status(scene: &Scene) -> Option<StatusRecord> {
    let head = scene.head();
    let history =
        scene.call(async |github| github.status_history(&head, OWN, CONTEXT).await.unwrap());
    history.into_iter().last().filter(|status| status.is_own)
}

#[test]
fn a_comment_is_read_in_its_current_state() {
    let scene = new_scene();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner help");
    let found = comment(&scene, said.id).unwrap();
    assert_eq!((found.number, found.edited), (7, false));
    assert_eq!(found.by, Some(account(&scene.bob)));
    assert_eq!(found.body, "/provisioner help");

    scene.repo.edit_comment(said.id, "/provisioner tear-down");
    let found = comment(&scene, said.id).unwrap();
    assert!(found.edited);
    assert_eq!(found.body, "/provisioner tear-down");

    scene.fake.delete_user(&scene.bob);
    assert_eq!(comment(&scene, said.id).unwrap().by, None::<ForgeUser>);
    let by_bot = scene.repo.comment(7, &scene.bot(), "done");
    assert!(comment(&scene, by_bot.id).unwrap().by.unwrap().is_bot());
    assert!(comment(&scene, 1).is_none(), "it is gone");

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
fn attack_a_foreign_comment_with_our_marker_is_not_ours() {
    let scene = new_scene();
    scene
        .repo
        .comment(7, &scene.bob, &format!("{MARKER} all is well"));
    scene
        .repo
        .comment(7, &scene.bot(), &format!("> {MARKER} quoted"));
    assert_eq!(own_comment(&scene), None);
    let ours = format!("{MARKER} the first");
    scene.repo.comment(7, &scene.bot(), &ours);
    scene
        .repo
        .comment(7, &scene.bot(), &format!("{MARKER} the second"));
    assert_eq!(own_comment(&scene), Some(ours));
    assert_eq!(scene.fake.count(COMMENTS), 2);
}

#[test]
fn our_comment_is_found_on_any_page() {
    let scene = new_scene();
    for n in 0..200 {
        scene
            .repo
            .comment(7, &scene.mallory, &format!("{MARKER} {n}"));
    }
    let ours = format!("{MARKER} ours");
    scene.repo.comment(7, &scene.bot(), &ours);
    scene.fake.fault_after(2, COMMENTS, Fault::Status(500));
    assert_eq!(own_comment(&scene), Some(ours));
    assert_eq!(scene.fake.count(COMMENTS), 4);
}

#[test]
fn a_reaction_is_added_once() {
    let scene = new_scene();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner help");
    scene.fake.fault(REACTIONS, Fault::DropAfter);
    scene.call(async |github| {
        for reaction in [
            Reaction::Seen,
            Reaction::Seen,
            Reaction::Done,
            Reaction::Failed,
        ] {
            github.react(7, said.id, reaction).await.unwrap();
        }
    });
    let reactions = scene.repo.comments(7)[0].reactions.clone();
    let contents: Vec<&str> = reactions
        .iter()
        .map(|reaction| reaction.content.as_str())
        .collect();
    assert_eq!(contents, ["eyes", "rocket", "confused"]);
    scene.fake.expect_writes(&[REACTIONS; 5]);
    let error = scene.call(async |github| github.react(7, 1, Reaction::Seen).await.unwrap_err());
    assert!(error.is_refusal());
    scene.fake.expect_writes(&[REACTIONS]);
}

#[test]
fn our_newest_status_counts() {
    let scene = new_scene();
    let head = scene.pull.head_sha();
    assert_eq!(own_status(&scene), None);
    scene.repo.status(&head, CONTEXT, "failure", &scene.bot());
    scene.repo.status(&head, "other", "failure", &scene.bot());
    let failed = own_status(&scene).unwrap();
    assert_eq!((failed.success, failed.description.as_str()), (false, ""));
    let status = CommitStatus {
        success: true,
        context: CONTEXT,
        description: "plan 123".to_owned(),
    };
    let at = scene.head();
    scene.call(async |github| github.set_status(&at, Some(OWN), &status).await.unwrap());
    scene
        .fake
        .expect_writes(&["POST /repos/acme/infra/statuses/*"]);
    let passed = own_status(&scene).unwrap();
    assert_eq!(
        (passed.success, passed.description.as_str()),
        (true, "plan 123")
    );
    // The server's clock sets the time.
    assert!(failed.created_at.is_some() && passed.created_at > failed.created_at);
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

#[test]
fn a_status_on_a_later_page_is_found() {
    let scene = new_scene();
    let head = scene.pull.head_sha();
    scene.repo.status(&head, CONTEXT, "success", &scene.bot());
    for n in 0..100 {
        scene
            .repo
            .status(&head, &format!("ci/{n}"), "success", &scene.mallory);
    }
    assert!(own_status(&scene).unwrap().success);
    assert_eq!(scene.fake.count(STATUSES), 2);
    let status = CommitStatus {
        success: true,
        context: CONTEXT,
        description: String::new(),
    };
    let at = scene.head();
    let written =
        scene.call(async |github| github.set_status(&at, Some(OWN), &status).await.unwrap());
    assert!(
        matches!(written, Upsert::Updated(_)),
        "there was one before"
    );
    scene
        .fake
        .expect_writes(&["POST /repos/acme/infra/statuses/*"]);
}

#[test]
fn a_partial_response_is_an_error() {
    let scene = new_scene();
    let at = scene.head();
    scene.fake.fault(STATUSES, Fault::TruncatedJson);
    scene.fake.fault(COMMENTS, Fault::TruncatedJson);
    scene.call(async |github| {
        let status = github.status_history(&at, OWN, CONTEXT).await.unwrap_err();
        let comment = github.own_comment(7, OWN, MARKER).await.unwrap_err();
        assert!(!status.is_refusal() && !comment.is_refusal());
    });
}
