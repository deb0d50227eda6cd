//! Variables and payloads of pipelines. Each hostile one has a harmless twin.

use std::collections::BTreeMap;

use provisioner::ci::gitlab::{PIPELINE_SOURCES, parse_event};
use provisioner::ci::{CiEvent, DispatchMode};
use provisioner::model::CommitSha;
use serde_json::{Value, json};

const BASE: &str = "1111111111111111111111111111111111111111";
const HEAD: &str = "2222222222222222222222222222222222222222";
const ZEROS: &str = "0000000000000000000000000000000000000000";

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

fn read(more: &[(&str, &str)], payload: Option<&str>) -> anyhow::Result<CiEvent> {
    let usual = [
        ("CI_PROJECT_ID", "42"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_SHA", HEAD),
    ];
    let all: BTreeMap<&str, &str> = usual.into_iter().chain(more.iter().copied()).collect();
    let value = |name: &str| {
        let value = all.get(name).filter(|value| !value.is_empty());
        value.map(|value| (*value).to_owned())
    };
    parse_event(&value, payload)
}

fn event(more: &[(&str, &str)]) -> CiEvent {
    read(more, None).unwrap()
}

/// An event that the program would handle in another case.
fn idle(name: &str) -> CiEvent {
    let mut all = PIPELINE_SOURCES.iter();
    let source = all.find(|source| source.names.contains(&name)).unwrap();
    CiEvent::Idle {
        name: name.to_owned(),
        only_if: source.only_if.unwrap(),
    }
}

#[test]
fn merge_request_pipelines() {
    let request = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "42"),
        ("CI_MERGE_REQUEST_IID", "7"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&request[..], more].concat();
    assert_eq!(event(&request), CiEvent::PullRequest { number: 7 });
    let results = with(&[("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result")]);
    assert_eq!(event(&results), CiEvent::PullRequest { number: 7 });
    let train = with(&[
        ("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", BASE),
    ]);
    let group = CiEvent::MergeGroup {
        base: sha(BASE),
        head: sha(HEAD),
    };
    assert_eq!(event(&train), group);
    // Without the target's commit nothing can be compared.
    let train = with(&[("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train")]);
    assert!(read(&train, None).is_err());
    let wrong = with(&[("CI_MERGE_REQUEST_IID", "7/../8")]);
    assert!(read(&wrong, None).is_err());
}

/// In the pipeline of a fork, number 7 of the fork is another merge request.
#[test]
fn attack_a_pipeline_of_a_fork_checks_nothing() {
    let fork = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "41"),
        ("CI_MERGE_REQUEST_IID", "7"),
    ];
    assert_eq!(event(&fork), idle("merge_request_event"));
}

#[test]
fn pushes() {
    let push = |more: &[(&'static str, &'static str)]| {
        [
            &[
                ("CI_PIPELINE_SOURCE", "push"),
                ("CI_COMMIT_BEFORE_SHA", BASE),
            ][..],
            more,
        ]
        .concat()
    };
    let main = |before| CiEvent::Push {
        finds: false,
        reference: "refs/heads/main".to_owned(),
        before,
        after: Some(sha(HEAD)),
    };
    let branch = ("CI_COMMIT_BRANCH", "main");
    assert_eq!(event(&push(&[branch])), main(Some(sha(BASE))));
    let first = push(&[branch, ("CI_COMMIT_BEFORE_SHA", ZEROS)]);
    assert_eq!(event(&first), main(None));
    for more in [
        &[("CI_COMMIT_BRANCH", "main2")][..],
        &[("CI_COMMIT_BRANCH", "refs/heads/main")],
        // A tag, also one with the branch's name.
        &[("CI_COMMIT_TAG", "main"), ("CI_COMMIT_REF_NAME", "main")],
    ] {
        assert_eq!(event(&push(more)), idle("push"), "{more:?}");
    }
}

