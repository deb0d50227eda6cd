//! The child pipeline that a job writes which finds environments.

use provisioner::ci::gitlab::{ChildInput, IDLE_PIPELINE, child_pipeline};
use provisioner::ci::{CiEvent, DispatchMode};
use provisioner::model::CommitSha;
use serde_json::{Value, json};

const BEFORE: &str = "1111111111111111111111111111111111111111";
const TEMPLATE: &str = "job:\n  parallel:\n    matrix:\n      - PROVISIONER_ENVIRONMENT: @environments@\n  script:\n    - >-\n      X=@source@\n      Z=@configs@ Y=@before@\n";

fn push() -> CiEvent {
    CiEvent::Push {
        finds: true,
        reference: "refs/heads/main".to_owned(),
        before: Some(CommitSha::parse(BEFORE).unwrap()),
        after: Some(CommitSha::parse(&"2".repeat(40)).unwrap()),
    }
}

fn schedule(configs: &[&str]) -> CiEvent {
    CiEvent::Dispatch {
        reference: "refs/heads/main".to_owned(),
        mode: DispatchMode::Find,
        configs: configs.iter().map(|&config| config.to_owned()).collect(),
    }
}

fn pipeline(
    template: &str,
    listed: &str,
    event: &CiEvent,
    found: &[&str],
) -> anyhow::Result<String> {
    let found: Vec<String> = found.iter().map(|&name| name.to_owned()).collect();
    child_pipeline(&ChildInput {
        template,
        listed,
        configs: "a/*.yaml\nb/*.yml\n",
        event,
        found: &found,
    })
}

fn jobs(event: &CiEvent, found: &[&str]) -> Value {
    let text = pipeline(TEMPLATE, r#"["dev", "prod"]"#, event, found).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

#[test]
fn found_environments_and_what_started_the_parent_are_in_the_child_pipeline() {
    let expected = |environments: &[&str], script: String| {
        json!({ "job": {
            "parallel": { "matrix": [{ "PROVISIONER_ENVIRONMENT": environments }] },
            "script": [script],
        }})
    };
    let pushed = format!("X=push Z='a/*.yaml\nb/*.yml' Y={BEFORE}");
    assert_eq!(jobs(&push(), &["prod"]), expected(&["prod"], pushed));
    let scheduled = format!("X=schedule Z='a/*.yaml\nb/*.yml' Y={}", "0".repeat(40));
    assert_eq!(
        jobs(&schedule(&[]), &["dev", "prod"]),
        expected(&["dev", "prod"], scheduled)
    );
}

/// GitLab skips a pipeline in which all jobs wait for a person who need not come.
#[test]
fn a_child_pipeline_without_environments_runs_nothing() {
    let jobs: Value = serde_yaml::from_str(IDLE_PIPELINE).unwrap();
    assert_eq!(
        jobs,
        json!({ "nothing-to-apply": { "script": ["true"], "rules": [{ "when": "manual", "allow_failure": true }] } })
    );
    let idle = pipeline(TEMPLATE, "[\"dev\"]", &push(), &[]).unwrap();
    assert_eq!(idle, IDLE_PIPELINE);
}

/// The policy of the default branch names environments, and a person who may merge can write any name into it.
#[test]
fn attack_a_name_that_the_component_does_not_list_starts_nothing() {
    let hostile = [
        "staging",
        "prod\"]\nevil:\n  script: [evil]\n#",
        "$EVIL",
        "@source@",
        "pr od",
        "prod: x",
        "",
    ];
    for name in hostile {
        let text = pipeline(TEMPLATE, "[\"prod\"]", &push(), &[name]).unwrap();
        assert_eq!(text, IDLE_PIPELINE, "{name:?}");
        // Even if the component lists it, except for one that is only a word.
        let listed = serde_json::to_string(&[name]).unwrap();
        let text = pipeline(TEMPLATE, &listed, &push(), &[name]).unwrap();
        assert_eq!(text == IDLE_PIPELINE, name != "staging", "{name:?}");
        assert!(!text.contains("evil"), "{text}");
    }
}

#[test]
fn attack_no_other_pipeline_starts_jobs_of_environments() {
    let others = [
        schedule(&["a.yaml"]),
        CiEvent::PullRequest { number: 7 },
        CiEvent::Schedule,
        CiEvent::Push {
            finds: true,
            reference: "refs/heads/main".to_owned(),
            before: None,
            after: None,
        },
    ];
    for event in others {
        pipeline(TEMPLATE, "[\"prod\"]", &event, &["prod"]).unwrap_err();
    }
}

#[test]
fn attack_globs_end_no_word_of_the_script() {
    let (found, event) = (["prod".to_owned()], push());
    let input = |configs| ChildInput {
        template: TEMPLATE,
        listed: "[\"prod\"]",
        configs,
        event: &event,
        found: &found,
    };
    child_pipeline(&input("a' evil 'b")).unwrap_err();
    for (configs, word) in [
        ("", "Z=''"),
        ("  a b.yaml \n\n", "Z='a b.yaml'"),
        ("$(evil)", "Z='$(evil)'"),
    ] {
        let text = child_pipeline(&input(configs)).unwrap();
        let jobs: Value = serde_yaml::from_str(&text).unwrap();
        let script = jobs["job"]["script"][0].as_str().unwrap();
        assert!(script.contains(&format!(" {word} ")), "{script}");
    }
}

#[test]
fn a_component_of_another_release_is_an_error() {
    for template in ["", &TEMPLATE.replace("@before@", "x"), &TEMPLATE.repeat(2)] {
        let error = pipeline(template, "[\"prod\"]", &push(), &["prod"]).unwrap_err();
        assert!(error.to_string().contains("of one release"), "{error}");
    }
    for listed in ["", "prod", "{}"] {
        let error = pipeline(TEMPLATE, listed, &push(), &["prod"]).unwrap_err();
        assert!(error.to_string().contains("no list of names"), "{error}");
    }
}
