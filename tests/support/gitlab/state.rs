//! The fake's state.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::github::faults::Queued;
use super::super::github::journal::Seen;
use super::super::github::objects::{Commit, Objects, Sha};
use super::auth::Token;
use super::quick_actions::{Executed, Extractor};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub bot: bool,
    /// `active`, `blocked`, …
    pub state: &'static str,
}

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
pub struct Project {
    pub id: u64,
    pub owner: u64,
    pub namespace: String,
    pub name: String,
    /// Paths before renames.
    pub former: Vec<String>,
    pub visibility: &'static str,
    pub default_branch: String,
    pub parent: Option<u64>,
    /// The id of the root of all forks.
    pub network: u64,
    pub branches: BTreeMap<String, Sha>,
    pub protections: BTreeMap<String, Protection>,
    pub members: BTreeMap<u64, Member>,
    pub pulls: BTreeMap<u64, MergeRequest>,
    pub issues: BTreeMap<u64, Issue>,
    pub notes: BTreeMap<u64, Comment>,
    pub statuses: Vec<Status>,
    pub pipelines: Vec<Pipeline>,
    pub environments: Vec<Environment>,
    pub deployments: Vec<Deployment>,
    pub events: Vec<Event>,
    pub renames: BTreeSet<(String, String)>,
    pub merge_method: &'static str,
    /// Approvals of another patch go with a push.
    pub resets_approvals: bool,
    /// Merge requests whose approvals are yet to be reset.
    pub resets_due: Vec<u64>,
    pub holds_resets: bool,
    pub merge_trains: bool,
    pub trains: Vec<Car>,
    pub created: String,
}

impl Project {
    pub fn full_path(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    pub fn is_private(&self) -> bool {
        self.visibility == "private"
    }
}

pub struct MergeRequest {
    pub id: u64,
    pub iid: u64,
    pub title: String,
    pub body: Option<String>,
    pub author: u64,
    pub draft: bool,
    pub target: String,
    /// `None` once the fork was deleted.
    pub source_project: Option<u64>,
    pub source: String,
    pub head: Sha,
    /// `opened`, `closed`, `merged` or `locked`.
    pub state: &'static str,
    /// Without this the merge request has no `diff_refs`.
    pub prepared: Option<String>,
    /// Oldest first.
    pub versions: Vec<Version>,
    pub approvals: Vec<Approval>,
    pub reviewers: Vec<Reviewer>,
    pub merged: Option<Merged>,
    pub created: String,
    pub updated: String,
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
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub author: u64,
    pub open: bool,
    pub created: String,
    pub updated: String,
    pub closed: Option<(u64, String)>,
}

/// A note of a merge request or an issue.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub number: u64,
    pub of_issue: bool,
    pub user: u64,
    pub body: String,
    pub system: bool,
    /// Users of the API do not see this note, but it takes its place on a page.
    pub hidden: bool,
    pub created: String,
    pub updated: String,
    pub awards: Vec<Award>,
}

#[derive(Clone, Debug)]
pub struct Award {
    pub id: u64,
    pub user: u64,
    pub name: String,
    pub at: String,
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

#[derive(Default)]
pub struct State {
    /// The address of the web pages.
    pub web: String,
    pub objects: Objects,
    pub users: BTreeMap<u64, User>,
    pub projects: BTreeMap<u64, Project>,
    pub tokens: BTreeMap<String, Token>,
    /// Roles that a user has in every project.
    pub levels: BTreeMap<u64, i64>,
    /// Group path and user.
    pub groups: BTreeMap<(String, u64), i64>,
    pub private_groups: BTreeSet<String>,
    /// Requests to set a status that collide with another.
    pub colliding_statuses: usize,
    pub extractor: Extractor,
    pub executed: Vec<Executed>,
    pub faults: Vec<Queued>,
    pub journal: Vec<Seen>,
    pub unexpected: Vec<String>,
    pub acknowledged: HashSet<usize>,
    clock: i64,
    pub frozen: bool,
    next_id: u64,
    order: u64,
}

/// 2026-01-01.
const START: i64 = 1_767_225_600;

impl State {
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        1000 + self.next_id
    }

    /// The time of an event: one second after the last, unless a test stopped the clock.
    pub fn now(&mut self) -> String {
        if !self.frozen {
            self.clock += 1;
        }
        timestamp(self.second())
    }

    pub fn second(&self) -> i64 {
        START + self.clock
    }

    pub fn pass(&mut self, seconds: i64) {
        self.clock += seconds;
    }

    pub fn order(&mut self) -> u64 {
        self.order += 1;
        1_767_225_600 + self.order
    }

    pub fn add_user(&mut self, login: &str, bot: bool) -> User {
        if let Some(known) = self.user_by_login(login) {
            return known.clone();
        }
        let id = self.id();
        let login = login.to_owned();
        let user = User {
            id,
            login,
            bot,
            state: "active",
        };
        self.users.insert(id, user.clone());
        user
    }

    pub fn user(&self, id: u64) -> &User {
        &self.users[&id]
    }

    pub fn user_by_login(&self, login: &str) -> Option<&User> {
        self.users
            .values()
            .find(|u| u.login.eq_ignore_ascii_case(login))
    }

    /// By number or by path, also by a former one.
    pub fn project(&self, id: &str) -> Option<&Project> {
        if let Ok(id) = id.parse::<u64>() {
            return self.projects.get(&id);
        }
        let now = self
            .projects
            .values()
            .find(|p| p.full_path().eq_ignore_ascii_case(id));
        let before = || {
            self.projects
                .values()
                .find(|p| p.former.iter().any(|f| f == id))
        };
        now.or_else(before)
    }

    pub fn project_mut(&mut self, id: u64) -> &mut Project {
        self.projects.get_mut(&id).expect("the project exists")
    }

    /// A branch, a qualified ref, or a commit id of the same fork network.
    pub fn resolve(&self, project: &Project, reference: &str) -> Option<&Commit> {
        if reference == "HEAD" {
            return self.resolve(project, &project.default_branch);
        }
        let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        match project.branches.get(branch) {
            Some(sha) => self.objects.commit(sha),
            None => self.objects.commit_by_prefix(reference, project.network),
        }
    }
}

/// Milliseconds, as GitLab writes them.
pub fn timestamp(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).expect("a time of this century");
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

pub fn http_date(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).expect("a time of this century");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
