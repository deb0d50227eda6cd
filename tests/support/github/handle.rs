//! The test's handle of the fake: addresses, teams, limits and tokens.

use super::super::forge::{self, Rules as _};
use super::auth::{Token, Writes};
use super::state::{GitHub, Kind, Limits, User};
use super::wire::epoch;

/// The id of `github-actions[bot]`, the identity behind every job's token.
pub const ACTIONS_BOT_ID: u64 = 41_898_282;

pub type FakeGitHub = forge::Fake<GitHub>;

impl FakeGitHub {
    /// The time in the fake's answers, in seconds since 1970.
    pub fn now(&self) -> i64 {
        i64::try_from(epoch()).expect("the time is after 1970")
    }

    /// Lets time pass. From then on, answers have the time of the fake's clock.
    pub fn pass(&self, seconds: u64) {
        self.state(|s| GitHub::pass(s, seconds));
    }

    /// The value of `GITHUB_API_URL` at github.com; GraphQL is at `/graphql` below it.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn graphql_url(&self) -> String {
        format!("{}/graphql", self.api_url())
    }

    /// The value of `GITHUB_API_URL` on an Enterprise server; GraphQL is at `/api/graphql`.
    pub fn enterprise_api_url(&self) -> String {
        format!("{}/api/v3", self.api_url())
    }

    pub fn enterprise_graphql_url(&self) -> String {
        format!("{}/api/graphql", self.api_url())
    }

    pub fn user_with_id(&self, login: &str, id: u64) -> User {
        self.state(|s| s.add_user(login, Some(id), Kind::User))
    }

    pub fn team(&self, organisation: &str, slug: &str, members: &[&User]) {
        self.state(|s| {
            s.add_user(organisation, None, Kind::Organization);
            for member in members {
                let key = (organisation.to_lowercase(), slug.to_owned(), member.id);
                s.teams.insert(key, "active");
            }
        });
    }

    /// Invites a user to a team, without joining it.
    pub fn invite(&self, organisation: &str, slug: &str, user: &User) {
        self.state(|s| {
            let key = (organisation.to_lowercase(), slug.to_owned(), user.id);
            s.teams.insert(key, "pending");
        });
    }

    pub fn limits(&self, change: impl FnOnce(&mut Limits)) {
        self.state(|s| change(&mut s.limits));
    }

    /// A personal token: may do what the person may.
    pub fn token(&self, user: &User) -> String {
        self.add_token(user.id, false, Writes::All)
    }

    /// A job's token with every write permission.
    pub fn actions_token(&self) -> String {
        self.add_token(ACTIONS_BOT_ID, true, Writes::All)
    }

    /// A job's token whose `permissions:` are `write` for these only, for example `["statuses"]`.
    pub fn actions_token_writing(&self, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|&s| s.to_owned()).collect();
        self.add_token(ACTIONS_BOT_ID, true, Writes::Only(scopes))
    }

    /// What a job for a fork's pull request gets.
    pub fn readonly_token(&self) -> String {
        self.add_token(ACTIONS_BOT_ID, true, Writes::Nothing)
    }

    /// The token of a custom app; its identity is `{app}[bot]`.
    pub fn app_token(&self, app: &str) -> String {
        let bot = self.bot(&format!("{app}[bot]"));
        self.add_token(bot.id, true, Writes::All)
    }

    fn add_token(&self, user: u64, installation: bool, writes: Writes) -> String {
        self.state(|s| {
            let kind = if installation { "ghs" } else { "ghp" };
            let text = format!("{kind}_{:036}", s.id());
            s.tokens.insert(
                text.clone(),
                Token {
                    user,
                    installation,
                    writes,
                },
            );
            text
        })
    }
}