#[test]
fn other_sources() {
    let source = |name: &str| event(&[("CI_PIPELINE_SOURCE", name)]);
    assert_eq!(source("schedule"), CiEvent::Schedule);
    for name in ["trigger", "web", "api", "parent_pipeline"] {
        assert_eq!(source(name), idle(name));
    }
    for name in ["pipeline", "chat", "external_pull_request_event"] {
        assert_eq!(source(name), CiEvent::Other(name.to_owned()));
    }
    assert!(read(&[], None).is_err());
}

#[test]
fn a_job_that_finds_environments_is_of_a_push_or_a_schedule() {
    let find = |source: &'static str| {
        [
            ("CI_PIPELINE_SOURCE", source),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_BEFORE_SHA", BASE),
            ("PROVISIONER_MODE", "find"),
        ]
    };
    let push = event(&find("push"));
    assert!(
        matches!(push, CiEvent::Push { finds: true, .. }),
        "{push:?}"
    );
    let schedule = event(&find("schedule"));
    assert_eq!(
        schedule,
        CiEvent::Dispatch {
            reference: "refs/heads/main".to_owned(),
            mode: DispatchMode::Find,
            configs: Vec::new(),
        }
    );
    // A person could choose what the child pipeline does, and AWS would not see who started it.
    for source in ["web", "api"] {
        read(&find(source), None).unwrap_err();
    }
    for source in ["parent_pipeline", "trigger"] {
        assert_eq!(event(&find(source)), idle(source));
    }
}

#[test]
fn a_child_pipeline_does_what_its_parent_is_for_in_one_environment() {
    let child = |source: &'static str, environment: &'static str| {
        event(&[
            ("CI_PIPELINE_SOURCE", "parent_pipeline"),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_BEFORE_SHA", BASE),
            ("PROVISIONER_PARENT_SOURCE", source),
            ("PROVISIONER_ENVIRONMENT", environment),
        ])
    };
    let push = CiEvent::Push {
        finds: false,
        reference: "refs/heads/main".to_owned(),
        before: Some(sha(BASE)),
        after: Some(sha(HEAD)),
    };
    assert_eq!(child("push", "prod"), push);
    let schedule = CiEvent::Dispatch {
        reference: "refs/heads/main".to_owned(),
        mode: DispatchMode::Apply,
        configs: Vec::new(),
    };
    assert_eq!(child("schedule", "prod"), schedule);
    for (source, environment) in [
        ("push", ""),
        ("schedule", ""),
        ("", "prod"),
        ("web", "prod"),
        ("merge_request_event", "prod"),
    ] {
        let event = child(source, environment);
        assert_eq!(event, idle("parent_pipeline"), "{source} {environment}");
    }
}

#[test]
fn a_persons_pipeline_says_what_it_is_for() {
    let run = |mode: &str, reference: (&str, &str), paths: &str| {
        let variables = [
            ("CI_PIPELINE_SOURCE", "web"),
            ("PROVISIONER_MODE", mode),
            reference,
            ("PROVISIONER_PATHS", paths),
        ];
        read(&variables, None)
    };
    let dispatch = |reference: &str, mode, configs: &[&str]| CiEvent::Dispatch {
        reference: reference.to_owned(),
        mode,
        configs: configs.iter().map(|&config| config.to_owned()).collect(),
    };
    let main = ("CI_COMMIT_BRANCH", "main");
    assert_eq!(
        run("look", main, "").unwrap(),
        dispatch("refs/heads/main", DispatchMode::Look, &[])
    );
    assert_eq!(
        run("apply", main, "a.yaml, b.yaml\n\n").unwrap(),
        dispatch(
            "refs/heads/main",
            DispatchMode::Apply,
            &["a.yaml", "b.yaml"]
        )
    );
    // A tag with the branch's name is not the branch.
    assert_eq!(
        run("apply", ("CI_COMMIT_TAG", "main"), "").unwrap(),
        dispatch("refs/tags/main", DispatchMode::Apply, &[])
    );
    assert!(run("Apply", main, "").is_err());
    assert!(run("apply-all", main, "").is_err());
}

