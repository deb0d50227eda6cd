//! GitLab, on gitlab.com and self-managed, through its REST API (v4).
//! <https://docs.gitlab.com/api/rest/>

mod accounts;
mod approvals;
mod branches;
mod capabilities;
mod claims;
mod classify;
mod client;
mod clock;
mod deployments;
mod issues;
mod merge_requests;
mod merge_train;
mod notes;
mod objects;
mod places;
mod profile;
mod pushes;
mod reviews;
mod source;
mod statuses;
mod versions;
mod wire;
mod workflows;

use jiff::Timestamp;
use secrecy::SecretString;

use super::git::{GitAccess, GitRemote};
use super::recent::RecentChange;
use crate::model::{CommitSha, UserId, WebAddress};

pub use claims::{JobClaims, JobIdentity};
pub use client::GitLab;

/// The address of a project, the token for it, and what the job knows about itself.
#[derive(Debug)]
pub struct ProjectAccess {
    /// Such as `https://gitlab.example/api/v4`.
    pub api_url: String,
    /// The project's id, which never changes.
    pub project: u64,
    /// The project's path with its groups, such as `group/sub/project`.
    pub path: String,
    /// An access token with the scope `api`. The job's own token can neither write notes nor read approvals.
    pub token: Option<SecretString>,
    /// The CI/CD variable that the project keeps the token in.
    pub token_name: &'static str,
    /// Where git fetches many files; `None` to fetch nothing.
    pub git: Option<GitAccess>,
    /// The page of the job, for links.
    pub run: Option<WebAddress>,
    pub pipeline: Option<JobPipeline>,
    /// The claims of the job's identity token.
    pub claims: Option<JobClaims>,
    /// The user whose token the check has, if another token is used after the merge.
    pub check_user: Option<UserId>,
    /// When the job's pipeline was created, by GitLab's clock.
    pub since: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct JobPipeline {
    pub id: u64,
    pub commit: CommitSha,
    /// Such as `main` or `refs/merge-requests/7/head`.
    pub reference: String,
}

impl ProjectAccess {
    fn git_remote(&self) -> Option<GitRemote> {
        let git = self.git.as_ref()?;
        let server = git.server_url.trim_end_matches('/');
        Some(GitRemote {
            url: format!("{server}/{}.git", self.path),
            user: "oauth2",
            token: self.token.clone(),
            place: git.place.clone(),
        })
    }

    fn recent_change(&self) -> Option<RecentChange> {
        Some(RecentChange {
            at: self.since?,
            replaced: None,
        })
    }
}
