//! What the guard decides by: merged merge requests, their approvals, and the default branch.

use async_trait::async_trait;

use super::client::GitLab;
use super::wire;
use crate::forge::{DefaultBranch, ForgeError, ReviewedPullRequest, Reviews, User, commit_sha};
use crate::guard::{Branch, ChangeRequest};
use crate::model::CommitSha;

/// 1,000 merge requests with one commit.
const MAX_PAGES: usize = 10;

#[async_trait]
impl Reviews for GitLab {
    async fn default_branch(&self) -> Result<DefaultBranch, ForgeError> {
        let what = "default branch";
        let missing = |field| ForgeError::invalid(what, format!("the answer has no {field}"));
        let project = self.project().await?;
        let name = project
            .default_branch
            .ok_or_else(|| missing("default_branch"))?;
        // Everybody with an account reads an internal project.
        let visibility = project.visibility.ok_or_else(|| missing("visibility"))?;
        let (tip, protected) = tokio::try_join!(self.tip(&name), self.is_protected(&name))?;
        Ok(DefaultBranch {
            branch: Branch {
                name,
                default: true,
                protected,
            },
            tip,
            private: visibility == "private",
        })
    }

    /// GitLab's identity names the branch, not the environment.
    async fn is_limited_to(
        &self,
        _environment: &str,
        branch: &str,
    ) -> Result<Option<bool>, ForgeError> {
        let claims = self.claims.as_ref();
        Ok(claims.map(|claims| claims.are_of_branch(&self.path, self.project, branch)))
    }

    async fn parents(&self, commit: &CommitSha) -> Result<Vec<CommitSha>, ForgeError> {
        let what = format!("parents of {}", commit.short());
        let route = format!("{}/repository/commits/{commit}", self.root);
        let commit: wire::ProjectCommit = self.get(&what, &route).await?;
        let parents = commit.parent_ids.iter();
        parents.map(|parent| commit_sha(&what, parent)).collect()
    }

    async fn merged_by(&self, commit: &CommitSha) -> Result<Vec<u64>, ForgeError> {
        let is_of_merge = |request: &wire::MergeRequest| {
            request.is_fast_forward() || request.merged_commit() == Some(commit.as_str())
        };
        self.merged(commit, is_of_merge).await
    }

    async fn merged_with(&self, commit: &CommitSha) -> Result<Vec<u64>, ForgeError> {
        self.merged(commit, |_| true).await
    }

    async fn request(
        &self,
        number: u64,
        teams: &[String],
    ) -> Result<ReviewedPullRequest, ForgeError> {
        let what = format!("merge request {number}");
        let (request, default) =
            tokio::try_join!(self.merge_request(number), self.default_branch_name())?;
        let head = commit_sha(&what, request.sha.as_deref().unwrap_or_default())?;
        let versions = self.versions(number).await?;
        // The list is of no use if the newest version is not the head.
        let versions = versions.filter(|all| all.last().is_some_and(|last| last.head == head));
        let is_default = request.target_branch == default;
        let (protected, reviews, pushes) = tokio::try_join!(
            async {
                match is_default {
                    true => self.is_protected(&request.target_branch).await,
                    false => Ok(None),
                }
            },
            self.reviews_of(number, &head, versions.as_deref(), teams),
            async {
                match &versions {
                    // provisioner changes nothing for a fork.
                    Some(versions) if !request.is_fork() => {
                        self.pushes(&request.source_branch, versions).await
                    }
                    _ => Ok(None),
                }
            },
        )?;
        let author = match &request.author {
            Some(author) => Some(self.account(author).await?),
            None => None,
        };
        let merge = request.merged_commit();
        let merge = merge.map(|sha| commit_sha(&what, sha)).transpose()?;
        Ok(ReviewedPullRequest {
            // GitLab does not document that a withdrawn approval moves its time.
            updated: None,
            merged_at: request.merged_at.as_ref().and_then(|at| at.parse().ok()),
            merge,
            pushes,
            request: ChangeRequest {
                number: request.iid,
                merged: Some(request.is_merged()),
                fork: Some(request.is_fork()),
                head: Some(head),
                author: author.as_ref().map(User::contributor),
                target: Some(Branch {
                    name: request.target_branch,
                    default: is_default,
                    protected,
                }),
                reviews,
                ..ChangeRequest::default()
            },
            author,
        })
    }
}

impl GitLab {
    /// The merge requests into the default branch that GitLab lists for a commit, which merely have to contain it, and that are
    /// `chosen`. <https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit>
    async fn merged(
        &self,
        commit: &CommitSha,
        chosen: impl Fn(&wire::MergeRequest) -> bool + Send + Sync,
    ) -> Result<Vec<u64>, ForgeError> {
        let what = format!("merge requests of {}", commit.short());
        let route = format!("{}/repository/commits/{commit}/merge_requests", self.root);
        let branch = self.default_branch_name().await?;
        let mut pauses = self.recent.pauses(&what);
        loop {
            let listed: Vec<wire::MergeRequest> = self.get_all(&what, &route, MAX_PAGES).await?;
            let ours = listed.iter().filter(|request| {
                request.is_merged()
                    && request.target_project_id == self.project
                    && request.target_branch == branch
                    && chosen(request)
            });
            let numbers: Vec<u64> = ours.map(|request| request.iid).collect();
            if !numbers.is_empty() || !pauses.wait().await {
                return Ok(numbers);
            }
        }
    }
}
