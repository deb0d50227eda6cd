//! A stateful GitHub on a loopback port.
//!
//! A test builds repositories, users, commits and pull requests, runs the program against `api_url()`, and reads the result. On
//! drop the fake fails the test for an unacknowledged write, a route that the fake does not have, or a queued fault that never
//! fired.

mod auth;
mod build;
mod build_branch;
mod build_merge;
mod build_pull;
mod events;
mod faults;
mod graphql;
mod handle;
mod rest;
mod route;
mod rules;
mod shape;
mod state;
mod verbs;
pub mod wire;

use super::forge::{lock, objects};

pub use super::forge::{Comment, Fault, Issue, Reaction, Seen, Sha, User};
pub use auth::Permission;
pub use build::{CommitBuilder, Repo};
pub use build_pull::{Pull, PullBuilder};
pub use handle::{ACTIONS_BOT_ID, FakeGitHub};
pub use state::{Deployment, DeploymentRefs, DeploymentStatus, GitHub, Limits, Review, Status};

pub type Sample = super::forge::sample::Sample<GitHub>;

pub fn sample() -> Sample {
    super::forge::sample::sample()
}
