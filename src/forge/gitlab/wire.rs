//! The parts of GitLab's answers that the adapter reads.

use serde::Deserialize;

use crate::model::UserId;

#[derive(Deserialize)]
pub struct Project {
    pub default_branch: Option<String>,
    /// `private`, `internal` or `public`. A token without a role sees it too.
    pub visibility: Option<String>,
    pub namespace: Option<Namespace>,
}

#[derive(Deserialize)]
pub struct Namespace {
    pub id: u64,
}

#[derive(Deserialize)]
pub struct ProjectBranch {
    pub commit: ProjectCommit,
}

#[derive(Deserialize)]
pub struct ProjectCommit {
    pub id: String,
    #[serde(default)]
    pub parent_ids: Vec<String>,
}

/// A user in another object.
#[derive(Clone, Deserialize)]
pub struct UserRef {
    pub id: u64,
    pub username: String,
}

#[derive(Deserialize)]
pub struct Account {
    pub id: u64,
    /// Not given in lists.
    pub bot: Option<bool>,
}

#[derive(Deserialize)]
pub struct Member {
    pub id: u64,
    pub username: String,
    pub state: Option<String>,
    pub access_level: u64,
}

#[derive(Deserialize)]
pub struct MergeRequest {
    pub iid: u64,
    pub state: String,
    pub sha: Option<String>,
    pub author: Option<UserRef>,
    pub source_branch: String,
    pub target_branch: String,
    pub source_project_id: Option<u64>,
    pub target_project_id: u64,
    /// A number as text, or `1000+`. Null just after the creation.
    pub changes_count: Option<String>,
    pub merge_commit_sha: Option<String>,
    pub squash_commit_sha: Option<String>,
    pub merged_at: Option<String>,
    /// Null just after the creation.
    pub diff_refs: Option<DiffRefs>,
}

#[derive(Deserialize)]
pub struct DiffRefs {
    /// The merge base of the newest version.
    pub base_sha: Option<String>,
}

impl MergeRequest {
    pub fn is_merged(&self) -> bool {
        self.state == "merged"
    }

    /// Whether the head is in another project. A deleted source project counts as another.
    pub fn is_fork(&self) -> bool {
        self.source_project_id != Some(self.target_project_id)
    }

    /// The commit that the merge put onto the branch: a merge commit, a squashed one, or under fast-forward the head.
    pub fn merged_commit(&self) -> Option<&str> {
        let commits = [&self.merge_commit_sha, &self.squash_commit_sha, &self.sha];
        let first = commits.into_iter().flatten().next();
        first.filter(|_| self.is_merged()).map(String::as_str)
    }

    /// Whether it was merged without a commit of its own.
    pub fn is_fast_forward(&self) -> bool {
        self.merge_commit_sha.is_none() && self.squash_commit_sha.is_none()
    }
}

#[derive(Deserialize)]
pub struct DiffFile {
    pub old_path: String,
    pub new_path: String,
    #[serde(default)]
    pub new_file: bool,
    #[serde(default)]
    pub renamed_file: bool,
    #[serde(default)]
    pub deleted_file: bool,
}

/// A version of a merge request's diff: one for each push to its branch.
#[derive(Clone, Deserialize)]
pub struct DiffVersion {
    pub id: u64,
    pub head_commit_sha: Option<String>,
    pub created_at: Option<String>,
}

#[derive(Deserialize)]
pub struct Approvals {
    #[serde(default)]
    pub approved_by: Vec<Approval>,
}

#[derive(Deserialize)]
pub struct Approval {
    pub user: Option<UserRef>,
    pub approved_at: Option<String>,
}

#[derive(Deserialize)]
pub struct Reviewer {
    pub user: Option<UserRef>,
    /// Such as `requested_changes` or `unapproved`.
    pub state: Option<String>,
}

#[derive(Deserialize)]
pub struct Event {
    pub created_at: Option<String>,
    pub author: Option<UserRef>,
    pub push_data: Option<PushData>,
}

