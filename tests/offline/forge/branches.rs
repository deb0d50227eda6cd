//! The default branch, and whether its protection requires pull requests.

use provisioner::forge::Reviews as _;
use serde_json::json;

use super::{Scene, new_scene};
use crate::support::github::{Fault, Repo};

fn with(change: impl FnOnce(Repo) -> Repo) -> Scene {
    let scene = new_scene();
    let repo = change(scene.repo.clone().default_branch("trunk"));
    let base = repo.head("main");
    repo.branch("trunk", &base);
    Scene { repo, ..scene }
}

#[test]
fn attack_only_a_pull_request_rule_protects_a_branch() {
    let rules: [(&[&str], bool); 3] = [
        (&[], false),
        // GitHub reports this branch as protected.
        (&["deletion", "non_fast_forward"], false),
        (&["deletion", "pull_request"], true),
    ];
    for (kinds, expected) in rules {
        let scene = with(|repo| {
            kinds
                .iter()
                .fold(repo, |repo, kind| repo.rule("trunk", kind))
        });
        let found = scene.call(async |github| github.default_branch().await.unwrap());
        assert_eq!(found.branch.protected, Some(expected), "{kinds:?}");
    }
}

#[test]
fn a_response_without_protection_is_unknown() {
    let scene = with(|repo| repo);
    let tip = scene.repo.head("trunk");
    for (answer, expected) in [
        (json!({"protected": true}), None),
        (json!({"protected": true, "protection": {}}), None),
        (json!({}), None),
        (json!({"protected": false}), Some(false)),
    ] {
        let mut answer = answer;
        answer["commit"] = json!({"sha": tip});
        scene.fake.fault(
            "GET /repos/acme/infra/branches/trunk",
            Fault::Json(200, answer.clone()),
        );
        let found = scene.call(async |github| github.default_branch().await.unwrap());
        assert_eq!(found.branch.protected, expected, "{answer}");
    }
}

#[test]
fn rules_are_read_to_the_last_page() {
    // GitHub sorts them by name.
    let scene = with(|repo| {
        let others = (0..100).map(|n| format!("other_{n:03}"));
        others
            .chain(["pull_request".to_owned()])
            .fold(repo, |repo, kind| repo.rule("trunk", &kind))
    });
    let found = scene.call(async |github| github.default_branch().await.unwrap());
    assert_eq!(found.branch.protected, Some(true));
    assert_eq!(
        scene
            .fake
            .count("GET /repos/acme/infra/rules/branches/trunk"),
        2
    );
}

#[test]
fn forbidden_rules_are_unknown() {
    let scene = with(|repo| repo.rule("trunk", "pull_request"));
    let rules = "GET /repos/acme/infra/rules/branches/trunk";
    scene.fake.fault(rules, Fault::Status(403));
    let found = scene.call(async |github| github.default_branch().await.unwrap());
    assert_eq!(found.branch.protected, None);
    // The branch was read just before, so its rules exist.
    scene.fake.fault(rules, Fault::Status(404));
    let error = scene.call(async |github| github.default_branch().await.unwrap_err());
    assert!(error.is_not_found(), "{error}");
}

#[test]
fn without_a_response_the_default_branch_is_unknown() {
    let scene = with(|repo| repo);
    let rules = "GET /repos/acme/infra/rules/branches/trunk";
    scene.fake.fault(rules, Fault::Status(500));
    let found = scene.call(async |github| github.default_branch().await);
    assert_eq!(found.unwrap().branch.protected, Some(false), "tried again");
    scene.fake.fault_always(rules, Fault::Status(500));
    let error = scene.call(async |github| github.default_branch().await.unwrap_err());
    assert!(!error.is_refusal(), "{error}");
    scene.fake.clear_faults();
    scene
        .fake
        .fault("GET /repos/acme/infra/branches/trunk", Fault::TruncatedJson);
    assert!(
        scene.call(async |github| github.default_branch().await.is_err()),
        "half an answer is none"
    );
}

#[test]
fn attack_a_branch_name_is_escaped_in_the_path() {
    let scene = new_scene();
    let name = "a#b%2f&page=9;../..%2e";
    let base = scene.repo.head("main");
    scene.repo.branch(name, &base);
    let repo = scene.repo.clone().default_branch(name);
    let scene = Scene { repo, ..scene };
    let found = scene.call(async |github| github.default_branch().await.unwrap());
    assert_eq!(found.branch.name, name);
    assert_eq!(found.branch.protected, Some(false));
    let paths: Vec<String> = scene
        .fake
        .requests()
        .iter()
        .map(|seen| seen.line())
        .collect();
    assert_eq!(
        paths,
        [
            "GET /repos/acme/infra".to_owned(),
            format!("GET /repos/acme/infra/branches/{name}"),
            format!("GET /repos/acme/infra/rules/branches/{name}"),
        ]
    );
}