fn note() -> Value {
    json!({
        "object_kind": "note",
        "event_type": "note",
        "project": { "id": 42, "visibility_level": 0 },
        "object_attributes": {
            "id": 99, "note": "/provisioner help", "noteable_type": "MergeRequest", "action": "create", "system": false,
        },
        "merge_request": { "id": 1007, "iid": 7 },
    })
}

fn triggered(payload: &str) -> anyhow::Result<CiEvent> {
    read(&[("CI_PIPELINE_SOURCE", "trigger")], Some(payload))
}

fn comment(is_new: bool, public: bool) -> CiEvent {
    CiEvent::Comment {
        id: 99,
        number: 7,
        is_new,
        on_issue: false,
        public,
        body: "/provisioner help".to_owned(),
    }
}

#[test]
fn a_note_on_a_merge_request_is_a_comment() {
    assert_eq!(
        triggered(&note().to_string()).unwrap(),
        comment(true, false)
    );
    let changed = |pointer: &str, value: Value| {
        let mut note = note();
        *note.pointer_mut(pointer).unwrap() = value;
        triggered(&note.to_string()).unwrap()
    };
    for level in [json!(10), json!(20), json!(null)] {
        let event = changed("/project/visibility_level", level.clone());
        assert_eq!(event, comment(true, true), "{level}");
    }
}

#[test]
fn a_note_on_an_issue_is_a_comment_on_an_issue() {
    let mut note = note();
    note["object_attributes"]["noteable_type"] = json!("Issue");
    note["issue"] = json!({ "id": 2008, "iid": 8 });
    let CiEvent::Comment {
        number, on_issue, ..
    } = triggered(&note.to_string()).unwrap()
    else {
        panic!("{note}");
    };
    // The merge request beside it does not count.
    assert_eq!((number, on_issue), (8, true));
}

#[test]
fn attack_other_notes_command_nothing() {
    let changed = |pointer: &str, value: Value| {
        let mut note = note();
        *note.pointer_mut(pointer).unwrap() = value;
        triggered(&note.to_string())
    };
    for action in [json!("update"), json!("Create"), json!(null)] {
        let event = changed("/object_attributes/action", action.clone()).unwrap();
        assert_eq!(event, comment(false, false), "{action}");
    }
    let system = changed("/object_attributes/system", json!(true)).unwrap();
    assert_eq!(system, comment(false, false));
    for kind in ["Issue", "Work item", "Commit", "Snippet", "mergerequest"] {
        // A hostile payload may have a merge request beside it.
        let event = changed("/object_attributes/noteable_type", json!(kind)).unwrap();
        assert_eq!(event, idle("trigger"), "{kind}");
    }
    assert_eq!(
        changed("/merge_request", json!(null)).unwrap(),
        idle("trigger")
    );
    assert_eq!(
        changed("/object_kind", json!("push")).unwrap(),
        idle("trigger")
    );
    assert!(changed("/merge_request/iid", json!(-7)).is_err());
    assert!(changed("/object_attributes/id", json!("99")).is_err());
    for payload in ["", "null", "[]", "{}", "no JSON"] {
        assert!(triggered(payload).is_err(), "{payload}");
    }
}

/// Only a trigger has a payload: a merge request's pipeline cannot be made a comment.
#[test]
fn attack_a_payload_beside_another_source_is_ignored() {
    let payload = note().to_string();
    let event = read(&[("CI_PIPELINE_SOURCE", "schedule")], Some(&payload));
    assert_eq!(event.unwrap(), CiEvent::Schedule);
    let event = read(&[("CI_PIPELINE_SOURCE", "web")], Some(&payload));
    assert_eq!(event.unwrap(), idle("web"));
}
