//! Builds commits for tests.

use std::sync::Arc;

use super::super::github::objects::{
    Change, Commit, FILE, Files, Leaf, SUBMODULE, SYMLINK, Sha, diff,
};
use super::build::Repo;
use super::state::{Project, State, User};

enum Edit {
    Write(String, &'static str, Vec<u8>),
    Put(String, Leaf),
    Remove(String),
    Rename(String, String),
    Clear,
}

#[must_use = "nothing is committed before push()"]
pub struct CommitBuilder {
    repo: Repo,
    branch: String,
    parents: Vec<Sha>,
    edits: Vec<Edit>,
    message: String,
    author: Option<User>,
    pusher: Option<User>,
    date: Option<String>,
}

impl CommitBuilder {
    pub(super) fn new(repo: &Repo, branch: &str) -> Self {
        let parent = repo.with(|p| p.branches.get(branch).cloned());
        Self {
            repo: repo.clone(),
            branch: branch.to_owned(),
            parents: parent.into_iter().collect(),
            edits: Vec::new(),
            message: "Change".to_owned(),
            author: None,
            pusher: None,
            date: None,
        }
    }

    /// Uses this commit instead of the branch's head.
    pub fn parent(mut self, sha: &str) -> Self {
        self.parents = vec![sha.to_owned()];
        self
    }

    /// Adds a parent, which makes it a merge; the tree is still that of the first parent with the edits.
    pub fn also_parent(mut self, sha: &str) -> Self {
        self.parents.push(sha.to_owned());
        self
    }

    pub fn write(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.edit(Edit::Write(
            path.to_owned(),
            FILE,
            content.as_ref().to_vec(),
        ))
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.edit(Edit::Write(
            path.to_owned(),
            SYMLINK,
            target.as_bytes().to_vec(),
        ))
    }

    pub fn submodule(self, path: &str, sha: &str) -> Self {
        let leaf = Leaf {
            mode: SUBMODULE,
            sha: sha.to_owned(),
        };
        self.edit(Edit::Put(path.to_owned(), leaf))
    }

    pub fn remove(self, path: &str) -> Self {
        self.edit(Edit::Remove(path.to_owned()))
    }

    pub fn rename(self, from: &str, to: &str) -> Self {
        self.edit(Edit::Rename(from.to_owned(), to.to_owned()))
    }

    /// Removes every file of the parent.
    pub fn empty(self) -> Self {
        self.edit(Edit::Clear)
    }

    fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    pub fn message(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    pub fn author(mut self, user: &User) -> Self {
        self.author = Some(user.clone());
        self
    }

    /// The pusher, if it is not the author.
    pub fn by(mut self, user: &User) -> Self {
        self.pusher = Some(user.clone());
        self
    }

    /// The commit's own date, which its author chooses. The time of the push is the server's.
    pub fn dated(mut self, date: &str) -> Self {
        self.date = Some(date.to_owned());
        self
    }

    /// Creates the commit, and moves the branch and every open merge request that follows it.
    #[track_caller]
    pub fn push(self) -> Sha {
        let (repo, branch) = (self.repo.clone(), self.branch.clone());
        let pusher = self.pusher.as_ref().or(self.author.as_ref());
        let pusher = pusher.map_or(repo.with(|p| p.owner), |user| user.id);
        let sha = self.make();
        repo.state(|s| s.move_branch(repo.id, &branch, &sha, pusher));
        sha
    }

    /// Creates the commit without moving a branch.
    #[track_caller]
    pub fn make(self) -> Sha {
        let repo = self.repo.clone();
        repo.state(|state| {
            let parent = self
                .parents
                .first()
                .and_then(|sha| state.objects.commit(sha));
            let mut files = parent.map(|c| Files::clone(&c.files)).unwrap_or_default();
            for edit in self.edits {
                apply(state, &mut files, edit);
            }
            let author = self
                .author
                .map_or(state.projects[&repo.id].owner, |user| user.id);
            let new = NewCommit {
                parents: self.parents,
                message: self.message,
                author,
                files,
            };
            state.put_commit(repo.id, new, self.date)
        })
    }
}

fn apply(state: &mut State, files: &mut Files, edit: Edit) {
    let take = |files: &mut Files, path: &str| {
        files
            .remove(path)
            .unwrap_or_else(|| panic!("no file {path}"))
    };
    match edit {
        Edit::Write(path, mode, content) => {
            let sha = state.objects.put_blob(content);
            files.insert(path, Leaf { mode, sha });
        }
        Edit::Put(path, leaf) => {
            files.insert(path, leaf);
        }
        Edit::Remove(path) => {
            take(files, &path);
        }
        Edit::Rename(from, to) => {
            let leaf = take(files, &from);
            files.insert(to, leaf);
        }
        Edit::Clear => files.clear(),
    }
}

pub struct NewCommit {
    pub parents: Vec<Sha>,
    pub message: String,
    pub author: u64,
    pub files: Files,
}

impl State {
    pub fn put_commit(&mut self, project: u64, new: NewCommit, date: Option<String>) -> Sha {
        let commit = Commit {
            sha: Sha::new(),
            tree: Sha::new(),
            parents: new.parents,
            message: new.message,
            author: new.author,
            at: date.unwrap_or_else(|| self.now()),
            order: self.order(),
            network: self.projects[&project].network,
            files: Arc::new(new.files),
        };
        self.objects.put_commit(commit)
    }

    /// The changes of `head` since its merge base with `base`.
    pub fn changes(&self, project: &Project, base: &str, head: &str) -> Vec<Change> {
        let files = |sha: &str| self.objects.commit(sha).map(|c| Arc::clone(&c.files));
        let start = self.objects.merge_base(base, head).map(|c| c.sha.clone());
        let old = start.and_then(|sha| files(&sha)).unwrap_or_default();
        let new = files(head).unwrap_or_default();
        diff(&old, &new, &project.renames)
    }

    /// `onto` with the changes of `head`.
    pub fn merged_files(&self, project: &Project, onto: &str, head: &str) -> Files {
        let mut files = self
            .objects
            .commit(onto)
            .map(|c| Files::clone(&c.files))
            .unwrap_or_default();
        for change in self.changes(project, onto, head) {
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
}
