//! A stateful GitHub on a loopback port.
//!
//! A test builds repositories, users, commits and pull requests, runs the program against `api_url()`, and reads the result. On
//! drop the fake fails the test for an unacknowledged write, a route that the fake does not have, or a queued fault that never
//! fired.

mod auth;
mod build;
mod build_branch;
mod build_issue;
mod build_merge;
mod build_pull;
mod build_status;
pub mod checkout;
pub mod connection_faults;
mod events;
pub mod faults;
mod graphql;
mod handle;
pub mod journal;
pub mod objects;
mod rest;
mod route;
pub mod sample;
mod server;
mod shape;
mod state;
pub mod wire;

pub use auth::Permission;
pub use build::{CommitBuilder, Repo};
pub use build_pull::{Pull, PullBuilder};
pub use faults::Fault;
pub use handle::{ACTIONS_BOT_ID, FakeGitHub};
pub use journal::Seen;
pub use objects::Sha;
pub use state::{
    Comment, Deployment, DeploymentRefs, DeploymentStatus, Issue, Limits, Reaction, Review, Status,
    User,
};
