//! Builds commits for tests.

use super::objects::{FILE, Files, Leaf, SUBMODULE, SYMLINK, Sha};
use super::repo::Repo;
use super::state::{NewCommit, Rules, State, User};

enum Edit {
    Write(String, &'static str, Vec<u8>),
    Put(String, Leaf),
    Remove(String),
    Rename(String, String),
    Clear,
}

#[must_use = "nothing is committed before push()"]
pub struct CommitBuilder<F: Rules> {
    repo: Repo<F>,
    branch: String,
    parents: Vec<Sha>,
    edits: Vec<Edit>,
    message: String,
    author: Option<User>,
    pusher: Option<User>,
    date: Option<String>,
}

impl<F: Rules> CommitBuilder<F> {
    pub(super) fn new(repo: &Repo<F>, branch: &str) -> Self {
        let parent = repo.with(|r| r.branches.get(branch).cloned());
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
        let content = content.as_ref().to_vec();
        self.edit(Edit::Write(path.to_owned(), FILE, content))
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        let content = target.as_bytes().to_vec();
        self.edit(Edit::Write(path.to_owned(), SYMLINK, content))
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

    /// The parent's tree with the changes of `head` since its merge base with `base`.
    pub(in crate::support) fn changes(mut self, base: &str, head: &str) -> Self {
        let changes = self
            .repo
            .state(|s| s.changes(&s.repos[&self.repo.id], base, head));
        for change in changes {
            let gone = change.new.is_none().then_some(&change.path);
            if let Some(gone) = change.previous.as_ref().or(gone) {
                self = self.remove(gone);
            }
            if let Some(leaf) = change.new {
                self = self.edit(Edit::Put(change.path, leaf));
            }
        }
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

    /// Creates the commit, and moves the branch and every open pull request that follows it.
    #[track_caller]
    pub fn push(self) -> Sha {
        let (repo, branch) = (self.repo.clone(), self.branch.clone());
        let pusher = self.pusher.as_ref().or(self.author.as_ref());
        let pusher = pusher.map_or(repo.with(|r| r.owner), |user| user.id);
        let sha = self.make();
        repo.state(|s| F::move_branch(s, repo.id, &branch, &sha, pusher));
        sha
    }

    /// Creates the commit without moving a branch.
    #[track_caller]
    pub fn make(self) -> Sha {
        let repo = self.repo.clone();
        repo.state(|state| {
            let parent = self.parents.first().map(|sha| {
                let parent = state.objects.commit(sha);
                Files::clone(&parent.expect("the parent commit exists").files)
            });
            let mut files = parent.unwrap_or_default();
            for edit in self.edits {
                apply(state, &mut files, edit);
            }
            let owner = state.repos[&repo.id].owner;
            let new = NewCommit {
                parents: self.parents,
                message: self.message,
                author: self.author.map_or(owner, |user| user.id),
                files,
            };
            state.put_commit(repo.id, new, self.date)
        })
    }
}

fn apply<F: Rules>(state: &mut State<F>, files: &mut Files, edit: Edit) {
    let take = |files: &mut Files, path: &str| {
        let leaf = files.remove(path);
        leaf.unwrap_or_else(|| panic!("no file {path}"))
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
