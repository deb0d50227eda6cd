//! Branches: moves and protection.

use super::build::Repo;
use super::objects::Sha;
use super::server::lock;
use super::state::{Activity, DeploymentRefs, User};

impl Repo {
    /// Points a branch at a commit, forcibly if it exists, as the owner.
    pub fn branch(&self, name: &str, sha: &str) {
        let owner = self.with(|r| r.owner);
        self.move_branch(name, sha, owner, None);
    }

    /// As `branch`, by another user.
    pub fn branch_by(&self, user: &User, name: &str, sha: &str) {
        self.move_branch(name, sha, user.id, None);
    }

    /// `kind` overrides the kind that follows from the commits.
    pub(super) fn move_branch(
        &self,
        name: &str,
        sha: &str,
        actor: u64,
        kind: Option<&'static str>,
    ) {
        let before = self.with(|r| r.branches.insert(name.to_owned(), sha.to_owned()));
        let mut state = lock(&self.world);
        let kind = kind.unwrap_or_else(|| match &before {
            None => "branch_creation",
            Some(before) if state.objects.ancestors(sha).contains(before) => "push",
            Some(_) => "force_push",
        });
        state.branch_moved(self.id, name, sha);
        drop(state);
        self.record(name, before, Some(sha.to_owned()), actor, kind);
    }

    /// By the owner.
    pub fn delete_branch(&self, name: &str) {
        let (owner, before) = self.with(|r| (r.owner, r.branches.remove(name)));
        self.record(name, before, None, owner, "branch_deletion");
    }

    fn record(
        &self,
        branch: &str,
        before: Option<Sha>,
        after: Option<Sha>,
        actor: u64,
        kind: &'static str,
    ) {
        let mut state = lock(&self.world);
        let (id, at) = (state.id(), state.now());
        let activity = Activity {
            id,
            branch: branch.to_owned(),
            before,
            after,
            kind,
            actor,
            at,
        };
        if let Some(repo) = state.repos.get_mut(&self.id) {
            repo.activities.push(activity);
        }
    }

    /// Removes the record of all activities up to now.
    pub fn forget_activities(&self) {
        self.with(|r| r.activities.clear());
    }

    /// Adds classic branch protection.
    pub fn protected(self, branch: &str) -> Self {
        self.with(|r| r.protected.insert(branch.to_owned()));
        self
    }

    /// Removes classic branch protection.
    pub fn unprotect(&self, branch: &str) {
        self.with(|r| r.protected.remove(branch));
    }

    /// A ruleset's rule, such as `pull_request` or `deletion`.
    pub fn rule(self, branch: &str, kind: &str) -> Self {
        self.with(|r| r.rules.insert((branch.to_owned(), kind.to_owned())));
        self
    }

    /// Adds an environment, or changes which refs can deploy to it. `None`: all.
    pub fn environment(&self, name: &str, refs: Option<DeploymentRefs>) {
        self.with(|r| r.environments.insert(name.to_owned(), refs));
    }

    /// Adds environments to which only the default branch can deploy.
    pub fn limited_environments(self, names: &[&str]) -> Self {
        let branch = self.with(|r| r.default_branch.clone());
        for name in names {
            let only = DeploymentRefs::Custom(vec![("branch", branch.clone())]);
            self.environment(name, Some(only));
        }
        self
    }
}
