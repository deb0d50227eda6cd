//! Users and their roles.
//! <https://docs.gitlab.com/api/users/>, <https://docs.gitlab.com/api/project_members/>

use async_trait::async_trait;

use super::client::GitLab;
use super::wire;
use crate::forge::route::encoded;
use crate::forge::{ForgeError, User, Users};
use crate::guard::{AccountKind, Actor, Permission};
use crate::model::UserId;

impl GitLab {
    /// A user of another answer, with the kind of account. Only GitLab's answer proves a person.
    pub(super) async fn account(&self, user: &wire::UserRef) -> Result<User, ForgeError> {
        Ok(User {
            id: UserId(user.id),
            login: user.username.clone(),
            kind: self.kind_of(user).await?,
        })
    }

    async fn kind_of(&self, user: &wire::UserRef) -> Result<AccountKind, ForgeError> {
        if let Some(kind) = self.kinds.lock().await.get(&user.id) {
            return Ok(*kind);
        }
        let what = format!("user {}", user.username);
        let route = format!("/users/{}", user.id);
        let kind = match self.get::<wire::Account>(&what, &route).await {
            Ok(account) if account.id == user.id => self.kind(&account).await?,
            Ok(_) => AccountKind::Bot,
            Err(error) if error.is_withheld() => AccountKind::Bot,
            Err(error) => return Err(error),
        };
        self.kinds.lock().await.insert(user.id, kind);
        Ok(kind)
    }

    async fn kind(&self, account: &wire::Account) -> Result<AccountKind, ForgeError> {
        // On GitLab Free both tokens may be of users that GitLab takes for people. Everybody who can change the pipeline of a merge
        // request can read the token of the check, and act as its user.
        let id = Some(UserId(account.id));
        let is_job = self.check_user == id || self.current_user().await? == id;
        Ok(match account.bot {
            _ if is_job => AccountKind::JobBot,
            Some(false) => AccountKind::Person,
            Some(true) | None => AccountKind::Bot,
        })
    }

    /// Fails in a check whose token is another user's than the one whose approvals do not count.
    fn require_check_user(&self, own: UserId) -> Result<UserId, ForgeError> {
        let claims = self.claims.as_ref();
        let is_check = claims.is_some_and(|it| it.pipeline_source == "merge_request_event");
        match self.check_user.filter(|user| is_check && *user != own) {
            None => Ok(own),
            Some(user) => Err(ForgeError::misconfigured(
                "the token's user",
                format!(
                    "PROVISIONER_CHECK_USER is {}, and PROVISIONER_CHECK_TOKEN is of user {}",
                    user.0, own.0
                ),
                format!("set the component's input `check-user` to \"{}\"", own.0),
            )),
        }
    }

    async fn membership(
        &self,
        what: &str,
        route: &str,
        user: &User,
    ) -> Result<Option<wire::Member>, ForgeError> {
        match self.get::<wire::Member>(what, route).await {
            Ok(member) => Ok(Some(member).filter(|member| UserId(member.id) == user.id)),
            Err(error) if error.is_withheld() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Users for GitLab {
    async fn current_user(&self) -> Result<Option<UserId>, ForgeError> {
        let read = || async {
            match self.get::<wire::Account>("the token's user", "/user").await {
                Ok(account) => self.require_check_user(UserId(account.id)).map(Some),
                Err(error) if error.is_withheld() => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.user.get_or_try_init(read).await.copied()
    }

    async fn find_user(&self, login: &str) -> Result<Option<User>, ForgeError> {
        let what = format!("user {login}");
        let route = format!("/users?username={}", encoded(login));
        let found: Vec<wire::UserRef> = self.get(&what, &route).await?;
        let is_named = |user: &&wire::UserRef| user.username.eq_ignore_ascii_case(login);
        match found.iter().find(is_named) {
            Some(user) => self.account(user).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads nothing about a bot: its approvals and commands do not count. An inherited role counts like the project's own.
    async fn actor(&self, user: &User, teams: &[String]) -> Result<Actor, ForgeError> {
        let mut actor = Actor {
            id: user.id,
            login: user.login.clone(),
            bot: user.is_bot(),
            permission: None,
            teams: Vec::new(),
        };
        if user.is_bot() {
            return Ok(actor);
        }
        let what = format!("role of {}", user.login);
        let route = format!("{}/members/all/{}", self.root, user.id.0);
        actor.permission = match self.membership(&what, &route, user).await? {
            None => Some(Permission::None),
            // The name belongs to another account now, so the policy's names may mean another person.
            Some(member) if member.username != user.login => None,
            Some(member) if member.state.as_deref() != Some("active") => Some(Permission::None),
            Some(member) => Some(permission(member.access_level)),
        };
        for team in teams {
            let what = format!("group {team}");
            let route = format!("/groups/{}/members/all/{}", encoded(team), user.id.0);
            let member = self.membership(&what, &route, user).await?;
            if member.is_some_and(|member| member.state.as_deref() == Some("active")) {
                actor.teams.push(team.clone());
            }
        }
        Ok(actor)
    }
}

/// <https://docs.gitlab.com/api/access_requests/#valid-access-levels>
fn permission(level: u64) -> Permission {
    match level {
        0..10 => Permission::None,
        // Guests and planners cannot manage merge requests.
        10..20 => Permission::Read,
        20..30 => Permission::Triage,
        30..40 => Permission::Write,
        40..50 => Permission::Maintain,
        50.. => Permission::Admin,
    }
}
