//! Builds repositories for tests.

use std::path::Path;
use std::sync::Arc;

use super::checkout::export;
use super::commit::CommitBuilder;
use super::objects::Sha;
use super::pull::PullBuilder;
use super::server::{World, lock};
use super::state::{Comment, Issue, RepoRecord, Rules, State, User};

/// One repository. All clones are the same repository.
pub struct Repo<F: Rules> {
    pub(in crate::support) world: World<F>,
    pub id: u64,
    /// `owner/name`, as it was created.
    pub full_name: String,
}

impl<F: Rules> Clone for Repo<F> {
    fn clone(&self) -> Self {
        Self {
            world: Arc::clone(&self.world),
            id: self.id,
            full_name: self.full_name.clone(),
        }
    }
}

impl<F: Rules> Repo<F> {
    pub(super) fn create(world: &World<F>, full_name: &str, parent: Option<u64>) -> Self {
        let id = lock(world).add_repo(full_name, parent);
        Self {
            world: Arc::clone(world),
            id,
            full_name: full_name.to_owned(),
        }
    }

    pub(in crate::support) fn state<T>(&self, work: impl FnOnce(&mut State<F>) -> T) -> T {
        work(&mut lock(&self.world))
    }

    pub(in crate::support) fn with<T>(&self, work: impl FnOnce(&mut RepoRecord<F>) -> T) -> T {
        self.state(|s| work(s.repo_mut(self.id)))
    }

    pub fn private(self) -> Self {
        self.with(|r| r.private = true);
        self
    }

    /// A user with a role.
    pub fn collaborator(self, user: &User, role: impl Into<F::Role>) -> Self {
        self.set_permission(user, role);
        self
    }

    pub fn set_permission(&self, user: &User, role: impl Into<F::Role>) {
        self.state(|s| F::set_role(s, self.id, user.id, role.into()));
    }

    pub fn default_branch(self, name: &str) -> Self {
        self.with(|r| name.clone_into(&mut r.default_branch));
        self
    }

    /// A fork with all branches. Its owner may be the owner of this one: `repo.fork("acme/other-name")`.
    pub fn fork(&self, full_name: &str) -> Self {
        Self::create(&self.world, full_name, Some(self.id))
    }

    /// Pull requests of a deleted fork keep their commits and have no head repository.
    pub fn delete(self) {
        let mut state = lock(&self.world);
        state.repos.remove(&self.id);
        for pull in state.repos.values_mut().flat_map(|r| r.pulls.values_mut()) {
            pull.head_repo = pull.head_repo.filter(|id| *id != self.id);
        }
    }

    /// The commit a branch points at.
    #[track_caller]
    pub fn head(&self, branch: &str) -> Sha {
        let head = self.with(|r| r.branches.get(branch).cloned());
        head.unwrap_or_else(|| panic!("no branch {branch} in {}", self.full_name))
    }

    /// The next commit on a branch; a branch that does not exist starts empty unless `parent` says otherwise.
    pub fn commit(&self, branch: &str) -> CommitBuilder<F> {
        CommitBuilder::new(self, branch)
    }

    /// A pull request of this repository's branch `head`; `PullBuilder::of_fork` for a fork's.
    pub fn pull(&self, head: &str) -> PullBuilder<F> {
        PullBuilder::new(self, head)
    }

    /// The forge reports a rename although the content changed too.
    pub fn declare_rename(&self, from: &str, to: &str) {
        self.with(|r| r.renames.insert((from.to_owned(), to.to_owned())));
    }

    /// Makes `folder` a repository with every commit of the fake.
    pub fn clone_into(&self, folder: &Path) {
        export(&lock(&self.world).objects, folder);
    }

    /// Points a branch at a commit, forcibly if it exists, as the owner.
    pub fn branch(&self, name: &str, sha: &str) {
        let owner = self.with(|r| r.owner);
        self.state(|s| F::move_branch(s, self.id, name, sha, owner));
    }

    /// As `branch`, by another user.
    pub fn branch_by(&self, user: &User, name: &str, sha: &str) {
        self.state(|s| F::move_branch(s, self.id, name, sha, user.id));
    }

    /// By the owner.
    pub fn delete_branch(&self, name: &str) {
        self.state(|s| {
            let repo = s.repo_mut(self.id);
            let (owner, before) = (repo.owner, repo.branches.remove(name));
            F::branch_deleted(s, self.id, name, before, owner);
        });
    }

    /// A comment by another user on a pull request: it is not in the journal.
    pub fn comment(&self, number: u64, author: &User, body: &str) -> Comment {
        self.state(|s| s.add_comment(self.id, number, author.id, body))
    }

    /// Changes a comment and its time of update.
    pub fn edit_comment(&self, id: u64, body: &str) {
        self.state(|s| {
            let at = s.now();
            let editor = s.user_by_login("alice").map(|user| user.id);
            let comment = s.repo_mut(self.id).comments.get_mut(&id);
            let comment = comment.expect("the comment exists");
            body.clone_into(&mut comment.body);
            comment.updated = at;
            comment.editor = editor;
        });
    }

    /// Within the second of its creation: a forge with times in seconds shows no edit.
    pub fn edit_comment_at_once(&self, id: u64, body: &str) {
        self.with(|r| {
            let comment = r.comments.get_mut(&id).expect("the comment exists");
            body.clone_into(&mut comment.body);
        });
    }

    pub fn edit_issue(&self, number: u64, body: &str) {
        self.with(|r| {
            let issue = r.issues.get_mut(&number).expect("the issue exists");
            body.clone_into(&mut issue.body);
        });
    }

    pub fn delete_comment(&self, id: u64) {
        self.with(|r| r.comments.remove(&id));
    }

    /// The comments of people and bots on a pull request, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.comments_of(number, false)
    }

    pub(in crate::support) fn comments_of(&self, number: u64, of_issue: bool) -> Vec<Comment> {
        self.with(|r| {
            let all = r.comments.values().filter(|c| !c.system && !c.hidden);
            let all = all.filter(|c| c.number == number && c.of_issue == of_issue);
            all.cloned().collect()
        })
    }

    /// An issue by another user: it is not in the journal.
    pub fn issue(&self, author: &User, title: &str, body: &str) -> Issue {
        self.state(|s| s.add_issue(self.id, author.id, title, body))
    }

    /// Oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.with(|r| r.issues.values().cloned().collect())
    }

    pub fn reopen_issue(&self, number: u64) {
        self.with(|r| {
            let issue = r.issues.get_mut(&number).expect("the issue exists");
            issue.open = true;
            (issue.closed, issue.closed_by) = (None, None);
        });
    }

    /// By the owner.
    pub fn close_issue(&self, number: u64) {
        self.state(|s| {
            let at = s.now();
            let repo = s.repo_mut(self.id);
            let issue = repo.issues.get_mut(&number).expect("the issue exists");
            issue.open = false;
            issue.updated.clone_from(&at);
            (issue.closed, issue.closed_by) = (Some(at), Some(repo.owner));
        });
    }
}
