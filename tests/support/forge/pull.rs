//! Builds pull requests for tests.

use super::objects::Sha;
use super::repo::Repo;
use super::state::{PullRecord, Rules, User};

#[must_use = "nothing is opened before open()"]
pub struct PullBuilder<F: Rules> {
    repo: Repo<F>,
    head_repo: Repo<F>,
    head: String,
    base: Option<String>,
    number: Option<u64>,
    title: Option<String>,
    body: Option<String>,
    author: Option<User>,
    draft: bool,
    /// Whether the forge has prepared it already.
    pub(in crate::support) prepared: bool,
}

impl<F: Rules> PullBuilder<F> {
    pub(super) fn new(repo: &Repo<F>, head: &str) -> Self {
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
            prepared: true,
        }
    }

    /// The head branch is this repository's.
    pub fn of_fork(mut self, fork: &Repo<F>) -> Self {
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
    pub fn open(self) -> Pull<F> {
        let base = self.base;
        let base_ref = base.unwrap_or_else(|| self.repo.with(|r| r.default_branch.clone()));
        self.repo.head(&base_ref);
        let head_sha = self.head_repo.head(&self.head);
        let owner = self.head_repo.with(|r| r.owner);
        let (repo, wanted, prepared) = (self.repo.id, self.number, self.prepared);
        let number = self.repo.state(|s| {
            let (id, created) = (s.id(), s.now());
            let number = wanted.unwrap_or(s.repos[&repo].next_pull());
            let pull = PullRecord {
                id,
                number,
                title: self.title.unwrap_or_else(|| format!("Merge {}", self.head)),
                body: self.body,
                author: self.author.map_or(owner, |user| user.id),
                draft: self.draft,
                base_ref,
                head_repo: Some(self.head_repo.id),
                head_ref: self.head,
                head_sha,
                updated: created.clone(),
                created,
                more: (),
            };
            let more = F::new_pull(s, repo, &pull);
            let taken = s.repo_mut(repo).pulls.insert(number, pull.with(more));
            assert!(taken.is_none(), "number {number} is taken");
            if prepared {
                F::pull_opened(s, repo, number);
            }
            number
        });
        Pull {
            repo: self.repo,
            head_repo: self.head_repo,
            number,
        }
    }
}

impl PullRecord<()> {
    fn with<P>(self, more: P) -> PullRecord<P> {
        PullRecord {
            id: self.id,
            number: self.number,
            title: self.title,
            body: self.body,
            author: self.author,
            draft: self.draft,
            base_ref: self.base_ref,
            head_repo: self.head_repo,
            head_ref: self.head_ref,
            head_sha: self.head_sha,
            created: self.created,
            updated: self.updated,
            more,
        }
    }
}

/// One pull request.
pub struct Pull<F: Rules> {
    pub repo: Repo<F>,
    pub head_repo: Repo<F>,
    pub number: u64,
}

impl<F: Rules> Clone for Pull<F> {
    fn clone(&self) -> Self {
        Self {
            repo: self.repo.clone(),
            head_repo: self.head_repo.clone(),
            number: self.number,
        }
    }
}

impl<F: Rules> Pull<F> {
    pub(in crate::support) fn with<T>(
        &self,
        work: impl FnOnce(&mut PullRecord<F::Pull>) -> T,
    ) -> T {
        let (repo, number) = (self.repo.id, self.number);
        self.repo.state(|s| work(s.pull_mut(repo, number)))
    }

    pub fn head_sha(&self) -> Sha {
        self.with(|p| p.head_sha.clone())
    }

    pub fn head_ref(&self) -> String {
        self.with(|p| p.head_ref.clone())
    }

    pub fn base_ref(&self) -> String {
        self.with(|p| p.base_ref.clone())
    }

    pub fn set_title(&self, title: &str) {
        self.with(|p| title.clone_into(&mut p.title));
    }

    pub fn set_draft(&self, draft: bool) {
        self.with(|p| p.draft = draft);
    }
}
