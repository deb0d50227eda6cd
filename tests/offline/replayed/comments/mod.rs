//! Repairs by comments on provisioner's issue about a stack, on both forges. AWS is replayed: the emulator reverts no drift, and
//! nothing fails there.
#![expect(clippy::disallowed_methods, reason = "a job is made of files")]

mod attacks;
mod people;
mod repairs;
mod requests;
mod scans;

use provisioner::product::Target;
use provisioner::report::{FoundDrift, drift_issue};
use provisioner::stack::StackName;
use serde_json::{Value, json};

use super::continue_rollback::{continued, failed};
use super::restore::{drifted, executed, modified, reverted};
use super::{Workdir, workdir};
use crate::support::forge::{Comment, Fake, Permission, Repo, User, Verbs};
use crate::support::github::{FakeGitHub, GitHub};
use crate::support::gitlab::{FakeGitLab, GitLab};
use crate::support::issuer::Issuer;
use crate::support::job::{Job, normalize};
use crate::support::markdown::assert_nothing_live;
use crate::support::replay::ACCOUNT;

/// Runs each body in both worlds.
macro_rules! on_both_forges {
    ($($name:ident)*) => {
        mod github {
            $(#[test]
            fn $name() {
                super::$name::<super::GitHubWorld>();
            })*
        }
        mod gitlab {
            $(#[test]
            fn $name() {
                super::$name::<super::GitLabWorld>();
            })*
        }
    };
}
use on_both_forges;

/// Allows the restorations of these tests.
const IN_PLACE: &str = "    updates: in-place\n";

fn policy(rest: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  prod:\n    roles:\n      plan: arn:aws:iam::{{account_id}}:role/provisioner-plan\n      \
         apply: arn:aws:iam::{{account_id}}:role/provisioner-apply\n{rest}"
    )
}

/// What the jobs of a comment left.
struct Run {
    status: i32,
    stderr: String,
    evidence: Value,
}

/// A repository with a deployed config, and an AWS.
trait IssueWorld: Sized {
    type Forge: Verbs;

    fn new(policy: &str) -> Self;
    fn workdir(&self) -> &Workdir;
    fn fake(&self) -> &Fake<Self::Forge>;
    fn repo(&self) -> &Repo<Self::Forge>;
    /// The user of provisioner's token.
    fn own(&self) -> User;
    /// A comment on an issue.
    fn say(&self, number: u64, by: &User, text: &str) -> Comment;
    fn comments(&self, number: u64) -> Vec<Comment>;
    /// The job for a comment on an issue, in an environment or without one.
    fn job(&self, comment: &Comment, environment: Option<&str>) -> Run;
    /// Both jobs for a comment on pull request 7.
    fn on_pull_request(&self, by: &User, text: &str) -> Run;
    fn set_permission(&self, login: &str, permission: Permission);
    fn wait_an_hour(&self);

    fn user(&self, login: &str) -> User {
        self.fake().user(login)
    }

    /// Both jobs for a comment.
    fn jobs(&self, comment: &Comment) -> Run {
        let inspected = self.job(comment, None);
        if inspected.status != 0 {
            return inspected;
        }
        let applied = self.job(comment, Some("prod"));
        match applied.evidence.is_null() {
            true => inspected,
            false => applied,
        }
    }

    fn command(&self, number: u64, login: &str, text: &str) -> Run {
        let comment = self.say(number, &self.user(login), text);
        self.jobs(&comment)
    }

    /// A repository whose stack drifted, with provisioner's issue. Its number too.
    fn drifted(rest: &str) -> (Self, u64) {
        let world = Self::new(&policy(rest));
        let workdir = world.workdir();
        drifted(workdir, json!([modified(json!([reverted()]))]));
        executed(workdir, json!([]));
        let number = world.opened(&world.own(), false);
        (world, number)
    }

    /// The same for a failed rollback.
    fn failed(rest: &str) -> (Self, u64) {
        let world = Self::new(&policy(rest));
        failed(world.workdir());
        world.commit();
        let number = world.opened(&world.own(), true);
        (world, number)
    }

    /// Commits the config of the workdir to the default branch.
    fn commit(&self) {
        let path = self.workdir().path();
        let text = self.workdir().read(&path);
        let commit = self.repo().commit("main").author(&self.user("carol"));
        commit.write(&path, text).push();
    }

    /// An issue about the workdir's stack.
    fn opened(&self, by: &User, rollback_failed: bool) -> u64 {
        let stack = self.workdir().stack();
        let body = self.issue_of(&stack, rollback_failed);
        self.repo().issue(by, "Drift", &body).number
    }

