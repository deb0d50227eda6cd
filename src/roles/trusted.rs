//! The repository whose jobs are trusted, on any forge.

use std::collections::BTreeSet;

use super::project::ProjectId;
use super::subject::RepositoryId;
use super::trust::{Issuer, TrustedJobs};

/// A repository as the tokens of its forge name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedRepository {
    GitHub(RepositoryId),
    GitLab(ProjectId),
}

impl TrustedRepository {
    /// The path, such as `owner/name`.
    pub fn name(&self) -> &str {
        match self {
            Self::GitHub(repository) => repository.name(),
            Self::GitLab(project) => project.path(),
        }
    }

    /// Jobs that read.
    pub(super) fn plan_jobs(&self, branch: &str, issuer: &Issuer) -> Vec<TrustedJobs> {
        match self {
            Self::GitHub(repository) => repository.plan_jobs(branch, issuer),
            Self::GitLab(project) => project.plan_jobs(issuer),
        }
    }

    /// Jobs that change stacks of these environments.
    pub(super) fn apply_jobs(
        &self,
        environments: &BTreeSet<String>,
        branch: &str,
        issuer: &Issuer,
    ) -> Vec<TrustedJobs> {
        match self {
            Self::GitHub(repository) => repository.apply_jobs(environments, branch, issuer),
            Self::GitLab(project) => project.apply_jobs(branch, issuer),
        }
    }
}
