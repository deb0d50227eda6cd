//! The state of a fake, and what a forge decides about it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use axum::http::HeaderMap;

use super::faults::Fault;
use super::journal::Journal;
use super::objects::{Change, Commit, Files, Objects, Sha, diff};
use super::wire::{Answer, Call, Reply, Secret};

/// What differs between the forges.
pub trait Rules: Default + Send + Sized + 'static {
    type Token: Clone + Send;
    /// Further fields of a repository.
    type Repo: Default + Send;
    /// Further fields of a pull request.
    type Pull: Send;
    type Role: From<Permission>;
    /// Whether issues and pull requests have one sequence of numbers.
    const ONE_SEQUENCE: bool;
    /// The media type of JSON.
    const JSON: &'static str;

    /// Before the first request.
    fn started(state: &mut State<Self>, address: SocketAddr);
    fn now(state: &mut State<Self>) -> String;
    /// Lets time pass.
    fn pass(state: &mut State<Self>, seconds: u64);
    /// A number in place of a commit's time: two otherwise equal commits differ.
    fn order(state: &mut State<Self>) -> u64;
    /// Who pushes to a repository of this namespace when no test says who.
    fn owner(state: &mut State<Self>, namespace: &str) -> u64;
    fn set_role(state: &mut State<Self>, repo: u64, user: u64, role: Self::Role);
    fn repo_added(state: &mut State<Self>, repo: u64);
    /// Points a branch at a commit, with what follows from it.
    fn move_branch(state: &mut State<Self>, repo: u64, branch: &str, sha: &str, by: u64);
    fn branch_deleted(
        state: &mut State<Self>,
        repo: u64,
        branch: &str,
        before: Option<Sha>,
        by: u64,
    );
    fn new_pull(state: &State<Self>, repo: u64, pull: &PullRecord<()>) -> Self::Pull;
    fn pull_opened(state: &mut State<Self>, repo: u64, number: u64);
    /// Complaints at the end of a test, besides those about requests.
    fn complaints(state: &State<Self>) -> Vec<String>;

    /// The prefix of the API, and the path below it.
    fn split(path: &str) -> (&str, &str);
    fn secret(headers: &HeaderMap) -> Option<Secret>;
    fn holder(token: &Self::Token) -> u64;
    /// The path in the journal.
    fn canonical_path(state: &State<Self>, call: &mut Call<Self::Token>) -> String;
    /// `None`: the fake has no such route.
    fn answer(state: &mut State<Self>, call: &mut Call<Self::Token>) -> Option<Answer>;
    fn no_route() -> Reply;
    /// The answer in place of executing the request; `None` for a fault after the request.
    fn instead(state: &State<Self>, fault: &Fault) -> Option<Reply>;
    /// Headers of every answer.
    fn headers(state: &State<Self>) -> Vec<(&'static str, String)>;
}

/// A person's role in one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    None,
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

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

pub struct RepoRecord<F: Rules> {
    pub id: u64,
    pub owner: u64,
    pub namespace: String,
    pub name: String,
    pub private: bool,
    pub default_branch: String,
    pub parent: Option<u64>,
    /// The id of the root of all forks.
    pub network: u64,
    pub branches: BTreeMap<String, Sha>,
    /// Moves that the forge reports as renames although the content changed too.
    pub renames: BTreeSet<(String, String)>,
    pub pulls: BTreeMap<u64, PullRecord<F::Pull>>,
    pub issues: BTreeMap<u64, Issue>,
    pub comments: BTreeMap<u64, Comment>,
    pub created: String,
    pub more: F::Repo,
}

impl<F: Rules> RepoRecord<F> {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether a pull request or an issue has this number.
    pub fn has_number(&self, number: u64) -> bool {
        self.pulls.contains_key(&number) || self.issues.contains_key(&number)
    }

    fn next(&self, of_issue: bool) -> u64 {
        let (pulls, issues) = (self.pulls.keys().last(), self.issues.keys().last());
        let last = match (F::ONE_SEQUENCE, of_issue) {
            (true, _) => pulls.max(issues),
            (false, true) => issues,
            (false, false) => pulls,
        };
        last.map_or(1, |last| last + 1)
    }

