//! The port: everything that flows need of a forge.

use jiff::Timestamp;

use super::{
    Capabilities, Comments, Deployments, ForgeError, Issues, Profile, Profiled, PullRequests,
    Reviews, Source, Statuses, Users, Workflows,
};

/// A repository on a forge, with the job's token.
pub trait Forge:
    Source
    + PullRequests
    + Reviews
    + Users
    + Comments
    + Statuses
    + Deployments
    + Issues
    + Capabilities
    + Workflows
    + Profiled
    + ServerTime
    + std::fmt::Debug
{
}

/// The forge's clock.
pub trait ServerTime {
    /// The forge's time in its last answer; `None` without an answer that has one.
    fn server_time(&self) -> Option<Timestamp>;
}

impl<T> Forge for T where
    T: Source
        + PullRequests
        + Reviews
        + Users
        + Comments
        + Statuses
        + Deployments
        + Issues
        + Capabilities
        + Workflows
        + Profiled
        + ServerTime
        + std::fmt::Debug
{
}

/// Opens a repository with the token of a job. Must be called inside a tokio runtime.
pub trait Connect: Send + Sync + std::fmt::Debug {
    fn connect(&self) -> Result<Box<dyn Forge>, ForgeError>;

    /// The forge's limits and words.
    fn profile(&self) -> &'static Profile;

    /// The repository's path, such as `owner/name`.
    fn repository(&self) -> &str;

    /// Whether the job has a token.
    fn has_token(&self) -> bool;
}
