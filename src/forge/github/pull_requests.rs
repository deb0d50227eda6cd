//! Pull requests: facts and files.

use async_trait::async_trait;
use serde_json::json;

use super::client::GitHub;
use super::paging::PAGE;
use super::wire;
use crate::forge::commit_sha;
use crate::forge::{
    ChangeKind, ChangedFile, ForgeError, ForgeErrorKind, OpenPullRequest, OpenPullRequests,
    PullRequest, PullRequests, QueuedPullRequest, Source as _,
};
use crate::model::{CommitSha, RepoPath};

/// GitHub lists no more files of a pull request.
/// <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files>
const MAX_FILES: u64 = 3_000;
/// 500 open pull requests.
const MAX_PULL_PAGES: usize = 5;

/// Reads only the first hundred files of each other pull request: they serve a notice, not a rule.
const OPEN_PULL_REQUESTS: &str = "query($owner: String!, $name: String!, $cursor: String) {
  viewer { login databaseId }
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, first: 100, after: $cursor) {
      pageInfo { hasNextPage endCursor }
      nodes { number files(first: 100) { pageInfo { hasNextPage } nodes { path } } }
    }
  }
}";

#[async_trait]
impl PullRequests for GitHub {
    async fn pull_request(&self, number: u64) -> Result<PullRequest, ForgeError> {
        let what = format!("pull request {number}");
        let route = format!("{}/pulls/{number}", self.root);
        let mut pauses = self.recent.pauses(&what);
        let (pull, head) = loop {
            let pull: wire::Pull = self.get(&what, &route).await?;
            let head = commit_sha(&what, &pull.head.sha)?;
            if !self.recent.is_replaced(&head) || !pauses.wait().await {
                break (pull, head);
            }
        };
        Ok(PullRequest {
            number: pull.number,
            base: commit_sha(&what, &pull.base.sha)?,
            target: pull.base.branch.clone(),
            head,
            fork: !pull.head.is_beside(&pull.base),
            changed_files: pull.changed_files,
            updated: pull.updated_at.and_then(|time| time.parse().ok()),
        })
    }

    async fn files_of(&self, pull_request: &PullRequest) -> Result<Vec<ChangedFile>, ForgeError> {
        if pull_request.changed_files < MAX_FILES {
            match self.listed_files(pull_request).await {
                Err(error) if is_about_list(&error) => log::debug!("comparing trees: {error}"),
                listed => return listed,
            }
        }
        let base = self
            .merge_base(&pull_request.base, &pull_request.head)
            .await?;
        self.changed_files(&base, &pull_request.head).await
    }

    async fn merge_base(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<CommitSha, ForgeError> {
        let what = "merge base";
        let route = format!("{}/compare/{base}...{head}?per_page=1", self.root);
        let comparison: wire::Comparison = self.get(what, &route).await?;
        commit_sha(what, &comparison.merge_base_commit.sha)
    }

    async fn merge_queue(&self, branch: &str) -> Result<Vec<QueuedPullRequest>, ForgeError> {
        self.queue_branches(branch).await
    }

    async fn open_pull_requests(&self) -> Result<OpenPullRequests, ForgeError> {
        let what = "open pull requests";
        let mut open = Vec::new();
        let mut complete = true;
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PULL_PAGES {
            let variables = json!({ "owner": self.owner, "name": self.name, "cursor": cursor });
            let reply: wire::OpenPullRequests =
                self.query(what, OPEN_PULL_REQUESTS, variables).await?;
            self.remember_user(reply.viewer);
            let repository = reply.repository;
            let pulls = repository.ok_or_else(|| ForgeError::invalid(what, "no repository"))?;
            let pulls = pulls.pull_requests;
            complete &= !pulls.nodes.iter().any(wire::OpenPull::has_more_files);
            open.extend(pulls.nodes.into_iter().map(|pull| OpenPullRequest {
                number: pull.number,
                paths: paths(pull.files),
            }));
            cursor = pulls
                .page_info
                .end_cursor
                .filter(|_| pulls.page_info.has_next_page);
            if cursor.is_none() {
                break;
            }
        }
        Ok(OpenPullRequests {
            open,
            complete: complete && cursor.is_none(),
        })
    }
}

impl GitHub {
    /// The files as GitHub lists them. A list that is shorter than GitHub's own count is an error.
    async fn listed_files(
        &self,
        pull_request: &PullRequest,
    ) -> Result<Vec<ChangedFile>, ForgeError> {
        let what = format!("files of pull request {}", pull_request.number);
        let route = format!("{}/pulls/{}/files", self.root, pull_request.number);
        let pages = MAX_FILES as usize / PAGE;
        let files: Vec<wire::File> = self.get_all(&what, &route, pages).await?;
        if (files.len() as u64) < pull_request.changed_files {
            let message = format!(
                "GitHub counts {} and lists {}",
                pull_request.changed_files,
                files.len()
            );
            return Err(ForgeError::invalid(&what, message));
        }
        files
            .into_iter()
            .map(|file| changed_file(&what, &file))
            .collect()
    }
}

/// Whether an error is about the list of files, which the trees of the commits replace: GitHub cannot compute the difference (422,
/// 406, 5xx), or does not know the new head yet. Other errors would meet the trees as well.
fn is_about_list(error: &ForgeError) -> bool {
    matches!(
        error.kind,
        ForgeErrorKind::Invalid | ForgeErrorKind::NotFound | ForgeErrorKind::Unreachable
    )
}

fn changed_file(what: &str, file: &wire::File) -> Result<ChangedFile, ForgeError> {
    let parse =
        |path: &str| RepoPath::parse(path).map_err(|error| ForgeError::invalid(what, error));
    let kind = match (file.status.as_str(), &file.previous_filename) {
        ("added" | "copied", _) => ChangeKind::Added,
        ("removed", _) => ChangeKind::Removed,
        ("renamed", Some(from)) => ChangeKind::Renamed { from: parse(from)? },
        // A kind of change that GitHub adds later: both sides are read.
        _ => ChangeKind::Modified,
    };
    Ok(ChangedFile {
        path: parse(&file.filename)?,
        kind,
    })
}

fn paths(files: Option<wire::PullFiles>) -> Vec<RepoPath> {
    files
        .into_iter()
        .flat_map(|files| files.nodes)
        .filter_map(|file| RepoPath::parse(&file.path).ok())
        .collect()
}
