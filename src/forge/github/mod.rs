//! GitHub, and GitHub Enterprise, through octocrab.

mod activity;
mod batches;
mod branches;
mod capabilities;
mod classify;
mod client;
mod comments;
mod deployments;
mod environments;
mod identity;
mod issues;
mod merge_queue;
mod missing;
mod objects;
mod paging;
mod permission;
mod profile;
mod pull_requests;
mod retry;
mod reviews;
mod source;
mod statuses;
mod users;
mod wire;
mod workflows;

use secrecy::SecretString;

use crate::model::WebAddress;

use super::git::{GitAccess, GitRemote};

pub use super::recent::RecentChange;
pub use client::GitHub;
pub use identity::ActionsIdentity;

/// The address of a repository, and the token for it.
#[derive(Debug)]
pub struct Access {
    /// REST base, such as `https://api.github.com` or `https://ghe.example/api/v3`.
    pub api_url: String,
    /// GraphQL endpoint, such as `https://api.github.com/graphql`.
    pub graphql_url: String,
    /// `owner/name`.
    pub repository: String,
    /// The job's token; `None` for public repositories that are read without one.
    pub token: Option<SecretString>,
    /// Where git fetches many files; `None` to fetch nothing.
    pub git: Option<GitAccess>,
    /// The change that the job's event is about. Answers may lack it for a minute.
    pub recent: Option<RecentChange>,
    /// The page of the job's run, for links.
    pub run: Option<WebAddress>,
}

impl Access {
    fn git_remote(&self) -> Option<GitRemote> {
        let git = self.git.as_ref()?;
        let server = git.server_url.trim_end_matches('/');
        Some(GitRemote {
            url: format!("{server}/{}.git", self.repository),
            user: "x-access-token",
            token: self.token.clone(),
            place: git.place.clone(),
        })
    }
}
