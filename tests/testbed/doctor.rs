//! `doctor`: a job and a laptop look at what they can do. Nothing is changed, whatever they find.

use serde_json::{Value, json};

use crate::roles;
use crate::support::github::{FakeGitHub, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{Done, Job};
use crate::support::prism::Prism;
use crate::support::workdir::Desk;

const SUBJECT: &str = "repo:acme/infra:pull_request";
const POLICY: &str = "version: 1\nenvironments:\n  prod:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n      \
     apply: arn:aws:iam::{account_id}:role/provisioner-apply\n";
/// What is asked of GitHub to find out what may be written: none of it can be done.
const TRIES: &[&str] = &[
    "POST /repos/acme/infra/issues/7/comments",
    "POST /repos/acme/infra/statuses/0000000000000000000000000000000000000000",
];

/// A deployed config on a protected `main`, and the roles as the program writes them.
struct World {
    desk: Desk,
    issuer: Issuer,
    github: FakeGitHub,
    repo: Repo,
    alice: User,
}

impl World {
    fn new() -> Self {
        let world = Self::without_roles(POLICY, SUBJECT);
        roles::deploy(&world.desk, &world.issuer.address);
        world
    }

    fn without_roles(policy: &str, subject: &str) -> Self {
        let desk = Desk::strict();
        let issuer = Issuer::of(subject);
        desk.act("prep-master", &["--force"]);
        desk.write(".provisioner.yaml", policy);
        let github = FakeGitHub::start();
        let alice = github.user("alice");
        let repo = github
            .repo("acme/infra")
            .private()
            .protected("main")
            .collaborator(&alice, Permission::Write);
        let base = repo
            .commit("main")
            .write(&desk.path(), desk.read(&desk.path()))
            .write(".provisioner.yaml", policy)
            .push();
        repo.branch("feature", &base);
        repo.commit("feature").write("README.md", "hello").push();
        Self {
            desk,
            issuer,
            github,
            repo,
            alice,
        }
    }

    /// A role that trusts these subjects and may do these things.
    fn make_role(&self, name: &str, subjects: &[&str], actions: &[&str]) {
        let (account, issuer) = (&self.desk.aws.account, &self.issuer.address);
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{issuer}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{issuer}:aud"): "sts.amazonaws.com",
                format!("{issuer}:sub"): subjects,
            }},
        }]});
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
        ]});
        let template = json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": "does", "PolicyDocument": policy}],
        }}}});
        let capability = aws_sdk_cloudformation::types::Capability::CapabilityNamedIam;
        let made = self.desk.aws.stacks().create_stack();
        let made = made.stack_name(name).template_body(template.to_string());
        self.desk
            .aws
            .wait(made.capabilities(capability).send())
            .unwrap();
    }

    fn pull(&self) -> Pull {
        let pull = self.repo.pull("feature").author(&self.alice);
        pull.number(7).open()
    }

    fn job(&self, pull: &Pull, token: &str) -> Job {
        let event = pull.event("opened", &self.alice);
        let job = Job::new(&self.github, token, "pull_request", &event);
        let variables = self.issuer.variables();
        let job = variables
            .iter()
            .fold(job, |job, (name, value)| job.with(name, value));
        job.with("AWS_ENDPOINT_URL", &self.desk.url)
            .with("GITHUB_ACTOR", "alice")
    }

    /// Runs it, and sees to it that nothing was changed and no secret told.
    fn doctor(&self, job: &Job) -> Done {
        let before = self.stacks();
        let done = job.command(&["doctor"]);
        assert_eq!(self.stacks(), before);
        assert_eq!(self.desk.aws.change_sets(&self.desk.stack()), [""; 0]);
        assert_eq!(self.repo.comments(7).len(), 0);
        assert_eq!(self.repo.deployments().len(), 0);
        let said = format!("{}{}{}", done.stdout, done.stderr, done.summary);
        for secret in self.issuer.secrets() {
            assert!(!said.contains(&secret), "{secret} in {said}");
        }
        done
    }

    fn stacks(&self) -> Vec<(String, String)> {
        self.desk.aws.stack_names()
    }

    /// What differs from run to run.
    fn settled(&self, text: &str) -> String {
        let text = text.replace(&self.issuer.address, "ISSUER");
        let commit = regex::Regex::new("at [0-9a-f]{7}").unwrap();
        self.desk.neutral(&commit.replace_all(&text, "at [commit]"))
    }
}

#[test]
fn a_pull_request_can_look_and_do_nothing_else() {
    let world = World::new();
    let pull = world.pull();
    let job = world.job(&pull, &world.github.actions_token());
    let done = world.doctor(&job);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    insta::assert_snapshot!("pull_request", world.settled(&done.stdout));
    insta::assert_snapshot!("pull_request_summary", world.settled(&done.summary));
    world.github.expect_writes(TRIES);
}

#[test]
fn attack_a_plan_role_that_can_execute_is_told() {
    let world = World::without_roles(POLICY, SUBJECT);
    world.make_role("provisioner-plan", &[SUBJECT], &["cloudformation:*"]);
    let pull = world.pull();
    let done = world.doctor(&world.job(&pull, &world.github.actions_token()));
    assert_eq!(done.status, 20, "{}", done.stdout);
    let said = format!("it may run change sets of {}", world.desk.stack());
    assert!(done.stdout.contains(&said), "{}", done.stdout);
    world.github.expect_writes(TRIES);
}

