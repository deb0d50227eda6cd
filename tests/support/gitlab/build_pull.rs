//! What only GitLab's merge requests have: preparation and versions.

use super::super::forge;
use super::super::forge::Rules as _;
use super::state::{GitLab, Sha, Version};

pub type Pull = forge::Pull<GitLab>;
pub type PullBuilder = forge::PullBuilder<GitLab>;

impl PullBuilder {
    /// GitLab has not prepared it yet: no `diff_refs`, no versions. `Pull::prepare` ends this.
    /// <https://docs.gitlab.com/api/merge_requests/#empty-api-fields-for-new-merge-requests>
    pub fn unprepared(mut self) -> Self {
        self.prepared = false;
        self
    }
}

impl Pull {
    pub fn prepare(&self) {
        self.repo
            .state(|s| GitLab::pull_opened(s, self.repo.id, self.number));
    }

    /// The target branch as it was at the newest version.
    pub fn base_sha(&self) -> Sha {
        self.with(|p| {
            p.versions
                .last()
                .map(|v| v.start.clone())
                .unwrap_or_default()
        })
    }

    pub fn versions(&self) -> Vec<Version> {
        self.with(|p| p.versions.clone())
    }

    /// A further version of the same head, as after a change of the target branch.
    pub fn add_version(&self) {
        self.repo
            .state(|s| s.add_version(self.repo.id, self.number));
    }

    pub fn change_version(&self, at: usize, change: impl FnOnce(&mut Version)) {
        self.with(|p| change(&mut p.versions[at]));
    }

    /// GitLab keeps no versions of the diff any more.
    pub fn forget_versions(&self) {
        self.with(|p| p.versions.clear());
    }

    pub fn close(&self) {
        self.repo.state(|s| {
            let by = s.repos[&self.repo.id].owner;
            s.close(self.repo.id, self.number, by);
        });
    }
}
