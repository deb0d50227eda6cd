//! Answers that lack a change of the last minute, and errors in place of facts.

use provisioner::forge::{PullRequests as _, Reviews as _, Statuses as _};
use provisioner::model::UserId;
use serde_json::{Value, json};

use super::{Scene, new_scene, sha};
use crate::support::github::{ACTIONS_BOT_ID, Fault};

const PULLS: &str = "GET /repos/acme/infra/commits/*/pulls";
const ACTIVITY: &str = "GET /repos/acme/infra/activity";
const STATUSES: &str = "GET /repos/acme/infra/commits/*/statuses";
const BRANCH: &str = "GET /repos/acme/infra/branches/main";
const COMPARE: &str = "GET /repos/acme/infra/compare/**";
const PULL: &str = "GET /repos/acme/infra/pulls/7";

fn none() -> Fault {
    Fault::Json(200, json!([]))
}

#[test]
fn the_pull_request_of_a_new_merge_is_waited_for() {
    let missing = json!({"message": "No commit found for SHA: abc"});
    for fault in [
        none(),
        Fault::Json(422, missing),
        Fault::Json(404, json!({})),
    ] {
        let scene = new_scene();
        let merge = sha(&scene.pull.merge(&scene.bob));
        scene.fake.fault_times(2, PULLS, fault.clone());
        let found = scene.call_since(5, None, async |github| {
            github.merged_by(&merge).await.unwrap()
        });
        assert_eq!(found, [7], "{fault:?}");
        assert_eq!(scene.fake.count(PULLS), 3, "{fault:?}");
    }
}

#[test]
fn a_commit_without_a_pull_request_is_waited_for_once_a_minute() {
    for (seconds, requests) in [(5, 6), (120, 1)] {
        let scene = new_scene();
        let pushed = sha(&scene.repo.head("main"));
        let found = scene.call_since(seconds, None, async |github| {
            github.merged_by(&pushed).await.unwrap()
        });
        assert_eq!(found, [0_u64; 0]);
        assert_eq!(scene.fake.count(PULLS), requests, "{seconds} seconds old");
    }
}

#[test]
fn the_push_of_a_new_head_is_waited_for() {
    for (seconds, times, known) in [(5, 4, true), (120, 2, false)] {
        let scene = new_scene();
        // One search is two requests: of the branch, then of all branches.
        scene.fake.fault_times(times, ACTIVITY, none());
        let reviewed = scene.call_since(seconds, None, async |github| {
            github.request(7, &[]).await.unwrap()
        });
        assert_eq!(reviewed.pushes.is_some(), known, "{seconds} seconds old");
        let requests = if known { 5 } else { 2 };
        assert_eq!(scene.fake.count(ACTIVITY), requests);
    }
}

#[test]
fn the_status_of_a_new_head_is_waited_for() {
    for (seconds, requests) in [(5, 2), (120, 1)] {
        let scene = new_scene();
        let bot = scene.fake.bot("github-actions[bot]");
        scene
            .repo
            .status(&scene.pull.head_sha(), "provisioner/plan", "success", &bot);
        scene.fake.fault(STATUSES, none());
        let found = scene.call_since(seconds, None, async |github| {
            let own = UserId(ACTIONS_BOT_ID);
            let head = scene.head();
            let history = github.status_history(&head, own, "provisioner/plan");
            history.await.unwrap().len()
        });
        assert_eq!(found, requests - 1, "{seconds} seconds old");
        assert_eq!(scene.fake.count(STATUSES), requests);
    }
}

#[test]
fn a_new_commit_that_does_not_exist_yet_is_waited_for() {
    for (seconds, times) in [(5, 2), (120, 1)] {
        let scene = new_scene();
        let missing = Fault::Json(404, json!({"message": "Not Found"}));
        scene.fake.fault_times(times, COMPARE, missing);
        let base = sha(&scene.repo.head("main"));
        let found = scene.call_since(seconds, None, async |github| {
            github.merge_base(&base, &scene.head()).await
        });
        match seconds {
            5 => assert_eq!(found.unwrap(), base),
            _ => assert!(found.unwrap_err().is_not_found()),
        }
        let expected = if seconds == 5 { 3 } else { 1 };
        assert_eq!(scene.fake.count(COMPARE), expected, "{seconds} seconds old");
    }
}

/// The former tip of a branch, or the former head, is an answer from before the push.
#[test]
fn a_replaced_commit_is_not_the_newest() {
    let scene = new_scene();
    let before = scene.repo.head("main");
    let old: Value = json!({
        "name": "main",
        "commit": {"sha": before},
        "protected": true,
        "protection": {"enabled": true},
    });
    let merge = scene.pull.merge(&scene.bob);
    scene.fake.fault(BRANCH, Fault::Json(200, old));
    let branch = scene.call_since(5, Some(sha(&before)), async |github| {
        github.default_branch().await.unwrap()
    });
    assert_eq!(branch.tip, sha(&merge));
    assert_eq!(scene.fake.count(BRANCH), 2);

    let scene = new_scene();
    let before = scene.head();
    let old = pull_as_listed(&scene);
    let after = scene.repo.commit("feature").write("b", "x").push();
    scene.fake.fault_times(2, PULL, Fault::Json(200, old));
    let pull = scene.call_since(5, Some(before), async |github| {
        github.pull_request(7).await.unwrap()
    });
    assert_eq!(pull.head, sha(&after));
    assert_eq!(scene.fake.count(PULL), 3);
}

/// A branch can be reset to the commit before the push.
#[test]
fn a_branch_that_was_reset_counts_after_a_minute() {
    let scene = new_scene();
    let tip = sha(&scene.repo.head("main"));
    let branch = scene.call_since(5, Some(tip.clone()), async |github| {
        github.default_branch().await.unwrap()
    });
    assert_eq!(branch.tip, tip);
    assert_eq!(scene.fake.count(BRANCH), 6);
}

/// GitHub does not document an answer for a deleted branch. An error about all branches is no record.
#[test]
fn an_unreadable_activity_record_is_no_empty_record() {
    let unreadable = [
        Fault::Json(404, json!({"message": "Not Found"})),
        Fault::Json(422, json!({"message": "Validation Failed"})),
        Fault::Status(500),
        Fault::TruncatedJson,
    ];
    for fault in unreadable {
        let scene = new_scene();
        scene.fake.fault_always(ACTIVITY, fault.clone());
        let request = scene.call(async |github| github.request(7, &[]).await);
        assert!(request.is_err(), "{fault:?}");
    }
    let scene = new_scene();
    let message = "Resource not accessible by integration";
    let refused = Fault::Json(403, json!({ "message": message }));
    scene.fake.fault(ACTIVITY, refused);
    let request = scene.call(async |github| github.request(7, &[]).await.unwrap());
    assert_eq!(request.pushes, None, "a missing permission is a fact");
}

fn pull_as_listed(scene: &Scene) -> Value {
    let client =
        crate::support::http::Client::new(&scene.fake.api_url(), Some(&scene.fake.actions_token()));
    let answer = client.send("GET", "/repos/acme/infra/pulls/7", None);
    let pull = answer.expect("an answer").json();
    scene.fake.clear_journal();
    pull
}
