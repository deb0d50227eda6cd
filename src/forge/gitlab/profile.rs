//! GitLab's limits and words.

use jiff::Timestamp;

use super::{GitLab, ProjectAccess};
use crate::forge::{
    Connect, Forge, ForgeError, Profile, Profiled, ReadPermission, ServerTime, TokenPermission,
    WritePermission,
};

const PROFILE: Profile = Profile {
    name: "GitLab",
    token_variable: "PROVISIONER_TOKEN",
    job_login: "gitlab-ci",
    // https://docs.gitlab.com/user/project/codeowners/
    code_owner_files: &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
    workflow_folder: ".gitlab-ci.yml",
    // The limit is 1,000,000 characters. People do not read more than on other forges.
    comment_chars: 65_000,
    summary_chars: 250_000,
    deployment_description_chars: 140,
    // Each takes up to three requests of the 60 in a minute that an instance may allow.
    deployments_per_run: 20,
    permission,
    connect_help: "set the component's input `server` to the address of the GitLab server that runs the job",
    grant: "give the token",
    environment_help: "run the job on the default branch only, protect the branch, and add `id_tokens: PROVISIONER_ID_TOKEN` to the job",
    unknown_environment_help: "add `id_tokens: PROVISIONER_ID_TOKEN` to the job",
    workflow_help: "set up the schedule on the default branch, activate it, or choose *Take ownership* (Build → Pipeline schedules): until then, it starts no job",
    forgery_help: "read the rendered diff before you approve",
    forgers: "every Developer can print the token of the check and forge them",
    token_help: "set the CI/CD variables PROVISIONER_CHECK_TOKEN and PROVISIONER_APPLY_TOKEN to access tokens with the scope `api`",
    identity_help: "add `id_tokens` with PROVISIONER_ID_TOKEN and the audience sts.amazonaws.com to the job",
    issuer_help: "run the job again: GitLab gives each job a new token",
};

/// GitLab's tokens have scopes and a role, and no permission for each subject.
fn permission(permission: TokenPermission) -> &'static str {
    match permission {
        TokenPermission::ReadContents
        | TokenPermission::ReadPullRequests
        | TokenPermission::Read(ReadPermission::Statuses | ReadPermission::Deployments)
        | TokenPermission::ReadEnvironments
        | TokenPermission::Write(WritePermission::Comments | WritePermission::Issues) => {
            "the role Reporter and the scope api"
        }
        TokenPermission::Write(WritePermission::Statuses | WritePermission::Deployments) => {
            "the role Developer and the scope api"
        }
    }
}

impl ServerTime for GitLab {
    fn server_time(&self) -> Option<Timestamp> {
        self.recent.server_time()
    }
}

impl Profiled for GitLab {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }
}

impl Connect for ProjectAccess {
    fn connect(&self) -> Result<Box<dyn Forge>, ForgeError> {
        Ok(Box::new(GitLab::new(self)?))
    }

    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn repository(&self) -> &str {
        &self.path
    }

    fn has_token(&self) -> bool {
        self.token.is_some()
    }
}
