//! Who may command at all. Strangers cost one look-up and get no reply.

use crate::forge::{Reviews as _, User};
use crate::guard::{Actor, Permission};
use crate::job::{Job, JobError};

/// What an event says of a comment. Claims: they can end the work, and allow nothing.
pub struct CommentEvent<'a> {
    /// The comment.
    pub id: u64,
    /// Of this pull request or issue.
    pub number: u64,
    /// Whether it is new, and on a pull request.
    pub is_new: bool,
    /// What it said.
    pub body: &'a str,
    /// Whether the repository is anybody's to read.
    pub public: bool,
}

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
        event: &CommentEvent<'_>,
    ) -> Result<Option<Self>, JobError> {
        let person = job.github.actor(account, &[]).await?;
        let author = Self {
            account: account.clone(),
            person,
        };
        if author.person.permission >= Some(Permission::Triage) {
            return Ok(Some(author));
        }
        // In a public repository everybody can read.
        if author.person.permission < Some(Permission::Read) || event.public {
            return Ok(None);
        }
        if !job.github.default_branch().await?.private {
            return Ok(None);
        }
        let found = job.github.request(event.number, &[]).await?;
        let is_author = found.request.author == Some(account.id);
        Ok(is_author.then_some(author))
    }

    /// Whether they may ask AWS anything.
    pub fn can_write(&self) -> bool {
        self.person.permission >= Some(Permission::Write)
    }
}
