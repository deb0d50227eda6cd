//! A job of CI: its environment, the forge, the checkout, credentials, and how it ends.

mod credentials;
mod progress;
mod read_only;
mod signal;

use std::sync::Arc;

use crate::ci::JobEnvironment;
use crate::cloud::CancellationToken;
use crate::exit::Exit;
use crate::forge::github::GitHub;
use crate::forge::local::LocalRepository;
use crate::forge::{ForgeError, IdentityTokens, PullRequest, PullRequests as _, Source};
use crate::model::CommitSha;

pub use credentials::CredentialCache;
pub use progress::{ProgressLog, count_line, event_line, is_milestone, print_line};
pub use read_only::ReadOnly;
pub use signal::cancel_on_signal;

/// What every flow of a job needs.
pub struct Job {
    /// What the job was started with.
    pub environment: JobEnvironment,
    /// The forge.
    pub github: GitHub,
    /// The checkout, if there is one.
    pub checkout: Option<LocalRepository>,
}

/// Why a job could not do what it was asked to.
pub enum JobError {
    /// The job is set up wrongly.
    Usage(anyhow::Error),
    /// A bug, or a broken machine.
    Internal(anyhow::Error),
    /// The forge did not answer.
    Forge(ForgeError),
}

impl JobError {
    /// What went wrong, with its causes.
    pub fn text(&self) -> String {
        match self {
            Self::Usage(error) | Self::Internal(error) => format!("{error:#}"),
            Self::Forge(error) => error.to_string(),
        }
    }

    /// How the job ends for it.
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
        Self::Forge(error)
    }
}

/// What belongs on standard output, and how the job ends.
pub type JobResult = Result<(String, Exit), JobError>;

impl Job {
    /// Credentials, for a job that may ask for identity tokens. None is asked for yet.
    pub fn credentials(&self, stop: CancellationToken) -> Option<CredentialCache> {
        let identity = self.environment.issuer.clone()?;
        let name = self.session_name();
        Some(CredentialCache::new(
            identity as Arc<dyn IdentityTokens>,
            name,
            stop,
        ))
    }

    /// What AWS's logs show of the run.
    fn session_name(&self) -> String {
        let run = &self.environment.run;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(20).collect();
        let (id, attempt): (String, String) = (digits(&run.id), digits(&run.attempt));
        match id.is_empty() {
            true => "provisioner".to_owned(),
            false => format!("provisioner-{id}-{attempt}"),
        }
    }

    /// Where contents of a pull request are read, and the commit to compare with.
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
        Ok((&self.github, self.github.merge_base(base, head).await?))
    }

    /// Where contents of these commits are read: the checkout if its history has them, which saves a call for each file; otherwise
    /// the API.
    pub fn source(&self, commits: &[&CommitSha]) -> &dyn Source {
        match &self.checkout {
            Some(checkout) if has_commits(checkout, commits) => checkout,
            _ => &self.github,
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
