//! Scheduled drift detection: what differs between runs and what the forge refuses. The course of an issue is in `forges/drift.rs`.

use crate::aws::scene;
use crate::support::github::{Fault as GitHubFault, Issue};
use crate::support::job::{Job, JobOutput};
use crate::support::proxy::{Fault, FaultProxy, Rule};
use crate::world::*;

const OPENED: &str = "POST /repos/acme/infra/issues";

impl World {
    /// A repository with a deployed config, as after a merge.
    fn deployed(policy: &str) -> Self {
        let world = Self::new(policy);
        scene::with_stack(&world.workdir);
        world
            .repo
            .commit("main")
            .write(
                &world.workdir.path(),
                world.workdir.read(&world.workdir.path()),
            )
            .push();
        world
    }

    fn put(&self, value: &str) {
        let put = self
            .workdir
            .aws
            .parameters()
            .put_parameter()
            .overwrite(true);
        let put = put.name(format!("/s3/{}/SolutionsPrefix", self.workdir.name));
        self.workdir.aws.wait(put.value(value).send()).unwrap();
    }

    fn scan_job(&self) -> Job {
        let event = self.repo.schedule_event("17 3 * * *");
        self.job("schedule", &event, 0)
    }

    fn scan(&self) -> JobOutput {
        let run = self.scan_job().run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        run
    }

    fn only_issue(&self) -> Issue {
        let issues = self.repo.issues();
        assert_eq!(issues.len(), 1);
        issues.into_iter().next().unwrap()
    }
}

#[test]
fn attack_live_values_are_never_shown() {
    let world = World::deployed(&policy(""));
    let secret = "Xk7mQ2vR9tLp4WzN8bYc";
    world.put(&format!(
        "{secret} @acme/admins fixes #1 | </details> ![x](https://evil.example/x.png)\n# Approved\n::set-output name=a::b"
    ));
    let run = world.scan();
    world.github.expect_writes(&[OPENED]);
    let issue = world.only_issue();
    let all = format!(
        "{}{}{}{}{}",
        issue.title, issue.body, run.stdout, run.stderr, run.summary
    );
    for word in [
        secret,
        "@acme/admins",
        "fixes #1",
        "evil.example",
        "# Approved",
        "::set-output",
    ] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}

#[test]
fn an_unreadable_stack_keeps_its_issue_and_fails_the_run() {
    let world = World::deployed(&policy(""));
    world.put("other/");
    world.scan();
    world.github.expect_writes(&[OPENED]);
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    proxy.rule(Rule::new(Fault::Denied).for_operation("DetectStackDrift"));
    let run = world
        .scan_job()
        .with("AWS_ENDPOINT_URL", &proxy.url())
        .run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    assert_eq!(run.outputs["failed"], "1");
    world.github.expect_writes(&[]);
    assert!(world.only_issue().open);
}

/// The forge does not take an issue: the summary still has what was found, and the next scan opens the issue.
#[test]
fn an_issue_that_is_not_written_loses_no_finding() {
    let world = World::deployed(&policy(""));
    world.put("other/");
    let expired = GitHubFault::Json(401, serde_json::json!({"message": "Bad credentials"}));
    for place in [OPENED, "GET /repos/acme/infra/issues", "POST /graphql"] {
        world.github.fault_always(place, expired.clone());
        let run = world.scan_job().run();
        world.github.clear_faults();
        world.github.take_writes();
        assert_eq!(run.status, 31, "{place}: {}", run.stderr);
        assert_eq!(run.outputs["drifted"], "1", "{place}");
        assert!(run.summary.contains("drift"), "{place}: {}", run.summary);
    }
    world.scan();
    world.github.expect_writes(&[OPENED]);
}

/// S13: an issue that GitHub refuses is named with the reason, and the run fails.
#[test]
fn a_refused_issue_is_reported_with_its_reason() {
    let world = World::deployed(&policy(""));
    world.put("other/");
    for (status, message) in [
        (410, "Issues are disabled for this repo"),
        (422, "Validation Failed"),
        (403, "Resource not accessible by integration"),
    ] {
        let refused = GitHubFault::Json(status, serde_json::json!({ "message": message }));
        world.github.fault_always(OPENED, refused);
        let run = world.scan_job().run();
        world.github.clear_faults();
        world.github.take_writes();
        assert_eq!(run.status, 31, "{status}: {}", run.stderr);
        assert_eq!(run.outputs["drifted"], "1", "{status}");
        for text in [&run.summary, &run.stdout] {
            assert!(
                text.contains("the issue is not written"),
                "{status}: {text}"
            );
            assert!(text.contains(message), "{status}: {text}");
        }
        assert!(run.summary.contains("SolutionsPrefix"), "{}", run.summary);
    }
}

