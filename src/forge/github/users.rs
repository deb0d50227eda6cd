//! Users and their permissions.

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use super::client::GitHub;
use super::objects::CONCURRENCY;
use super::wire;
use crate::forge::route::segment;
use crate::forge::{ForgeError, User, Users};
use crate::guard::{AccountKind, Actor, Permission};
use crate::model::UserId;

const VIEWER: &str = "query { viewer { databaseId } }";

/// GitHub's account for all deleted accounts.
const GHOST: &str = "ghost";

impl wire::Actor {
    /// The account; `None` if it was deleted. Two deleted accounts look the same.
    pub fn account(self) -> Option<User> {
        (!self.login.eq_ignore_ascii_case(GHOST)).then(|| User {
            id: UserId(self.id),
            kind: match self.kind.as_deref() {
                Some("User") => AccountKind::Person,
                _ if self.login == JOB_BOT => AccountKind::JobBot,
                _ => AccountKind::Bot,
            },
            login: self.login,
        })
    }
}

/// The bot of workflow tokens. Brackets are not allowed in the logins of persons.
/// <https://docs.github.com/en/actions/concepts/security/github_token>
const JOB_BOT: &str = "github-actions[bot]";

#[async_trait]
impl Users for GitHub {
    async fn current_user(&self) -> Result<Option<UserId>, ForgeError> {
        let user = self.user.get_or_try_init(|| self.read_current_user());
        user.await.copied()
    }

    async fn find_user(&self, login: &str) -> Result<Option<User>, ForgeError> {
        let Some(name) = segment(login) else {
            return Ok(None);
        };
        let what = format!("user {login}");
        let route = format!("{}/users/{name}", self.prefix);
        match self.get::<wire::Actor>(&what, &route).await {
            Ok(found) => Ok(found.account()),
            Err(error) if error.is_withheld() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads nothing about a bot: its approvals and commands do not count.
    async fn actor(&self, account: &User, teams: &[String]) -> Result<Actor, ForgeError> {
        let mut person = Actor {
            id: account.id,
            login: account.login.clone(),
            bot: account.is_bot(),
            permission: None,
            teams: Vec::new(),
        };
        let Some(login) = segment(&account.login).filter(|_| !account.is_bot()) else {
            return Ok(person);
        };
        person.permission = self.permission(account, &login).await?;
        // Teams are read by login, so only after the login is known to belong to this user.
        if person.permission > Some(Permission::None) {
            for team in teams {
                if self.belongs_to(team, &login).await? {
                    person.teams.push(team.clone());
                }
            }
        }
        Ok(person)
    }
}

impl GitHub {
    /// Several users, read concurrently.
    pub(super) async fn actors(
        &self,
        accounts: Vec<User>,
        teams: &[String],
    ) -> Result<Vec<Actor>, ForgeError> {
        let requests = accounts
            .into_iter()
            .map(|account| async move { self.actor(&account, teams).await });
        let requests: Vec<_> = requests.collect();
        stream::iter(requests)
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// A user's permission. A refusal means unknown, which denies.
    async fn permission(
        &self,
        account: &User,
        login: &str,
    ) -> Result<Option<Permission>, ForgeError> {
        let what = format!("permission of {login}");
        let route = format!("{}/collaborators/{login}/permission", self.root);
        match self.get::<wire::Collaborator>(&what, &route).await {
            Ok(found) => {
                let user = found.user.as_ref();
                // Another account may have this login now.
                let is_same = user.is_some_and(|user| UserId(user.id) == account.id);
                Ok(found.permission().filter(|_| is_same))
            }
            Err(error) if error.is_withheld() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a user is known to belong to a team (`organisation/team`).
    async fn belongs_to(&self, team: &str, login: &str) -> Result<bool, ForgeError> {
        let parts = team.split_once('/');
        let parts = parts.and_then(|(owner, team)| Some((segment(owner)?, segment(team)?)));
        let Some((owner, slug)) = parts else {
            return Ok(false);
        };
        let what = format!("members of team {owner}/{slug}");
        let route = format!(
            "{}/orgs/{owner}/teams/{slug}/memberships/{login}",
            self.prefix
        );
        match self.get::<wire::Membership>(&what, &route).await {
            Ok(membership) => Ok(membership.state == "active"),
            Err(error) if error.is_withheld() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// GitHub names the user of a job's token in GraphQL only. A server without GraphQL names the user of a person's token.
    async fn read_current_user(&self) -> Result<Option<UserId>, ForgeError> {
        let what = "own identity";
        let viewer = self.query::<wire::Identity>(what, VIEWER, json!({})).await;
        let unanswered = match viewer {
            Ok(identity) => match identity.viewer.and_then(|viewer| viewer.database_id) {
                Some(id) => return Ok(Some(UserId(id))),
                None => None,
            },
            Err(error) if error.is_not_allowed() => None,
            Err(error) if error.is_refusal() => Some(error),
            Err(error) => return Err(error),
        };
        let route = format!("{}/user", self.prefix);
        match (self.get::<wire::User>(what, &route).await, unanswered) {
            (Ok(user), _) => Ok(Some(UserId(user.id))),
            (Err(error), None) if error.is_not_allowed() => Ok(None),
            (Err(_), Some(error)) | (Err(error), None) => Err(error),
        }
    }

    /// Keeps the token's user that another query names.
    pub(super) fn remember_user(&self, viewer: Option<wire::Viewer>) {
        if let Some(id) = viewer.and_then(|viewer| viewer.database_id) {
            let _ = self.user.set(Some(UserId(id)));
        }
    }
}

impl wire::Collaborator {
    /// The role, if it fits the permission: an organisation can give custom roles any name.
    fn permission(&self) -> Option<Permission> {
        match (self.permission.as_str(), self.role_name.as_deref()) {
            ("admin", _) => Some(Permission::Admin),
            ("write", Some("maintain")) => Some(Permission::Maintain),
            ("write", _) => Some(Permission::Write),
            ("read", Some("triage")) => Some(Permission::Triage),
            ("read", _) => Some(Permission::Read),
            ("none", _) => Some(Permission::None),
            _ => None,
        }
    }
}