    pub fn next_pull(&self) -> u64 {
        self.next(false)
    }
}

impl<F: Rules> Deref for RepoRecord<F> {
    type Target = F::Repo;

    fn deref(&self) -> &F::Repo {
        &self.more
    }
}

impl<F: Rules> DerefMut for RepoRecord<F> {
    fn deref_mut(&mut self) -> &mut F::Repo {
        &mut self.more
    }
}

pub struct PullRecord<P> {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub author: u64,
    pub draft: bool,
    pub base_ref: String,
    /// `None` once the fork was deleted.
    pub head_repo: Option<u64>,
    pub head_ref: String,
    /// Follows the head branch while the pull request is open.
    pub head_sha: Sha,
    pub created: String,
    pub updated: String,
    pub more: P,
}

impl<P> Deref for PullRecord<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.more
    }
}

impl<P> DerefMut for PullRecord<P> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.more
    }
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
    pub closed_by: Option<u64>,
}

/// A comment on an issue or a pull request.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub number: u64,
    /// Only where issues have their own numbers.
    pub of_issue: bool,
    pub user: u64,
    pub body: String,
    /// The forge wrote it.
    pub system: bool,
    /// Users of the API do not see this comment, but it takes its place on a page.
    pub hidden: bool,
    pub created: String,
    pub updated: String,
    /// Who edited it last.
    pub editor: Option<u64>,
    pub reactions: Vec<Reaction>,
}

#[derive(Clone, Debug)]
pub struct Reaction {
    pub id: u64,
    pub user: u64,
    pub content: String,
    pub at: String,
}

pub struct NewCommit {
    pub parents: Vec<Sha>,
    pub message: String,
    pub author: u64,
    pub files: Files,
}

pub struct State<F: Rules> {
    pub objects: Objects,
    pub users: BTreeMap<u64, User>,
    /// Accounts that were deleted.
    pub gone: BTreeSet<u64>,
    pub repos: BTreeMap<u64, RepoRecord<F>>,
    pub tokens: BTreeMap<String, F::Token>,
    pub journal: Journal,
    pub next_id: u64,
    pub more: F,
}

impl<F: Rules> Deref for State<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.more
    }
}

impl<F: Rules> DerefMut for State<F> {
    fn deref_mut(&mut self) -> &mut F {
        &mut self.more
    }
}

impl<F: Rules> Default for State<F> {
    fn default() -> Self {
        Self {
            objects: Objects::default(),
            users: BTreeMap::new(),
            gone: BTreeSet::new(),
            repos: BTreeMap::new(),
            tokens: BTreeMap::new(),
            journal: Journal::default(),
            next_id: 0,
            more: F::default(),
        }
    }
}

impl<F: Rules> State<F> {
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn now(&mut self) -> String {
        F::now(self)
    }

    pub fn add_user(&mut self, login: &str, id: Option<u64>, kind: Kind) -> User {
        if let Some(known) = self.user_by_login(login) {
            return known.clone();
        }
        let id = id.unwrap_or_else(|| self.id());
        let login = login.to_owned();
        let user = User { id, login, kind };
        self.users.insert(id, user.clone());
        user
    }

    pub fn user(&self, id: u64) -> &User {
        &self.users[&id]
    }

    pub fn user_by_login(&self, login: &str) -> Option<&User> {
        let mut known = self.users.values();
        known.find(|u| u.login.eq_ignore_ascii_case(login) && !self.gone.contains(&u.id))
    }

    #[track_caller]
    pub fn repo_mut(&mut self, id: u64) -> &mut RepoRecord<F> {
        self.repos.get_mut(&id).expect("the repository exists")
    }

    #[track_caller]
    pub fn pull_mut(&mut self, repo: u64, number: u64) -> &mut PullRecord<F::Pull> {
        let pull = self.repo_mut(repo).pulls.get_mut(&number);
        pull.expect("the pull request exists")
    }

