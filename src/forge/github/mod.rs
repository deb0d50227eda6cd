//! GitHub, and GitHub Enterprise, through octocrab.

mod activity;
mod branches;
mod capabilities;
mod classify;
mod client;
mod comments;
mod deployments;
mod identity;
mod issues;
mod paging;
mod permission;
mod profile;
mod pull_requests;
mod retry;
mod reviews;
mod route;
mod source;
mod statuses;
mod users;
mod wire;

use secrecy::SecretString;

pub use client::GitHub;
pub use identity::ActionsIdentity;

/// Where a repository is, and what lets us in.
#[derive(Debug)]
pub struct Access {
    /// REST base, such as `https://api.github.com` or `https://ghe.example/api/v3`.
    pub api_url: String,
    /// GraphQL endpoint, such as `https://api.github.com/graphql`.
    pub graphql_url: String,
    /// `owner/name`.
    pub repository: String,
    /// The job's token; none for public repositories read without one.
    pub token: Option<SecretString>,
}
