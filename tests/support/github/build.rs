//! Builds repositories and commits for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::auth::Permission;
use super::build_pull::PullBuilder;
use super::objects::{Commit, FILE, Files, Leaf, SUBMODULE, SYMLINK, Sha};
use super::server::{World, lock};
use super::state::{Comment, Deployment, Kind, RepoData, State, Status, User};

/// One repository. Cheap to clone; all clones are the same repository.
#[derive(Clone)]
pub struct Repo {
    pub(super) world: World,
    pub id: u64,
    /// `owner/name`.
    pub full_name: String,
}

impl Repo {
    pub(super) fn create(world: &World, full_name: &str) -> Self {
        let mut state = lock(world);
        let id = state.id();
        state.add_repo(id, full_name, None);
        drop(state);
        Self {
            world: Arc::clone(world),
            id,
            full_name: full_name.to_owned(),
        }
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut RepoData) -> T) -> T {
        work(
            lock(&self.world)
                .repos
                .get_mut(&self.id)
                .expect("the repository was not deleted"),
        )
    }

    pub fn private(self) -> Self {
        self.with(|r| r.private = true);
        self
    }

    pub fn default_branch(self, name: &str) -> Self {
        self.with(|r| name.clone_into(&mut r.default_branch));
        self
    }

    pub fn collaborator(self, user: &User, permission: Permission) -> Self {
        self.set_permission(user, permission);
        self
    }

    /// A custom role of the organisation, and the permission that it has.
    pub fn custom_role(self, user: &User, role: &str, permission: Permission) -> Self {
        self.with(|r| r.custom_roles.insert(user.id, role.to_owned()));
        self.collaborator(user, permission)
    }

    pub fn set_permission(&self, user: &User, permission: Permission) {
        self.with(|r| r.collaborators.insert(user.id, permission));
    }

    /// A fork with all branches. Its owner may be the owner of this one: `repo.fork("acme/other-name")`.
    pub fn fork(&self, full_name: &str) -> Repo {
        let mut state = lock(&self.world);
        let id = state.id();
        state.add_repo(id, full_name, Some(self.id));
        drop(state);
        Repo {
            world: Arc::clone(&self.world),
            id,
            full_name: full_name.to_owned(),
        }
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
    pub fn commit(&self, branch: &str) -> CommitBuilder {
        let parent = self.with(|r| r.branches.get(branch).cloned());
        CommitBuilder {
            repo: self.clone(),
            branch: branch.to_owned(),
            parents: parent.into_iter().collect(),
            edits: Vec::new(),
            message: "Change".to_owned(),
            author: None,
            date: None,
            pusher: None,
        }
    }

    /// A pull request of this repository's branch `head`; `PullBuilder::of_fork` for a fork's.
    pub fn pull(&self, head: &str) -> PullBuilder {
        PullBuilder::new(self, head)
    }

    /// GitHub reports a rename although the content changed too.
    pub fn declare_rename(&self, from: &str, to: &str) {
        self.with(|r| r.renames.insert((from.to_owned(), to.to_owned())));
    }

    /// A comment by another user: it is not in the journal.
    pub fn comment(&self, number: u64, author: &User, body: &str) -> Comment {
        let mut state = lock(&self.world);
        state.add_comment(self.id, number, author.id, body)
    }

    /// Changes a comment and its `updated_at`.
    pub fn edit_comment(&self, id: u64, body: &str) {
        let at = lock(&self.world).now();
        self.with(|r| {
            let comment = r.comments.get_mut(&id).expect("the comment exists");
            body.clone_into(&mut comment.body);
            comment.updated = at;
        });
    }

    /// The comments of an issue or pull request, oldest first.
    pub fn comments(&self, number: u64) -> Vec<Comment> {
        self.with(|r| {
            r.comments
                .values()
                .filter(|c| c.number == number)
                .cloned()
                .collect()
        })
    }

    /// A status by another system.
    pub fn status(&self, sha: &str, context: &str, state: &str, creator: &User) -> Status {
        let mut world = lock(&self.world);
        let status = Status {
            id: world.id(),
            sha: sha.to_owned(),
            state: state.to_owned(),
            context: context.to_owned(),
            description: None,
            target_url: None,
            creator: creator.id,
            at: world.now(),
        };
        world
            .repos
            .get_mut(&self.id)
            .expect("exists")
            .statuses
            .push(status.clone());
        status
    }

    /// All statuses of a commit, newest first.
    pub fn statuses(&self, sha: &str) -> Vec<Status> {
        self.with(|r| {
            r.statuses
                .iter()
                .rev()
                .filter(|s| s.sha == sha)
                .cloned()
                .collect()
        })
    }

    /// Newest first.
    pub fn deployments(&self) -> Vec<Deployment> {
        self.with(|r| r.deployments.iter().rev().cloned().collect())
    }
}

