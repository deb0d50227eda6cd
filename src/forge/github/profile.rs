//! GitHub's limits and words.

use jiff::Timestamp;

use super::{Access, GitHub};
use crate::forge::{
    Connect, Forge, ForgeError, Profile, Profiled, ReadPermission, ServerTime, TokenPermission,
    WritePermission,
};

const PROFILE: Profile = Profile {
    name: "GitHub",
    token_variable: "GITHUB_TOKEN",
    job_login: "github-actions",
    code_owner_files: &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
    workflow_folder: ".github/workflows",
    // The limit is 65,536; the margin is for what a proxy or an editor adds.
    comment_chars: 65_000,
    // The limit is 1 MiB for each step, and a character has up to four bytes.
    summary_chars: 250_000,
    deployment_description_chars: 140,
    // GitHub accepts 80 writes in a minute, and the deployment of one stack takes three.
    deployments_per_run: 50,
    permission,
    connect_help: "GITHUB_API_URL and GITHUB_REPOSITORY are set by the runner",
    grant: "grant the job",
    environment_help: "in Settings → Environments, choose selected branches and tags as deployment branches, with one rule for the default branch",
    unknown_environment_help: "create the environment in the repository's settings, and grant the job actions: read",
    workflow_help: "enable it (Actions → the workflow → Enable workflow): until then, its schedule starts no job",
    forgery_help: "read the rendered diff, or give the action the token of an app of its own",
    forgers: "with a job's own token, every workflow of this repository can forge them",
    token_help: "set GITHUB_TOKEN in the step's env to the job's github.token",
    identity_help: "grant the job id-token: write",
    issuer_help: "try again; GitHub's status page says whether its issuer works",
};

fn permission(permission: TokenPermission) -> &'static str {
    match permission {
        TokenPermission::ReadContents => "contents: read",
        TokenPermission::ReadPullRequests => "pull-requests: read",
        TokenPermission::Read(ReadPermission::Statuses) => "statuses: read",
        TokenPermission::Read(ReadPermission::Deployments) => "deployments: read",
        TokenPermission::ReadEnvironments => "actions: read",
        TokenPermission::Write(WritePermission::Comments) => "pull-requests: write",
        TokenPermission::Write(WritePermission::Statuses) => "statuses: write",
        TokenPermission::Write(WritePermission::Deployments) => "deployments: write",
        TokenPermission::Write(WritePermission::Issues) => "issues: write",
    }
}

impl ServerTime for GitHub {
    fn server_time(&self) -> Option<Timestamp> {
        self.recent.server_time()
    }
}

impl Profiled for GitHub {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }
}

impl Connect for Access {
    fn connect(&self) -> Result<Box<dyn Forge>, ForgeError> {
        Ok(Box::new(GitHub::new(self)?))
    }

    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn repository(&self) -> &str {
        &self.repository
    }

    fn has_token(&self) -> bool {
        self.token.is_some()
    }
}
