//! Reviews: approvals, requested changes, and what takes them back.

use super::build_pull::Pull;
use super::state::{Approval, Reviewer, State, User};

/// Whether a user who is no reviewer becomes one.
#[derive(Clone, Copy, PartialEq)]
enum Joins {
    Always,
    /// Who submits a review, unless it is the author or another one is the reviewer: GitLab Free has one.
    IfFree,
    Never,
}

impl Pull {
    /// `APPROVED`, `CHANGES_REQUESTED`, or `DISMISSED` for an approval that its user takes back.
    #[track_caller]
    pub fn review(&self, reviewer: &User, state: &str) {
        let (project, iid, user) = (self.repo.id, self.number, reviewer.id);
        let taken = self.repo.state(|s| match state {
            "APPROVED" => s.approve(project, iid, user),
            "DISMISSED" => s.unapprove(project, iid, user),
            "CHANGES_REQUESTED" => {
                s.request_changes(project, iid, user);
                true
            }
            "COMMENTED" => {
                s.set_reviewer(project, iid, user, "reviewed", Joins::IfFree);
                true
            }
            other => panic!("no review is {other}"),
        });
        assert!(taken, "!{iid} is merged, so GitLab refuses {state}");
    }

    #[track_caller]
    pub fn approve(&self, reviewer: &User) {
        self.review(reviewer, "APPROVED");
    }

    pub fn request_changes(&self, reviewer: &User) {
        self.review(reviewer, "CHANGES_REQUESTED");
    }

    /// Assigns a reviewer, who has not reviewed yet.
    pub fn reviewer(&self, user: &User) {
        let (project, iid, user) = (self.repo.id, self.number, user.id);
        self.repo
            .state(|s| s.set_reviewer(project, iid, user, "unreviewed", Joins::Always));
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
    /// `false` if GitLab refuses it: `MergeRequests::ApprovalService` of GitLab 19 returns nothing for a merged merge request, and the
    /// API then answers 401. <https://docs.gitlab.com/api/merge_request_approvals/#approve-merge-request>
    pub fn approve(&mut self, project: u64, iid: u64, user: u64) -> bool {
        let (at, patch_id) = (self.now(), self.patch_id(project, iid));
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        if pull.state == "merged" {
            return false;
        }
        if pull.approvals.iter().all(|a| a.user != user) {
            pull.approvals.push(Approval { user, at, patch_id });
        }
        self.set_reviewer(project, iid, user, "approved", Joins::IfFree);
        self.system_note(project, iid, user, "approved this merge request");
        true
    }

    /// `false` if GitLab refuses it, as for `approve`.
    pub fn unapprove(&mut self, project: u64, iid: u64, user: u64) -> bool {
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        if pull.state == "merged" {
            return false;
        }
        pull.approvals.retain(|a| a.user != user);
        self.set_reviewer(project, iid, user, "unapproved", Joins::Never);
        self.system_note(project, iid, user, "unapproved this merge request");
        true
    }

    /// Only a reviewer's own approval goes. As `MergeRequests::UpdateReviewerStateService` of GitLab 19 does it.
    fn request_changes(&mut self, project: u64, iid: u64, user: u64) {
        self.system_note(project, iid, user, "requested changes");
        if self.set_reviewer(project, iid, user, "requested_changes", Joins::IfFree) {
            let pulls = &mut self.repo_mut(project).pulls;
            let pull = pulls.get_mut(&iid).expect("it exists");
            pull.approvals.retain(|a| a.user != user);
        }
    }

    /// Returns whether the user is a reviewer now.
    fn set_reviewer(
        &mut self,
        project: u64,
        iid: u64,
        user: u64,
        state: &'static str,
        joins: Joins,
    ) -> bool {
        let at = self.now();
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        match pull.reviewers.iter_mut().find(|r| r.user == user) {
            Some(known) => known.state = state,
            None => {
                let is_free = pull.reviewers.is_empty() && pull.author != user;
                if !(joins == Joins::Always || joins == Joins::IfFree && is_free) {
                    return false;
                }
                pull.reviewers.push(Reviewer { user, state, at });
            }
        }
        true
    }

    fn system_note(&mut self, project: u64, iid: u64, user: u64, text: &str) {
        let note = self.add_note(project, iid, false, user, text);
        let notes = &mut self.repo_mut(project).comments;
        notes.get_mut(&note.id).expect("it was added").system = true;
    }
}
