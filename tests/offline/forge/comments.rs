//! Comments, reactions and statuses.

use provisioner::forge::{
    Comment, Comments as _, CommitStatus, ForgeErrorKind, Reaction, StatusRecord, Statuses as _,
    Upsert, User as ForgeUser,
};
use provisioner::model::UserId;

use super::{Scene, account, scene};
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

fn comment(it: &Scene, id: u64) -> Option<Comment> {
    it.ask(async |github| github.comment(id).await.unwrap())
}

fn own_comment(it: &Scene) -> Option<String> {
    it.ask(async |github| github.own_comment(7, OWN, MARKER).await.unwrap())
}

fn own_status(it: &Scene) -> Option<StatusRecord> {
    let head = it.head();
    it.ask(async |github| github.own_status(&head, OWN, CONTEXT).await.unwrap())
}

#[test]
fn a_comment_is_read_in_its_current_state() {
    let it = scene();
    let said = it.repo.comment(7, &it.bob, "/provisioner help");
    let found = comment(&it, said.id).unwrap();
    assert_eq!((found.number, found.edited), (7, false));
    assert_eq!(found.by, Some(account(&it.bob)));
    assert_eq!(found.body, "/provisioner help");

    it.repo.edit_comment(said.id, "/provisioner tear-down");
    let found = comment(&it, said.id).unwrap();
    assert!(found.edited);
    assert_eq!(found.body, "/provisioner tear-down");

    it.fake.delete_user(&it.bob);
    assert_eq!(comment(&it, said.id).unwrap().by, None::<ForgeUser>);
    let by_bot = it.repo.comment(7, &it.bot(), "done");
    assert!(comment(&it, by_bot.id).unwrap().by.unwrap().bot);
    assert!(comment(&it, 1).is_none(), "it is gone");

    let issue = it.repo.issue(&it.carol, "Question", "?");
    let said = it.repo.comment(issue.number, &it.carol, "!");
    assert_eq!(comment(&it, said.id).unwrap().number, issue.number);
}

#[test]
fn attack_a_comment_without_timestamps_counts_as_edited() {
    let it = scene();
    let body = serde_json::json!({
        "id": 5, "html_url": "https://github.com/x", "body": "/provisioner help",
        "issue_url": "https://api.github.com/repos/acme/infra/issues/7",
    });
    let route = "GET /repos/acme/infra/issues/comments/5";
    it.fake.fault(route, Fault::Json(200, body.clone()));
    assert!(comment(&it, 5).unwrap().edited);
    let mut other = body;
    other["issue_url"] = "https://api.github.com/repos/acme/infra/issues/x".into();
    it.fake.fault(route, Fault::Json(200, other));
    let error = it.ask(async |github| github.comment(5).await.unwrap_err());
    assert_eq!(error.kind, ForgeErrorKind::Invalid);
    it.fake.fault(route, Fault::Status(403));
    let error = it.ask(async |github| github.comment(5).await.unwrap_err());
    assert!(
        error.is_refusal(),
        "not to be allowed to see it is not to see that it is gone"
    );
}

#[test]
fn attack_a_foreign_comment_with_our_marker_is_not_ours() {
    let it = scene();
    it.repo
        .comment(7, &it.bob, &format!("{MARKER} all is well"));
    it.repo.comment(7, &it.bot(), &format!("> {MARKER} quoted"));
    assert_eq!(own_comment(&it), None);
    let ours = format!("{MARKER} the first");
    it.repo.comment(7, &it.bot(), &ours);
    it.repo
        .comment(7, &it.bot(), &format!("{MARKER} the second"));
    assert_eq!(own_comment(&it), Some(ours));
    assert_eq!(it.fake.count(COMMENTS), 2);
}

