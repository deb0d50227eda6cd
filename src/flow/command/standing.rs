//! Who may command at all. Strangers cost one look-up and get no reply.

use super::CommentEvent;
use crate::flow::job::{Job, JobError};
use crate::forge::{Reviews as _, User};
use crate::guard::{Actor, Permission};

/// Somebody who may command something.
pub struct CommentAuthor {
    /// Who.
    pub account: User,
    /// The same for the guard, without teams.
    pub person: Actor,
}

impl CommentAuthor {
    /// `None` for strangers: people below triage, but for the author of a pull request in a private repository.
    pub async fn read(
        job: &Job,
        account: &User,
        claimed: &CommentEvent<'_>,
    ) -> Result<Option<Self>, JobError> {
        let person = job.github.actor(account, &[]).await?;
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
    pub fn can_write(&self) -> bool {
        self.person.permission >= Some(Permission::Write)
    }
}
