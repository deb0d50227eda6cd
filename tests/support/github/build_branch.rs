//! Branches: moves and protection.

use super::build::Repo;
use super::state::{Activity, DeploymentRefs, Sha, State};

impl State {
    /// `kind` overrides the kind that follows from the commits.
    pub fn move_branch_as(
        &mut self,
        repo: u64,
        name: &str,
        sha: &str,
        actor: u64,
        kind: Option<&'static str>,
    ) {
        let branches = &mut self.repo_mut(repo).branches;
        let before = branches.insert(name.to_owned(), sha.to_owned());
        let kind = kind.unwrap_or_else(|| match &before {
            None => "branch_creation",
            Some(before) if self.objects.ancestors(sha).contains(before) => "push",
            Some(_) => "force_push",
        });
        let at = self.now();
        // The head of every open pull request that follows this branch.
        for pull in self.repos.values_mut().flat_map(|r| r.pulls.values_mut()) {
            if pull.open && pull.head_repo == Some(repo) && pull.head_ref == name {
                sha.clone_into(&mut pull.head_sha);
                at.clone_into(&mut pull.updated);
            }
        }
        self.record(repo, name, before, Some(sha.to_owned()), actor, kind);
    }

    pub fn record(
        &mut self,
        repo: u64,
        branch: &str,
        before: Option<Sha>,
        after: Option<Sha>,
        actor: u64,
        kind: &'static str,
    ) {
        let (id, at) = (self.id(), self.now());
        let activity = Activity {
            id,
            branch: branch.to_owned(),
            before,
            after,
            kind,
            actor,
            at,
        };
        self.repo_mut(repo).activities.push(activity);
    }
}

impl Repo {
    pub(super) fn move_branch(&self, name: &str, sha: &str, by: u64, kind: Option<&'static str>) {
        self.state(|s| s.move_branch_as(self.id, name, sha, by, kind));
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

    /// Adds a workflow, or changes its state.
    pub fn workflow(&self, path: &str, state: &'static str) {
        self.with(|r| r.workflows.insert(path.to_owned(), state));
    }

    /// A run of a workflow on the default branch whose jobs wait for the reviewers of environments. None: it waits no longer.
    pub fn waiting_run(&self, path: &str, environments: &[&str]) {
        let names = environments.iter().map(|name| (*name).to_owned()).collect();
        self.with(|r| {
            let run = (4712 + r.waiting_runs.len() as u64, path.to_owned(), names);
            r.waiting_runs.retain(|(_, known, _)| known != path);
            if !environments.is_empty() {
                r.waiting_runs.push(run);
            }
        });
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
