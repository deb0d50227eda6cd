//! A project whose changes are reviewed, merged and provisioned: a fake GitLab, an issuer of identity tokens, and an AWS with both
//! roles.
#![expect(clippy::disallowed_methods, reason = "a job is made of files")]

use serde_json::{Value, json};

use crate::support::gitlab::{Comment, CommitBuilder, FakeGitLab, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{Job, normalize};
use crate::support::markdown::assert_nothing_live;
use crate::support::workdir::Workdir;

pub use crate::world::policy;

pub const CONFIG: &str = "  versioning: true\n";
/// The subject of jobs on the default branch.
pub const BRANCH_SUBJECT: &str = "project_path:acme/infra:ref_type:branch:ref:main";

pub struct GitLabWorld {
    pub workdir: Workdir,
    pub issuer: Issuer,
    pub gitlab: FakeGitLab,
    pub repo: Repo,
    /// Opens the merge request.
    pub alice: User,
    /// Approves it.
    pub bob: User,
    /// A Developer.
    pub carol: User,
    /// A Guest.
    pub mallory: User,
}

/// What a job left.
pub struct GitLabRun {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub folder: std::path::PathBuf,
    pub _job: Option<Job>,
}

impl GitLabRun {
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.file(name)).unwrap_or_default()
    }

    /// The codes of all denials in the evidence.
    pub fn denials(&self) -> Vec<String> {
        let evidence = self.json("provisioner-evidence.json");
        let text = evidence.to_string();
        let code = regex::Regex::new(r#""denials":\[(\{[^\]]*)\]"#).unwrap();
        let each = regex::Regex::new(r#""code":"([a-z-]+)""#).unwrap();
        let mut codes: Vec<String> = code
            .captures_iter(&text)
            .flat_map(|found| {
                let inner = found[1].to_owned();
                let codes = each.captures_iter(&inner).map(|it| it[1].to_owned());
                codes.collect::<Vec<_>>()
            })
            .collect();
        codes.sort();
        codes.dedup();
        codes
    }
}

impl GitLabWorld {
    /// A project with a policy and no config, whose default branch nobody may push to.
    pub fn new(policy: &str) -> Self {
        Self::with_project(policy, |repo| repo.protected("main"))
    }

    pub fn with_project(policy: &str, protect: impl FnOnce(Repo) -> Repo) -> Self {
        let workdir = Workdir::new();
        let gitlab = FakeGitLab::start();
        let [alice, bob, carol, mallory] =
            ["alice", "bob", "carol", "mallory"].map(|login| gitlab.user(login));
        let repo = gitlab.repo("acme/infra").private();
        let repo = repo
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Write)
            .collaborator(&carol, Permission::Write)
            .collaborator(&mallory, Permission::Read);
        repo.commit("main")
            .write(".provisioner.yaml", policy)
            .author(&carol)
            .push();
        let repo = protect(repo);
        let world = Self {
            workdir,
            issuer: Issuer::new(BRANCH_SUBJECT),
            gitlab,
            repo,
            alice,
            bob,
            carol,
            mallory,
        };
        world.make_roles();
        world
    }

    fn make_roles(&self) {
        let account = &self.workdir.aws.account;
        let address = self.server();
        let trusts = |operator: &str, subject: &str| {
            json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow",
                "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{address}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {format!("{address}:aud"): "sts.amazonaws.com"},
                    operator: {format!("{address}:sub"): subject},
                },
            }})
        };
        let role = |name: &str, policy: Value| {
            let properties = json!({"RoleName": name, "AssumeRolePolicyDocument": policy});
            json!({"Type": "AWS::IAM::Role", "Properties": properties})
        };
        let template = json!({"Resources": {
            "Plan": role("provisioner-plan", trusts("StringLike", "project_path:acme/infra:ref_type:*:ref:*")),
            "Apply": role("provisioner-apply", trusts("ForAnyValue:StringEquals", BRANCH_SUBJECT)),
        }});
        let made = self.workdir.aws.stacks().create_stack();
        let made = made.stack_name("roles").template_body(template.to_string());
        let capability = aws_sdk_cloudformation::types::Capability::CapabilityNamedIam;
        self.workdir
            .aws
            .wait(made.capabilities(capability).send())
            .unwrap();
    }

    /// A merge request by Alice that writes the config of the workdir, checked.
    pub fn proposed(&self, s3: &str) -> Pull {
        self.workdir.write_config(s3);
        let text = self.workdir.read(&self.workdir.path());
        self.proposal(|commit| commit.write(&self.workdir.path(), text))
    }

    /// A merge request by Alice from the tip of `main`, checked.
    pub fn proposal(&self, edit: impl FnOnce(CommitBuilder) -> CommitBuilder) -> Pull {
        self.repo
            .branch_by(&self.alice, "feature", &self.repo.head("main"));
        edit(self.repo.commit("feature").author(&self.alice)).push();
        let pull = self.repo.pull("feature").author(&self.alice);
        let pull = pull.number(7).open();
        self.check(&pull);
        pull
    }

    /// A merge request by Alice that removes the config of the workdir, checked.
    pub fn removal(&self, number: u64) -> Pull {
        let branch = format!("removal-{number}");
        self.repo
            .branch_by(&self.alice, &branch, &self.repo.head("main"));
        let commit = self.repo.commit(&branch).author(&self.alice);
        commit.remove(&self.workdir.path()).push();
        let pull = self.repo.pull(&branch).author(&self.alice);
        let pull = pull.number(number).open();
        self.check(&pull);
        pull
    }

    /// Runs the check of a merge request, whose effects other tests check.
    pub fn check(&self, pull: &Pull) -> GitLabRun {
        let run = self.run_check(pull);
        self.gitlab.take_writes();
        run
    }

    pub fn run_check(&self, pull: &Pull) -> GitLabRun {
        let subject = format!(
            "project_path:acme/infra:ref_type:branch:ref:{}",
            pull.head_ref()
        );
        let claims = self.claims(&subject, &pull.head_ref(), false);
        let token = self.gitlab.check_token();
        let variables = pull.pipeline(&self.alice);
        run(self.job(&variables, &token, &claims))
    }

    /// The server without its scheme, which is the name of its identity provider.
    fn server(&self) -> String {
        self.gitlab.server_url().replace("http://", "")
    }

    pub fn claims(&self, subject: &str, reference: &str, protected: bool) -> Value {
        json!({
            "iss": format!("https://{}", self.server()),
            "sub": subject,
            "project_id": self.repo.id.to_string(),
            "project_path": "acme/infra",
            "ref": reference,
            "ref_type": "branch",
            "ref_protected": protected.to_string(),
        })
    }

    /// The claims of jobs on the protected default branch.
    pub fn branch_claims(&self) -> Value {
        self.claims(BRANCH_SUBJECT, "main", true)
    }

    pub fn job(&self, variables: &[(String, String)], token: &str, claims: &Value) -> Job {
        let job = Job::with_variables(variables);
        let folder = job.folder.path().display().to_string();
        let checker = self.gitlab.check_bot().id.to_string();
        job.with("GITLAB_CI", "true")
            .with("CI_PROJECT_DIR", &folder)
            .with("PROVISIONER_TOKEN", token)
            .with("PROVISIONER_CHECK_USER", &checker)
            .with("PROVISIONER_ID_TOKEN", &self.identity(variables, claims))
            .with("AWS_ENDPOINT_URL", &self.workdir.url)
    }

    /// The token that GitLab mints for the job with these variables.
    pub fn identity(&self, variables: &[(String, String)], claims: &Value) -> String {
        let mut claims = claims.clone();
        for (claim, name) in [
            ("pipeline_source", "CI_PIPELINE_SOURCE"),
            ("pipeline_id", "CI_PIPELINE_ID"),
            ("job_id", "CI_JOB_ID"),
            ("sha", "CI_COMMIT_SHA"),
        ] {
            let found = variables.iter().find(|(known, _)| known == name);
            claims[claim] = json!(found.map(|(_, value)| value));
        }
        self.issuer.job_token(&claims)
    }

    /// Runs the job of a comment on a merge request, in the environment `prod`.
    pub fn command(&self, number: u64, by: &User, text: &str) -> GitLabRun {
        run(self.command_job(number, by, text))
    }

    /// The job of a comment on a merge request, in the environment `prod`.
    pub fn command_job(&self, number: u64, by: &User, text: &str) -> Job {
        let note = self.repo.comment(number, by, text);
        self.note_job(&note, by, Some("prod"))
    }

    /// Runs the job of a note, without an environment or with one.
    pub fn run_note(&self, note: &Comment, by: &User, environment: Option<&str>) -> GitLabRun {
        run(self.note_job(note, by, environment))
    }

    fn note_job(&self, note: &Comment, by: &User, environment: Option<&str>) -> Job {
        let variables = self.repo.note_pipeline(note, by);
        let payload = variables.iter().find(|(name, _)| name == "TRIGGER_PAYLOAD");
        let (_, payload) = payload.unwrap();
        let token = self.gitlab.apply_token();
        let job = self.job(&variables, &token, &self.branch_claims());
        let file = job.folder.path().join("payload.json");
        std::fs::write(&file, payload).unwrap();
        let job = job.with("TRIGGER_PAYLOAD", &file.display().to_string());
        match environment {
            Some(environment) => job.with("PROVISIONER_ENVIRONMENT", environment),
            None => job,
        }
    }

    /// The job of a push to `main`, whose tip was `before`.
    pub fn push_job(&self, before: &str) -> Job {
        self.push_job_as(before, &self.branch_claims())
    }

    pub fn push_job_as(&self, before: &str, claims: &Value) -> Job {
        let variables = self.repo.push_pipeline("main", before, &self.bob);
        let token = self.gitlab.apply_token();
        self.job(&variables, &token, claims)
            .with("PROVISIONER_ENVIRONMENT", "prod")
    }

    /// Runs the job after a merge of an approved merge request.
    pub fn provision(&self, before: &str) -> GitLabRun {
        run(self.push_job(before))
    }

    /// Merges it. Returns the former tip of `main`.
    pub fn merged(&self, pull: &Pull) -> String {
        let before = self.repo.head("main");
        pull.merge(&self.bob);
        before
    }

    pub fn approved_and_merged(&self, pull: &Pull) -> String {
        pull.approve(&self.bob);
        self.merged(pull)
    }

    /// The status of the workdir's stack, if it exists.
    pub fn stack(&self) -> Option<String> {
        let stacks = self.workdir.aws.stack_names();
        let mut own = stacks.into_iter().filter(|(name, _)| *name != "roles");
        own.next().map(|(_, status)| status)
    }

    /// The bodies of provisioner's notes on a merge request.
    pub fn notes(&self, number: u64) -> Vec<String> {
        let notes = self.repo.comments(number).into_iter();
        let bodies = notes.map(|note| note.body);
        bodies
            .filter(|body| body.starts_with("<!-- provisioner:"))
            .collect()
    }

    /// A note without text that differs between runs, in which nothing is live.
    #[track_caller]
    pub fn shown(&self, body: &str) -> String {
        let job =
            regex::Regex::new(r"\[`[\d.]+`\]\(http://127\.0\.0\.1:\d+/acme/infra/-/jobs/\d+\)")
                .unwrap();
        let text = normalize(body);
        let text = job.replace_all(&text, "`[job]`");
        assert_nothing_live(&text);
        self.workdir.redact_account(&text)
    }
}

pub fn run(job: Job) -> GitLabRun {
    let output = job.process(&["ci"]).output().unwrap();
    GitLabRun {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        folder: job.folder.path().join("provisioner-out"),
        _job: Some(job),
    }
}
