//! Builds projects for tests.

use std::path::Path;
use std::sync::Arc;

use super::super::github::checkout::export;
use super::super::github::objects::Sha;
use super::auth::AccessLevel;
use super::build_commit::CommitBuilder;
use super::build_pull::PullBuilder;
use super::server::{World, lock};
use super::state::{Member, Project, Protection, PushLevel, State, User};

/// One project. Cheap to clone; all clones are the same project.
#[derive(Clone)]
pub struct Repo {
    pub(super) world: World,
    pub id: u64,
    /// `group/name`, as it was created.
    pub full_name: String,
}

impl Repo {
    pub(super) fn create(world: &World, full_name: &str) -> Self {
        let id = lock(world).add_project(full_name, None);
        Self {
            world: Arc::clone(world),
            id,
            full_name: full_name.to_owned(),
        }
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Project) -> T) -> T {
        work(lock(&self.world).project_mut(self.id))
    }

    pub(super) fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut lock(&self.world))
    }

    pub fn private(self) -> Self {
        self.with(|p| p.visibility = "private");
        self
    }

    pub fn default_branch(self, name: &str) -> Self {
        self.with(|p| name.clone_into(&mut p.default_branch));
        self
    }

    /// A member, with a role of GitLab or of the fake GitHub.
    pub fn collaborator(self, user: &User, level: impl Into<AccessLevel>) -> Self {
        self.set_permission(user, level);
        self
    }

    pub fn set_permission(&self, user: &User, level: impl Into<AccessLevel>) {
        let level = level.into() as i64;
        self.state(|s| {
            let created = s.now();
            s.project_mut(self.id)
                .members
                .insert(user.id, Member { level, created });
        });
    }

    /// The user is no member any more.
    pub fn remove_member(&self, user: &User) {
        self.with(|p| p.members.remove(&user.id));
    }

    /// A fork with all branches.
    pub fn fork(&self, full_name: &str) -> Repo {
        let id = lock(&self.world).add_project(full_name, Some(self.id));
        let world = Arc::clone(&self.world);
        Repo {
            world,
            id,
            full_name: full_name.to_owned(),
        }
    }

    /// Merge requests of a deleted fork keep their commits.
    pub fn delete(self) {
        let mut state = lock(&self.world);
        state.projects.remove(&self.id);
        for pull in state
            .projects
            .values_mut()
            .flat_map(|p| p.pulls.values_mut())
        {
            pull.source_project = pull.source_project.filter(|id| *id != self.id);
        }
    }

    /// The project's path changes; the old one redirects.
    pub fn rename(&self, full_name: &str) {
        self.with(|p| {
            let former = p.full_path();
            p.former.push(former);
            let (namespace, name) = split(full_name);
            (p.namespace, p.name) = (namespace, name);
        });
    }

    /// The commit a branch points at.
    #[track_caller]
    pub fn head(&self, branch: &str) -> Sha {
        let head = self.with(|p| p.branches.get(branch).cloned());
        head.unwrap_or_else(|| panic!("no branch {branch} in {}", self.full_name))
    }

    /// The next commit on a branch; a branch that does not exist starts empty unless `parent` says otherwise.
    pub fn commit(&self, branch: &str) -> CommitBuilder {
        CommitBuilder::new(self, branch)
    }

    /// A merge request of this project's branch `head`; `PullBuilder::of_fork` for a fork's.
    pub fn pull(&self, head: &str) -> PullBuilder {
        PullBuilder::new(self, head)
    }

    /// GitLab reports a rename although the content changed too.
    pub fn declare_rename(&self, from: &str, to: &str) {
        self.with(|p| p.renames.insert((from.to_owned(), to.to_owned())));
    }

    /// Makes `folder` a repository with every commit.
    pub fn clone_into(&self, folder: &Path) {
        export(&lock(&self.world).objects, folder);
    }

    /// A push with another patch resets approvals, in the background.
    pub fn reset_approvals_on_push(self) -> Self {
        self.with(|p| p.resets_approvals = true);
        self
    }

    /// The background job that resets approvals waits for `run_resets`.
    pub fn hold_resets(&self) {
        self.with(|p| p.holds_resets = true);
    }

    pub fn run_resets(&self) {
        self.state(|s| {
            s.project_mut(self.id).holds_resets = false;
            s.run_resets(self.id);
        });
    }

    /// A licence with merge trains.
    pub fn merge_trains(self) -> Self {
        self.with(|p| p.merge_trains = true);
        self
    }
}

fn split(full_name: &str) -> (String, String) {
    let (namespace, name) = full_name.rsplit_once('/').expect("a project is group/name");
    (namespace.to_owned(), name.to_owned())
}

impl State {
    fn add_project(&mut self, full_name: &str, parent: Option<u64>) -> u64 {
        let (namespace, name) = split(full_name);
        // Pushes that no test assigns to a person.
        let owner = self.add_user("root", false).id;
        let (id, protection, created) = (self.id(), self.id(), self.now());
        let of_parent = parent.map(|p| &self.projects[&p]);
        let default_branch = of_parent.map_or("main".to_owned(), |p| p.default_branch.clone());
        // GitLab's default: maintainers may push and merge. <https://docs.gitlab.com/user/project/repository/branches/default/#protect-initial-default-branches>
        let default_protection = Protection {
            id: protection,
            push: vec![PushLevel::Role(AccessLevel::Maintainer as i64)],
            merge: AccessLevel::Maintainer as i64,
            allow_force_push: false,
            inherited: false,
        };
        let project = Project {
            id,
            owner,
            namespace,
            name,
            visibility: of_parent.map_or("public", |p| p.visibility),
            protections: [(default_branch.clone(), default_protection)].into(),
            default_branch,
            parent,
            network: of_parent.map_or(id, |p| p.network),
            branches: of_parent.map(|p| p.branches.clone()).unwrap_or_default(),
            merge_method: "merge",
            created,
            ..Project::default()
        };
        self.projects.insert(id, project);
        id
    }
}
