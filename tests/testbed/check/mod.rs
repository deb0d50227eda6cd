//! Flow 1, the half that asks AWS: a fake GitHub, an issuer of identity tokens, and an AWS that holds roles to their policies.

mod drift;

use crate::roles;
use crate::support::check::{COMMENTS, STATUS};
use crate::support::github::{FakeGitHub, Permission, Pull, Repo, User};
use crate::support::issuer::Issuer;
use crate::support::job::{Done, Job, settled};
use crate::support::workdir::Desk;

const SUBJECT: &str = "repo:acme/infra:pull_request";
const ROLE: &str = "arn:aws:iam::{account_id}:role/provisioner-plan";

/// A deployed config on `main`, with a policy that names a plan role.
struct World {
    desk: Desk,
    issuer: Issuer,
    github: FakeGitHub,
    repo: Repo,
    alice: User,
}

impl World {
    /// `policy` is the policy file at the base.
    fn new(policy: &str) -> Self {
        let desk = Desk::strict();
        let issuer = Issuer::of(SUBJECT);
        desk.act("prep-master", &["--force"]);
        let github = FakeGitHub::start();
        let alice = github.user("alice");
        let repo = github
            .repo("acme/infra")
            .private()
            .collaborator(&alice, Permission::Write);
        let base = repo
            .commit("main")
            .write(&desk.path(), desk.read(&desk.path()))
            .write(".provisioner.yaml", policy)
            .push();
        repo.branch("feature", &base);
        // The role that looks is the one that the program writes for this repository.
        desk.write(".provisioner.yaml", &self::policy(ROLE));
        roles::deploy(&desk, &issuer.address);
        Self {
            desk,
            issuer,
            github,
            repo,
            alice,
        }
    }

    /// A pull request with these lines in the config's section `s3`.
    fn changed(&self, s3: &str) -> Pull {
        self.desk.write_config(s3);
        let text = self.desk.read(&self.desk.path());
        self.repo
            .commit("feature")
            .write(&self.desk.path(), text)
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
        job.with("AWS_ENDPOINT_URL", &self.desk.url)
    }

    /// The one comment that the jobs wrote, with a status.
    fn comment(&self) -> String {
        self.github.expect_writes(&[COMMENTS, STATUS]);
        let comments = self.repo.comments(7);
        assert_eq!(comments.len(), 1);
        comments[0].body.clone()
    }

    /// The emulator speaks HTTP, which the bucket's policy refuses to everybody but the account itself.
    fn without_bucket_policy(self) -> Self {
        let objects = self.desk.aws.objects();
        let deleted = objects
            .delete_bucket_policy()
            .bucket(&self.desk.name)
            .send();
        self.desk.aws.wait(deleted).unwrap();
        self
    }

    /// Nothing was made, nothing is left.
    fn untouched(&self) {
        assert_eq!(self.desk.aws.change_sets(&self.desk.stack()), [""; 0]);
        let stacks = self.desk.aws.stack_names();
        let complete = "CREATE_COMPLETE".to_owned();
        assert_eq!(
            stacks,
            [
                (self.desk.stack(), complete.clone()),
                ("roles".to_owned(), complete)
            ]
        );
        assert_eq!(self.desk.aws.keys(&self.desk.name).len(), 162);
    }

