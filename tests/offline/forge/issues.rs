//! Issues of our own.

use provisioner::forge::{Issue, Issues as _};
use provisioner::model::UserId;

use super::{Scene, scene};
use crate::support::github::{ACTIONS_BOT_ID, Fault, User};

const OWN: UserId = UserId(ACTIONS_BOT_ID);
const MARKER: &str = "<!-- provisioner:drift ";
const ISSUES: &str = "GET /repos/acme/infra/issues";
const CREATE: &str = "POST /repos/acme/infra/issues";

fn bot(it: &Scene) -> User {
    it.fake.bot("github-actions[bot]")
}

fn own(it: &Scene) -> Vec<Issue> {
    it.ask(async |github| github.own_issues(OWN, MARKER).await.unwrap())
}

#[test]
fn issues_are_opened_changed_and_closed() {
    let it = scene();
    let body = format!("{MARKER}1 -->\nIt has drifted.");
    let opened = it.ask(async |github| github.open_issue("Drift", &body).await.unwrap());
    assert_eq!(opened.body, body);
    assert_eq!(own(&it), std::slice::from_ref(&opened));
    let more = format!("{body} Still.");
    it.ask(async |github| {
        github
            .update_issue(opened.number, &more, false)
            .await
            .unwrap();
    });
    assert_eq!(own(&it)[0].body, more);
    let run = format!("{MARKER}1 -->\nNo more.");
    it.ask(async |github| {
        github
            .update_issue(opened.number, &run, true)
            .await
            .unwrap();
    });
    assert_eq!(own(&it), []);
    let kept = &it.repo.issues()[0];
    assert_eq!((kept.open, kept.title.as_str()), (false, "Drift"));
    assert_eq!(kept.body, run);
    assert_eq!(kept.state_reason.as_deref(), Some("completed"));
    let change = "PATCH /repos/acme/infra/issues/*";
    it.fake.expect_writes(&[CREATE, change, change]);
}

#[test]
fn attack_a_foreign_issue_with_our_marker_is_not_ours() {
    let it = scene();
    let body = format!("{MARKER}1 -->");
    it.repo.issue(&it.mallory, "Drift", &body);
    it.repo.issue(&bot(&it), "Drift", &format!("> {body}"));
    it.repo.issue(&bot(&it), "Another", "");
    let closed = it.repo.issue(&bot(&it), "Drift", &body);
    it.repo.close_issue(closed.number);
    // A pull request is an issue, too.
    it.repo.branch("ours", &it.repo.head("feature"));
    it.repo.pull("ours").author(&bot(&it)).body(&body).open();
    assert_eq!(own(&it), []);
}

#[test]
fn our_issues_are_listed_from_all_pages_oldest_first() {
    let it = scene();
    let body = |n: u64| format!("{MARKER}{n} -->");
    let first = it.repo.issue(&bot(&it), "Drift", &body(1)).number;
    for n in 0..150 {
        it.repo.issue(&it.mallory, "Drift", &body(n));
    }
    let last = it.repo.issue(&bot(&it), "Drift", &body(2)).number;
    it.fake.fault_after(1, ISSUES, Fault::Status(502));
    let found: Vec<u64> = own(&it).iter().map(|issue| issue.number).collect();
    assert_eq!(found, [first, last]);
    assert_eq!(it.fake.count(ISSUES), 3, "two pages, one of them twice");
}

#[test]
fn an_issue_with_a_lost_response_is_not_repeated() {
    let it = scene();
    let body = format!("{MARKER}1 -->");
    it.fake.fault(CREATE, Fault::DropAfter);
    let error = it.ask(async |github| github.open_issue("Drift", &body).await.unwrap_err());
    assert!(!error.is_refusal());
    assert_eq!(own(&it).len(), 1, "the next look finds it");
    it.fake.expect_writes(&[CREATE]);
}

#[test]
fn a_job_without_permission_is_denied() {
    let it = scene();
    let token = it.fake.readonly_token();
    let (open, change) = it.ask_as(token, async |github| {
        let issue = github.open_issue("Drift", "x").await.unwrap_err();
        let change = github.update_issue(1, "x", true).await.unwrap_err();
        (issue.is_refusal(), change.is_refusal())
    });
    assert!(open && change);
    it.fake.take_writes();
}
