//! What GitLab knows.

use std::collections::{BTreeMap, BTreeSet};

pub use super::super::forge::{Comment, Issue, Kind, Reaction, Sha, User};
use super::quick_actions::{Executed, Extractor};

pub type State = super::super::forge::State<GitLab>;
pub type Project = super::super::forge::RepoRecord<GitLab>;
pub type MergeRequest = super::super::forge::PullRecord<MergeRequestFields>;

#[derive(Clone, Debug)]
pub struct Member {
    pub level: i64,
    pub created: String,
}

/// Who may push to a protected branch. <https://docs.gitlab.com/api/protected_branches/>
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushLevel {
    /// 0 is nobody, 30 developers, 40 maintainers.
    Role(i64),
    User(u64),
    DeployKey(u64),
}

#[derive(Clone, Debug)]
pub struct Protection {
    pub id: u64,
    pub push: Vec<PushLevel>,
    pub merge: i64,
    pub allow_force_push: bool,
    pub inherited: bool,
}

#[derive(Default)]
pub struct ProjectFields {
    /// Paths before renames.
    pub former: Vec<String>,
    pub protections: BTreeMap<String, Protection>,
    pub members: BTreeMap<u64, Member>,
    pub statuses: Vec<Status>,
    pub pipelines: Vec<Pipeline>,
    pub environments: Vec<Environment>,
    pub deployments: Vec<Deployment>,
    pub schedules: Vec<Schedule>,
    pub events: Vec<Event>,
    pub merge_method: &'static str,
    /// Approvals of another patch go with a push.
    pub resets_approvals: bool,
    /// Merge requests whose approvals are yet to be reset.
    pub resets_due: Vec<u64>,
    pub holds_resets: bool,
    pub merge_trains: bool,
    pub trains: Vec<Car>,
}

impl Project {
    pub fn visibility(&self) -> &'static str {
        if self.private { "private" } else { "public" }
    }
}

pub struct MergeRequestFields {
    /// `opened`, `closed`, `merged` or `locked`.
    pub state: &'static str,
    /// Without this the merge request has no `diff_refs`.
    pub prepared: Option<String>,
    /// Oldest first.
    pub versions: Vec<Version>,
    pub approvals: Vec<Approval>,
    pub reviewers: Vec<Reviewer>,
    pub merged: Option<Merged>,
    pub closed: Option<(u64, String)>,
}

/// A row of `merge_request_diffs`.
#[derive(Clone, Debug)]
pub struct Version {
    pub id: u64,
    pub head: Sha,
    pub base: Sha,
    pub start: Sha,
    pub at: String,
    /// `collected`, `overflow`, …
    pub state: &'static str,
    pub size: String,
    pub patch_id: Sha,
}

/// A row without a commit.
#[derive(Clone, Debug)]
pub struct Approval {
    pub user: u64,
    pub at: String,
    pub patch_id: Sha,
}

#[derive(Clone, Debug)]
pub struct Reviewer {
    pub user: u64,
    pub state: &'static str,
    pub at: String,
}

pub struct Merged {
    pub by: u64,
    pub at: String,
    pub merge_commit: Option<Sha>,
    pub squash_commit: Option<Sha>,
}

#[derive(Clone, Debug)]
pub struct Status {
    pub id: u64,
    pub sha: Sha,
    pub reference: String,
    pub pipeline: u64,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub creator: u64,
    pub at: String,
    pub started: Option<String>,
    pub finished: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Pipeline {
    pub id: u64,
    pub iid: u64,
    pub sha: Sha,
    pub reference: String,
    pub source: &'static str,
    pub status: &'static str,
    pub user: u64,
    pub created: String,
    pub updated: String,
}

#[derive(Clone, Debug)]
pub struct Environment {
    pub id: u64,
    pub name: String,
    pub state: &'static str,
    pub external_url: Option<String>,
    pub created: String,
    pub updated: String,
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: u64,
    pub iid: u64,
    pub sha: Sha,
    pub reference: String,
    /// The environment's id.
    pub environment: u64,
    pub status: String,
    pub creator: u64,
    pub created: String,
    pub updated: String,
    /// The name of its job.
    pub job: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Schedule {
    pub id: u64,
    pub description: String,
    pub reference: String,
    pub active: bool,
    pub owner: u64,
    pub created: String,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub id: u64,
    pub action: &'static str,
    pub author: u64,
    pub at: String,
    pub push: Option<PushData>,
}

#[derive(Clone, Debug)]
pub struct PushData {
    pub count: usize,
    pub action: &'static str,
    pub from: Option<Sha>,
    pub to: Option<Sha>,
    /// `None` for a push of more refs than GitLab records one by one.
    pub branch: Option<String>,
    pub title: Option<String>,
    pub ref_count: Option<usize>,
}

/// A merge request on a merge train.
#[derive(Clone, Debug)]
pub struct Car {
    pub id: u64,
    pub pull: u64,
    pub user: u64,
    pub target: String,
    pub pipeline: u64,
    pub status: &'static str,
    pub at: String,
}

/// What GitLab knows besides users, projects and tokens.
#[derive(Default)]
pub struct GitLab {
    /// The address of the web pages.
    pub web: String,
    pub blocked: BTreeSet<u64>,
    /// Roles that a user has in every project.
    pub levels: BTreeMap<u64, i64>,
    /// Group path and user.
    pub groups: BTreeMap<(String, u64), i64>,
    pub private_groups: BTreeSet<String>,
    /// Requests to set a status that collide with another.
    pub colliding_statuses: usize,
    pub extractor: Extractor,
    pub executed: Vec<Executed>,
    pub clock: i64,
    pub frozen: bool,
    pub order: u64,
}

/// 2026-01-01.
const START: i64 = 1_767_225_600;

impl State {
    pub fn second(&self) -> i64 {
        START + self.clock
    }

    pub fn pass(&mut self, seconds: i64) {
        self.clock += seconds;
    }

    /// By number or by path, also by a former one.
    pub fn project(&self, id: &str) -> Option<&Project> {
        if let Ok(id) = id.parse::<u64>() {
            return self.repos.get(&id);
        }
        let now = self
            .repos
            .values()
            .find(|p| p.full_name().eq_ignore_ascii_case(id));
        let before = || {
            self.repos
                .values()
                .find(|p| p.former.iter().any(|f| f == id))
        };
        now.or_else(before)
    }
}

/// Milliseconds, as GitLab writes them.
pub fn timestamp(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).expect("a time of this century");
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
