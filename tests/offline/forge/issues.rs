//! Issues of provisioner.

use provisioner::forge::{Issue, Issues as _};
use provisioner::model::UserId;

use super::{Scene, new_scene};
use crate::support::github::{ACTIONS_BOT_ID, Fault, User};

const OWN: UserId = UserId(ACTIONS_BOT_ID);
const MARKER: &str = "<!-- provisioner:drift ";
const ISSUES: &str = "GET /repos/acme/infra/issues";
const CREATE: &str = "POST /repos/acme/infra/issues";

fn bot(scene: &Scene) -> User {
    scene.fake.bot("github-actions[bot]")
}

fn own(scene: &Scene) -> Vec<Issue> {
    scene.call(async |github| github.own_issues(OWN, MARKER).await.unwrap())
}

#[test]
fn issues_are_opened_changed_and_closed() {
    let scene = new_scene();
    let body = format!("{MARKER}1 -->\nIt has drifted.");
    let opened = scene.call(async |github| github.open_issue("Drift", &body).await.unwrap());
    assert_eq!(opened.body, body);
    assert_eq!(own(&scene), std::slice::from_ref(&opened));
    let more = format!("{body} Still.");
    scene.call(async |github| {
        github
            .update_issue(opened.number, &more, false)
            .await
            .unwrap();
    });
    assert_eq!(own(&scene)[0].body, more);
    let run = format!("{MARKER}1 -->\nNo more.");
    scene.call(async |github| {
        github
            .update_issue(opened.number, &run, true)
            .await
            .unwrap();
    });
    assert_eq!(own(&scene), []);
    let kept = &scene.repo.issues()[0];
    assert_eq!((kept.open, kept.title.as_str()), (false, "Drift"));
    assert_eq!(kept.body, run);
    assert_eq!(kept.state_reason.as_deref(), Some("completed"));
    let change = "PATCH /repos/acme/infra/issues/*";
    scene.fake.expect_writes(&[CREATE, change, change]);
}

#[test]
fn attack_a_foreign_issue_with_our_marker_is_not_ours() {
    let scene = new_scene();
    let body = format!("{MARKER}1 -->");
    scene.repo.issue(&scene.mallory, "Drift", &body);
    scene
        .repo
        .issue(&bot(&scene), "Drift", &format!("> {body}"));
    scene.repo.issue(&bot(&scene), "Another", "");
    let closed = scene.repo.issue(&bot(&scene), "Drift", &body);
    scene.repo.close_issue(closed.number);
    // A pull request is an issue too.
    scene.repo.branch("ours", &scene.repo.head("feature"));
    scene
        .repo
        .pull("ours")
        .author(&bot(&scene))
        .body(&body)
        .open();
    assert_eq!(own(&scene), []);
}

#[test]
fn our_issues_are_listed_from_all_pages_oldest_first() {
    let scene = new_scene();
    let body = |n: u64| format!("{MARKER}{n} -->");
    let first = scene.repo.issue(&bot(&scene), "Drift", &body(1)).number;
    for n in 0..150 {
        scene.repo.issue(&scene.mallory, "Drift", &body(n));
    }
    let last = scene.repo.issue(&bot(&scene), "Drift", &body(2)).number;
    scene.fake.fault_after(1, ISSUES, Fault::Status(502));
    let found: Vec<u64> = own(&scene).iter().map(|issue| issue.number).collect();
    assert_eq!(found, [first, last]);
    assert_eq!(scene.fake.count(ISSUES), 3, "two pages, one of them twice");
}

#[test]
fn an_issue_with_a_lost_response_is_not_repeated() {
    let scene = new_scene();
    let body = format!("{MARKER}1 -->");
    scene.fake.fault(CREATE, Fault::DropAfter);
    let error = scene.call(async |github| github.open_issue("Drift", &body).await.unwrap_err());
    assert!(!error.is_refusal());
    assert_eq!(own(&scene).len(), 1, "the next look finds it");
    scene.fake.expect_writes(&[CREATE]);
}

#[test]
fn a_job_without_permission_is_denied() {
    let scene = new_scene();
    let token = scene.fake.readonly_token();
    let (open, change) = scene.call_as(token, async |github| {
        let issue = github.open_issue("Drift", "x").await.unwrap_err();
        let change = github.update_issue(1, "x", true).await.unwrap_err();
        (issue.is_refusal(), change.is_refusal())
    });
    assert!(open && change);
    scene.fake.take_writes();
}
