//! Reviews: approvals, requested changes, and what takes them back.

use super::build_pull::Pull;
use super::state::{Approval, Reviewer, State, User};

impl Pull {
    /// `APPROVED`, `CHANGES_REQUESTED`, or `DISMISSED` for an approval that its user takes back.
    #[track_caller]
    pub fn review(&self, reviewer: &User, state: &str) {
        let (project, iid, user) = (self.repo.id, self.number, reviewer.id);
        self.repo.state(|s| match state {
            "APPROVED" => s.approve(project, iid, user),
            "CHANGES_REQUESTED" => s.request_changes(project, iid, user),
            "DISMISSED" => s.unapprove(project, iid, user),
            "COMMENTED" => s.set_reviewer(project, iid, user, "reviewed", true),
            other => panic!("no review is {other}"),
        });
    }

    pub fn approve(&self, reviewer: &User) {
        self.review(reviewer, "APPROVED");
    }

    pub fn request_changes(&self, reviewer: &User) {
        self.review(reviewer, "CHANGES_REQUESTED");
    }

    /// Assigns a reviewer, who has not reviewed yet.
    pub fn reviewer(&self, user: &User) {
        self.repo
            .state(|s| s.set_reviewer(self.repo.id, self.number, user.id, "unreviewed", true));
    }

    /// GitLab knows the time of each approval since 18.4; before, and after an import, it does not.
    pub fn set_approved_at(&self, user: &User, at: &str) {
        self.with(|p| {
            let approval = p.approvals.iter_mut().find(|a| a.user == user.id);
            at.clone_into(&mut approval.expect("the user approved").at);
        });
    }
}

impl State {
    /// <https://docs.gitlab.com/api/merge_request_approvals/#approve-merge-request>
    pub fn approve(&mut self, project: u64, iid: u64, user: u64) {
        let (at, patch_id) = (self.now(), self.patch_id(project, iid));
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        if pull.approvals.iter().all(|a| a.user != user) {
            pull.approvals.push(Approval { user, at, patch_id });
        }
        self.set_reviewer(project, iid, user, "approved", false);
        self.system_note(project, iid, user, "approved this merge request");
    }

    pub fn unapprove(&mut self, project: u64, iid: u64, user: u64) {
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.approvals.retain(|a| a.user != user);
        self.set_reviewer(project, iid, user, "unapproved", false);
        self.system_note(project, iid, user, "unapproved this merge request");
    }

    /// Whoever requests changes becomes a reviewer; an approval of the same user goes.
    fn request_changes(&mut self, project: u64, iid: u64, user: u64) {
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.approvals.retain(|a| a.user != user);
        self.set_reviewer(project, iid, user, "requested_changes", true);
        self.system_note(project, iid, user, "requested changes");
    }

    fn set_reviewer(&mut self, project: u64, iid: u64, user: u64, state: &'static str, add: bool) {
        let at = self.now();
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        match pull.reviewers.iter_mut().find(|r| r.user == user) {
            Some(known) => known.state = state,
            None if add => pull.reviewers.push(Reviewer { user, state, at }),
            None => {}
        }
    }

    fn system_note(&mut self, project: u64, iid: u64, user: u64, text: &str) {
        let note = self.add_note(project, iid, false, user, text);
        let notes = &mut self.repo_mut(project).comments;
        notes.get_mut(&note.id).expect("it was added").system = true;
    }
}
