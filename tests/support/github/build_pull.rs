//! Builds pull requests for tests.

use super::build::Repo;
use super::objects::Sha;
use super::server::lock;
use super::state::{PullData, Review, User};

#[must_use = "nothing is opened before open()"]
pub struct PullBuilder {
    repo: Repo,
    head_repo: Repo,
    head: String,
    base: Option<String>,
    number: Option<u64>,
    title: Option<String>,
    body: Option<String>,
    author: Option<User>,
    draft: bool,
}

impl PullBuilder {
    pub(super) fn new(repo: &Repo, head: &str) -> Self {
        Self {
            repo: repo.clone(),
            head_repo: repo.clone(),
            head: head.to_owned(),
            base: None,
            number: None,
            title: None,
            body: None,
            author: None,
            draft: false,
        }
    }

    /// The head branch is this repository's.
    pub fn of_fork(mut self, fork: &Repo) -> Self {
        self.head_repo = fork.clone();
        self
    }

    /// Default: the default branch.
    pub fn base(mut self, branch: &str) -> Self {
        self.base = Some(branch.to_owned());
        self
    }

    pub fn number(mut self, number: u64) -> Self {
        self.number = Some(number);
        self
    }

    pub fn title(mut self, title: &str) -> Self {
        self.title = Some(title.to_owned());
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// Default: the owner of the head repository.
    pub fn author(mut self, user: &User) -> Self {
        self.author = Some(user.clone());
        self
    }

    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    #[track_caller]
    pub fn open(self) -> Pull {
        let base_ref = self
            .base
            .unwrap_or_else(|| self.repo.with(|r| r.default_branch.clone()));
        let base_sha = self.repo.head(&base_ref);
        let head_sha = self.head_repo.head(&self.head);
        let (owner, owner_login) = self.head_repo.with(|r| (r.owner, r.owner_login.clone()));
        let mut state = lock(&self.repo.world);
        let (id, at) = (state.id(), state.now());
        let repo = state
            .repos
            .get_mut(&self.repo.id)
            .expect("the repository exists");
        let number = self.number.unwrap_or(repo.next_number);
        repo.next_number = repo.next_number.max(number + 1);
        let pull = PullData {
            id,
            number,
            title: self.title.unwrap_or_else(|| format!("Merge {}", self.head)),
            body: self.body,
            author: self.author.map_or(owner, |user| user.id),
            draft: self.draft,
            base_ref,
            base_sha,
            head_repo: Some(self.head_repo.id),
            head_label: format!("{owner_login}:{}", self.head),
            head_ref: self.head,
            head_sha,
            open: true,
            merged: None,
            reviews: Vec::new(),
            created: at.clone(),
            updated: at,
            closed: None,
        };
        let taken = repo.pulls.insert(number, pull);
        assert!(taken.is_none(), "number {number} is taken");
        drop(state);
        Pull {
            repo: self.repo,
            head_repo: self.head_repo,
            number,
        }
    }
}

/// One pull request.
#[derive(Clone)]
pub struct Pull {
    pub repo: Repo,
    pub head_repo: Repo,
    pub number: u64,
}

impl Pull {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut PullData) -> T) -> T {
        self.repo.with(|r| {
            work(
                r.pulls
                    .get_mut(&self.number)
                    .expect("the pull request exists"),
            )
        })
    }

    pub fn head_sha(&self) -> Sha {
        self.with(|p| p.head_sha.clone())
    }

    /// The base branch as it was when the pull request was opened.
    pub fn base_sha(&self) -> Sha {
        self.with(|p| p.base_sha.clone())
    }

    pub fn head_ref(&self) -> String {
        self.with(|p| p.head_ref.clone())
    }

    pub fn base_ref(&self) -> String {
        self.with(|p| p.base_ref.clone())
    }

    /// As GitHub does when the base changes under an open pull request: `base.sha` follows.
    pub fn refresh_base(&self) {
        let sha = self.repo.head(&self.base_ref());
        self.with(|p| p.base_sha = sha);
    }

    pub fn set_title(&self, title: &str) {
        self.with(|p| title.clone_into(&mut p.title));
    }

    pub fn set_draft(&self, draft: bool) {
        self.with(|p| p.draft = draft);
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
