//! Limits and words of a forge.

use super::{ReadPermission, WritePermission};

/// What differs between forges beside their API. Each adapter gives one.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The forge's name, for people.
    pub name: &'static str,
    /// The variable that holds the job's token.
    pub token_variable: &'static str,
    /// The login of jobs, where the CI system names no person.
    pub job_login: &'static str,
    /// The paths of the file of code owners. The first one that exists counts.
    pub code_owner_files: &'static [&'static str],
    /// The folder of the files that define CI jobs.
    pub workflow_folder: &'static str,
    /// Most characters of a comment or of an issue's body.
    pub comment_chars: usize,
    /// Most characters of a job summary.
    pub summary_chars: usize,
    /// Most characters of a deployment's description.
    pub deployment_description_chars: usize,
    /// Most stacks of one run that get deployments.
    pub deployments_per_run: usize,
    /// The forge's name of a permission.
    pub permission: fn(TokenPermission) -> &'static str,
    /// How to fix the address of the forge and of the repository.
    pub connect_help: &'static str,
    /// What lets a job use a permission, such as `grant the job`; the permission follows.
    pub grant: &'static str,
    /// How to limit an environment to the default branch.
    pub environment_help: &'static str,
    /// How to let doctor see whether an environment is limited.
    pub unknown_environment_help: &'static str,
    /// How to let the forge start a workflow or a schedule again.
    pub workflow_help: &'static str,
    /// How reviewers avoid a forged comment or status.
    pub forgery_help: &'static str,
    /// Who can forge the comment and the status.
    pub forgers: &'static str,
    /// How to give the job its token.
    pub token_help: &'static str,
    /// How to let the job request identity tokens.
    pub identity_help: &'static str,
    /// What to do if the issuer of identity tokens fails.
    pub issuer_help: &'static str,
}

impl Profile {
    /// One imperative.
    pub fn how_to_grant(&self, permission: TokenPermission) -> String {
        format!("{} {}", self.grant, (self.permission)(permission))
    }
}

/// A permission of a job's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPermission {
    ReadContents,
    ReadPullRequests,
    Read(ReadPermission),
    ReadEnvironments,
    Write(WritePermission),
}

/// Gives the forge's limits and words.
pub trait Profiled: Send + Sync {
    fn profile(&self) -> &'static Profile;
}
