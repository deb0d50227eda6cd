//! What is known of the job that is checked.

use crate::ci::JobEnvironment;
use crate::forge::github::{GitHub, RepositoryInfo};

/// What is known of the job.
pub struct JobFacts<'a> {
    pub environment: &'a JobEnvironment,
    pub github: &'a GitHub,
    pub about: Option<RepositoryInfo>,
    pub pull_request: Option<u64>,
    pub fork: bool,
}