    pub fn add_repo(&mut self, full_name: &str, parent: Option<u64>) -> u64 {
        let (namespace, name) = full_name
            .rsplit_once('/')
            .expect("a repository is owner/name");
        let id = self.id();
        let owner = F::owner(self, namespace);
        let created = self.now();
        let of_parent = parent.map(|p| &self.repos[&p]);
        let repo = RepoRecord {
            id,
            owner,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            private: of_parent.is_some_and(|p| p.private),
            default_branch: of_parent.map_or("main".to_owned(), |p| p.default_branch.clone()),
            parent,
            network: of_parent.map_or(id, |p| p.network),
            branches: of_parent.map(|p| p.branches.clone()).unwrap_or_default(),
            renames: BTreeSet::new(),
            pulls: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            created,
            more: F::Repo::default(),
        };
        self.repos.insert(id, repo);
        F::repo_added(self, id);
        id
    }

    /// A branch, a qualified ref, or a commit id of the same fork network.
    pub fn resolve(&self, repo: &RepoRecord<F>, reference: &str) -> Option<&Commit> {
        if reference == "HEAD" {
            return self.resolve(repo, &repo.default_branch);
        }
        let branch = reference
            .strip_prefix("refs/heads/")
            .or_else(|| reference.strip_prefix("heads/"))
            .unwrap_or(reference);
        match repo.branches.get(branch) {
            Some(sha) => self.objects.commit(sha),
            None => self.objects.commit_by_prefix(reference, repo.network),
        }
    }

    pub fn put_commit(&mut self, repo: u64, new: NewCommit, date: Option<String>) -> Sha {
        let commit = Commit {
            sha: Sha::new(),
            tree: Sha::new(),
            parents: new.parents,
            message: new.message,
            author: new.author,
            at: date.unwrap_or_else(|| self.now()),
            order: F::order(self),
            network: self.repos[&repo].network,
            files: Arc::new(new.files),
        };
        self.objects.put_commit(commit)
    }

    /// The changes of `head` since its merge base with `base`.
    pub fn changes(&self, repo: &RepoRecord<F>, base: &str, head: &str) -> Vec<Change> {
        let Some(tip) = self.objects.commit(head) else {
            return Vec::new();
        };
        let start = self.objects.merge_base(base, head);
        let empty = Files::new();
        diff(
            start.map_or(&empty, |c| &*c.files),
            &tip.files,
            &repo.renames,
        )
    }

    /// `onto` with the changes of `head`.
    pub fn merged_files(&self, repo: &RepoRecord<F>, onto: &str, head: &str) -> Files {
        let files = self.objects.commit(onto).map(|c| Files::clone(&c.files));
        let mut files = files.unwrap_or_default();
        for change in self.changes(repo, onto, head) {
            let gone = change.new.is_none().then_some(&change.path);
            if let Some(gone) = change.previous.as_ref().or(gone) {
                files.remove(gone);
            }
            if let Some(leaf) = change.new {
                files.insert(change.path, leaf);
            }
        }
        files
    }

    pub fn add_comment(&mut self, repo: u64, number: u64, user: u64, body: &str) -> Comment {
        let at = self.now();
        let comment = Comment {
            id: self.id(),
            number,
            of_issue: false,
            user,
            body: body.to_owned(),
            system: false,
            hidden: false,
            created: at.clone(),
            updated: at,
            editor: None,
            reactions: Vec::new(),
        };
        let comments = &mut self.repo_mut(repo).comments;
        comments.insert(comment.id, comment.clone());
        comment
    }

    pub fn add_issue(&mut self, repo: u64, author: u64, title: &str, body: &str) -> Issue {
        let (id, at) = (self.id(), self.now());
        let repo = self.repo_mut(repo);
        let issue = Issue {
            id,
            number: repo.next(true),
            title: title.to_owned(),
            body: body.to_owned(),
            author,
            open: true,
            state_reason: None,
            created: at.clone(),
            updated: at,
            closed: None,
            closed_by: None,
        };
        repo.issues.insert(issue.number, issue.clone());
        issue
    }
}
