//! The forge as flows need it, in neutral words: the trait [`Forge`], with one trait for each subject. Each adapter has its own
//! folder with the same files.

mod capabilities;
mod comments;
mod deployments;
mod error;
pub mod git;
pub mod github;
pub mod gitlab;
mod identity;
mod issues;
pub mod local;
mod port;
mod profile;
mod pull_requests;
pub mod recent;
mod reviews;
mod route;
mod source;
mod statuses;
mod upsert;
mod users;
mod workflows;

pub use capabilities::{
    Capabilities, Capability, JobSubject, ReadPermission, RepositoryInfo, WritePermission,
};
pub use comments::{Comment, Comments, OwnRecord, Reaction};
pub use deployments::{Deployment, DeploymentState, Deployments};
pub use error::{ForgeError, ForgeErrorKind};
pub use identity::{Claims, IdentityTokens};
pub use issues::{Issue, IssueState, Issues};
pub use port::{Connect, Forge, ServerTime};
pub use profile::{Profile, Profiled, TokenPermission};
pub use pull_requests::{
    OpenPullRequest, OpenPullRequests, PullRequest, PullRequests, QueuedPullRequest,
};
pub use reviews::{DefaultBranch, Push, ReviewedPullRequest, Reviews};
pub use source::{ChangeKind, ChangedFile, FileAt, FileHistory, PathSelection, Source};

use error::with_causes;
use source::commit_sha;
pub use statuses::{CommitStatus, StatusRecord, Statuses};
pub use upsert::Upsert;
pub use users::{User, Users};
pub use workflows::{StoppedWorkflow, Workflows};
