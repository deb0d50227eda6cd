//! A repository whose changes are reviewed, merged and provisioned: a fake GitHub, issuers of identity tokens, and an AWS with both
//! roles.

use serde_json::json;

use crate::support::github::{FakeGitHub, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{Job, JobOutput};
use crate::support::workdir::Workdir;

pub const COMMENT: &str = "POST /repos/acme/infra/issues/7/comments";
pub const COMMENTED: &str = "PATCH /repos/acme/infra/issues/comments/*";
pub const STATUS: &str = "POST /repos/acme/infra/statuses/*";
pub const DEPLOYMENT: &str = "POST /repos/acme/infra/deployments";
pub const DEPLOYED: &str = "POST /repos/acme/infra/deployments/*/statuses";
pub const REACTION: &str = "POST /repos/acme/infra/issues/comments/*/reactions";

/// A policy with both roles; `rest`: further lines of the environment.
pub fn policy(rest: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  prod:\n    roles:\n      plan: arn:aws:iam::{{account_id}}:role/provisioner-plan\n      \
         apply: arn:aws:iam::{{account_id}}:role/provisioner-apply\n{rest}"
    )
}

pub struct World {
    pub workdir: Workdir,
    /// The issuer of jobs for pull requests, and of jobs for the environment `prod`.
    pub issuers: [Issuer; 2],
    /// The issuer of jobs for comments without an environment.
    pub comment_issuer: Issuer,
    pub github: FakeGitHub,
    pub repo: Repo,
    /// Opens the pull request.
    pub alice: User,
    /// Approves it.
    pub bob: User,
    /// Has write permission.
    pub carol: User,
    /// Has read permission.
    pub mallory: User,
}

impl World {
    /// A repository with a policy and no config.
    pub fn new(policy: &str) -> Self {
        Self::in_repository(policy, true)
    }

    /// The same in a public repository.
    pub fn public(policy: &str) -> Self {
        Self::in_repository(policy, false)
    }

