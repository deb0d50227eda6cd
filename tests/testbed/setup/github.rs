//! The written workflows in `act`.
#![expect(clippy::disallowed_methods, reason = "a runner is a process")]

use std::process::Command;

use serde_json::{Value, json};

use super::{Setup, assert_all};
use crate::act::{self, WorkflowRun};
use crate::support::emulator::{Aws, REGION};
use crate::support::github::{FakeGitHub, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::testbed;

const COMMIT: &str = "1234567890123456789012345678901234567890";
const WORKFLOWS: [&str; 5] = ["apply", "check", "command", "drift", "provision"];

fn setup(aws: Aws) -> Setup {
    let release = format!("acme/provisioner@{COMMIT}");
    Setup::new(
        aws,
        "git@github.com:acme/infra.git",
        &["--release", &release],
    )
}

fn file(workflow: &str) -> String {
    format!(".github/workflows/provisioner-{workflow}.yml")
}

/// The repository after the printed steps.
struct Project {
    setup: Setup,
    github: FakeGitHub,
    repo: Repo,
    alice: User,
    bob: User,
}

impl Project {
    /// The setup is merged, the roles are deployed, branch and environments are protected.
    fn new(aws: Aws) -> Self {
        let mut project = Self::merged(aws);
        project.deploy_roles();
        project
    }

    /// The same without roles.
    fn merged(aws: Aws) -> Self {
        let setup = setup(aws);
        let github = FakeGitHub::start();
        let [alice, bob] = ["alice", "bob"].map(|login| github.user(login));
        let repo = github.repo("acme/infra").private();
        let repo = repo
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Write);
        repo.commit("main").write("README.md", "x").push();
        let mut project = Self {
            setup,
            github,
            repo,
            alice,
            bob,
        };
        let pull = project.propose("provisioner-setup", 6, &project.setup.added(0));
        let event = pull.event("opened", &project.alice);
        project.run("check", "pull_request", &event).success();
        pull.merge(&project.bob);
        project
            .setup
            .clock
            .step("workflow of the check of the setup, and its merge");
        let environments = project.repo.limited_environments(&["dev", "prod"]);
        project.repo = environments.protected("main");
        project
    }

    fn deploy_roles(&mut self) {
        let id = format!("acme@5501/infra@{}", self.repo.id);
        self.setup.deploy_roles(&[("repository", &id)]);
    }

    /// Runs a written workflow. The token has the permissions that the workflow's jobs grant, and writes nothing else.
    fn run(&self, workflow: &str, event: &str, payload: &Value) -> WorkflowRun {
        let path = self.setup.path(&file(workflow));
        let text: Value = serde_yaml::from_str(&self.setup.read(&file(workflow))).unwrap();
        let jobs = text["jobs"].as_object().unwrap().values();
        let granted = jobs.flat_map(|job| job["permissions"].as_object().unwrap());
        let writes = granted.filter(|(_, right)| *right == "write");
        let writes: Vec<&str> = writes.map(|(name, _)| name.as_str()).collect();
        let token = self.github.actions_token_writing(&writes);
        let subject = match event {
            "pull_request" => "pull_request",
            _ => "ref:refs/heads/main",
        };
        let issuers = [subject, "environment:dev"].map(|subject| {
            Issuer::with_claims(json!({
                "iss": "https://token.actions.githubusercontent.com",
                "sub": format!("repo:acme/infra:{subject}"),
            }))
        });
        let [look, apply] = issuers.each_ref().map(Issuer::variables);
        let url = self.setup.aws.url();
        let variables = [
            ("GITHUB_TOKEN", token.as_str()),
            ("AWS_ENDPOINT_URL", &url),
            ("LOOK_ID_TOKEN_URL", &look[0].1),
            ("ACT_ID_TOKEN_URL", &apply[0].1),
            ("ID_TOKEN_BEARER", &apply[1].1),
        ];
        act::run(&self.github, &path, event, payload, &variables)
    }

    /// A pull request by Alice that writes files.
    fn propose(&self, branch: &str, number: u64, files: &[(String, String)]) -> Pull {
        self.repo.branch(branch, &self.repo.head("main"));
        let mut commit = self.repo.commit(branch).author(&self.alice);
        for (path, text) in files {
            commit = commit.write(path, text.as_str());
        }
        commit.push();
        let pull = self.repo.pull(branch).author(&self.alice);
        pull.number(number).open()
    }

    fn last_comment(&self, number: u64) -> String {
        let comments = self.repo.comments(number);
        comments
            .last()
            .map(|it| it.body.clone())
            .unwrap_or_default()
    }
}

