//! The written pipeline in gitlab-ci-local, which evaluates its rules and runs the jobs in a shell on this host. `make test-gitlab` runs
//! these tests: they need rsync, which `make test` must not.
#![expect(
    clippy::disallowed_methods,
    reason = "a runner is a process that leaves files"
)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Setup, assert_all};
use crate::support::emulator::Aws;
use crate::support::gitlab::{FakeGitLab, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{BINARY, SHORT_PAUSES, git};
use crate::support::testbed;

/// The runner takes digits alone for a version.
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const PIPELINE: &str = ".gitlab-ci.yml";

/// The project after the printed steps.
struct Project {
    setup: Setup,
    gitlab: FakeGitLab,
    issuer: Issuer,
    repo: Repo,
    alice: User,
    bob: User,
}

impl Project {
    /// The setup is merged, the roles are deployed, and the branch is protected.
    fn new(aws: Aws) -> Self {
        let gitlab = FakeGitLab::start();
        let [alice, bob] = ["alice", "bob"].map(|login| gitlab.user(login));
        let repo = gitlab.repo("acme/infra").private();
        let repo = repo
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Write);
        repo.commit("main").write("README.md", "x").push();
        let repo = repo.protected("main");
        let server = gitlab.server_url().replace("http://", "");
        let answers = [
            "--forge",
            "gitlab",
            "--server",
            &server,
            "--release",
            &format!("acme/provisioner@{COMMIT}"),
            "--image",
            &format!("registry.example/ci@sha256:{}", "0".repeat(64)),
            "--check-user",
            &gitlab.check_bot().id.to_string(),
        ];
        let setup = Setup::new(aws, "git@127.0.0.1:acme/infra.git", &answers);
        let mut project = Self {
            setup,
            gitlab,
            issuer: Issuer::with_claims(json!({})),
            repo,
            alice,
            bob,
        };
        project.prepare_runner();
        let pull = project.propose("provisioner-setup", 6, &project.setup.added(0));
        project.check(&pull);
        pull.merge(&project.bob);
        project
            .setup
            .clock
            .step("pipeline of the merge request with the setup, and its merge");
        project.setup.deploy_roles(&[]);
        project
    }

    /// What the runner needs beside the written file: git's facts, and the component in its store of fetched files.
    fn prepare_runner(&self) {
        let folder = self.setup.path("");
        git(&folder, &["add", "--all"]);
        git(&folder, &["commit", "--quiet", "--message", "x"]);
        for arguments in [
            ["update-ref", "refs/remotes/origin/main", "HEAD"],
            [
                "symbolic-ref",
                "refs/remotes/origin/HEAD",
                "refs/remotes/origin/main",
            ],
        ] {
            git(&folder, &arguments);
        }
        let place = format!(
            ".gitlab-ci-local/includes/127.0.0.1/acme/provisioner/{COMMIT}/templates/provisioner"
        );
        let place = self.setup.path(&place);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("template.yml"), self.component()).unwrap();
    }

    /// The component, on this host: the program's path in the image, the fake without TLS, and the variables that make the program use
    /// the emulator.
    fn component(&self) -> String {
        let template =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/provisioner/template.yml");
        let mut text = std::fs::read_to_string(template).unwrap();
        let (name, value) = SHORT_PAUSES;
        let variables = format!(
            "{name}='{value}' AWS_ENDPOINT_URL='{}'",
            self.setup.aws.url()
        );
        for (from, to, count) in [
            (
                " /usr/local/bin/provisioner ci".to_owned(),
                format!(" {BINARY} ci"),
                7,
            ),
            (
                "'$[[ inputs.server ]]".to_owned(),
                format!("'{}", self.gitlab.server_url()),
                14,
            ),
            (
                " $[[ inputs.variables ]]".to_owned(),
                format!(" {variables}"),
                7,
            ),
            // The runner gives the jobs of a child pipeline the variables of its parent.
            (
                "      default: \"true\"\n      options: [\"true\", \"false\"]\n    configs:"
                    .to_owned(),
                "      default: \"false\"\n      options: [\"true\", \"false\"]\n    configs:"
                    .to_owned(),
                1,
            ),
        ] {
            assert_eq!(text.matches(&from).count(), count, "{from}");
            text = text.replace(&from, &to);
        }
        text
    }

    /// Runs the whole pipeline with the predefined variables. Returns whether it succeeded, and its log.
    fn pipeline(&self, mut variables: Vec<(String, String)>, reference: &str) -> (bool, String) {
        let token = self.identity(&variables, reference);
        let more = [
            ("PROVISIONER_ID_TOKEN", token),
            ("PROVISIONER_CHECK_TOKEN", self.gitlab.check_token()),
            ("PROVISIONER_APPLY_TOKEN", self.gitlab.apply_token()),
            // The job of `doctor` is no job of the component.
            ("AWS_ENDPOINT_URL", self.setup.aws.url()),
        ];
        variables.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let payload = self.setup.path(".gitlab-ci-local/payload.json");
        for (name, value) in &mut variables {
            match name.as_str() {
                "TRIGGER_PAYLOAD" => {
                    std::fs::write(&payload, &*value).unwrap();
                    *value = payload.display().to_string();
                }
                "CI_PROJECT_DIR" => *value = self.setup.path("").display().to_string(),
                _ => {}
            }
        }
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        let path = std::env::var("PATH").unwrap();
        let programs = Path::new(BINARY).parent().unwrap().display();
        let program = testbed::root().join("gitlab-ci-local/node_modules/.bin/gitlab-ci-local");
        let mut command = Command::new(program);
        command
            // Jobs share a folder here.
            .args(["--force-shell-executor", "--concurrency", "1"])
            // GitLab takes an empty list (`lib/gitlab/ci/config/entry/tags.rb`); the schema for editors, which the runner uses, does not.
            .args(["--ignore-schema-paths", "#/definitions/tags/minItems"])
            .current_dir(self.setup.path(""))
            .env("PATH", format!("{programs}:{path}"))
            .env("GCL_IGNORE_PREDEFINED_VARS", names.join(","));
        for (name, value) in &variables {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        let output = command.output().unwrap();
        let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.success(), log.into_owned())
    }

    /// Runs the pipeline, in which these jobs run and succeed, and no others.
    #[track_caller]
    fn succeeds(&self, variables: Vec<(String, String)>, reference: &str, jobs: &[&str]) -> String {
        let before = self.setup.read(PIPELINE);
        let (succeeded, log) = self.pipeline(variables, reference);
        assert!(succeeded, "{log}");
        let started =
            regex::Regex::new(r"(?m)^(provisioner-[a-z-]+(?:: \[[a-z]+\])?) +(?:\S+ )?finished in")
                .unwrap();
        let mut ran: Vec<&str> = started
            .captures_iter(&log)
            .map(|it| it.get(1).unwrap().as_str())
            .collect();
        ran.sort_unstable();
        assert_eq!(ran, jobs, "{log}");
        assert_eq!(self.setup.read(PIPELINE), before);
        log
    }

    /// The token that GitLab mints for a job with these variables.
    fn identity(&self, variables: &[(String, String)], reference: &str) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        let claims: Value = json!({
            "iss": self.gitlab.server_url().replace("http:", "https:"),
            "sub": format!("project_path:acme/infra:ref_type:branch:ref:{reference}"),
            "project_id": self.repo.id.to_string(),
            "project_path": "acme/infra",
            "ref": reference,
            "ref_type": "branch",
            "ref_protected": (reference == "main").to_string(),
            "pipeline_source": variable("CI_PIPELINE_SOURCE"),
            "pipeline_id": variable("CI_PIPELINE_ID"),
            "job_id": variable("CI_JOB_ID"),
            "sha": variable("CI_COMMIT_SHA"),
        });
        self.issuer.job_token(&claims)
    }

    /// A merge request by Alice that writes files.
    fn propose(&self, branch: &str, number: u64, files: &[(String, String)]) -> Pull {
        let head = self.repo.head("main");
        self.repo.branch_by(&self.alice, branch, &head);
        let mut commit = self.repo.commit(branch).author(&self.alice);
        for (path, text) in files {
            commit = commit.write(path, text.as_str());
        }
        commit.push();
        let pull = self.repo.pull(branch).author(&self.alice);
        pull.number(number).open()
    }

    #[track_caller]
    fn check(&self, pull: &Pull) {
        let variables = pull.pipeline(&self.alice);
        self.succeeds(variables, &pull.head_ref(), &["provisioner-check"]);
    }

    fn last_note(&self, number: u64) -> String {
        let notes = self.repo.comments(number);
        notes.last().map(|it| it.body.clone()).unwrap_or_default()
    }
}