    fn in_repository(policy: &str, private: bool) -> Self {
        let workdir = Workdir::new();
        let github = FakeGitHub::start();
        let [alice, bob, carol, mallory] =
            ["alice", "bob", "carol", "mallory"].map(|login| github.user(login));
        let repo = github.repo("acme/infra");
        let repo = match private {
            true => repo.private(),
            false => repo,
        };
        let repo = repo
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Write)
            .collaborator(&carol, Permission::Write)
            .collaborator(&mallory, Permission::Read)
            .protected("main")
            .limited_environments(&["dev", "prod", "production", "staging", "test"]);
        repo.commit("main")
            .write(".provisioner.yaml", policy)
            .author(&carol)
            .push();
        let world = Self {
            workdir,
            issuers: [
                Issuer::new("repo:acme/infra:pull_request"),
                Issuer::new("repo:acme/infra:environment:prod"),
            ],
            comment_issuer: Issuer::new("repo:acme/infra:ref:refs/heads/main"),
            github,
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
        let trusts = |issuer: &Issuer, subject: &str| {
            let address = &issuer.address;
            json!({
                "Effect": "Allow",
                "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{address}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {
                    format!("{address}:aud"): "sts.amazonaws.com",
                    format!("{address}:sub"): subject,
                }},
            })
        };
        let role = |name: &str, trusted: serde_json::Value| {
            let policy = json!({"Version": "2012-10-17", "Statement": trusted});
            let properties = json!({"RoleName": name, "AssumeRolePolicyDocument": policy});
            json!({"Type": "AWS::IAM::Role", "Properties": properties})
        };
        let ([pulls, prod], comments) = (&self.issuers, &self.comment_issuer);
        let comment_issuer = json!([
            trusts(pulls, "repo:acme/infra:pull_request"),
            trusts(comments, "repo:acme/infra:ref:refs/heads/main"),
        ]);
        let acting = json!([trusts(prod, "repo:acme/infra:environment:prod")]);
        let template = json!({"Resources": {
            "Plan": role("provisioner-plan", comment_issuer),
            "Apply": role("provisioner-apply", acting),
        }});
        let made = self.workdir.aws.stacks().create_stack();
        let made = made.stack_name("roles").template_body(template.to_string());
        let capability = aws_sdk_cloudformation::types::Capability::CapabilityNamedIam;
        self.workdir
            .aws
            .wait(made.capabilities(capability).send())
            .unwrap();
    }

    /// A pull request by Alice that writes the config of the workdir, checked.
    pub fn proposed(&self, s3: &str) -> Pull {
        self.workdir.write_config(s3);
        let text = self.workdir.read(&self.workdir.path());
        self.proposal(|commit| commit.write(&self.workdir.path(), text))
    }

    /// A pull request by Alice that removes the config of the workdir, checked.
    pub fn removal(&self) -> Pull {
        self.proposal(|commit| commit.remove(&self.workdir.path()))
    }

    /// A pull request by Alice from the tip of `main`, checked.
    pub fn proposal(
        &self,
        edit: impl FnOnce(
            crate::support::github::CommitBuilder,
        ) -> crate::support::github::CommitBuilder,
    ) -> Pull {
        self.repo.branch("feature", &self.repo.head("main"));
        edit(self.repo.commit("feature").author(&self.alice)).push();
        let pull = self
            .repo
            .pull("feature")
            .author(&self.alice)
            .number(7)
            .open();
        self.check(&pull);
        pull
    }

    /// Runs the check of a pull request, whose effects other tests check.
    pub fn check(&self, pull: &Pull) -> JobOutput {
        let event = pull.event("opened", &self.alice);
        let run = self.job("pull_request", &event, 0).run();
        self.github.take_writes();
        run
    }

    /// A job with the issuer of pull requests (0), of the environment `prod` (1), or of comments (2).
    pub fn job(&self, event: &str, payload: &serde_json::Value, issuer: usize) -> Job {
        let token = self.github.actions_token();
        let job = Job::new(&self.github, &token, event, payload);
        let issuing = self.issuers.get(issuer).unwrap_or(&self.comment_issuer);
        let variables = issuing.variables();
        let job = variables
            .iter()
            .fold(job, |job, (name, value)| job.with(name, value));
        let job = match issuer {
            1 => job.with("PROVISIONER_ENVIRONMENT", "prod"),
            _ => job,
        };
        job.with("AWS_ENDPOINT_URL", &self.workdir.url)
            .with("GITHUB_RUN_ID", "4711")
            .with("GITHUB_RUN_ATTEMPT", "1")
    }

    /// Approves and merges it. Returns the former tip of `main`.
    pub fn approved_and_merged(&self, pull: &Pull) -> String {
        pull.review(&self.bob, "APPROVED");
        self.merged(pull)
    }

    /// Merges it without a review.
    pub fn merged(&self, pull: &Pull) -> String {
        let before = self.repo.head("main");
        pull.merge(&self.bob);
        before
    }

    /// The job of a push to `main`, whose tip was `before`.
    pub fn push(&self, before: &str) -> Job {
        let event = self.repo.push_event("main", before, &self.bob);
        self.job("push", &event, 1)
    }

    /// The status of the workdir's stack, if it exists.
    pub fn stack(&self) -> Option<String> {
        let stacks = self.workdir.aws.stack_names();
        let mut own = stacks.into_iter().filter(|(name, _)| *name != "roles");
        own.next().map(|(_, status)| status)
    }

    /// Our last comment on the pull request.
    pub fn last_comment(&self) -> String {
        let comments = self.repo.comments(7);
        comments
            .last()
            .map(|it| it.body.clone())
            .unwrap_or_default()
    }

    /// Nothing was created, and the apply role requested nothing.
    #[track_caller]
    pub fn assert_no_stack(&self) {
        assert_eq!(self.stack(), None);
    }
}