#[derive(Deserialize)]
pub struct PushData {
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub ref_type: Option<String>,
    /// Null for a new branch.
    pub commit_from: Option<String>,
    /// Null for a deleted branch.
    pub commit_to: Option<String>,
}

impl PushData {
    /// Whether it moved the branch. A push of many branches names none of them.
    pub fn is_to(&self, branch: &str) -> bool {
        self.reference.as_deref() == Some(branch)
            && self.ref_type.as_deref().unwrap_or("branch") == "branch"
    }
}

#[derive(Deserialize)]
pub struct Note {
    pub id: u64,
    pub body: Option<String>,
    pub author: Option<UserRef>,
    #[serde(default)]
    pub system: bool,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub noteable_type: Option<String>,
    pub noteable_iid: Option<u64>,
}

#[derive(Deserialize)]
pub struct Pipeline {
    pub id: u64,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
}

#[derive(Deserialize)]
pub struct NamedStatus {
    pub id: u64,
    pub status: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub created_at: Option<String>,
    pub author: Option<UserRef>,
}

impl NamedStatus {
    pub fn is_by(&self, user: UserId) -> bool {
        self.author.as_ref().is_some_and(|by| UserId(by.id) == user)
    }
}

#[derive(Deserialize)]
pub struct StackDeployment {
    pub id: u64,
    pub sha: String,
    pub status: String,
    pub user: Option<UserRef>,
}

/// A deployment whose job waits for approvals.
#[derive(Deserialize)]
pub struct BlockedDeployment {
    #[serde(rename = "ref")]
    pub reference: String,
    pub environment: Option<BlockedEnvironment>,
    pub deployable: Option<DeployingJob>,
}

#[derive(Deserialize)]
pub struct BlockedEnvironment {
    pub name: String,
}

#[derive(Deserialize)]
pub struct DeployingJob {
    pub name: Option<String>,
}

#[derive(Deserialize)]
pub struct PipelineSchedule {
    pub description: String,
    /// With `refs/heads/`, or without.
    #[serde(rename = "ref")]
    pub reference: String,
    pub active: bool,
    pub owner: Option<ScheduleOwner>,
}

#[derive(Deserialize)]
pub struct ScheduleOwner {
    pub id: u64,
    pub username: String,
    /// `active`, `blocked` or another word.
    pub state: Option<String>,
}

#[derive(Deserialize)]
pub struct StackEnvironment {
    pub id: u64,
    pub name: String,
    pub state: Option<String>,
}

#[derive(Deserialize)]
pub struct ProjectIssue {
    pub iid: u64,
    /// `opened` or `closed`.
    pub state: Option<String>,
    pub description: Option<String>,
    pub web_url: String,
    pub author: Option<UserRef>,
}

#[derive(Deserialize)]
pub struct ProtectedBranch {
    pub name: String,
    #[serde(default)]
    pub push_access_levels: Option<Vec<PushLevel>>,
    #[serde(default)]
    pub merge_access_levels: Option<Vec<PushLevel>>,
    pub allow_force_push: Option<bool>,
    pub code_owner_approval_required: Option<bool>,
}

/// Who may push, or merge: a role, or a user, group or deploy key.
#[derive(Deserialize)]
pub struct PushLevel {
    pub access_level: Option<u64>,
    pub user_id: Option<u64>,
    pub group_id: Option<u64>,
    pub deploy_key_id: Option<u64>,
}

#[derive(Deserialize)]
pub struct TreeItem {
    pub id: String,
    pub name: String,
    pub path: String,
    pub mode: String,
}

#[derive(Deserialize)]
pub struct TrainCar {
    pub merge_request: Option<TrainMergeRequest>,
    pub pipeline: Option<TrainPipeline>,
}

#[derive(Deserialize)]
pub struct TrainMergeRequest {
    pub iid: u64,
}

#[derive(Deserialize)]
pub struct TrainPipeline {
    pub sha: Option<String>,
}
