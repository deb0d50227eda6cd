//! Flow 1 with AWS: a fake GitHub, an issuer of identity tokens, and an AWS in which policies limit roles.

mod drift;
mod merge_queue;

use crate::aws::scene;
use crate::roles;
use crate::support::check::{COMMENTS, STATUS};
use crate::support::github::{FakeGitHub, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{Job, JobOutput, normalize};
use crate::support::workdir::Workdir;

const SUBJECT: &str = "repo:acme/infra:pull_request";
const ROLE: &str = "arn:aws:iam::{account_id}:role/provisioner-plan";

/// A deployed config on `main`, with a policy that names a plan role.
struct World {
    workdir: Workdir,
    issuer: Issuer,
    github: FakeGitHub,
    repo: Repo,
    alice: User,
}

impl World {
    /// `policy` is the policy file at the base.
    fn new(policy: &str) -> Self {
        let workdir = Workdir::strict();
        let issuer = Issuer::new(SUBJECT);
        scene::with_objects(&workdir);
        let github = FakeGitHub::start();
        let alice = github.user("alice");
        let repo = github
            .repo("acme/infra")
            .private()
            .collaborator(&alice, Permission::Write);
        let base = repo
            .commit("main")
            .write(&workdir.path(), workdir.read(&workdir.path()))
            .write(".provisioner.yaml", policy)
            .push();
        repo.branch("feature", &base);
        // The plan role is the one that `roles` prints for this repository.
        workdir.write(".provisioner.yaml", &self::policy(ROLE));
        roles::deploy(&workdir, &issuer.address);
        Self {
            workdir,
            issuer,
            github,
            repo,
            alice,
        }
    }

    /// A pull request with these lines in the config's section `s3`.
    fn changed(&self, s3: &str) -> Pull {
        self.workdir.write_config(s3);
        let text = self.workdir.read(&self.workdir.path());
        self.repo
            .commit("feature")
            .write(&self.workdir.path(), text)
            .push();
        self.pull()
    }

    fn pull(&self) -> Pull {
        self.repo
            .pull("feature")
            .author(&self.alice)
            .number(7)
            .open()
    }

    fn job(&self, pull: &Pull) -> Job {
        let event = pull.event("opened", &self.alice);
        let job = Job::new(
            &self.github,
            &self.github.actions_token(),
            "pull_request",
            &event,
        );
        let variables = self.issuer.variables();
        let job = variables
            .iter()
            .fold(job, |job, (name, value)| job.with(name, value));
        job.with("AWS_ENDPOINT_URL", &self.workdir.url)
    }

    /// The one comment that the jobs wrote, with a status.
    fn comment(&self) -> String {
        self.github.expect_writes(&[COMMENTS, STATUS]);
        let comments = self.repo.comments(7);
        assert_eq!(comments.len(), 1);
        comments[0].body.clone()
    }

    /// The emulator uses HTTP, which the bucket's policy denies to all but the account itself.
    fn without_bucket_policy(self) -> Self {
        let objects = self.workdir.aws.objects();
        let deleted = objects
            .delete_bucket_policy()
            .bucket(&self.workdir.name)
            .send();
        self.workdir.aws.wait(deleted).unwrap();
        self
    }

    /// Nothing was created, and nothing is left.
    fn assert_unchanged(&self) {
        assert_eq!(self.workdir.aws.change_sets(&self.workdir.stack()), [""; 0]);
        let stacks = self.workdir.aws.stack_names();
        let complete = "CREATE_COMPLETE".to_owned();
        assert_eq!(
            stacks,
            [
                (self.workdir.stack(), complete.clone()),
                ("roles".to_owned(), complete)
            ]
        );
        assert_eq!(self.workdir.aws.keys(&self.workdir.name).len(), 3);
    }

    /// The output contains no secret of the run.
    fn assert_no_secrets(&self, run: &JobOutput) {
        let comments = self
            .repo
            .comments(7)
            .into_iter()
            .map(|comment| comment.body);
        let comment = [&run.stdout, &run.stderr, &run.summary].map(String::clone);
        let comment: String = comment.into_iter().chain(comments).collect();
        let comment = format!("{comment}{}{}{}", run.outputs, run.sarif, run.report);
        for secret in self.issuer.secrets() {
            assert!(!comment.contains(&secret), "{secret} in {comment}");
        }
    }
}

fn policy(role: &str) -> String {
    format!("version: 1\nenvironments:\n  prod:\n    roles:\n      plan: \"{role}\"\n")
}

#[test]
fn a_change_set_is_shown_with_its_causes() {
    let world = World::new(&policy(ROLE));
    let pull = world.changed("  versioning: true\n  lifecycle_policy: compliance\n");
    let run = world.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!(
        "change_set_comment",
        world.workdir.redact_account(&normalize(&world.comment()))
    );
    // The emulator reports for every change of a bucket that it may replace it.
    assert_eq!(run.outputs["impact"], "critical");
    let preview = &run.report["previews"][world.workdir.path()];
    assert_eq!(preview["changes"]["verdict"], "may-destroy");
    assert_eq!(world.issuer.issued().len(), 1, "one token serves the run");
    world.assert_unchanged();
    world.assert_no_secrets(&run);

    // The same event again gives the same result.
    let again = world.job(&pull).run();
    assert_eq!(again.outputs["digest"], run.outputs["digest"]);
    assert_eq!(
        world.github.take_writes().len(),
        0,
        "nothing is written the second time"
    );
}

#[test]
fn a_removed_config_lists_what_would_be_deleted() {
    let world = World::new(&policy(ROLE)).without_bucket_policy();
    world
        .repo
        .commit("feature")
        .remove(&world.workdir.path())
        .push();
    let pull = world.pull();
    let run = world.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!(
        "deletion_comment",
        world.workdir.redact_account(&normalize(&world.comment()))
    );
    world.assert_unchanged();
    world.assert_no_secrets(&run);
}

#[test]
fn existing_objects_are_part_of_the_digest() {
    let world = World::new(&policy(ROLE)).without_bucket_policy();
    world
        .repo
        .commit("feature")
        .remove(&world.workdir.path())
        .push();
    let pull = world.pull();
    let before = world.job(&pull).run().outputs["digest"].clone();
    world.comment();
    let objects = world.workdir.aws.objects();
    let put = objects
        .put_object()
        .bucket(&world.workdir.name)
        .key("data")
        .send();
    world.workdir.aws.wait(put).unwrap();
    let after = world.job(&pull).run().outputs["digest"].clone();
    assert_ne!(before, after);
    world
        .github
        .expect_writes(&["PATCH /repos/acme/infra/issues/comments/*", STATUS]);
}

#[test]
fn attack_a_fork_gets_no_credentials() {
    let world = World::new(&policy(ROLE));
    let fork = world.repo.fork("mallory/infra");
    fork.branch("feature", &world.repo.head("main"));
    world.workdir.write_config("  versioning: false\n");
    let text = world.workdir.read(&world.workdir.path());
    fork.commit("feature")
        .write(&world.workdir.path(), text)
        .push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.alice).number(7).open();
    let run = world.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.summary.contains("gets no credentials"),
        "{}",
        run.summary
    );
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
}

