//! The GitLab adapter against the fake, fact by fact.

mod check_user;
mod conversation;
mod reviews;
mod sources;

use provisioner::forge::gitlab::{GitLab, JobClaims, ProjectAccess};
use provisioner::model::{CommitSha, UserId};
use secrecy::SecretString;

use crate::support::gitlab::{FakeGitLab, Permission, Pull, Repo, User};

/// A project whose default branch nobody may push to, and a merge request by a Developer.
struct Scene {
    fake: FakeGitLab,
    repo: Repo,
    alice: User,
    bob: User,
    carol: User,
    /// No member.
    mallory: User,
    pull: Pull,
}

fn new_scene() -> Scene {
    let fake = FakeGitLab::start();
    let [alice, bob, carol, mallory] = ["alice", "bob", "carol", "mallory"].map(|it| fake.user(it));
    let repo = fake
        .repo("acme/infra")
        .private()
        .collaborator(&alice, Permission::Write)
        .collaborator(&bob, Permission::Maintain)
        .collaborator(&carol, Permission::Write);
    let base = repo.commit("main").write("README.md", "x").push();
    let repo = repo.protected("main");
    repo.branch_by(&alice, "feature", &base);
    repo.commit("feature")
        .author(&alice)
        .write("a.yaml", "a: 1\n")
        .push();
    let pull = repo.pull("feature").author(&alice).number(7).open();
    Scene {
        fake,
        repo,
        alice,
        bob,
        carol,
        mallory,
        pull,
    }
}

impl Scene {
    /// Calls the adapter with the token of apply jobs.
    fn call<T>(&self, work: impl AsyncFnOnce(&GitLab) -> T) -> T {
        self.call_as(self.fake.apply_token(), None, work)
    }

    fn call_as<T>(
        &self,
        token: String,
        claims: Option<JobClaims>,
        work: impl AsyncFnOnce(&GitLab) -> T,
    ) -> T {
        provisioner::pacing::shorten_to(1);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let access = ProjectAccess {
            api_url: self.fake.api_url(),
            project: self.repo.id,
            path: "acme/infra".to_owned(),
            token: Some(SecretString::from(token)),
            git: None,
            run: None,
            pipeline: None,
            claims,
            check_user: Some(UserId(self.fake.check_bot().id)),
            since: None,
        };
        runtime.block_on(async { work(&GitLab::new(&access).unwrap()).await })
    }

    fn head(&self) -> CommitSha {
        sha(&self.pull.head_sha())
    }

    fn own(&self) -> UserId {
        UserId(self.fake.apply_bot().id)
    }
}

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}
