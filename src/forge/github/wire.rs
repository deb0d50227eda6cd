//! GitHub's JSON, as far as provisioner reads it.

use serde::Deserialize;

use crate::model::UserId;

#[derive(Debug, Deserialize)]
pub struct Pull {
    pub number: u64,
    pub base: Side,
    pub head: Side,
    pub changed_files: u64,
    pub updated_at: Option<String>,
}

/// A pull request, whole or from a list. A list omits some fields.
#[derive(Debug, Deserialize)]
pub struct ReviewedPull {
    pub number: u64,
    pub user: Option<Actor>,
    pub base: Side,
    pub head: Side,
    pub merged: Option<bool>,
    pub merged_at: Option<String>,
    pub merge_commit_sha: Option<String>,
    pub updated_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Side {
    pub sha: String,
    #[serde(rename = "ref")]
    pub branch: String,
    /// Absent once a fork is deleted.
    pub repo: Option<Repo>,
}

impl Side {
    /// Whether another branch is in the same repository. False if a repository was deleted.
    pub fn is_beside(&self, other: &Self) -> bool {
        matches!((&self.repo, &other.repo), (Some(one), Some(other)) if one.id == other.id)
    }

    /// Whether it is the default branch of its repository.
    pub fn is_default(&self) -> bool {
        let repo = self.repo.as_ref();
        repo.and_then(|repo| repo.default_branch.as_ref()) == Some(&self.branch)
    }
}

#[derive(Debug, Deserialize)]
pub struct Repo {
    pub id: u64,
    pub default_branch: Option<String>,
    pub private: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Branch {
    pub commit: Commit,
    pub protected: Option<bool>,
    pub protection: Option<Protection>,
}

#[derive(Debug, Deserialize)]
pub struct Protection {
    pub enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Rule {
    #[serde(rename = "type")]
    pub kind: String,
    pub parameters: Option<RuleParameters>,
}

#[derive(Debug, Deserialize)]
pub struct RuleParameters {
    pub require_code_owner_review: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct GitCommit {
    pub parents: Vec<Commit>,
}

#[derive(Debug, Deserialize)]
pub struct Review {
    pub user: Option<Actor>,
    pub state: String,
    pub commit_id: Option<String>,
    pub submitted_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Activity {
    /// Zeros for a branch that was created.
    pub before: Option<String>,
    /// Absent for a branch that was deleted.
    pub after: Option<String>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub timestamp: Option<String>,
    pub actor: Option<Actor>,
}

#[derive(Debug, Deserialize)]
pub struct Collaborator {
    pub permission: String,
    pub role_name: Option<String>,
    pub user: Option<User>,
}

#[derive(Debug, Deserialize)]
pub struct Membership {
    pub state: String,
}

#[derive(Debug, Deserialize)]
pub struct File {
    pub filename: String,
    pub status: String,
    pub previous_filename: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Comparison {
    pub merge_base_commit: Commit,
}

#[derive(Debug, Deserialize)]
pub struct Commit {
    pub sha: String,
}

/// A branch or tag, such as `refs/heads/main`.
#[derive(Debug, Deserialize)]
pub struct GitReference {
    #[serde(rename = "ref")]
    pub name: String,
    pub object: Commit,
}

#[derive(Debug, Deserialize)]
pub struct Tree {
    pub tree: Vec<TreeEntry>,
    #[serde(default)]
    pub truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TreeEntry {
    pub path: String,
    pub mode: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub sha: String,
}

#[derive(Debug, Deserialize)]
pub struct Comment {
    pub id: u64,
    /// Of the GraphQL API.
    #[serde(default)]
    pub node_id: String,
    pub html_url: String,
    pub issue_url: Option<String>,
    pub body: Option<String>,
    pub user: Option<Actor>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

impl Comment {
    /// The number of the pull request or issue.
    pub fn number(&self) -> Option<u64> {
        let (_, number) = self.issue_url.as_ref()?.rsplit_once('/')?;
        number.parse().ok()
    }

    /// Whether it may have been edited.
    pub fn may_be_edited(&self) -> bool {
        self.created_at.is_none() || self.created_at != self.updated_at
    }
}

#[derive(Debug, Deserialize)]
pub struct Issue {
    pub number: u64,
    pub html_url: String,
    pub body: Option<String>,
    pub user: Option<User>,
    /// `open` or `closed`.
    pub state: Option<String>,
    /// Pull requests are issues as well.
    pub pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub struct User {
    pub id: u64,
}

/// An account with a login.
#[derive(Debug, Deserialize)]
pub struct Actor {
    pub id: u64,
    pub login: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct CommitStatus {
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub url: String,
    pub creator: Option<User>,
    pub created_at: Option<String>,
}

impl CommitStatus {
    /// Whether this account set it.
    pub fn is_by(&self, own: UserId) -> bool {
        let creator = self.creator.as_ref();
        creator.is_some_and(|creator| UserId(creator.id) == own)
    }
}

#[derive(Debug, Deserialize)]
pub struct Deployment {
    pub id: u64,
    pub url: String,
    pub sha: String,
    pub task: String,
    pub creator: Option<User>,
}

#[derive(Debug, Deserialize)]
pub struct DeploymentStatus {
    pub id: u64,
    pub state: String,
    pub description: Option<String>,
    pub creator: Option<User>,
}

#[derive(Debug, Deserialize)]
pub struct Identity {
    pub viewer: Option<Viewer>,
}

#[derive(Debug, Deserialize)]
pub struct OpenPullRequests {
    pub viewer: Option<Viewer>,
    pub repository: Option<Repository>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Viewer {
    pub database_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    pub pull_requests: Pulls,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pulls {
    pub page_info: PageInfo,
    pub nodes: Vec<OpenPull>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    pub has_next_page: bool,
    #[serde(default)]
    pub end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct OpenPull {
    pub number: u64,
    pub files: Option<PullFiles>,
}

impl OpenPull {
    /// Whether the list of files is incomplete.
    pub fn has_more_files(&self) -> bool {
        self.files
            .as_ref()
            .is_none_or(|files| files.page_info.has_next_page)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullFiles {
    pub page_info: PageInfo,
    pub nodes: Vec<PullFile>,
}

#[derive(Debug, Deserialize)]
pub struct PullFile {
    pub path: String,
}