/// S13: one issue that GitHub refuses stops no other one.
#[test]
fn a_refused_issue_stops_no_other_one() {
    let world = World::deployed(&policy(""));
    let path = world.workdir.path();
    let other = path.replace("acme-", "edge-");
    let text = world.workdir.read(&path).replace("acme", "edge");
    world.workdir.write(&other, &text);
    let created = world.workdir.run(&["prep-master", &other, "--force"]);
    assert_eq!(created.status, 0, "{}{}", created.stdout, created.stderr);
    world.repo.commit("main").write(&other, &text).push();
    world.put("other/");
    let name = world.workdir.name.replace("acme-", "edge-");
    let put = world.workdir.aws.parameters().put_parameter();
    let put = put
        .name(format!("/s3/{name}/SolutionsPrefix"))
        .value("other/");
    world.workdir.aws.wait(put.overwrite(true).send()).unwrap();

    let refused = serde_json::json!({"message": "Validation Failed"});
    world.github.fault(OPENED, GitHubFault::Json(422, refused));
    let run = world.scan_job().run();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert_eq!(run.outputs["drifted"], "2", "{}", run.summary);
    assert!(
        run.summary.contains("the issue is not written"),
        "{}",
        run.summary
    );
    let issue = world.only_issue();
    assert!(issue.title.contains(&name), "{}", issue.title);
    world.github.clear_faults();
    world.github.take_writes();
}

#[test]
fn a_job_without_credentials_names_the_missing_permission() {
    let world = World::deployed(&policy(""));
    let bare = world
        .scan_job()
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", "")
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "");
    let run = bare.run();
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("identity-token-missing"),
        "{}",
        run.stderr
    );
    world.github.expect_writes(&[]);

    let world = World::deployed("version: 1\n");
    let run = world.scan_job().run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert!(run.stderr.contains("sets no plan role"), "{}", run.stderr);
    assert!(
        world.issuers[0].issued().is_empty(),
        "no token is asked for in vain"
    );
    world.github.expect_writes(&[]);
}

/// Threat 75.
#[test]
fn attack_no_drift_is_read_in_an_account_of_another_environment() {
    let world = World::deployed(&policy("    accounts: ['999999999999']\n"));
    let run = world.scan_job().run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    let reason = "the policy does not list account";
    assert!(run.stderr.contains(reason), "{}", run.stderr);
    for issuer in &world.issuers {
        assert!(issuer.issued().is_empty(), "no token is asked for");
    }
    world.github.expect_writes(&[]);
}

#[test]
fn a_config_without_a_stack_is_named_and_gets_an_issue() {
    let world = World::new(&policy(""));
    world
        .repo
        .commit("main")
        .write(
            &world.workdir.path(),
            world.workdir.read(&world.workdir.path()),
        )
        .push();
    let run = world.scan();
    for text in [&run.summary, &run.stderr] {
        assert!(text.contains("1 config has no stack"), "{text}");
        assert!(text.contains(&world.workdir.path()), "{text}");
    }
    assert!(!run.summary.contains('✅'), "{}", run.summary);
    assert_eq!(run.outputs["without-stack"], "1");
    world.github.expect_writes(&[OPENED]);
    assert!(
        world
            .only_issue()
            .title
            .starts_with("Merged, not applied: ")
    );
}

/// A person starts the workflow: it looks, for all configs or for those that the person names.
#[test]
fn a_dispatch_looks_now_and_changes_nothing() {
    let world = World::deployed(&policy(""));
    let path = world.workdir.path();
    let other = path.replace("acme-", "edge-");
    let text = world.workdir.read(&path);
    let text = text.replace("company_prefix: acme", "company_prefix: edge");
    world.repo.commit("main").write(&other, text).push();
    let look = |inputs: serde_json::Value| {
        let event = world
            .repo
            .workflow_dispatch_event("main", &inputs, &world.carol);
        world.job("workflow_dispatch", &event, 0).run()
    };
    for (inputs, checked, missing) in [
        (serde_json::Value::Null, "1 stack checked", "1"),
        (serde_json::json!({"mode": "look"}), "1 stack checked", "1"),
        (serde_json::json!({"configs": path}), "1 stack checked", "0"),
        (
            serde_json::json!({"configs": other}),
            "0 stacks checked",
            "1",
        ),
    ] {
        let run = look(inputs);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(run.stderr.contains(checked), "{checked}: {}", run.stderr);
        assert_eq!(run.outputs["without-stack"], missing);
    }
    let unknown = look(serde_json::json!({"configs": "s3/configs/none.yaml"}));
    assert_eq!(unknown.status, 2, "{}", unknown.stderr);
    let wrong = look(serde_json::json!({"mode": "deploy"}));
    assert_eq!(wrong.status, 2, "{}", wrong.stderr);
    assert!(wrong.stdout.contains("::error "), "{}", wrong.stdout);
    // About the config without a stack.
    world.github.expect_writes(&[OPENED]);
}

/// A merge was denied: the deployed template is not that of the config on the default branch.
#[test]
fn a_stack_of_an_older_template_is_not_as_merged() {
    let world = World::deployed(&policy(""));
    let path = world.workdir.path();
    let strict = world.workdir.read(&path) + "  lifecycle_policy: compliance\n";
    world.repo.commit("main").write(&path, strict).push();
    let broken = path.replace("acme-", "edge-");
    world.repo.commit("main").write(&broken, "a: [").push();
    let run = world.scan();
    assert!(!run.summary.contains('✅'), "{}", run.summary);
    for words in [
        "the config or its product has changes that are not deployed",
        "1 config has errors",
        &*broken,
    ] {
        assert!(run.summary.contains(words), "{words}: {}", run.summary);
    }
    world.github.expect_writes(&[OPENED]);
    assert!(
        world
            .only_issue()
            .title
            .starts_with("Merged, not applied: ")
    );
}
