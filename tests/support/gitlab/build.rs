//! Builds what only GitLab's projects have.

use super::super::forge;
use super::state::{GitLab, User};

pub type Repo = forge::Repo<GitLab>;
pub type CommitBuilder = forge::CommitBuilder<GitLab>;

impl Repo {
    /// The user is no member any more.
    pub fn remove_member(&self, user: &User) {
        self.with(|p| p.members.remove(&user.id));
    }

    /// The project's path changes; the old one redirects.
    pub fn rename(&self, full_name: &str) {
        self.with(|p| {
            let former = p.full_name();
            p.former.push(former);
            let (namespace, name) = full_name.rsplit_once('/').expect("a project is group/name");
            (p.namespace, p.name) = (namespace.to_owned(), name.to_owned());
        });
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
            s.repo_mut(self.id).holds_resets = false;
            s.run_resets(self.id);
        });
    }

    /// A licence with merge trains.
    pub fn merge_trains(self) -> Self {
        self.with(|p| p.merge_trains = true);
        self
    }
}
