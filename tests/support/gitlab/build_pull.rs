//! Builds merge requests for tests.

use super::super::github::objects::Sha;
use super::build::Repo;
use super::state::{MergeRequest, State, User, Version};

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
    unprepared: bool,
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
            unprepared: false,
        }
    }

    /// The head branch is this project's.
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

    pub fn author(mut self, user: &User) -> Self {
        self.author = Some(user.clone());
        self
    }

    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// GitLab has not prepared it yet: no `diff_refs`, no versions. `Pull::prepare` ends this.
    /// <https://docs.gitlab.com/api/merge_requests/#empty-api-fields-for-new-merge-requests>
    pub fn unprepared(mut self) -> Self {
        self.unprepared = true;
        self
    }

    #[track_caller]
    pub fn open(self) -> Pull {
        let target = self
            .base
            .unwrap_or_else(|| self.repo.with(|p| p.default_branch.clone()));
        self.repo.head(&target);
        let head = self.head_repo.head(&self.head);
        let project = self.repo.id;
        let number = self.repo.state(|s| {
            let (id, created) = (s.id(), s.now());
            let data = s.project_mut(project);
            let next = data.pulls.keys().last().map_or(1, |last| last + 1);
            let iid = self.number.unwrap_or(next);
            let pull = MergeRequest {
                id,
                iid,
                title: self.title.unwrap_or_else(|| format!("Merge {}", self.head)),
                body: self.body,
                author: self.author.map_or(data.owner, |user| user.id),
                draft: self.draft,
                target,
                source_project: Some(self.head_repo.id),
                source: self.head,
                head,
                state: "opened",
                prepared: None,
                versions: Vec::new(),
                approvals: Vec::new(),
                reviewers: Vec::new(),
                merged: None,
                updated: created.clone(),
                created,
                closed: None,
            };
            assert!(
                data.pulls.insert(iid, pull).is_none(),
                "number {iid} is taken"
            );
            if !self.unprepared {
                s.prepare(project, iid);
            }
            iid
        });
        Pull {
            repo: self.repo,
            head_repo: self.head_repo,
            number,
        }
    }
}

impl State {
    fn prepare(&mut self, project: u64, iid: u64) {
        self.add_version(project, iid);
        let at = self.now();
        let pull = self
            .project_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.prepared = Some(at);
    }
}

/// One merge request.
#[derive(Clone)]
pub struct Pull {
    pub repo: Repo,
    pub head_repo: Repo,
    pub number: u64,
}

impl Pull {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut MergeRequest) -> T) -> T {
        self.repo.with(|p| {
            work(
                p.pulls
                    .get_mut(&self.number)
                    .expect("the merge request exists"),
            )
        })
    }

    pub fn prepare(&self) {
        self.repo.state(|s| s.prepare(self.repo.id, self.number));
    }

    pub fn head_sha(&self) -> Sha {
        self.with(|p| p.head.clone())
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

    pub fn head_ref(&self) -> String {
        self.with(|p| p.source.clone())
    }

    pub fn base_ref(&self) -> String {
        self.with(|p| p.target.clone())
    }

    pub fn set_title(&self, title: &str) {
        self.with(|p| title.clone_into(&mut p.title));
    }

    pub fn set_draft(&self, draft: bool) {
        self.with(|p| p.draft = draft);
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
            let by = s.projects[&self.repo.id].owner;
            s.close(self.repo.id, self.number, by);
        });
    }
}
