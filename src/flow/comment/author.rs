//! Who may use commands. Strangers cost one API call and get no reply.

use crate::forge::User;
use crate::guard::{Actor, Permission};
use crate::job::{Job, JobError};

/// What an event says of a comment. Claims: they can end the work, and satisfy no rule.
pub struct CommentEvent<'a> {
    pub id: u64,
    /// Number of the pull request or issue.
    pub number: u64,
    /// Whether the comment was created just now.
    pub is_new: bool,
    /// Whether it is on an issue, and not on a pull request.
    pub on_issue: bool,
    pub body: &'a str,
    pub public: bool,
}

pub struct CommentAuthor {
    pub account: User,
    /// The same person with permission, without teams.
    pub person: Actor,
}

impl CommentAuthor {
    /// `None` for a person below triage permission, unless they opened the pull request and the repository is private.
    pub async fn read(
        job: &Job,
        account: &User,
        event: &CommentEvent<'_>,
    ) -> Result<Option<Self>, JobError> {
        let person = job.forge.actor(account, &[]).await?;
        let author = Self {
            account: account.clone(),
            person,
        };
        if author.person.permission >= Some(Permission::Triage) {
            return Ok(Some(author));
        }
        // In a public repository everyone has read permission.
        if author.person.permission < Some(Permission::Read) || event.public {
            return Ok(None);
        }
        if !job.forge.default_branch().await?.private {
            return Ok(None);
        }
        let reviewed = job.forge.request(event.number, &[]).await?;
        let is_author = reviewed
            .author
            .is_some_and(|author| author.id == account.id);
        Ok(is_author.then_some(author))
    }

    /// `None` for a person below triage permission.
    pub async fn on_issue(job: &Job, account: &User) -> Result<Option<Self>, JobError> {
        let author = Self {
            account: account.clone(),
            person: job.forge.actor(account, &[]).await?,
        };
        let may = author.person.permission >= Some(Permission::Triage);
        Ok(may.then_some(author))
    }

    /// Whether commands that query AWS are allowed.
    pub fn can_write(&self) -> bool {
        self.person.permission >= Some(Permission::Write)
    }
}
