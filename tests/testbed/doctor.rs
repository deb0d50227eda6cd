//! `doctor` in a job and on a laptop. It changes nothing, whatever it finds.

use serde_json::{Value, json};

use crate::aws::scene;
use crate::roles;
use crate::support::github::{FakeGitHub, Fault as GitHubFault, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{Job, JobOutput};
use crate::support::prism::Prism;
use crate::support::workdir::Workdir;

const SUBJECT: &str = "repo:acme/infra:pull_request";
const POLICY: &str = "version: 1\nenvironments:\n  prod:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n      \
     apply: arn:aws:iam::{account_id}:role/provisioner-apply\n";
/// Requests that test write permissions. None of them can succeed.
const WRITE_PROBES: &[&str] = &[
    "POST /repos/acme/infra/issues/7/comments",
    "POST /repos/acme/infra/statuses/0000000000000000000000000000000000000000",
];

/// A deployed config on a protected `main`, and the roles that `roles` prints.
struct World {
    workdir: Workdir,
    issuer: Issuer,
    github: FakeGitHub,
    repo: Repo,
    alice: User,
}

impl World {
    fn new() -> Self {
        let world = Self::without_roles(POLICY, SUBJECT);
        roles::deploy(&world.workdir, &world.issuer.address);
        world
    }

    fn without_roles(policy: &str, subject: &str) -> Self {
        let workdir = Workdir::strict();
        let issuer = Issuer::new(subject);
        scene::with_stack(&workdir);
        workdir.write(".provisioner.yaml", policy);
        let github = FakeGitHub::start();
        let alice = github.user("alice");
        let repo = github
            .repo("acme/infra")
            .private()
            .protected("main")
            .limited_environments(&["prod"])
            .collaborator(&alice, Permission::Write);
        let base = repo
            .commit("main")
            .write(&workdir.path(), workdir.read(&workdir.path()))
            .write(".provisioner.yaml", policy)
            .push();
        repo.branch("feature", &base);
        repo.commit("feature").write("README.md", "hello").push();
        Self {
            workdir,
            issuer,
            github,
            repo,
            alice,
        }
    }

    /// A role with these trusted subjects and permitted actions.
    fn make_role(&self, name: &str, subjects: &[&str], actions: &[&str]) {
        let (account, issuer) = (&self.workdir.aws.account, &self.issuer.address);
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
        let made = self.workdir.aws.stacks().create_stack();
        let made = made.stack_name(name).template_body(template.to_string());
        self.workdir
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
        job.with("AWS_ENDPOINT_URL", &self.workdir.url)
            .with("GITHUB_ACTOR", "alice")
    }

    /// Runs it, and checks that nothing changed and no secret is shown.
    fn doctor(&self, job: &Job) -> JobOutput {
        let before = self.stacks();
        let run = job.command(&["doctor"]);
        assert_eq!(self.stacks(), before);
        assert_eq!(self.workdir.aws.change_sets(&self.workdir.stack()), [""; 0]);
        assert_eq!(self.repo.comments(7).len(), 0);
        assert_eq!(self.repo.deployments().len(), 0);
        let said = format!("{}{}{}", run.stdout, run.stderr, run.summary);
        for secret in self.issuer.secrets() {
            assert!(!said.contains(&secret), "{secret} in {said}");
        }
        run
    }

    fn stacks(&self) -> Vec<(String, String)> {
        self.workdir.aws.stack_names()
    }

    /// Replaces text that differs between runs.
    fn normalize(&self, text: &str) -> String {
        let text = text.replace(&self.issuer.address, "ISSUER");
        let commit = regex::Regex::new("at [0-9a-f]{7}").unwrap();
        self.workdir
            .redact_account(&commit.replace_all(&text, "at [commit]"))
    }
}

#[test]
fn a_pull_request_job_is_read_only() {
    let world = World::new();
    let pull = world.pull();
    let job = world.job(&pull, &world.github.actions_token());
    let run = world.doctor(&job);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("pull_request", world.normalize(&run.stdout));
    insta::assert_snapshot!("pull_request_summary", world.normalize(&run.summary));
    world.github.expect_writes(WRITE_PROBES);
}

#[test]
fn attack_a_plan_role_that_can_execute_is_reported() {
    let world = World::without_roles(POLICY, SUBJECT);
    world.make_role("provisioner-plan", &[SUBJECT], &["cloudformation:*"]);
    let pull = world.pull();
    let run = world.doctor(&world.job(&pull, &world.github.actions_token()));
    assert_eq!(run.status, 20, "{}", run.stdout);
    let said = format!("it may run change sets of {}", world.workdir.stack());
    assert!(run.stdout.contains(&said), "{}", run.stdout);
    world.github.expect_writes(WRITE_PROBES);
}

#[test]
fn attack_an_apply_role_that_trusts_pull_requests_is_reported() {
    let world = World::without_roles(POLICY, SUBJECT);
    let looks = ["cloudformation:DescribeStacks"];
    world.make_role("provisioner-plan", &[SUBJECT], &looks);
    world.make_role("provisioner-apply", &[SUBJECT], &["*"]);
    let pull = world.pull();
    let run = world.doctor(&world.job(&pull, &world.github.actions_token()));
    assert_eq!(run.status, 20, "{}", run.stdout);
    let said = "this job can assume it, but does not run in its environment";
    assert!(run.stdout.contains(said), "{}", run.stdout);
    world.github.expect_writes(WRITE_PROBES);
}

#[test]
fn a_job_of_the_environment_may_assume_the_apply_role() {
    let world = World::without_roles(POLICY, "repo:acme/infra:environment:prod");
    roles::deploy(&world.workdir, &world.issuer.address);
    let pull = world.pull();
    let run = world.doctor(&world.job(&pull, &world.github.actions_token()));
    let apply = format!(
        "provisioner-apply: can be assumed, in account {}",
        world.workdir.aws.account
    );
    assert!(run.stdout.contains(&apply), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("jobs of an environment use the apply role"),
        "{}",
        run.stdout
    );
    world.github.expect_writes(WRITE_PROBES);
}

#[test]
fn attack_a_fork_requests_no_token() {
    let world = World::new();
    let fork = world.repo.fork("mallory/infra");
    fork.branch("feature", &world.repo.head("main"));
    fork.commit("feature").write("README.md", "hi").push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.alice).number(7).open();
    let run = world.doctor(&world.job(&pull, &world.github.readonly_token()));
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!("fork", world.normalize(&run.stdout));
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
    world.github.expect_writes(WRITE_PROBES);
}