#[test]
fn attack_an_apply_role_that_trusts_pull_requests_is_told() {
    let world = World::without_roles(POLICY, SUBJECT);
    let looks = ["cloudformation:DescribeStacks"];
    world.make_role("provisioner-plan", &[SUBJECT], &looks);
    world.make_role("provisioner-apply", &[SUBJECT], &["*"]);
    let pull = world.pull();
    let done = world.doctor(&world.job(&pull, &world.github.actions_token()));
    assert_eq!(done.status, 20, "{}", done.stdout);
    let said = "this job can assume it, and is none of its environment";
    assert!(done.stdout.contains(said), "{}", done.stdout);
    world.github.expect_writes(TRIES);
}

#[test]
fn a_job_of_the_environment_may_assume_the_apply_role() {
    let world = World::without_roles(POLICY, "repo:acme@5501/infra@880042:environment:prod");
    roles::deploy(&world.desk, &world.issuer.address);
    let pull = world.pull();
    let done = world.doctor(&world.job(&pull, &world.github.actions_token()));
    let apply = format!(
        "provisioner-apply: can be assumed, in account {}",
        world.desk.aws.account
    );
    assert!(done.stdout.contains(&apply), "{}", done.stdout);
    assert!(
        done.stdout.contains("which the apply role is for"),
        "{}",
        done.stdout
    );
    world.github.expect_writes(TRIES);
}

#[test]
fn attack_a_fork_is_asked_for_no_token() {
    let world = World::new();
    let fork = world.repo.fork("mallory/infra");
    fork.branch("feature", &world.repo.head("main"));
    fork.commit("feature").write("README.md", "hi").push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.alice).number(7).open();
    let done = world.doctor(&world.job(&pull, &world.github.readonly_token()));
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    insta::assert_snapshot!("fork", world.settled(&done.stdout));
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
    world.github.expect_writes(TRIES);
}

#[test]
fn everything_that_is_missing_is_told_in_one_run() {
    let policy = POLICY.replace("    roles:", "    approvers: [\"@acme/ml\"]\n    roles:");
    let world = World::without_roles(&policy, "repo:acme/other:pull_request");
    world.github.team("acme", "ml", &[&world.alice]);
    let pull = world.pull();
    let token = world.github.actions_token_writing(&["statuses"]);
    let done = world.doctor(&world.job(&pull, &token));
    assert_eq!(done.status, 31, "{}", done.stdout);
    insta::assert_snapshot!("missing", world.settled(&done.stdout));
    world.github.expect_writes(TRIES);

    let job = world.job(&pull, &world.github.actions_token());
    let done = world.doctor(&job.with("ACTIONS_ID_TOKEN_REQUEST_URL", ""));
    assert!(
        done.stdout.contains("grant the job id-token: write"),
        "{}",
        done.stdout
    );
    world.github.expect_writes(TRIES);
}

/// By GitHub's own description of its API there is nothing that the tries could make.
#[test]
fn attack_what_is_tried_at_github_cannot_be_done() {
    let world = World::new();
    let pull = world.pull();
    let prism = Prism::in_front_of(&world.github.api_url());
    let job = world.job(&pull, &world.github.actions_token());
    // The description has no path of a file in the contents; the policy file is of no matter here.
    world.doctor(&job.with("GITHUB_API_URL", &prism.url()));
    // What it takes for no valid request it does not let through.
    assert_eq!(world.github.writes().len(), 0);
    let violations = prism.violations();
    for path in TRIES.iter().map(|it| it.trim_start_matches("POST ")) {
        let refused = format!("post {path}");
        let mut lines = violations.iter().filter(|it| it.contains(&refused));
        assert!(
            lines.any(|it| it.contains("UNPROCESSABLE_ENTITY")),
            "{violations:#?}"
        );
    }
}

#[test]
fn a_laptop_is_told_what_it_has() {
    let desk = Desk::new();
    desk.write(".provisioner.yaml", POLICY);
    let said = desk.run(&["doctor"]);
    assert_eq!(said.status, 0, "{}", said.stdout);
    insta::assert_snapshot!("laptop", desk.neutral(&said.stdout));

    let config = desk.read(&desk.path());
    desk.write(&desk.path(), &config.replace("versioning", "versoning"));
    desk.write(".provisioner.yaml", "version: 1\nupdates: never\n");
    let said = desk.run(&["doctor", "--format", "json"]);
    assert_eq!(said.status, 10, "{}", said.stdout);
    let findings: Value = serde_json::from_str(&said.stdout).unwrap();
    let bad = findings.as_array().unwrap().iter();
    let bad: Vec<&Value> = bad
        .filter(|it| it["mark"] == "bad")
        .map(|it| &it["what"])
        .collect();
    assert_eq!(bad, ["policy file", "configs"]);
}

#[test]
fn a_laptop_without_credentials_is_told() {
    let desk = Desk::new();
    let mut command = desk.command(&["doctor"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(31), "{said}");
    assert!(said.contains("set AWS_PROFILE"), "{said}");
}
