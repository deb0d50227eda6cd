//! Merge requests.
//! <https://docs.gitlab.com/api/merge_requests/>

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::client::{GitLab, hides_project};
use super::objects::CONCURRENCY;
use super::wire;
use crate::forge::route::encoded;
use crate::forge::{
    ChangeKind, ChangedFile, ForgeError, OpenPullRequest, OpenPullRequests, PullRequest,
    PullRequests, QueuedPullRequest, Reviews as _, Source as _, commit_sha,
};
use crate::model::{CommitSha, RepoPath};

/// 3,000 files of one merge request. The files of larger ones are compared by trees.
const MAX_DIFF_PAGES: usize = 30;
/// Open merge requests that a notice compares.
const MAX_OPEN: usize = 30;

impl GitLab {
    pub(super) async fn merge_request(
        &self,
        number: u64,
    ) -> Result<wire::MergeRequest, ForgeError> {
        let what = format!("merge request {number}");
        let route = format!("{}/merge_requests/{number}", self.root);
        let mut pauses = self.recent.pauses(&what);
        loop {
            match self.get(&what, &route).await {
                // Waiting does not help: the project stays invisible.
                Err(error)
                    if error.is_not_found()
                        && !hides_project(&error.message)
                        && pauses.wait().await => {}
                answer => return answer,
            }
        }
    }

    /// The tip of the target branch; of a merged request the one before the merge.
    async fn base_of(
        &self,
        what: &str,
        request: &wire::MergeRequest,
    ) -> Result<CommitSha, ForgeError> {
        let merge = request.merged_commit();
        match merge.filter(|_| !request.is_fast_forward()) {
            Some(merge) => {
                let parents = self.parents(&commit_sha(what, merge)?).await?;
                let first = parents.into_iter().next();
                first.ok_or_else(|| ForgeError::invalid(what, "its merge commit has no parent"))
            }
            None if request.is_merged() => {
                let refs = request.diff_refs.as_ref();
                let base = refs.and_then(|refs| refs.base_sha.as_deref());
                commit_sha(what, base.unwrap_or_default())
            }
            None => self.tip(&request.target_branch).await,
        }
    }

    /// The files that GitLab lists; `None` if these may not be all.
    async fn listed_files(
        &self,
        number: u64,
        count: u64,
    ) -> Result<Option<Vec<ChangedFile>>, ForgeError> {
        let what = format!("files of merge request {number}");
        let route = format!("{}/merge_requests/{number}/diffs", self.root);
        let listed = match self
            .get_all::<wire::DiffFile>(&what, &route, MAX_DIFF_PAGES)
            .await
        {
            Ok(listed) => listed,
            Err(error) if error.is_refusal() && !error.is_not_allowed() => return Ok(None),
            Err(error) => return Err(error),
        };
        if listed.len() as u64 != count {
            return Ok(None);
        }
        listed
            .into_iter()
            .map(|file| changed_file(&what, file))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

fn changed_file(what: &str, file: wire::DiffFile) -> Result<ChangedFile, ForgeError> {
    let path = |text: &str| {
        RepoPath::parse(text)
            .map_err(|error| ForgeError::invalid(what, format!("{text:?}: {error}")))
    };
    let kind = match (file.new_file, file.deleted_file, file.renamed_file) {
        (true, ..) => ChangeKind::Added,
        (_, true, _) => ChangeKind::Removed,
        (.., true) => ChangeKind::Renamed {
            from: path(&file.old_path)?,
        },
        _ => ChangeKind::Modified,
    };
    let shown = if file.deleted_file {
        &file.old_path
    } else {
        &file.new_path
    };
    Ok(ChangedFile {
        path: path(shown)?,
        kind,
    })
}

/// The number of files that GitLab counted; `None` if it stopped counting, or has not counted yet.
fn counted(request: &wire::MergeRequest) -> Option<u64> {
    request.changes_count.as_ref()?.parse().ok()
}

#[async_trait]
impl PullRequests for GitLab {
    async fn pull_request(&self, number: u64) -> Result<PullRequest, ForgeError> {
        let what = format!("merge request {number}");
        let request = self.merge_request(number).await?;
        let head = request.sha.as_deref().unwrap_or_default();
        Ok(PullRequest {
            number: request.iid,
            base: self.base_of(&what, &request).await?,
            head: commit_sha(&what, head)?,
            fork: request.is_fork(),
            changed_files: counted(&request).unwrap_or(u64::MAX),
            // GitLab does not document that a withdrawn approval moves its time.
            updated: None,
            target: request.target_branch,
        })
    }

    async fn files_of(&self, pull_request: &PullRequest) -> Result<Vec<ChangedFile>, ForgeError> {
        let (number, count) = (pull_request.number, pull_request.changed_files);
        // The list belongs to the newest version, which a push may have replaced meanwhile.
        if count < (MAX_DIFF_PAGES * 100) as u64
            && let Some(files) = self.listed_files(number, count).await?
            && self.merge_request(number).await?.sha.as_deref() == Some(pull_request.head.as_str())
        {
            return Ok(files);
        }
        let base = self
            .merge_base(&pull_request.base, &pull_request.head)
            .await?;
        self.changed_files(&base, &pull_request.head).await
    }

    /// <https://docs.gitlab.com/api/repositories/#merge-base>
    async fn merge_base(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<CommitSha, ForgeError> {
        let what = format!("merge base of {} and {}", base.short(), head.short());
        let route = format!(
            "{}/repository/merge_base?refs[]={base}&refs[]={head}",
            self.root
        );
        let commit: wire::ProjectCommit = self.get(&what, &route).await?;
        commit_sha(&what, &commit.id)
    }

    async fn merge_queue(&self, branch: &str) -> Result<Vec<QueuedPullRequest>, ForgeError> {
        self.merge_train(branch).await
    }

    async fn open_pull_requests(&self) -> Result<OpenPullRequests, ForgeError> {
        let what = "open merge requests";
        let branch = encoded(&self.default_branch_name().await?);
        let route = format!(
            "{}/merge_requests?state=opened&target_branch={branch}&per_page={}",
            self.root,
            MAX_OPEN + 1
        );
        let listed: Vec<wire::MergeRequest> = self.get(what, &route).await?;
        let mut complete = listed.len() <= MAX_OPEN;
        let each = listed.iter().take(MAX_OPEN).map(|request| async {
            // The list does not count the files.
            let request = self.merge_request(request.iid).await?;
            let count = counted(&request).unwrap_or(u64::MAX);
            let files = self.listed_files(request.iid, count).await?;
            Ok::<_, ForgeError>((request.iid, files))
        });
        let each: Vec<_> = each.collect();
        let read: Vec<_> = stream::iter(each)
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        let mut open = Vec::new();
        for (number, files) in read {
            complete &= files.is_some();
            let files = files.unwrap_or_default();
            let paths = files.iter().flat_map(ChangedFile::paths).cloned();
            open.push(OpenPullRequest {
                number,
                paths: paths.collect(),
            });
        }
        Ok(OpenPullRequests { open, complete })
    }
}
