//! Builds issues for tests.

use super::build::Repo;
use super::server::lock;
use super::state::{Issue, State, User};

impl Repo {
    /// An issue by another user: it is not in the journal.
    pub fn issue(&self, author: &User, title: &str, body: &str) -> Issue {
        lock(&self.world).add_issue(self.id, author.id, title, body)
    }

    /// Oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.with(|r| r.issues.values().cloned().collect())
    }

    pub fn close_issue(&self, number: u64) {
        let at = lock(&self.world).now();
        self.with(|r| {
            let issue = r.issues.get_mut(&number).expect("the issue exists");
            issue.open = false;
            issue.closed = Some(at);
        });
    }
}

impl State {
    pub fn add_issue(&mut self, repo: u64, author: u64, title: &str, body: &str) -> Issue {
        let (id, at) = (self.id(), self.now());
        let repo = self.repos.get_mut(&repo).expect("the repository exists");
        let number = repo.next_number;
        repo.next_number += 1;
        let issue = Issue {
            id,
            number,
            title: title.to_owned(),
            body: body.to_owned(),
            author,
            open: true,
            state_reason: None,
            created: at.clone(),
            updated: at,
            closed: None,
        };
        repo.issues.insert(number, issue.clone());
        issue
    }
}
