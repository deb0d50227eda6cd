//! Variables of a trigger replace all others. Whoever holds the trigger token can set each variable that provisioner reads; none of
//! them gives an effect that the rules forbid. `docs/gitlab.md` has the list.
#![expect(clippy::disallowed_methods, reason = "a webhook's payload is a file")]

use super::world::*;
use crate::support::gitlab::FakeGitLab;
use crate::support::job::Job;

const PREP: &str = "/provisioner provision";
const ZEROS: &str = "0000000000000000000000000000000000000000";

fn with_all(job: Job, variables: &[(&str, String)]) -> Job {
    let set = |job: Job, (name, value): &(&str, String)| job.with(name, value);
    variables.iter().fold(job, set)
}

/// A webhook's payload in the job's folder, in which a text is replaced.
fn forge_payload(job: &Job, from: &str, to: &str) {
    let file = job.folder.path().join("payload.json");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(&file, text.replace(from, to)).unwrap();
}

/// What a trigger can set, one at a time and together, on the job that applies.
fn forged(world: &GitLabWorld, head: &str) -> Vec<Vec<(&'static str, String)>> {
    let tip = world.repo.head("main");
    let checker = world.gitlab.check_token();
    let one = |name, value: &str| vec![(name, value.to_owned())];
    let push = |before: &str, after: &str| {
        vec![
            ("CI_PIPELINE_SOURCE", "push".to_owned()),
            ("CI_COMMIT_BEFORE_SHA", before.to_owned()),
            ("CI_COMMIT_SHA", after.to_owned()),
        ]
    };
    let apply = |source: &str| {
        vec![
            ("CI_PIPELINE_SOURCE", source.to_owned()),
            ("PROVISIONER_MODE", "apply".to_owned()),
            ("PROVISIONER_PATHS", world.workdir.path()),
        ]
    };
    let another = "11";
    vec![
        one("CI_COMMIT_BEFORE_SHA", &tip),
        one("CI_COMMIT_BEFORE_SHA", ZEROS),
        one("CI_COMMIT_BRANCH", "feature"),
        one("CI_COMMIT_REF_NAME", "feature"),
        one("CI_COMMIT_SHA", head),
        one("CI_COMMIT_TAG", "v1"),
        one("CI_DEFAULT_BRANCH", "feature"),
        one("CI_JOB_ID", another),
        one("CI_JOB_URL", "https://evil.example/"),
        one("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train"),
        one("CI_MERGE_REQUEST_IID", "7"),
        one("CI_MERGE_REQUEST_PROJECT_ID", "1"),
        one("CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/7/head"),
        one("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &tip),
        one("CI_PIPELINE_CREATED_AT", "2000-01-01T00:00:00Z"),
        one("CI_PIPELINE_ID", another),
        one("CI_PIPELINE_SOURCE", "merge_request_event"),
        one("CI_PIPELINE_SOURCE", "schedule"),
        one("CI_PROJECT_ID", "1"),
        one("CI_PROJECT_PATH", "evil/infra"),
        one("CI_SERVER_URL", "http://127.0.0.1:9"),
        one("GITLAB_USER_LOGIN", "bob"),
        one("PROVISIONER_CHECK_USER", "1"),
        one("PROVISIONER_COMMENT", "false"),
        one("PROVISIONER_CONFIGS", "**/*.yaml"),
        one("PROVISIONER_ENVIRONMENT", "dev"),
        one("PROVISIONER_FINISH_CANCELLED", "true"),
        one("PROVISIONER_ID_TOKEN", "e30.e30.e30"),
        one("PROVISIONER_MODE", "apply"),
        one("PROVISIONER_PATHS", &world.workdir.path()),
        one("PROVISIONER_SARIF_FILE", "evil"),
        one("PROVISIONER_TIER", "enterprise"),
        one("PROVISIONER_TOKEN", &checker),
        one("TRIGGER_PAYLOAD", "/proc/self/environ"),
        push(&tip, head),
        push(ZEROS, head),
        push(&tip, &tip),
        apply("web"),
        apply("api"),
    ]
}

/// A Guest commands for a merge request that is approved and not merged.
#[test]
fn attack_each_variable_of_a_trigger_provisions_nothing() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    for variables in forged(&world, &pull.head_sha()) {
        let run = run(with_all(
            world.command_job(7, &world.mallory, PREP),
            &variables,
        ));
        assert_eq!(world.stack(), None, "{variables:?}: {}", run.stderr);
        for secret in [world.gitlab.apply_token(), world.gitlab.check_token()] {
            assert!(
                !run.stderr.contains(&secret),
                "{variables:?}: {}",
                run.stderr
            );
        }
        world.gitlab.take_writes();
    }
    let before = world.merged(&pull);
    let run = world.provision(&before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.gitlab.take_writes();
}

/// A Guest, and the person who asked for it, confirm the deletion of a stack.
#[test]
fn attack_each_variable_of_a_trigger_deletes_nothing() {
    let world = GitLabWorld::new(&policy("    deletes: guarded\n"));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    assert_eq!(world.provision(&before).status, 0);
    let removal = world.removal(8);
    removal.approve(&world.bob);
    let before = world.merged(&removal);
    world.provision(&before);
    let asked = world.notes(8).pop().unwrap();
    let line = asked
        .lines()
        .find(|line| line.starts_with("/provisioner tear-down"));
    let line = line.unwrap().to_owned();
    world.gitlab.take_writes();
    let evil = FakeGitLab::start();
    let head = removal.head_sha();
    for by in [&world.mallory, &world.alice] {
        for mut variables in forged(&world, &head) {
            variables.push(("GITLAB_USER_LOGIN", "carol".to_owned()));
            let note = world.command_job(8, by, &line);
            // The payload says that somebody else wrote the note.
            forge_payload(&note, &format!("\"{}\"", by.login), "\"carol\"");
            let run = run(with_all(note, &variables));
            let exists = world.stack().as_deref() == Some("CREATE_COMPLETE");
            assert!(exists, "{variables:?}: {}", run.stderr);
            world.gitlab.take_writes();
        }
    }
    let note = world.command_job(8, &world.carol, &line);
    run(note.with("CI_API_V4_URL", &evil.api_url()));
    assert!(evil.requests().is_empty());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let run = run(world.command_job(8, &world.carol, &line));
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
}
