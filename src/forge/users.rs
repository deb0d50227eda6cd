//! Users and their permissions.

use async_trait::async_trait;

use super::ForgeError;
use crate::guard::{AccountKind, Actor, Contributor};
use crate::model::UserId;

/// Reads who the token's user is, and what other users may do.
#[async_trait]
pub trait Users: Send + Sync {
    /// The token's user; `None` if the forge does not say.
    async fn current_user(&self) -> Result<Option<UserId>, ForgeError>;

    /// The user who has a login now; `None` if no account has it.
    async fn find_user(&self, login: &str) -> Result<Option<User>, ForgeError>;

    /// A user with the permission on this repository, and those of `teams` (`organisation/team`) that the user belongs to. If the login now
    /// belongs to another id, the permission is unknown.
    async fn actor(&self, user: &User, teams: &[String]) -> Result<Actor, ForgeError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Numeric id, which never changes.
    pub id: UserId,
    /// Name, which another account may take over.
    pub login: String,
    pub kind: AccountKind,
}

impl User {
    pub fn contributor(&self) -> Contributor {
        Contributor {
            id: self.id,
            login: self.login.clone(),
            kind: self.kind,
        }
    }

    pub fn is_bot(&self) -> bool {
        self.kind != AccountKind::Person
    }
}
