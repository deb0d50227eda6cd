//! Finds the CI system that runs the program.

use anyhow::bail;

use super::environment::JobEnvironment;
use super::github;

/// Whether this is a job of a known CI system.
pub fn in_job() -> bool {
    github::is_this()
}

/// Who started the job. A claim.
pub fn actor() -> Option<String> {
    github::actor()
}

/// Reads the environment of the job.
pub fn read_environment() -> anyhow::Result<JobEnvironment> {
    if github::is_this() {
        return github::read();
    }
    bail!(
        "this is no GitHub Actions job (GITHUB_ACTIONS is not `true`); `provisioner check` works on a laptop"
    )
}
