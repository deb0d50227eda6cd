//! Who may command at all. Strangers cost one look-up and get no reply.

use super::Claimed;
use crate::flow::job::{Failure, Job};
use crate::forge::{Account, Reviews as _};
use crate::guard::{Permission, Person};

/// Somebody who may command something.
pub struct Standing {
    /// Who.
    pub account: Account,
    /// The same for the guard, without teams.
    pub person: Person,
}

impl Standing {
    /// `None` for strangers: people below triage, but for the author of a pull request in a private repository.
    pub async fn of(
        job: &Job,
        account: &Account,
        claimed: &Claimed<'_>,
    ) -> Result<Option<Self>, Failure> {
        let person = job.github.person(account, &[]).await?;
        let standing = Self {
            account: account.clone(),
            person,
        };
        if standing.person.permission >= Some(Permission::Triage) {
            return Ok(Some(standing));
        }
        // In a public repository everybody can read.
        if standing.person.permission < Some(Permission::Read) || claimed.public {
            return Ok(None);
        }
        if !job.github.default_branch().await?.private {
            return Ok(None);
        }
        let found = job.github.request(claimed.number, &[]).await?;
        let is_author = found.request.author == Some(account.id);
        Ok(is_author.then_some(standing))
    }

    /// Whether they may ask AWS anything.
    pub fn may_push(&self) -> bool {
        self.person.permission >= Some(Permission::Write)
    }
}
