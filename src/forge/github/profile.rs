//! GitHub's limits and words.

use super::{Access, GitHub};
use crate::forge::{Connect, Forge, ForgeError, Profile, Profiled, WritePermission};

const PROFILE: Profile = Profile {
    name: "GitHub",
    token_variable: "GITHUB_TOKEN",
    job_login: "github-actions",
    // The limit is 65,536; the margin is for what a proxy or an editor adds.
    comment_chars: 65_000,
    // The limit is 1 MiB for each step, and a character has up to four bytes.
    summary_chars: 250_000,
    deployment_description_chars: 140,
    // GitHub accepts 80 writes in a minute, and the deployment of one stack takes three.
    deployments_per_run: 50,
    write_permission,
};

fn write_permission(permission: WritePermission) -> &'static str {
    match permission {
        WritePermission::Comments => "pull-requests: write",
        WritePermission::Statuses => "statuses: write",
        WritePermission::Deployments => "deployments: write",
        WritePermission::Issues => "issues: write",
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

    fn repository(&self) -> &str {
        &self.repository
    }

    fn has_token(&self) -> bool {
        self.token.is_some()
    }
}