#[test]
fn attack_a_change_does_not_choose_its_own_role() {
    let world = World::new("version: 1\n");
    let text = policy(ROLE);
    world
        .repo
        .commit("feature")
        .write(".provisioner.yaml", text)
        .push();
    let pull = world.changed("  versioning: false\n");
    let run = world.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = world.comment();
    assert!(comment.contains("sets no plan role"), "{comment}");
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
    world.assert_unchanged();
}

#[test]
fn attack_an_invalid_policy_gets_no_credentials() {
    let world = World::new(&format!("{}accounts: everything\n", policy(ROLE)));
    let pull = world.changed("  versioning: false\n");
    let run = world.job(&pull).run();
    assert_eq!(run.status, 10, "{}", run.stderr);
    let comment = world.comment();
    assert!(
        comment.contains("No AWS preview: the policy file of the base branch has errors."),
        "{comment}"
    );
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
}

#[test]
fn attack_a_role_of_another_account_shows_nothing() {
    let world = World::new(&policy(ROLE));
    // The policy's role exists only in the test's account; the config names another account.
    let other = "999999999999";
    let text = world
        .workdir
        .read(&world.workdir.path())
        .replace(&world.workdir.aws.account, other);
    let path = world.workdir.path();
    world.repo.commit("feature").write(&path, text).push();
    let pull = world.pull();
    let run = world.job(&pull).run();
    let comment = world.comment();
    assert!(comment.contains("aws-credentials"), "{comment}");
    world.assert_unchanged();
    world.assert_no_secrets(&run);
}

#[test]
fn a_job_without_an_identity_token_names_the_permission() {
    let world = World::new(&policy(ROLE));
    let pull = world.changed("  versioning: false\n");
    let job = world.job(&pull).with("ACTIONS_ID_TOKEN_REQUEST_URL", "");
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = world.comment();
    assert!(comment.contains("identity-token-missing"), "{comment}");
}

#[test]
fn a_token_issuer_error_is_reported_without_secrets() {
    let world = World::new(&policy(ROLE));
    let pull = world.changed("  versioning: false\n");
    let job = world
        .job(&pull)
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "stolen-bearer-8Hq2");
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = world.comment();
    assert!(
        comment.contains("aws-credentials") && comment.contains("token not accepted"),
        "{comment}"
    );
    assert!(!format!("{comment}{}", run.stderr).contains("stolen-bearer"));
    assert_eq!(run.outputs["impact"], "unknown");
}

/// By default a merged update is not applied, so the base may be ahead of the stack.
#[test]
fn an_undeployed_base_is_reported() {
    let world = World::new(&policy(ROLE));
    let commit = |branch: &str, s3: &str| {
        world.workdir.write_config(s3);
        let text = world.workdir.read(&world.workdir.path());
        world
            .repo
            .commit(branch)
            .write(&world.workdir.path(), text)
            .push()
    };
    let merged = commit("main", "  versioning: true\n  tags:\n    Team: fraud\n");
    world.repo.branch("later", &merged);
    let both = "  versioning: true\n  lifecycle_policy: compliance\n  tags:\n    Team: fraud\n";
    commit("later", both);
    let pull = world.repo.pull("later").author(&world.alice);
    let pull = pull.number(7).open();
    let run = world.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = world.comment();
    assert!(
        comment.contains("no version of the config that was read renders the deployed template"),
        "{comment}"
    );
    assert!(
        comment.contains("s3.tags.Team"),
        "what was merged before is a cause too: {comment}"
    );
    world.assert_unchanged();
}
