//! Where the program runs.

use super::environment::variable;

/// Whether this is a job of GitHub Actions.
pub fn in_job() -> bool {
    variable("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// Who started the job. A claim.
pub fn actor() -> Option<String> {
    variable("GITHUB_ACTOR")
}
