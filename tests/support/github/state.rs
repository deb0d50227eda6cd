//! The fake's state.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::auth::{Permission, Token};
use super::faults::Queued;
use super::journal::Seen;
use super::objects::{Commit, Objects, Sha};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    User,
    Bot,
    Organization,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Bot => "Bot",
            Kind::Organization => "Organization",
        }
    }
}

pub struct RepoData {
    pub id: u64,
    pub owner: u64,
    pub owner_login: String,
    pub name: String,
    pub private: bool,
    pub default_branch: String,
    pub parent: Option<u64>,
    /// The id of the root repository of all forks.
    pub network: u64,
    pub branches: BTreeMap<String, Sha>,
    /// Branches with classic protection.
    pub protected: BTreeSet<String>,
    /// Branch and type of rule, from rulesets.
    pub rules: BTreeSet<(String, String)>,
    /// By name: which refs can deploy. `None` for an environment that takes all.
    pub environments: BTreeMap<String, Option<DeploymentRefs>>,
    pub collaborators: BTreeMap<u64, Permission>,
    /// Names of custom roles by user; `collaborators` has their permissions.
    pub custom_roles: BTreeMap<u64, String>,
    pub pulls: BTreeMap<u64, PullData>,
    pub issues: BTreeMap<u64, Issue>,
    pub comments: BTreeMap<u64, Comment>,
    pub statuses: Vec<Status>,
    pub deployments: Vec<Deployment>,
    /// Oldest first.
    pub activities: Vec<Activity>,
    pub renames: BTreeSet<(String, String)>,
    pub next_number: u64,
    pub created: String,
}

impl RepoData {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner_login, self.name)
    }

    /// Whether a pull request or an issue has this number.
    pub fn has_number(&self, number: u64) -> bool {
        self.pulls.contains_key(&number) || self.issues.contains_key(&number)
    }
}

/// Which refs can deploy to an environment.
#[derive(Clone, Debug)]
pub enum DeploymentRefs {
    ProtectedBranches,
    /// Names or patterns, each with its type: `branch` or `tag`.
    Custom(Vec<(&'static str, String)>),
}

pub struct PullData {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub author: u64,
    pub draft: bool,
    pub base_ref: String,
    pub base_sha: Sha,
    /// `None` once the fork was deleted.
    pub head_repo: Option<u64>,
    pub head_label: String,
    pub head_ref: String,
    /// Follows the head branch while the pull request is open.
    pub head_sha: Sha,
    pub open: bool,
    pub merged: Option<Merged>,
    pub reviews: Vec<Review>,
    pub created: String,
    pub updated: String,
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

/// An issue that is not a pull request.
#[derive(Clone, Debug)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub author: u64,
    pub open: bool,
    pub state_reason: Option<String>,
    pub created: String,
    pub updated: String,
    pub closed: Option<String>,
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
pub struct Comment {
    pub id: u64,
    pub number: u64,
    pub user: u64,
    pub body: String,
    pub created: String,
    pub updated: String,
    pub reactions: Vec<Reaction>,
}

#[derive(Clone, Debug)]
pub struct Reaction {
    pub id: u64,
    pub user: u64,
    pub content: String,
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

pub struct State {
    pub objects: Objects,
    pub users: BTreeMap<u64, User>,
    pub repos: BTreeMap<u64, RepoData>,
    pub tokens: BTreeMap<String, Token>,
    /// (organisation, team slug, user) → state, `active` or `pending`.
    pub teams: BTreeMap<(String, String, u64), &'static str>,
    /// Accounts that were deleted.
    pub gone: BTreeSet<u64>,
    pub limits: Limits,
    pub faults: Vec<Queued>,
    pub journal: Vec<Seen>,
    pub unexpected: Vec<String>,
    pub acknowledged: HashSet<usize>,
    clock: u64,
    next_id: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            objects: Objects::default(),
            users: BTreeMap::new(),
            repos: BTreeMap::new(),
            tokens: BTreeMap::new(),
            teams: BTreeMap::new(),
            gone: BTreeSet::new(),
            limits: Limits::default(),
            faults: Vec::new(),
            journal: Vec::new(),
            unexpected: Vec::new(),
            acknowledged: HashSet::new(),
            clock: 0,
            // Real ids no longer fit 32 bits.
            next_id: 5_000_000_000,
        }
    }
}

impl State {
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Every event is one second after the last, so answers are the same in every run.
    pub fn now(&mut self) -> String {
        self.clock += 1;
        let (day, second) = (self.clock / 86_400, self.clock % 86_400);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        format!(
            "2026-01-{:02}T{hour:02}:{minute:02}:{:02}Z",
            day + 1,
            second % 60
        )
    }

    pub fn order(&mut self) -> u64 {
        self.clock += 1;
        1_767_225_600 + self.clock
    }

    pub fn add_user(&mut self, login: &str, id: Option<u64>, kind: Kind) -> User {
        if let Some(known) = self.user_by_login(login) {
            return known.clone();
        }
        let id = id.unwrap_or_else(|| self.id());
        let user = User {
            id,
            login: login.to_owned(),
            kind,
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
            .find(|u| u.login.eq_ignore_ascii_case(login) && !self.gone.contains(&u.id))
    }

    pub fn repo_by_name(&self, owner: &str, name: &str) -> Option<&RepoData> {
        self.repos.values().find(|r| {
            r.owner_login.eq_ignore_ascii_case(owner) && r.name.eq_ignore_ascii_case(name)
        })
    }

    /// A branch, a qualified ref, or a commit id of the same fork network.
    pub fn resolve(&self, repo: &RepoData, reference: &str) -> Option<&Commit> {
        let branch = reference
            .strip_prefix("refs/heads/")
            .or_else(|| reference.strip_prefix("heads/"))
            .unwrap_or(reference);
        if reference == "HEAD" {
            return self.resolve(repo, &repo.default_branch);
        }
        match repo.branches.get(branch) {
            Some(sha) => self.objects.commit(sha),
            None => self.objects.commit_by_prefix(reference, repo.network),
        }
    }

    /// Moves the head of every open pull request that follows this branch.
    pub fn branch_moved(&mut self, repo: u64, branch: &str, sha: &str) {
        let at = self.now();
        for pull in self.repos.values_mut().flat_map(|r| r.pulls.values_mut()) {
            if pull.open && pull.head_repo == Some(repo) && pull.head_ref == branch {
                sha.clone_into(&mut pull.head_sha);
                at.clone_into(&mut pull.updated);
            }
        }
    }
}
