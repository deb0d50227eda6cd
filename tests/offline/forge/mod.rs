//! The GitHub adapter against the fake, fact by fact.

mod branches;
mod comments;
mod deployments;
mod environments;
mod history;
mod issues;
mod pushers;
mod recent;
mod remote;
mod reviews;
mod sources;
mod users;

use provisioner::forge::User as ForgeUser;
use provisioner::forge::github::{Access, GitHub, RecentChange};
use provisioner::guard::AccountKind;
use provisioner::model::{CommitSha, UserId};
use secrecy::SecretString;

use crate::support::github::{FakeGitHub, Permission, Pull, Repo, User};

/// A repository whose default branch is protected, and a pull request by a writer.
struct Scene {
    fake: FakeGitHub,
    repo: Repo,
    alice: User,
    bob: User,
    carol: User,
    /// May not even see the repository.
    mallory: User,
    pull: Pull,
}

fn new_scene() -> Scene {
    let fake = FakeGitHub::start();
    let (alice, bob) = (fake.user("alice"), fake.user("bob"));
    let (carol, mallory) = (fake.user("carol"), fake.user("mallory"));
    let repo = fake
        .repo("acme/infra")
        .private()
        .protected("main")
        .collaborator(&alice, Permission::Write)
        .collaborator(&bob, Permission::Maintain)
        .collaborator(&carol, Permission::Write);
    let base = repo.commit("main").write("README.md", "x").push();
    repo.branch("feature", &base);
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
    /// Calls the adapter with a job's token.
    fn call<T>(&self, work: impl AsyncFnOnce(&GitHub) -> T) -> T {
        self.call_as(self.fake.actions_token(), work)
    }

    fn call_as<T>(&self, token: String, work: impl AsyncFnOnce(&GitHub) -> T) -> T {
        let (rest, graphql) = (self.fake.api_url(), self.fake.graphql_url());
        call_at(rest, graphql, token, work)
    }

    /// The same in a job whose event happened `seconds` ago and replaced a commit.
    fn call_since<T>(
        &self,
        seconds: i64,
        replaced: Option<CommitSha>,
        work: impl AsyncFnOnce(&GitHub) -> T,
    ) -> T {
        let at = jiff::Timestamp::from_second(self.fake.now() - seconds).unwrap();
        let addresses = (self.fake.api_url(), self.fake.graphql_url());
        let recent = Some(RecentChange { at, replaced });
        call_after(recent, addresses, self.fake.actions_token(), work)
    }

    /// The same at the addresses of an Enterprise server.
    fn call_enterprise<T>(&self, token: String, work: impl AsyncFnOnce(&GitHub) -> T) -> T {
        let rest = self.fake.enterprise_api_url();
        call_at(rest, self.fake.enterprise_graphql_url(), token, work)
    }

    fn head(&self) -> CommitSha {
        sha(&self.pull.head_sha())
    }
}

fn call_at<T>(
    api_url: String,
    graphql_url: String,
    token: String,
    work: impl AsyncFnOnce(&GitHub) -> T,
) -> T {
    call_after(None, (api_url, graphql_url), token, work)
}

fn call_after<T>(
    recent: Option<RecentChange>,
    (api_url, graphql_url): (String, String),
    token: String,
    work: impl AsyncFnOnce(&GitHub) -> T,
) -> T {
    provisioner::pacing::shorten_to(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let github = GitHub::new(&Access {
            api_url,
            graphql_url,
            repository: "acme/infra".to_owned(),
            token: Some(SecretString::from(token)),
            git: None,
            recent,
            run: None,
        })
        .unwrap();
        work(&github).await
    })
}

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

fn account(user: &User) -> ForgeUser {
    ForgeUser {
        id: UserId(user.id),
        login: user.login.clone(),
        kind: AccountKind::Person,
    }
}
