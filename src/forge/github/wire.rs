//! GitHub's JSON, as far as it is read.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Pull {
    pub number: u64,
    pub base: Side,
    pub head: Side,
    pub changed_files: u64,
}

#[derive(Debug, Deserialize)]
pub struct Side {
    pub sha: String,
    /// Absent once a fork is deleted.
    pub repo: Option<Repo>,
}

#[derive(Debug, Deserialize)]
pub struct Repo {
    pub id: u64,
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
    pub html_url: String,
    pub body: Option<String>,
    pub user: Option<User>,
}

#[derive(Debug, Deserialize)]
pub struct User {
    pub id: u64,
}

#[derive(Debug, Deserialize)]
pub struct Status {
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub url: String,
    pub creator: Option<User>,
}

#[derive(Debug, Deserialize)]
pub struct Surroundings {
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
    /// Whether files are not listed here.
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
