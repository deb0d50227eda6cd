//! A stateful GitLab on a loopback port.
//!
//! It is built from GitLab's documentation (docs.gitlab.com) and source, not from the adapter. The vocabulary is that of the fake
//! GitHub. On drop the fake fails the test for an unacknowledged write, an executed quick action, a route that the fake does not
//! have, or a queued fault that never fired.

mod auth;
mod build;
mod build_branch;
mod build_commit;
mod build_conversation;
mod build_merge;
mod build_pull;
mod build_review;
mod ci;
mod faults;
mod handle;
mod merging;
mod quick_actions;
mod rest;
mod route;
pub mod sample;
mod server;
mod shape;
mod state;
mod webhook;
mod wire;

pub use super::github::journal::Seen;
pub use super::github::objects::Sha;
pub use super::github::{Fault, Permission};
pub use auth::AccessLevel;
pub use build::Repo;
pub use build_commit::CommitBuilder;
pub use build_pull::{Pull, PullBuilder};
pub use ci::Variables;
pub use handle::FakeGitLab;
pub use quick_actions::{Executed, Extractor};
pub use state::{
    Award, Comment, Deployment, Environment, Issue, Pipeline, Protection, PushLevel, Status, User,
    Version,
};