    /// No secret of the run is anywhere in what it said.
    fn kept_its_secrets(&self, done: &Done) {
        let comments = self
            .repo
            .comments(7)
            .into_iter()
            .map(|comment| comment.body);
        let said = [&done.stdout, &done.stderr, &done.summary].map(String::clone);
        let said: String = said.into_iter().chain(comments).collect();
        let said = format!("{said}{}{}{}", done.outputs, done.sarif, done.report);
        for secret in self.issuer.secrets() {
            assert!(!said.contains(&secret), "{secret} in {said}");
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
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    insta::assert_snapshot!(
        "change_set_comment",
        world.desk.neutral(&settled(&world.comment()))
    );
    // The emulator says of every change of a bucket that it may replace it.
    assert_eq!(done.outputs["impact"], "critical");
    let preview = &done.report["previews"][world.desk.path()];
    assert_eq!(preview["result"]["verdict"], "may-destroy");
    assert_eq!(world.issuer.issued().len(), 1, "one token serves the run");
    world.untouched();
    world.kept_its_secrets(&done);

    // The same event once more finds the same.
    let again = world.job(&pull).run();
    assert_eq!(again.outputs["digest"], done.outputs["digest"]);
    assert_eq!(
        world.github.take_writes().len(),
        0,
        "nothing is written the second time"
    );
}

#[test]
fn a_removed_config_shows_what_would_go() {
    let world = World::new(&policy(ROLE)).without_bucket_policy();
    world
        .repo
        .commit("feature")
        .remove(&world.desk.path())
        .push();
    let pull = world.pull();
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    insta::assert_snapshot!(
        "deletion_comment",
        world.desk.neutral(&settled(&world.comment()))
    );
    world.untouched();
    world.kept_its_secrets(&done);
}

#[test]
fn what_is_there_is_part_of_the_digest() {
    let world = World::new(&policy(ROLE)).without_bucket_policy();
    world
        .repo
        .commit("feature")
        .remove(&world.desk.path())
        .push();
    let pull = world.pull();
    let before = world.job(&pull).run().outputs["digest"].clone();
    world.comment();
    let objects = world.desk.aws.objects();
    let put = objects
        .put_object()
        .bucket(&world.desk.name)
        .key("data")
        .send();
    world.desk.aws.wait(put).unwrap();
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
    world.desk.write_config("  versioning: false\n");
    let text = world.desk.read(&world.desk.path());
    fork.commit("feature")
        .write(&world.desk.path(), text)
        .push();
    let pull = world.repo.pull("feature").of_fork(&fork);
    let pull = pull.author(&world.alice).number(7).open();
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        done.summary.contains("gets no credentials"),
        "{}",
        done.summary
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
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    let said = world.comment();
    assert!(said.contains("names no plan role"), "{said}");
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
    world.untouched();
}

#[test]
fn attack_a_policy_that_does_not_load_asks_for_nothing() {
    let world = World::new(&format!("{}accounts: everything\n", policy(ROLE)));
    let pull = world.changed("  versioning: false\n");
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    let said = world.comment();
    assert!(said.contains("does not load"), "{said}");
    assert_eq!(world.issuer.issued(), [""; 0], "no token was asked for");
}

#[test]
fn attack_a_role_of_another_account_shows_nothing() {
    let world = World::new(&policy(ROLE));
    // The role of the policy exists only in the world's account; the config names another one.
    let other = "999999999999";
    let text = world
        .desk
        .read(&world.desk.path())
        .replace(&world.desk.aws.account, other);
    let path = world.desk.path();
    world.repo.commit("feature").write(&path, text).push();
    let pull = world.pull();
    let done = world.job(&pull).run();
    let said = world.comment();
    assert!(said.contains("aws-credentials"), "{said}");
    world.untouched();
    world.kept_its_secrets(&done);
}

#[test]
fn a_job_without_a_token_is_told_what_is_missing() {
    let world = World::new(&policy(ROLE));
    let pull = world.changed("  versioning: false\n");
    let job = world.job(&pull).with("ACTIONS_ID_TOKEN_REQUEST_URL", "");
    let done = job.run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    let said = world.comment();
    assert!(said.contains("id-token write"), "{said}");
}

#[test]
fn an_issuer_that_refuses_is_told_without_its_secrets() {
    let world = World::new(&policy(ROLE));
    let pull = world.changed("  versioning: false\n");
    let job = world
        .job(&pull)
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "stolen-bearer-8Hq2");
    let done = job.run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    let said = world.comment();
    assert!(
        said.contains("aws-credentials") && said.contains("401"),
        "{said}"
    );
    assert!(!format!("{said}{}", done.stderr).contains("stolen-bearer"));
    assert_eq!(done.outputs["impact"], "unknown");
}

/// By default a merged change of a stack that exists is not applied, so that the base may be ahead of it.
#[test]
fn a_base_that_was_not_deployed_is_said_so() {
    let world = World::new(&policy(ROLE));
    let commit = |branch: &str, s3: &str| {
        world.desk.write_config(s3);
        let text = world.desk.read(&world.desk.path());
        world
            .repo
            .commit(branch)
            .write(&world.desk.path(), text)
            .push()
    };
    let merged = commit("main", "  versioning: true\n  tags:\n    Team: fraud\n");
    world.repo.branch("later", &merged);
    let both = "  versioning: true\n  lifecycle_policy: compliance\n  tags:\n    Team: fraud\n";
    commit("later", both);
    let pull = world.repo.pull("later").author(&world.alice);
    let pull = pull.number(7).open();
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    let said = world.comment();
    assert!(said.contains("no known version of the config"), "{said}");
    assert!(
        said.contains("s3.tags.Team"),
        "what was merged before is a cause too: {said}"
    );
    world.untouched();
}
