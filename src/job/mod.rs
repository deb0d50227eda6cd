//! A job of CI: its environment, the forge, the checkout, credentials, and how it ends.

mod credentials;
mod events;
mod progress;
mod read_only;
mod required;
mod signal;

use std::sync::Arc;

use crate::ci::{CiEvent, JobEnvironment};
use crate::cloud::CancellationToken;
use crate::exit::Exit;
use crate::forge::local::LocalRepository;
use crate::forge::{Forge, ForgeError, ForgeErrorKind, IdentityTokens, PullRequest, Source};
use crate::model::{CommitSha, Digest};

pub use credentials::CredentialCache;
pub use events::write_events;
pub use progress::{ProgressLog, is_milestone, print_line};
pub use read_only::ReadOnly;
pub use required::end_without_policy;
pub use signal::cancel_on_signal;

pub struct Job {
    pub environment: JobEnvironment,
    pub forge: Box<dyn Forge>,
    /// `None` if the job checked nothing out.
    pub checkout: Option<LocalRepository>,
    /// Cancelled once for the whole job: nothing of it starts after that.
    pub stop: CancellationToken,
}

pub enum JobError {
    /// The job is configured wrongly.
    Usage(anyhow::Error),
    /// A bug, or a broken runner.
    Internal(anyhow::Error),
    Forge(ForgeError),
}

impl JobError {
    /// The message with its causes.
    pub fn text(&self) -> String {
        match self {
            Self::Usage(error) | Self::Internal(error) => format!("{error:#}"),
            Self::Forge(error) => error.to_string(),
        }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Internal(_) => Exit::Internal,
            Self::Forge(_) => Exit::Unreachable,
        }
    }
}

impl From<ForgeError> for JobError {
    fn from(error: ForgeError) -> Self {
        match error.kind {
            ForgeErrorKind::Misconfigured { .. } => Self::Usage(error.into()),
            _ => Self::Forge(error),
        }
    }
}

/// Standard output and exit code.
pub type JobResult = Result<(String, Exit), JobError>;

impl Job {
    /// `None` if the job may not request identity tokens. Requests nothing yet.
    pub fn credentials(&self) -> Option<CredentialCache> {
        let identity = self.environment.issuer.clone()?;
        let name = self.session_name();
        Some(CredentialCache::new(
            identity as Arc<dyn IdentityTokens>,
            name,
            self.stop.clone(),
        ))
    }

    /// Suffix for the names of this run's tests: six letters and digits. A later step of the same job gets the same one, so that it
    /// finds what an earlier step left. Random if the run has no id.
    pub fn test_suffix(&self) -> String {
        let run = &self.environment.run;
        if run.id.is_empty() {
            return crate::ci::random_suffix();
        }
        let environment = self.environment.environment.as_deref();
        let comment = match self.environment.event {
            CiEvent::Comment { id, .. } => id.to_string(),
            _ => String::new(),
        };
        let accounts = self.environment.accounts.patterns().join(" ");
        let mut job = vec![
            &*run.id,
            &*run.attempt,
            environment.unwrap_or_default(),
            &*comment,
        ];
        job.extend((!accounts.is_empty()).then_some(&*accounts));
        Digest::sha256(job.join("/")).prefix(6)
    }

    /// Role session name, which CloudTrail shows.
    fn session_name(&self) -> String {
        let run = &self.environment.run;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(20).collect();
        let (id, attempt): (String, String) = (digits(&run.id), digits(&run.attempt));
        match id.is_empty() {
            true => "provisioner".to_owned(),
            false => format!("provisioner-{id}-{attempt}"),
        }
    }

    /// Where to read a pull request's files, and its merge base.
    pub async fn source_of(
        &self,
        pull_request: &PullRequest,
    ) -> Result<(&dyn Source, CommitSha), ForgeError> {
        let (base, head) = (&pull_request.base, &pull_request.head);
        let checkout = self.checkout.as_ref();
        if let Some(checkout) = checkout.filter(|checkout| has_commits(checkout, &[base, head]))
            && let Some(base) = checkout.merge_base(base, head)
        {
            return Ok((checkout, base));
        }
        Ok((&*self.forge, self.forge.merge_base(base, head).await?))
    }

    /// Where to read files of these commits: the checkout if it has them all, which saves a call for each file; else the API.
    pub fn source(&self, commits: &[&CommitSha]) -> &dyn Source {
        match &self.checkout {
            Some(checkout) if has_commits(checkout, commits) => checkout,
            _ => &*self.forge,
        }
    }
}

/// Whether a checkout has all of these commits.
pub fn has_commits(checkout: &LocalRepository, commits: &[&CommitSha]) -> bool {
    commits.iter().all(|sha| {
        checkout
            .commit(sha.as_str())
            .is_ok_and(|found| found == **sha)
    })
}