#[test]
fn all_missing_permissions_are_reported_in_one_run() {
    let policy = POLICY.replace("    roles:", "    approvers: [\"@acme/ml\"]\n    roles:");
    let world = World::without_roles(&policy, "repo:acme/other:pull_request");
    world.github.team("acme", "ml", &[&world.alice]);
    let pull = world.pull();
    let token = world.github.actions_token_writing(&["statuses"]);
    let run = world.doctor(&world.job(&pull, &token));
    assert_eq!(run.status, 31, "{}", run.stdout);
    insta::assert_snapshot!("missing", world.normalize(&run.stdout));
    world.github.expect_writes(WRITE_PROBES);

    let job = world.job(&pull, &world.github.actions_token());
    let run = world.doctor(&job.with("ACTIONS_ID_TOKEN_REQUEST_URL", ""));
    assert!(
        run.stdout.contains("grant the job id-token: write"),
        "{}",
        run.stdout
    );
    world.github.expect_writes(WRITE_PROBES);
}

/// C13: a pull request that cannot be read is not known to come from a fork, and a missing permission is a finding.
#[test]
fn an_unreadable_pull_request_is_not_taken_for_one_from_a_fork() {
    let world = World::new();
    let pull = world.pull();
    let denied = json!({"message": "Resource not accessible by integration"});
    let place = "GET /repos/acme/infra/pulls/7";
    world
        .github
        .fault_always(place, GitHubFault::Json(403, denied));
    let run = world.doctor(&world.job(&pull, &world.github.readonly_token()));
    world.github.clear_faults();
    assert_eq!(run.status, 31, "{}", run.stdout);
    assert!(!run.stdout.contains("as it should be"), "{}", run.stdout);
    for words in [
        "help: grant the job pull-requests: read",
        "help: grant the job statuses: write",
        "not requested: the pull request could not be read, and may come from a fork",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert_eq!(world.issuer.issued(), [""; 0], "no token was requested");
    world.github.take_writes();
}

/// C13: the advice is about the token, and about no permission.
#[test]
fn a_missing_or_refused_token_is_reported_as_such() {
    let world = World::new();
    let pull = world.pull();
    for token in ["", "ghs_expired"] {
        let run = world.doctor(&world.job(&pull, token));
        assert_eq!(run.status, 31, "{}", run.stdout);
        let help = "help: set GITHUB_TOKEN in the step's env to the job's github.token";
        assert!(run.stdout.contains(help), "{token}: {}", run.stdout);
        for wrong in ["grant the job", "as it should be"] {
            assert!(!run.stdout.contains(wrong), "{token}: {}", run.stdout);
        }
    }
    world.github.take_writes();
}

/// A login that the policy lists can get another owner; an account id cannot.
#[test]
fn listed_approvers_are_reported_with_their_account() {
    let listed = "approvers: [\"@alice\", \"@alice#1\", \"@absent\"]\n    roles:";
    let policy = POLICY.replace("    roles:", &format!("    {listed}"));
    let world = World::without_roles(&policy, "repo:acme/other:pull_request");
    let pull = world.pull();
    let job = world.job(&pull, &world.github.actions_token());
    let report = world.doctor(&job).stdout;
    let id = world.alice.id;
    for line in [
        format!("write @alice#{id} to pin the account"),
        format!("the login belongs to account {id} now"),
        "no account has this login".to_owned(),
    ] {
        assert!(report.contains(&line), "{line}: {report}");
    }
    world.github.expect_writes(WRITE_PROBES);
}

/// By GitHub's own description of its API, the tests of permissions can create nothing.
#[test]
fn attack_probes_of_github_cannot_succeed() {
    let world = World::new();
    let pull = world.pull();
    let prism = Prism::in_front_of(&world.github.api_url());
    let job = world.job(&pull, &world.github.actions_token());
    // The description has no path of a file in the contents; the policy file does not matter here.
    world.doctor(&job.with("GITHUB_API_URL", &prism.url()));
    // The proxy does not forward an invalid request.
    assert_eq!(world.github.writes().len(), 0);
    let violations = prism.violations();
    for path in WRITE_PROBES.iter().map(|it| it.trim_start_matches("POST ")) {
        let refused = format!("post {path}");
        let mut lines = violations.iter().filter(|it| it.contains(&refused));
        assert!(
            lines.any(|it| it.contains("UNPROCESSABLE_ENTITY")),
            "{violations:#?}"
        );
    }
}

#[test]
fn a_laptop_gets_a_diagnosis() {
    let workdir = Workdir::new();
    workdir.write(".provisioner.yaml", POLICY);
    let said = workdir.run(&["doctor"]);
    assert_eq!(said.status, 0, "{}", said.stdout);
    insta::assert_snapshot!("laptop", workdir.redact_account(&said.stdout));
    let said = workdir.run(&["doctor", "--format", "json"]);
    insta::assert_snapshot!("laptop_json", workdir.redact_account(&said.stdout));

    let config = workdir.read(&workdir.path());
    workdir.write(&workdir.path(), &config.replace("versioning", "versoning"));
    workdir.write(".provisioner.yaml", "version: 1\nupdates: never\n");
    let said = workdir.run(&["doctor", "--format", "json"]);
    assert_eq!(said.status, 10, "{}", said.stdout);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let bad = report["findings"].as_array().unwrap().iter();
    let bad: Vec<&Value> = bad
        .filter(|it| it["mark"] == "bad")
        .map(|it| &it["what"])
        .collect();
    assert_eq!(bad, ["policy file", "configs"]);
    assert_eq!(report["next"], "provisioner validate-config");
}

#[test]
fn a_laptop_without_credentials_is_reported() {
    let workdir = Workdir::new();
    let mut command = workdir.command(&["doctor"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(31), "{said}");
    assert!(said.contains("set AWS_PROFILE"), "{said}");
}

/// GitHub switches off idle workflows with a schedule. Those of others are not provisioner's.
#[test]
fn a_workflow_that_is_switched_off_is_reported() {
    let world = World::new();
    let job = world.job(&world.pull(), &world.github.actions_token());
    let apply = ".github/workflows/provisioner-apply.yml";
    for (path, state) in [
        (apply, "active"),
        (".github/workflows/provisioner-old.yml", "deleted"),
        (".github/workflows/other.yml", "disabled_manually"),
    ] {
        world.repo.workflow(path, state);
    }
    let run = world.doctor(&job);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(
        run.stdout.contains("✓ workflows: the forge starts them"),
        "{}",
        run.stdout
    );
    world.repo.workflow(apply, "disabled_inactivity");
    let run = world.doctor(&job);
    assert_eq!(run.status, 31, "{}", run.stdout);
    let line = format!("✗ {apply}: switched off: disabled_inactivity");
    assert!(run.stdout.contains(&line), "{}", run.stdout);
    assert!(run.stdout.contains("Enable workflow"), "{}", run.stdout);
    let list = "GET /repos/acme/infra/actions/workflows";
    world.github.fault(list, GitHubFault::Status(403));
    let run = world.doctor(&job);
    assert_eq!(run.status, 0, "{}", run.stdout);
    world.github.take_writes();
}
