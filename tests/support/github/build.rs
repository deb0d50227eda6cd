//! Builds what only GitHub's repositories have.

use super::super::forge;
use super::auth::Permission;
use super::state::{Deployment, GitHub, Status, User};

pub type Repo = forge::Repo<GitHub>;
pub type CommitBuilder = forge::CommitBuilder<GitHub>;

impl Repo {
    /// A custom role of the organisation, and the permission that it has.
    pub fn custom_role(self, user: &User, role: &str, permission: Permission) -> Self {
        self.with(|r| r.custom_roles.insert(user.id, role.to_owned()));
        self.collaborator(user, permission)
    }

    /// A status by another system.
    pub fn status(&self, sha: &str, context: &str, state: &str, creator: &User) -> Status {
        self.state(|s| {
            let status = Status {
                id: s.id(),
                sha: sha.to_owned(),
                state: state.to_owned(),
                context: context.to_owned(),
                description: None,
                target_url: None,
                creator: creator.id,
                at: s.now(),
            };
            s.repo_mut(self.id).statuses.push(status.clone());
            status
        })
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

    /// Replaces a status's description.
    pub fn describe_status(&self, id: u64, description: &str) {
        self.with_status(id, |status| {
            status.description = Some(description.to_owned())
        });
    }

    /// Makes a status a failure.
    pub fn fail_status(&self, id: u64) {
        self.with_status(id, |status| "failure".clone_into(&mut status.state));
    }

    fn with_status(&self, id: u64, change: impl FnOnce(&mut Status)) {
        self.with(|r| {
            let status = r.statuses.iter_mut().find(|status| status.id == id);
            change(status.expect("the status exists"));
        });
    }
}