#[test]
fn written_workflows_lead_from_the_first_pull_request_to_drift() {
    let mut project = Project::new(Aws::start());
    let (config, stack) = (project.setup.config(), project.setup.stack());

    let pull = project.propose("first-stack", 7, &project.setup.added(1));
    let event = pull.event("opened", &project.alice);
    project.run("check", "pull_request", &event).success();
    project.setup.clock.step("workflow of the check");
    let comment = project.last_comment(7);
    assert_all(&comment, &["1 stack to create", &stack]);
    assert!(!comment.contains("No AWS preview"), "{comment}");
    let statuses = project.repo.statuses(&project.repo.head("first-stack"));
    assert_eq!(statuses[0].context, "provisioner/plan");
    assert_eq!(project.setup.status(), None);

    pull.approve(&project.bob);
    let before = project.repo.head("main");
    pull.merge(&project.bob);
    let event = project.repo.push_event("main", &before, &project.bob);
    let run = project.run("provision", "push", &event);
    run.success();
    project
        .setup
        .clock
        .step("approval, merge and workflow of the merge");
    assert_eq!(project.setup.status().as_deref(), Some("CREATE_COMPLETE"));
    assert_all(&project.last_comment(7), &["1 stack created", &stack]);
    let deployments = project.repo.deployments();
    let environments: Vec<&str> = deployments.iter().map(|it| &*it.environment).collect();
    assert_eq!(environments, ["dev"]);
    println!("{}", project.setup.clock.table());

    let text = project
        .setup
        .read(&config)
        .replace("development", "compliance");
    let pull = project.propose("archive", 8, &[(config, text)]);
    let event = pull.event("opened", &project.alice);
    project.run("check", "pull_request", &event).success();
    let comment = "/provisioner show-changes\n/provisioner check-drift";
    let comment = project.repo.comment(8, &project.bob, comment);
    let event = pull.comment_event("created", comment.id);
    project.run("command", "issue_comment", &event).success();
    let words = ["preview: critical impact", "1 stack without drift", &stack];
    assert_all(&project.last_comment(8), &words);

    project.setup.drift();
    let event = project.repo.schedule_event("23 3 * * *");
    project.run("drift", "schedule", &event).success();
    let titles: Vec<String> = project
        .repo
        .issues()
        .into_iter()
        .map(|it| it.title)
        .collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert_all(&titles[0], &["Drift: ", &stack]);
    project.github.take_writes();
}

/// The step that proves the setup, in an account that limits the printed roles: before the first config, and without roles too.
#[test]
fn written_workflow_of_doctor_proves_the_printed_steps() {
    let mut project = Project::merged(Aws::strict());
    let inputs = json!({"configs": ""});
    let event = project
        .repo
        .workflow_dispatch_event("main", &inputs, &project.alice);
    let doctor = |project: &Project| {
        let run = project.run("drift", "workflow_dispatch", &event);
        run.success().summaries()
    };
    let summary = doctor(&project);
    assert_all(
        &summary,
        &["- ✗ `arn:aws:iam::", "Next: `provisioner init`"],
    );
    project.deploy_roles();
    let summary = doctor(&project);
    let account = &project.setup.aws.account;
    let plan = format!("role/provisioner-plan in {REGION}");
    let assumed = format!("can be assumed, in account {account}");
    let words = [
        &plan,
        &assumed,
        "role/provisioner-apply-dev",
        "role/provisioner-apply-prod",
    ];
    assert_all(&summary, &words);
    assert!(
        !summary.contains('✗') && !summary.contains("Next:"),
        "{summary}"
    );
    project.github.take_writes();
}

/// What the tests change in a workflow before `act` runs it: the lines that `act` refuses, and no others. This test fails as soon as
/// `act` accepts them.
#[test]
fn act_refuses_only_the_lines_that_the_tests_delete() {
    let setup = setup(Aws::start());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/act/known-to-act.sed");
    let mut deleted = Vec::new();
    for workflow in WORKFLOWS {
        let text = setup.read(&file(workflow));
        let edited = Command::new("sed")
            .args(["-f", script])
            .arg(setup.path(&file(workflow)))
            .output()
            .unwrap();
        let edited = String::from_utf8(edited.stdout).unwrap();
        let mut kept = edited.lines().peekable();
        let gone = text.lines().filter(|line| kept.next_if_eq(line).is_none());
        let gone = gone.filter_map(|line| line.trim().split(" #").next());
        let gone: Vec<String> = gone.map(str::to_owned).collect();
        assert_eq!(kept.next(), None, "nothing is added");
        let output = Command::new(testbed::root().join("venv/bin/act"))
            .args(["--validate", "--workflows", &file(workflow)])
            .current_dir(setup.path(""))
            .env("HOME", setup.path(""))
            .output()
            .unwrap();
        assert_eq!(
            output.status.success(),
            gone.is_empty(),
            "{workflow}: {output:?}"
        );
        let refusal = String::from_utf8_lossy(&output.stderr);
        for line in &gone {
            let key = line.split(':').next().unwrap();
            assert!(
                refusal.contains(&format!("Unknown Property {key}")),
                "{refusal}"
            );
        }
        deleted.extend(gone);
    }
    assert_eq!(deleted, ["deployment: false", "queue: max"].repeat(3));
}