impl State {
    fn add_repo(&mut self, id: u64, full_name: &str, parent: Option<u64>) {
        let (owner, name) = full_name
            .split_once('/')
            .expect("a repository is owner/name");
        let owner = self.add_user(owner, None, Kind::Organization);
        let created = self.now();
        let of_parent = parent.map(|p| &self.repos[&p]);
        let data = RepoData {
            id,
            owner: owner.id,
            owner_login: owner.login,
            name: name.to_owned(),
            private: of_parent.is_some_and(|p| p.private),
            default_branch: of_parent.map_or("main".to_owned(), |p| p.default_branch.clone()),
            parent,
            network: of_parent.map_or(id, |p| p.network),
            branches: of_parent.map_or(BTreeMap::new(), |p| p.branches.clone()),
            protected: BTreeSet::new(),
            rules: BTreeSet::new(),
            environments: BTreeMap::new(),
            collaborators: BTreeMap::new(),
            custom_roles: BTreeMap::new(),
            pulls: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            statuses: Vec::new(),
            deployments: Vec::new(),
            activities: Vec::new(),
            renames: BTreeSet::new(),
            next_number: 1,
            created,
        };
        self.repos.insert(id, data);
    }

    pub fn add_comment(&mut self, repo: u64, number: u64, user: u64, body: &str) -> Comment {
        let at = self.now();
        let comment = Comment {
            id: self.id(),
            number,
            user,
            body: body.to_owned(),
            created: at.clone(),
            updated: at,
            reactions: Vec::new(),
        };
        let repo = self.repos.get_mut(&repo).expect("the repository exists");
        repo.comments.insert(comment.id, comment.clone());
        comment
    }
}

enum Edit {
    Write {
        path: String,
        mode: &'static str,
        content: Vec<u8>,
    },
    Put {
        path: String,
        leaf: Leaf,
    },
    Remove(String),
    Rename {
        from: String,
        to: String,
    },
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
        self.write_as(FILE, path, content.as_ref())
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.write_as(SYMLINK, path, target.as_bytes())
    }

    fn write_as(self, mode: &'static str, path: &str, content: &[u8]) -> Self {
        self.edit(Edit::Write {
            path: path.to_owned(),
            mode,
            content: content.to_vec(),
        })
    }

    pub fn submodule(self, path: &str, sha: &str) -> Self {
        self.put(
            path,
            Leaf {
                mode: SUBMODULE,
                sha: sha.to_owned(),
            },
        )
    }

    pub(super) fn put(self, path: &str, leaf: Leaf) -> Self {
        self.edit(Edit::Put {
            path: path.to_owned(),
            leaf,
        })
    }

    pub fn remove(self, path: &str) -> Self {
        self.edit(Edit::Remove(path.to_owned()))
    }

    pub fn rename(self, from: &str, to: &str) -> Self {
        self.edit(Edit::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
        })
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

    /// Creates the commit, and moves the branch and every open pull request that follows it.
    #[track_caller]
    pub fn push(self) -> Sha {
        let (repo, branch) = (self.repo.clone(), self.branch.clone());
        let pusher = self.pusher.as_ref().or(self.author.as_ref());
        let pusher = pusher.map_or(repo.with(|r| r.owner), |user| user.id);
        let sha = self.make();
        repo.move_branch(&branch, &sha, pusher, None);
        sha
    }

    /// Creates the commit without moving a branch.
    #[track_caller]
    pub(super) fn make(self) -> Sha {
        let mut state = lock(&self.repo.world);
        let first = self.parents.first().map(|sha| {
            let parent = state.objects.commit(sha);
            Files::clone(&parent.expect("the parent commit exists").files)
        });
        let mut files = first.unwrap_or_default();
        for edit in self.edits {
            apply(&mut state, &mut files, edit);
        }
        let repo = &state.repos[&self.repo.id];
        let (network, owner) = (repo.network, repo.owner);
        let commit = Commit {
            sha: Sha::new(),
            tree: Sha::new(),
            parents: self.parents,
            message: self.message,
            author: self.author.map_or(owner, |user| user.id),
            at: self.date.unwrap_or_else(|| state.now()),
            order: state.order(),
            network,
            files: Arc::new(files),
        };
        state.objects.put_commit(commit)
    }
}

fn apply(state: &mut State, files: &mut Files, edit: Edit) {
    match edit {
        Edit::Write {
            path,
            mode,
            content,
        } => {
            let sha = state.objects.put_blob(content);
            files.insert(path, Leaf { mode, sha });
        }
        Edit::Put { path, leaf } => {
            files.insert(path, leaf);
        }
        Edit::Remove(path) => {
            files
                .remove(&path)
                .unwrap_or_else(|| panic!("no file {path} to remove"));
        }
        Edit::Rename { from, to } => {
            let leaf = files
                .remove(&from)
                .unwrap_or_else(|| panic!("no file {from} to rename"));
            files.insert(to, leaf);
        }
        Edit::Clear => files.clear(),
    }
}
