//! Reviews, and what only GitHub's pull requests have.

use super::super::forge;
use super::super::forge::lock;
use super::state::{GitHub, Review, Sha, User};

pub type Pull = forge::Pull<GitHub>;
pub type PullBuilder = forge::PullBuilder<GitHub>;

impl Pull {
    /// The base branch as it was when the pull request was opened.
    pub fn base_sha(&self) -> Sha {
        self.with(|p| p.base_sha.clone())
    }

    /// As GitHub does when the base changes under an open pull request: `base.sha` follows.
    pub fn refresh_base(&self) {
        let sha = self.repo.head(&self.base_ref());
        self.with(|p| p.base_sha = sha);
    }

    /// `state` as GitHub spells it: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`; at the head.
    pub fn review(&self, reviewer: &User, state: &str) -> Review {
        let head = self.head_sha();
        self.review_at(reviewer, state, &head)
    }

    pub fn review_at(&self, reviewer: &User, state: &str, commit: &str) -> Review {
        let (id, at) = {
            let mut world = lock(&self.repo.world);
            (world.id(), world.now())
        };
        let review = Review {
            id,
            user: reviewer.id,
            state: state.to_owned(),
            body: String::new(),
            commit: Some(commit.to_owned()),
            at,
        };
        self.with(|p| p.reviews.push(review.clone()));
        review
    }

    pub fn approve(&self, reviewer: &User) -> Review {
        self.review(reviewer, "APPROVED")
    }

    pub fn request_changes(&self, reviewer: &User) -> Review {
        self.review(reviewer, "CHANGES_REQUESTED")
    }

    /// Assigns a review to another commit and keeps its time, as GitHub does when it updates a branch.
    pub fn move_review(&self, review: &Review, to: &str) {
        self.with(|p| {
            let known = p.reviews.iter_mut().find(|r| r.id == review.id);
            known.expect("the review exists").commit = Some(to.to_owned());
        });
    }

    /// The commit of a review was removed from the repository.
    pub fn lose_commit(&self, review: &Review) {
        self.with(|p| {
            let known = p.reviews.iter_mut().find(|r| r.id == review.id);
            known.expect("the review exists").commit = None;
        });
    }

    /// Dismisses a user's newest review.
    pub fn dismiss_last(&self, user: &User) {
        self.with(|p| {
            let known = p.reviews.iter_mut().rev().find(|r| r.user == user.id);
            "DISMISSED".clone_into(&mut known.expect("the user reviewed").state);
        });
    }

    pub fn dismiss(&self, review: &Review) {
        self.with(|p| {
            let known = p.reviews.iter_mut().find(|r| r.id == review.id);
            "DISMISSED".clone_into(&mut known.expect("the review exists").state);
        });
    }

    pub fn close(&self) {
        let at = lock(&self.repo.world).now();
        self.with(|p| {
            p.open = false;
            p.closed = Some(at);
        });
    }
}
