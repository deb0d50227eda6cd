//! Contents at fixed commits. Nothing of a merge request is checked out.

use async_trait::async_trait;

use super::client::GitLab;
use super::wire;
use crate::forge::git::{self, LastChanges};
use crate::forge::route::encoded;
use crate::forge::{
    ChangedFile, FileAt, FileHistory, ForgeError, PathSelection, Source, commit_sha,
};
use crate::model::{CommitSha, FileContents, RepoPath};

#[async_trait]
impl Source for GitLab {
    async fn changed_files(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<ChangedFile>, ForgeError> {
        git::changed_files(self, base, head).await
    }

    async fn read(&self, files: &[FileAt<'_>]) -> Result<Vec<Option<FileContents>>, ForgeError> {
        git::read(self, files).await
    }

    async fn list(
        &self,
        at: &CommitSha,
        selection: &dyn PathSelection,
    ) -> Result<Vec<RepoPath>, ForgeError> {
        git::list(self, at, selection).await
    }

    /// <https://docs.gitlab.com/api/commits/#list-repository-commits>
    async fn history(
        &self,
        at: &CommitSha,
        path: &RepoPath,
        limit: usize,
    ) -> Result<FileHistory, ForgeError> {
        let what = format!("history of {path}");
        let path = encoded(path.as_str());
        let route = format!(
            "{}/repository/commits?ref_name={at}&path={path}&per_page={limit}",
            self.root
        );
        let commits: Vec<wire::ProjectCommit> = self.get(&what, &route).await?;
        let each = commits.iter().map(|commit| commit_sha(&what, &commit.id));
        Ok(FileHistory {
            complete: commits.len() < limit,
            commits: each.collect::<Result<_, _>>()?,
        })
    }

    async fn last_changes_of_many(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<LastChanges, ForgeError> {
        self.contents.last_changes(at, paths).await
    }
}
