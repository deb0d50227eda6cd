//! What a run works on, and what it knows of earlier runs.

use super::run::Run;
use crate::VERSION;
use crate::job::JobError;
use crate::model::{Digest, UserId};
use crate::plan::Change;
use crate::report::{Attempts, RunRecord};

/// First line of the comment on a merged change; a digest of the environment follows.
const MARKER: &str = "<!-- provisioner:provision ";

impl Run<'_> {
    /// Whether this job handles a change. A config with errors has no known environment, so every job handles it: otherwise no job
    /// would report it.
    pub(super) fn is_of_this_job(&self, change: &Change) -> bool {
        let target = change.target.as_ref();
        target.is_none_or(|target| self.job.environment.covers(target))
    }

    /// First line of the comment on a merged change in this job's environment and accounts.
    pub(super) fn marker(&self) -> String {
        let scope = self.job.environment.scope();
        match scope.is_empty() {
            true => format!("{MARKER}-->"),
            false => format!("{MARKER}{} -->", Digest::sha256(scope).prefix(12)),
        }
    }

    /// What earlier runs told and tried, by their comment on a pull request.
    pub(super) async fn earlier_attempts(
        &self,
        pull_request: Option<(u64, UserId)>,
    ) -> Result<Attempts, JobError> {
        let Some((number, own)) = pull_request else {
            return Ok(Attempts::default());
        };
        let comment = self
            .job
            .forge
            .own_comment(number, own, &self.marker())
            .await?;
        Ok(comment.map_or_else(Attempts::default, |comment| Attempts::parse(&comment)))
    }

    pub(super) fn run_record(&self) -> RunRecord {
        let environment = &self.job.environment;
        RunRecord {
            version: VERSION.to_owned(),
            repository: environment.repository.repository().to_owned(),
            url: environment
                .run
                .url
                .as_ref()
                .map_or_else(String::new, |url| url.as_str().to_owned()),
            finishes_cancelled: environment.finish_cancelled,
            began: self.clock.began(),
        }
    }
}
