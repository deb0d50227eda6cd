//! A second forge adapter, which knows nothing: no flow may allow anything because of it, and none has to change for it.
#![expect(
    clippy::disallowed_methods,
    reason = "a job is a checkout, and a flow needs a runtime"
)]

mod adapter;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use provisioner::ci::{CiEvent, JobAccounts, JobEnvironment, JobRun};
use provisioner::cloud::CancellationToken;
use provisioner::exit::Exit;
use provisioner::flow::run_job;
use provisioner::forge::ForgeErrorKind;
use provisioner::guard::Permission;
use provisioner::model::CommitSha;
use provisioner::product::RunInput;
use tempfile::TempDir;

use adapter::{NoTokens, UnknownForge};

use crate::support::evidence::assert_edits_are_detected;
use crate::support::job::{config, git, path};

/// Valid, with roles: only missing facts deny.
const POLICY: &str = "\
version: 1
defaults:
  approvals: 1
  updates: reviewed
  deletes: guarded
environments:
  prod:
    roles:
      plan: arn:aws:iam::{account_id}:role/plan
      apply: arn:aws:iam::{account_id}:role/apply
";

/// A repository with a policy file and a config, and another config in its second commit.
struct Repository {
    folder: TempDir,
    before: CommitSha,
    after: CommitSha,
}

impl Repository {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let commit = || {
            git(folder.path(), &["add", "--all"]);
            git(folder.path(), &["commit", "--quiet", "--message", "x"]);
            CommitSha::parse(git(folder.path(), &["rev-parse", "HEAD"]).trim()).unwrap()
        };
        git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        write(".provisioner.yaml", POLICY);
        write(&path("b001"), &config("b001", ""));
        let before = commit();
        write(&path("b002"), &config("b002", ""));
        let after = commit();
        Self {
            folder,
            before,
            after,
        }
    }

    fn events(&self) -> [CiEvent; 5] {
        [
            CiEvent::PullRequest { number: 7 },
            CiEvent::MergeGroup {
                base: self.before.clone(),
                head: self.after.clone(),
            },
            CiEvent::Push {
                finds: false,
                reference: "refs/heads/main".to_owned(),
                before: Some(self.before.clone()),
                after: Some(self.after.clone()),
            },
            CiEvent::Comment {
                on_issue: false,
                id: 9,
                number: 7,
                is_new: true,
                public: false,
                body: adapter::COMMAND.to_owned(),
            },
            CiEvent::Schedule,
        ]
    }

    /// Runs the event's flow. Returns the exit code, the evidence, and what the flow wrote at the forge.
    fn run(
        &self,
        event: CiEvent,
        change: impl FnOnce(&mut UnknownForge),
    ) -> (Exit, String, Vec<&'static str>) {
        let writes = Arc::new(Mutex::new(Vec::new()));
        let mut forge = UnknownForge {
            folder: self.folder.path().to_owned(),
            tip: self.after.clone(),
            fails: None,
            commenter: None,
            writes: Arc::clone(&writes),
        };
        change(&mut forge);
        let output = TempDir::new().unwrap();
        let file = |name: &str| -> PathBuf { output.path().join(name) };
        let environment = JobEnvironment {
            event,
            repository: Arc::new(forge),
            issuer: Some(Arc::new(NoTokens)),
            workspace: Some(self.folder.path().to_owned()),
            configs: Vec::new(),
            environment: Some("prod".to_owned()),
            accounts: JobAccounts::default(),
            groups: vec![JobAccounts::default()],
            given: RunInput::default(),
            finish_cancelled: false,
            time_limit: None,
            comment: true,
            sarif: file("sarif"),
            report: file("report"),
            reports: file("reports"),
            estate_page: file("estate.html"),
            estate_file: file("estate.json"),
            evidence: file("evidence"),
            events: file("events"),
            run: JobRun::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let exit = match runtime.block_on(run_job(environment, CancellationToken::new())) {
            Ok((_, exit)) => exit,
            Err(error) => error.exit(),
        };
        let evidence = std::fs::read_to_string(file("evidence")).unwrap_or_default();
        let writes = writes.lock().unwrap().clone();
        (exit, evidence, writes)
    }
}

#[test]
fn every_flow_ends_as_unreachable_if_the_forge_answers_nothing() {
    let repository = Repository::new();
    for kind in [
        ForgeErrorKind::NotAllowed { permission: None },
        ForgeErrorKind::NotFound,
        ForgeErrorKind::Limited { until: None },
        ForgeErrorKind::Expired,
        ForgeErrorKind::Unreachable,
        ForgeErrorKind::Invalid,
    ] {
        for event in repository.events() {
            let name = format!("{event:?} {kind:?}");
            let (exit, evidence, writes) =
                repository.run(event, |forge| forge.fails = Some(kind.clone()));
            // A merge queue's check reads the checkout alone. A refused status is a notice, and the queue merges nothing without it.
            match writes.as_slice() {
                ["status"] => assert_ne!(exit, Exit::Denied, "{name}"),
                _ => assert_eq!(exit, Exit::Unreachable, "{name}"),
            }
            assert_eq!(evidence, "", "{name}");
        }
    }
}

#[test]
fn unknown_facts_of_a_merge_are_denials() {
    let repository = Repository::new();
    let [_, _, push, ..] = repository.events();
    let (exit, evidence, writes) = repository.run(push, |_| {});
    assert_eq!(exit, Exit::Denied);
    assert_eq!(writes, [""; 0]);
    let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
    let decisions =
        evidence["predicate"]["changes"][0]["change"]["stacks"][0]["decisions"].as_array();
    let [decision] = decisions.unwrap().as_slice() else {
        panic!("{evidence:#}");
    };
    let denials = decision["denials"].as_array().unwrap().iter();
    let codes: Vec<&str> = denials
        .map(|denial| denial["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "not-merged",
            "not-default-branch",
            "environment-not-protected",
            "fork-not-allowed",
            "plan-changed",
            "approval-missing"
        ]
    );
}

#[test]
fn attack_every_edit_of_evidence_is_detected() {
    let repository = Repository::new();
    let [_, _, push, ..] = repository.events();
    let (_, evidence, _) = repository.run(push, |_| {});
    assert_edits_are_detected(&serde_json::from_str(&evidence).unwrap());
}

#[test]
fn other_flows_without_facts_end_as_unreachable() {
    let repository = Repository::new();
    let [pull_request, merge_group, _, _, schedule] = repository.events();
    for (event, expected) in [
        (pull_request, [""; 0].as_slice()),
        (merge_group, &["status"]),
        (schedule, &[]),
    ] {
        let name = format!("{event:?}");
        let (exit, evidence, writes) = repository.run(event, |_| {});
        assert_eq!(
            (exit, writes.as_slice()),
            (Exit::Unreachable, expected),
            "{name}"
        );
        assert_eq!(evidence, "", "{name}");
    }
}

#[test]
fn a_command_on_an_unknown_pull_request_changes_nothing() {
    let repository = Repository::new();
    let [_, _, _, comment, _] = repository.events();
    // Strangers get no reply.
    let (exit, evidence, writes) = repository.run(comment.clone(), |_| {});
    assert_eq!((exit, evidence.as_str(), writes.len()), (Exit::Ok, "", 0));
    let (exit, evidence, writes) = repository.run(comment, |forge| {
        forge.commenter = Some(Permission::Admin);
    });
    // Even with every permission, the pull request itself is not known.
    assert_eq!((exit, evidence.as_str()), (Exit::Unreachable, ""));
    assert_eq!(writes, ["reaction"]);
}