#[test]
#[ignore = "needs gitlab-ci-local and rsync: make test-gitlab"]
fn written_pipeline_leads_from_the_first_merge_request_to_drift() {
    let mut project = Project::new(Aws::start());
    let (config, stack) = (project.setup.config(), project.setup.stack());

    let pull = project.propose("first-stack", 7, &project.setup.added(1));
    project.check(&pull);
    project.setup.clock.step("pipeline of the merge request");
    let note = project.last_note(7);
    assert_all(&note, &["1 stack to create", &stack]);
    assert!(!note.contains("No AWS preview"), "{note}");
    assert_eq!(project.setup.status(), None);

    pull.approve(&project.bob);
    let before = project.repo.head("main");
    pull.merge(&project.bob);
    let push = project.repo.push_pipeline("main", &before, &project.bob);
    let jobs = [
        "provisioner-provision: [dev]",
        "provisioner-provision: [prod]",
    ];
    project.succeeds(push, "main", &jobs);
    project
        .setup
        .clock
        .step("approval, merge and pipeline of the merge");
    assert_eq!(project.setup.status().as_deref(), Some("CREATE_COMPLETE"));
    assert_all(&project.last_note(7), &["1 stack created", &stack]);
    println!("{}", project.setup.clock.table());

    let text = project.setup.read(&config);
    let text = text.replace("development", "compliance");
    let pull = project.propose("archive", 8, &[(config, text)]);
    project.check(&pull);
    let commands = "/provisioner show-changes\n/provisioner check-drift";
    let note = project.repo.comment(8, &project.bob, commands);
    let trigger = project.repo.note_pipeline(&note, &project.bob);
    let jobs = [
        "provisioner-command",
        "provisioner-command-apply: [dev]",
        "provisioner-command-apply: [prod]",
    ];
    project.succeeds(trigger, "main", &jobs);
    let words = ["preview: critical impact", "1 stack without drift", &stack];
    assert_all(&project.last_note(8), &words);

    project.setup.drift();
    let mut schedule = project.repo.schedule_pipeline();
    schedule.push(("PROVISIONER_MODE".to_owned(), "look".to_owned()));
    project.succeeds(schedule, "main", &["provisioner-drift"]);
    let issues = project.repo.issues().into_iter();
    let titles: Vec<String> = issues.map(|it| it.title).collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert_all(&titles[0], &["Drift: ", &stack]);
    project.gitlab.take_writes();
}

/// The step that proves the setup, in an account that limits the printed roles. It stands before the first config.
#[test]
#[ignore = "needs gitlab-ci-local and rsync: make test-gitlab"]
fn written_job_of_doctor_finds_nothing_missing() {
    let project = Project::new(Aws::strict());
    let variables = project.repo.web_pipeline("main", &project.alice);
    let log = project.succeeds(variables, "main", &["provisioner-doctor"]);
    let words = [
        "role/provisioner-plan",
        "role/provisioner-apply-dev",
        "role/provisioner-apply-prod",
    ];
    assert_all(&log, &words);
    assert!(!log.contains('✗') && !log.contains("next:"), "{log}");
    project.gitlab.take_writes();
}
