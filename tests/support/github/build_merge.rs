//! Merges: of pull requests into their base branch, and of the base into the head.

use super::super::forge::lock;
use super::build_pull::Pull;
use super::state::{Merged, Sha, User};

impl Pull {
    /// Merges with a merge commit whose tree is the base with the pull request's changes.
    pub fn merge(&self, by: &User) -> Sha {
        self.finish(by, true)
    }

    /// As `merge`, with further files that the merging person writes into the merge commit.
    pub fn merge_with(&self, by: &User, files: &[(&str, &str)]) -> Sha {
        let (base_ref, onto, head) = self.ends();
        let commit = self.repo.commit(&base_ref).also_parent(&head).author(by);
        let commit = commit.changes(&onto, &head);
        let commit = files
            .iter()
            .fold(commit, |commit, (path, text)| commit.write(path, text));
        let sha = commit.make();
        self.repo.move_branch(&base_ref, &sha, by.id, None);
        self.conclude(by, vec![sha.clone()], onto);
        sha
    }

    /// As `merge`, with one commit whose only parent is the base.
    pub fn squash(&self, by: &User) -> Sha {
        self.finish(by, false)
    }

    /// As `merge`, with a commit for each commit of the head. Returns the last one.
    pub fn rebase(&self, by: &User) -> Sha {
        let (base_ref, onto, head) = self.ends();
        let commits: Vec<(Sha, Option<Sha>, String, u64)> = {
            let state = lock(&self.repo.world);
            let commits = state.objects.between(&onto, &head).into_iter();
            commits
                .map(|c| {
                    let parent = c.parents.first().cloned();
                    (c.sha.clone(), parent, c.message.clone(), c.author)
                })
                .collect()
        };
        let mut brought: Vec<Sha> = Vec::new();
        for (sha, parent, message, author) in commits {
            let author = lock(&self.repo.world).user(author).clone();
            let parent = parent.expect("a commit that is rebased has a parent");
            let commit = self
                .repo
                .commit(&base_ref)
                .parent(brought.last().unwrap_or(&onto));
            let commit = commit.message(&message).author(&author);
            brought.push(commit.changes(&parent, &sha).make());
        }
        let last = brought.last().expect("there is a commit to rebase").clone();
        self.repo
            .move_branch(&base_ref, &last, by.id, Some("pr_merge"));
        self.conclude(by, brought, onto);
        last
    }

    /// The commits that a merge added to the base branch, the last one last.
    pub fn brought(&self) -> Vec<Sha> {
        self.with(|p| p.merged.as_ref().expect("it is merged").brought.clone())
    }

    /// The commit that a merge queue checks, on a branch of the queue. Returns the base too.
    pub fn queue(&self) -> (Sha, Sha) {
        let (_, onto, _) = self.ends();
        self.queue_onto(&onto)
    }

    /// The same, behind the commit of another group.
    pub fn queue_onto(&self, onto: &str) -> (Sha, Sha) {
        let (base_ref, base, head) = self.ends();
        let branch = format!("gh-readonly-queue/{base_ref}/pr-{}-{onto}", self.number);
        let commit = self.repo.commit(&branch).parent(onto).also_parent(&head);
        let queued = commit.changes(&base, &head).push();
        (onto.to_owned(), queued)
    }

    /// The queue's checks passed: the base becomes the checked commit.
    pub fn merge_queued(&self, by: &User, queued: &(Sha, Sha)) {
        let (onto, commit) = queued;
        let kind = Some("merge_queue_merge");
        self.repo.move_branch(&self.base_ref(), commit, by.id, kind);
        self.conclude(by, vec![commit.clone()], onto.clone());
    }

    /// The button that brings the base branch into the head.
    pub fn update_branch(&self, by: &User) -> Sha {
        let (_, base, head) = self.ends();
        let commit = self.head_repo.commit(&self.head_ref());
        let commit = commit.also_parent(&base).author(by);
        commit.changes(&head, &base).push()
    }

    fn finish(&self, by: &User, keep_history: bool) -> Sha {
        let (base_ref, onto, head) = self.ends();
        let message = format!("{} (#{})", self.with(|p| p.title.clone()), self.number);
        let mut commit = self.repo.commit(&base_ref).message(&message).author(by);
        if keep_history {
            commit = commit.also_parent(&head);
        }
        let sha = commit.changes(&onto, &head).make();
        self.repo
            .move_branch(&base_ref, &sha, by.id, Some("pr_merge"));
        self.conclude(by, vec![sha.clone()], onto);
        sha
    }

    /// The base branch, its commit now, and the head.
    fn ends(&self) -> (String, Sha, Sha) {
        let base_ref = self.base_ref();
        let onto = self.repo.head(&base_ref);
        (base_ref, onto, self.head_sha())
    }

    fn conclude(&self, by: &User, brought: Vec<Sha>, onto: Sha) {
        let at = lock(&self.repo.world).now();
        let merged = Merged {
            by: by.id,
            at: at.clone(),
            sha: brought.last().expect("a merge brings a commit").clone(),
            brought,
            onto,
        };
        self.with(|p| {
            p.open = false;
            p.closed = Some(at);
            p.merged = Some(merged);
        });
    }
}
