//! What the job's token may do, found out without a change. `doctor` reports it.

use async_trait::async_trait;

use super::{Claims, ForgeError};
use crate::model::CommitSha;

/// Tests the token's permissions.
#[async_trait]
pub trait Capabilities: Send + Sync {
    /// The repository and its default branch. Needs the permission to read contents.
    async fn repository_info(&self) -> Result<RepositoryInfo, ForgeError>;

    /// Whether the token has a permission to read. `at` is a commit of the repository.
    async fn may_read(&self, what: ReadPermission, at: &CommitSha) -> Capability;

    /// Whether the token has a permission to write. Comments can be tested only on a pull request.
    async fn may_write(&self, what: WritePermission, pull_request: Option<u64>) -> Capability;

    /// Whether every change of a branch needs an approval by a code owner. `None` if the token may not read it.
    async fn requires_code_owners(&self, branch: &str) -> Result<Option<bool>, ForgeError>;

    /// Whether the token may read who belongs to a team (`organisation/team`), tested with one login.
    async fn can_read_team(&self, team: &str, login: &str) -> Capability;

    /// What the subject of an identity token says. `repository` makes the answer more exact.
    fn job_subject(&self, claims: &Claims, repository: Option<&RepositoryInfo>) -> JobSubject;
}

/// The result of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capability {
    /// The token may do it.
    Yes,
    /// The forge refuses it, in the forge's words.
    No(String),
    /// The answer proves neither, and why.
    Unproven(String),
}

/// Permissions to read that flows need beside the one to read contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadPermission {
    Statuses,
    Deployments,
}

/// Permissions to write that flows need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritePermission {
    /// Comments on pull requests.
    Comments,
    Statuses,
    Deployments,
    Issues,
}

/// A repository, as `doctor` reads it.
#[derive(Clone, Debug)]
pub struct RepositoryInfo {
    pub id: u64,
    /// Its owner's numeric id.
    pub owner_id: u64,
    pub branch: String,
    /// Last commit of the default branch.
    pub tip: CommitSha,
    /// Whether the default branch is protected; `None` if the token may not read it.
    pub protected: Option<bool>,
}

/// The subject of an identity token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSubject {
    /// Whether it has one of the forms that `provisioner roles` lets roles trust.
    pub is_trusted_form: bool,
    /// The environment that the job names.
    pub environment: Option<String>,
    /// Whether every apply role trusts the job, because the forge's subjects name no environment.
    pub is_trusted_to_apply: bool,
    /// The repository as `provisioner roles --repository` takes it.
    pub repository: String,
}
