//! What is known of the job that is checked.

use crate::ci::JobEnvironment;
use crate::forge::{Forge, RepositoryInfo};

/// What is known of the job.
pub struct JobFacts<'a> {
    pub environment: &'a JobEnvironment,
    pub forge: &'a dyn Forge,
    pub about: Option<RepositoryInfo>,
    pub pull_request: Option<u64>,
    /// Whether the change comes from a fork; `None` if that could not be read.
    pub fork: Option<bool>,
}
