//! Both adapters against their fakes (`contract`), and what only GitHub has.

mod branches;
mod comments;
pub mod contract;
mod deployments;
mod environments;
mod history;
mod last_changes;
mod pushers;
mod recent;
mod remote;
mod reviews;
mod sources;
mod users;

use provisioner::forge::github::{Access, GitHub, RecentChange};
use provisioner::model::CommitSha;
use secrecy::SecretString;

use crate::support::github::GitHub as GitHubFake;
use contract::{account, sha};

type Scene = contract::Scene<GitHubFake>;

fn new_scene() -> Scene {
    Scene::new()
}

impl Scene {
    /// Calls the adapter in a job whose event happened `seconds` ago and replaced a commit.
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