    fn issue_of(&self, stack: &str, rollback_failed: bool) -> String {
        let found = FoundDrift {
            drifted: !rollback_failed,
            rollback_failed,
            owned: true,
            current: true,
            summary: "drift in 1 resource".to_owned(),
            tables: String::new(),
        };
        let stack = StackName {
            target: Target {
                account: ACCOUNT.to_owned(),
                region: "us-west-2".to_owned(),
                environment: "prod".to_owned(),
            },
            name: stack.to_owned(),
        };
        drift_issue(&stack, &self.workdir().path(), &found, 65_000)
    }

    /// provisioner's replies on an issue.
    fn replies(&self, number: u64) -> Vec<String> {
        let own = self.own().id;
        let all = self.comments(number).into_iter();
        let ours = all.filter(|comment| comment.user == own);
        ours.map(|comment| comment.body).collect()
    }

    /// Without what differs between runs and forges.
    #[track_caller]
    fn last_reply(&self, number: u64) -> String {
        let replies = self.replies(number);
        let mut text = normalize(replies.last().expect("a reply"));
        for (pattern, neutral) in [
            (
                r"run `4711\.1`|run \[`[\d.]+`\]\(http://127\.0\.0\.1:\d+/acme/infra/-/jobs/\d+\)",
                "run `[job]`",
            ),
            (r"branch `[0-9a-f]{7}`", "branch `[commit]`"),
            (r"provisioner:command [0-9]+", "provisioner:command [id]"),
            (r"--confirm [0-9a-f]{16}", "--confirm [digest]"),
            (r"(?m)^<!-- provisioner:repair (\w+) [0-9a-f]+ -->\n", ""),
            (r"merge request", "pull request"),
        ] {
            let pattern = regex::Regex::new(pattern).unwrap();
            text = pattern.replace_all(&text, neutral).into_owned();
        }
        assert_nothing_live(&text);
        self.workdir().redact_account(&text)
    }

    /// The command that the last reply asks a second person for.
    #[track_caller]
    fn posted(&self, number: u64) -> String {
        let replies = self.replies(number);
        let last = replies.last().expect("a reply");
        let mut lines = last.lines();
        let found =
            lines.find(|line| line.starts_with("/provisioner ") && line.contains("--confirm"));
        found.unwrap_or_else(|| panic!("{last}")).to_owned()
    }

    /// Alice requests a restoration. Returns the command that confirms it.
    #[track_caller]
    fn requested(&self, number: u64) -> String {
        // The issue has the command.
        let issues = self.repo().issues();
        let issue = issues.iter().find(|issue| issue.number == number).unwrap();
        let mut lines = issue.body.lines();
        let line = lines.find(|line| line.starts_with("/provisioner "));
        let run = self.command(number, "alice", line.unwrap());
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(self.effects(), 0);
        self.posted(number)
    }

    /// Requests that change a stack.
    fn effects(&self) -> usize {
        let aws = &self.workdir().aws;
        let effects = ["ExecuteChangeSet", "ContinueUpdateRollback", "DeleteStack"];
        effects
            .iter()
            .map(|effect| aws.requests_of(effect).len())
            .sum()
    }

    /// The jobs of a comment change nothing, and reply with this code.
    #[track_caller]
    fn assert_denied(&self, number: u64, login: &str, text: &str, code: &str) {
        let before = self.effects();
        let run = self.command(number, login, text);
        let reply = self.replies(number).pop().unwrap_or_default();
        assert!(reply.contains(code), "{code}: {reply}\n{}", run.stderr);
        assert_ne!(run.status, 0, "{code}: {}", run.stderr);
        assert_eq!(self.effects(), before, "{code}");
        self.workdir().aws.allow_unused();
        self.fake().take_writes();
    }

    /// The jobs of a comment do nothing, and do not reply.
    #[track_caller]
    fn assert_ignored(&self, comment: &Comment) {
        let replies = self.replies(comment.number).len();
        let before = self.effects();
        let run = self.jobs(comment);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
        assert_eq!(self.replies(comment.number).len(), replies);
        assert_eq!(self.effects(), before);
        self.workdir().aws.allow_unused();
        self.fake().take_writes();
    }

