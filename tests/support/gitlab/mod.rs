//! A stateful GitLab on a loopback port.
//!
//! It is built from GitLab's documentation (docs.gitlab.com) and source, not from the adapter. The vocabulary is that of the fake
//! GitHub. On drop the fake fails the test for an unacknowledged write, an executed quick action, a route that the fake does not
//! have, or a queued fault that never fired.

mod auth;
mod build;
mod build_branch;
mod build_conversation;
mod build_merge;
mod build_pull;
mod build_review;
mod ci;
pub mod contract;
mod faults;
mod handle;
mod merging;
mod quick_actions;
mod rest;
mod route;
mod rules;
mod shape;
mod state;
mod verbs;
mod webhook;
mod wire;

pub use super::forge::{Comment, Fault, Issue, Permission, Reaction, Seen, Sha, User};
pub use auth::AccessLevel;
pub use build::{CommitBuilder, Repo};
pub use build_pull::{Pull, PullBuilder};
pub use ci::Variables;
pub use handle::FakeGitLab;
pub use quick_actions::{Executed, Extractor};
pub use state::{
    Deployment, Environment, GitLab, Pipeline, Protection, PushLevel, Status, Version,
};

pub type Sample = super::forge::sample::Sample<GitLab>;

pub fn sample() -> Sample {
    super::forge::sample::sample()
}