#[test]
fn our_comment_is_found_on_any_page() {
    let it = scene();
    for n in 0..200 {
        it.repo.comment(7, &it.mallory, &format!("{MARKER} {n}"));
    }
    let ours = format!("{MARKER} ours");
    it.repo.comment(7, &it.bot(), &ours);
    it.fake.fault_after(2, COMMENTS, Fault::Status(500));
    assert_eq!(own_comment(&it), Some(ours));
    assert_eq!(it.fake.count(COMMENTS), 4);
}

#[test]
fn a_reaction_is_added_once() {
    let it = scene();
    let said = it.repo.comment(7, &it.bob, "/provisioner help");
    it.fake.fault(REACTIONS, Fault::DropAfter);
    it.ask(async |github| {
        for reaction in [
            Reaction::Seen,
            Reaction::Seen,
            Reaction::Done,
            Reaction::Failed,
        ] {
            github.react(said.id, reaction).await.unwrap();
        }
    });
    let reactions = it.repo.comments(7)[0].reactions.clone();
    let contents: Vec<&str> = reactions.iter().map(|it| it.content.as_str()).collect();
    assert_eq!(contents, ["eyes", "rocket", "confused"]);
    it.fake.expect_writes(&[REACTIONS; 5]);
    let error = it.ask(async |github| github.react(1, Reaction::Seen).await.unwrap_err());
    assert!(error.is_refusal());
    it.fake.expect_writes(&[REACTIONS]);
}

#[test]
fn our_newest_status_counts() {
    let it = scene();
    let head = it.pull.head_sha();
    assert_eq!(own_status(&it), None);
    it.repo.status(&head, CONTEXT, "failure", &it.bot());
    it.repo.status(&head, "other", "failure", &it.bot());
    let failed = own_status(&it).unwrap();
    assert_eq!((failed.success, failed.description.as_str()), (false, ""));
    let status = CommitStatus {
        success: true,
        context: CONTEXT,
        description: "plan 123".to_owned(),
    };
    let at = it.head();
    it.ask(async |github| github.set_status(&at, Some(OWN), &status).await.unwrap());
    it.fake
        .expect_writes(&["POST /repos/acme/infra/statuses/*"]);
    let passed = own_status(&it).unwrap();
    assert_eq!(
        (passed.success, passed.description.as_str()),
        (true, "plan 123")
    );
    // By the server's clock.
    assert!(failed.created_at.is_some() && passed.created_at > failed.created_at);
}

#[test]
fn attack_a_foreign_status_voids_ours() {
    for context in [CONTEXT, "Provisioner/PLAN"] {
        let it = scene();
        let head = it.pull.head_sha();
        it.repo.status(&head, CONTEXT, "success", &it.bot());
        it.repo.status(&head, context, "success", &it.mallory);
        assert_eq!(own_status(&it), None, "{context}");
    }
}

#[test]
fn a_status_on_a_later_page_is_found() {
    let it = scene();
    let head = it.pull.head_sha();
    it.repo.status(&head, CONTEXT, "success", &it.bot());
    for n in 0..100 {
        it.repo
            .status(&head, &format!("ci/{n}"), "success", &it.mallory);
    }
    assert!(own_status(&it).unwrap().success);
    assert_eq!(it.fake.count(STATUSES), 2);
    let status = CommitStatus {
        success: true,
        context: CONTEXT,
        description: String::new(),
    };
    let at = it.head();
    let written = it.ask(async |github| github.set_status(&at, Some(OWN), &status).await.unwrap());
    assert!(
        matches!(written, Upsert::Updated(_)),
        "there was one before"
    );
    it.fake
        .expect_writes(&["POST /repos/acme/infra/statuses/*"]);
}

#[test]
fn a_partial_response_is_an_error() {
    let it = scene();
    let at = it.head();
    it.fake.fault(STATUSES, Fault::TruncatedJson);
    it.fake.fault(COMMENTS, Fault::TruncatedJson);
    it.ask(async |github| {
        let status = github.own_status(&at, OWN, CONTEXT).await.unwrap_err();
        let comment = github.own_comment(7, OWN, MARKER).await.unwrap_err();
        assert!(!status.is_refusal() && !comment.is_refusal());
    });
}