    /// The jobs of a comment repair the stack.
    #[track_caller]
    fn assert_repaired(&self, number: u64, login: &str, text: &str) -> Run {
        let before = self.effects();
        let run = self.command(number, login, text);
        let reply = self.replies(number).pop().unwrap_or_default();
        assert_eq!(run.status, 0, "{reply}\n{}", run.stderr);
        assert_eq!(self.effects(), before + 1, "{reply}");
        self.workdir().aws.allow_unused();
        self.fake().take_writes();
        run
    }
}

/// An AWS with both roles.
fn aws() -> Workdir {
    let workdir = workdir();
    let credentials = json!({
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "secret", "SessionToken": "session",
            "Expiration": "2036-11-25T09:00:00.000Z",
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROAEXAMPLE:job", "Arn": "arn:aws:sts::123456789012:assumed-role/x/job"},
    });
    workdir.aws.on("AssumeRoleWithWebIdentity", credentials);
    workdir.aws.on("DeleteChangeSet", json!({}));
    workdir
}

struct GitHubWorld {
    workdir: Workdir,
    issuer: Issuer,
    github: FakeGitHub,
    repo: Repo<GitHub>,
}

impl IssueWorld for GitHubWorld {
    type Forge = GitHub;

    fn new(policy: &str) -> Self {
        let github = FakeGitHub::start();
        let [alice, bob, carol, mallory] =
            ["alice", "bob", "carol", "mallory"].map(|login| github.user(login));
        let repo = github.repo("acme/infra").private();
        let repo = repo
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Write)
            .collaborator(&carol, Permission::Write)
            .collaborator(&mallory, Permission::Read)
            .protected("main")
            .limited_environments(&["prod"]);
        let commit = repo.commit("main").author(&carol);
        commit.write(".provisioner.yaml", policy).push();
        let world = Self {
            workdir: aws(),
            issuer: Issuer::new("repo:acme/infra:environment:prod"),
            github,
            repo,
        };
        world.commit();
        world
    }

    fn workdir(&self) -> &Workdir {
        &self.workdir
    }

    fn fake(&self) -> &Fake<GitHub> {
        &self.github
    }

    fn repo(&self) -> &Repo<GitHub> {
        &self.repo
    }

    fn own(&self) -> User {
        self.github.bot("github-actions[bot]")
    }

    fn say(&self, number: u64, by: &User, text: &str) -> Comment {
        self.repo.comment(number, by, text)
    }

    fn comments(&self, number: u64) -> Vec<Comment> {
        self.repo.comments(number)
    }

    fn job(&self, comment: &Comment, environment: Option<&str>) -> Run {
        let event = self.repo.issue_comment_event("created", comment.id);
        self.run(&event, environment)
    }

    fn on_pull_request(&self, by: &User, text: &str) -> Run {
        let alice = self.user("alice");
        self.repo
            .branch_by(&alice, "feature", &self.repo.head("main"));
        self.repo
            .commit("feature")
            .author(&alice)
            .write("README.md", "x")
            .push();
        let pull = self.repo.pull("feature").author(&alice).number(7).open();
        let comment = self.repo.comment(7, by, text);
        let event = pull.comment_event("created", comment.id);
        self.run(&event, None)
    }

    fn set_permission(&self, login: &str, permission: Permission) {
        self.repo.set_permission(&self.user(login), permission);
    }

    fn wait_an_hour(&self) {
        self.github.pass(3_600);
    }
}

impl GitHubWorld {
    fn run(&self, event: &Value, environment: Option<&str>) -> Run {
        let token = self.github.actions_token();
        let job = Job::new(&self.github, &token, "issue_comment", event);
        self.finish(job, environment)
    }

    /// A scan of groups of accounts, which writes no estate.
    fn scan(&self) -> Run {
        let token = self.github.actions_token();
        let event = self.repo.schedule_event("17 3 * * *");
        let job = Job::new(&self.github, &token, "schedule", &event);
        self.finish(job.with("PROVISIONER_ACCOUNTS", "1*"), None)
    }

    fn finish(&self, job: Job, environment: Option<&str>) -> Run {
        let variables = self.issuer.variables();
        let job = variables
            .iter()
            .fold(job, |job, (name, value)| job.with(name, value));
        let job = match environment {
            Some(name) => job.with("PROVISIONER_ENVIRONMENT", name),
            None => job,
        };
        let run = job
            .with("AWS_ENDPOINT_URL", &self.workdir.url)
            .with("GITHUB_RUN_ID", "4711")
            .with("GITHUB_RUN_ATTEMPT", "1")
            .run();
        Run {
            status: run.status,
            stderr: run.stderr,
            evidence: run.evidence,
        }
    }
}

