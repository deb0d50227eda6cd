//! What a scheduled job cannot begin without.

use anyhow::Context as _;

use super::{CredentialCache, Job, JobError, JobResult};
use crate::ci;
use crate::diagnostic::{Diagnostic, LOG_TARGET};
use crate::exit::Exit;
use crate::report::{Refusal, diagnostics, failed_job};

/// Ends a job whose policy has errors: nothing is allowed without it.
pub fn end_without_policy(problems: &[Diagnostic]) -> JobResult {
    let text = diagnostics(problems);
    log::error!(target: LOG_TARGET, "{text}");
    ci::summary(&failed_job(&text))
        .context("job summary")
        .map_err(JobError::Internal)?;
    Ok((ci::annotations(problems.iter()), Exit::Denied))
}

impl Job {
    /// Fails if the job may not request identity tokens.
    pub fn required_credentials(&self) -> Result<CredentialCache, JobError> {
        self.credentials().ok_or_else(|| {
            let missing = Refusal::NoIdentityToken;
            let (fact, remedy) = (missing.fact(), missing.remedy());
            JobError::Usage(anyhow::anyhow!("{}; {}", fact.quoted(), remedy.quoted()))
        })
    }
}
