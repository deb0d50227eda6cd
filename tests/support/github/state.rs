//! What GitHub knows.

use std::collections::{BTreeMap, BTreeSet};

pub use super::super::forge::{Comment, Issue, Kind, Reaction, Sha, User};
use super::auth::Permission;

pub type State = super::super::forge::State<GitHub>;
pub type RepoData = super::super::forge::RepoRecord<GitHub>;
pub type PullData = super::super::forge::PullRecord<PullFields>;

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Bot => "Bot",
            Kind::Organization => "Organization",
        }
    }
}

/// 2026-01-01.
const START: i64 = 1_767_225_600;

/// What GitHub knows besides users, repositories and tokens.
#[derive(Default)]
pub struct GitHub {
    /// (organisation, team slug, user) → state, `active` or `pending`.
    pub teams: BTreeMap<(String, String, u64), &'static str>,
    pub limits: Limits,
    pub clock: u64,
    /// Whether a test let time pass, so that answers have the clock's time.
    pub is_passed: bool,
}

#[derive(Default)]
pub struct RepoFields {
    /// Branches with classic protection.
    pub protected: BTreeSet<String>,
    /// Branch and type of rule, from rulesets.
    pub rules: BTreeSet<(String, String)>,
    /// By name: which refs can deploy. `None` for an environment that takes all.
    pub environments: BTreeMap<String, Option<DeploymentRefs>>,
    /// Path and state of each workflow.
    pub workflows: BTreeMap<String, &'static str>,
    /// Id, path and environments of runs whose jobs wait for reviewers.
    pub waiting_runs: Vec<(u64, String, Vec<String>)>,
    pub collaborators: BTreeMap<u64, Permission>,
    /// Names of custom roles by user; `collaborators` has their permissions.
    pub custom_roles: BTreeMap<u64, String>,
    pub statuses: Vec<Status>,
    pub deployments: Vec<Deployment>,
    /// Oldest first.
    pub activities: Vec<Activity>,
}

/// Which refs can deploy to an environment.
#[derive(Clone, Debug)]
pub enum DeploymentRefs {
    ProtectedBranches,
    /// Names or patterns, each with its type: `branch` or `tag`.
    Custom(Vec<(&'static str, String)>),
}

pub struct PullFields {
    pub base_sha: Sha,
    pub head_label: String,
    pub open: bool,
    pub merged: Option<Merged>,
    pub reviews: Vec<Review>,
    pub closed: Option<String>,
}

pub struct Merged {
    pub by: u64,
    pub at: String,
    pub sha: Sha,
    /// The commits that were added to the base branch; `sha` is the last of them.
    pub brought: Vec<Sha>,
    /// The base branch before the merge: the files of a merged pull request are compared with it.
    pub onto: Sha,
}

#[derive(Clone, Debug)]
pub struct Review {
    pub id: u64,
    pub user: u64,
    pub state: String,
    pub body: String,
    /// `None` once the commit is gone from the repository.
    pub commit: Option<Sha>,
    pub at: String,
}

/// A branch move, with its user.
#[derive(Clone, Debug)]
pub struct Activity {
    pub id: u64,
    pub branch: String,
    /// `None` for a new branch.
    pub before: Option<Sha>,
    /// `None` for a deleted branch.
    pub after: Option<Sha>,
    pub kind: &'static str,
    pub actor: u64,
    pub at: String,
}

#[derive(Clone, Debug)]
pub struct Status {
    pub id: u64,
    pub sha: Sha,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub creator: u64,
    pub at: String,
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: u64,
    pub sha: Sha,
    pub reference: String,
    pub task: String,
    pub environment: String,
    pub description: Option<String>,
    pub payload: serde_json::Value,
    pub creator: u64,
    pub at: String,
    pub statuses: Vec<DeploymentStatus>,
}

#[derive(Clone, Debug)]
pub struct DeploymentStatus {
    pub id: u64,
    pub state: String,
    pub description: String,
    pub environment_url: String,
    pub log_url: String,
    pub creator: u64,
    pub at: String,
}

/// GitHub's published limits. A test lowers a limit instead of creating a hundred thousand files.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Entries of a recursive tree before it says `truncated`.
    pub tree_entries: usize,
    /// Bytes up to which the contents API puts the content into its JSON.
    pub contents_inline: usize,
    /// Characters of a blob that GraphQL gives.
    pub graphql_text: usize,
    /// Bytes above which the contents and blob APIs refuse.
    pub contents_max: usize,
    pub directory_entries: usize,
    pub pull_files: usize,
    pub compare_files: usize,
    pub pull_commits: usize,
    pub body_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tree_entries: 100_000,
            contents_inline: 1024 * 1024,
            graphql_text: 512_000,
            contents_max: 100 * 1024 * 1024,
            directory_entries: 1000,
            pull_files: 3000,
            compare_files: 300,
            pull_commits: 250,
            body_chars: 65_536,
        }
    }
}

impl State {
    /// The time of the fake's clock, in seconds since 1970.
    pub fn time(&self) -> i64 {
        START + i64::try_from(self.clock).expect("a time of this century")
    }

    pub fn repo_by_name(&self, owner: &str, name: &str) -> Option<&RepoData> {
        self.repos
            .values()
            .find(|r| r.namespace.eq_ignore_ascii_case(owner) && r.name.eq_ignore_ascii_case(name))
    }
}