struct GitLabWorld {
    workdir: Workdir,
    issuer: Issuer,
    gitlab: FakeGitLab,
    repo: Repo<GitLab>,
}

const SUBJECT: &str = "project_path:acme/infra:ref_type:branch:ref:main";

impl IssueWorld for GitLabWorld {
    type Forge = GitLab;

    fn new(policy: &str) -> Self {
        let gitlab = FakeGitLab::start();
        let [alice, bob, carol, mallory] =
            ["alice", "bob", "carol", "mallory"].map(|login| gitlab.user(login));
        let repo = gitlab.repo("acme/infra").private();
        let repo = repo
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Write)
            .collaborator(&carol, Permission::Write)
            .collaborator(&mallory, Permission::Read);
        let commit = repo.commit("main").author(&carol);
        commit.write(".provisioner.yaml", policy).push();
        let world = Self {
            workdir: aws(),
            issuer: Issuer::new(SUBJECT),
            gitlab,
            repo: repo.protected("main"),
        };
        world.commit();
        world
    }

    fn workdir(&self) -> &Workdir {
        &self.workdir
    }

    fn fake(&self) -> &Fake<GitLab> {
        &self.gitlab
    }

    fn repo(&self) -> &Repo<GitLab> {
        &self.repo
    }

    fn own(&self) -> User {
        self.gitlab.apply_bot()
    }

    fn say(&self, number: u64, by: &User, text: &str) -> Comment {
        self.repo.issue_comment(number, by, text)
    }

    fn comments(&self, number: u64) -> Vec<Comment> {
        self.repo.issue_comments(number)
    }

    fn job(&self, comment: &Comment, environment: Option<&str>) -> Run {
        let by = self.gitlab.state_user(comment.user);
        let variables = self.repo.note_pipeline(comment, &by);
        let server = self.gitlab.server_url().replace("http://", "");
        let of = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        let claims = json!({
            "iss": format!("https://{server}"),
            "sub": SUBJECT,
            "project_id": self.repo.id.to_string(),
            "project_path": "acme/infra",
            "ref": "main",
            "ref_type": "branch",
            "ref_protected": "true",
            "pipeline_source": of("CI_PIPELINE_SOURCE"),
            "pipeline_id": of("CI_PIPELINE_ID"),
            "job_id": of("CI_JOB_ID"),
            "sha": of("CI_COMMIT_SHA"),
        });
        let job = Job::with_variables(&variables);
        let folder = job.folder.path().to_owned();
        let file = folder.join("payload.json");
        std::fs::write(&file, of("TRIGGER_PAYLOAD").unwrap()).unwrap();
        let job = job
            .with("GITLAB_CI", "true")
            .with("CI_PROJECT_DIR", &folder.display().to_string())
            .with("TRIGGER_PAYLOAD", &file.display().to_string())
            .with("PROVISIONER_TOKEN", &self.gitlab.apply_token())
            .with(
                "PROVISIONER_CHECK_USER",
                &self.gitlab.check_bot().id.to_string(),
            )
            .with("PROVISIONER_ID_TOKEN", &self.issuer.job_token(&claims))
            .with("AWS_ENDPOINT_URL", &self.workdir.url);
        let job = match environment {
            Some(name) => job.with("PROVISIONER_ENVIRONMENT", name),
            None => job,
        };
        let output = job.process(&["ci"]).output().unwrap();
        let evidence = folder.join("provisioner-out/provisioner-evidence.json");
        let evidence = std::fs::read(evidence).unwrap_or_default();
        if !evidence.is_empty() {
            let replayed = provisioner::report::replay(&evidence).unwrap();
            assert_eq!(replayed.differences, [""; 0]);
        }
        Run {
            status: output.status.code().unwrap_or(-1),
            stderr: String::from_utf8(output.stderr).unwrap(),
            evidence: serde_json::from_slice(&evidence).unwrap_or_default(),
        }
    }

    fn on_pull_request(&self, by: &User, text: &str) -> Run {
        let alice = self.user("alice");
        self.repo
            .branch_by(&alice, "feature", &self.repo.head("main"));
        self.repo
            .commit("feature")
            .author(&alice)
            .write("README.md", "x")
            .push();
        self.repo.pull("feature").author(&alice).number(7).open();
        let comment = self.repo.comment(7, by, text);
        self.job(&comment, None)
    }

    fn set_permission(&self, login: &str, permission: Permission) {
        self.repo.set_permission(&self.user(login), permission);
    }

    fn wait_an_hour(&self) {
        self.gitlab.pass(3_600);
    }
}
