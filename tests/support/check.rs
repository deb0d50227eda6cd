//! A pull request to check, on a fake GitHub.

use super::github::{FakeGitHub, Permission, Pull, Repo, User};
use super::job::{Job, config, path};

/// A repository with a deployed config on `main`, and a writer.
pub struct Scene {
    pub github: FakeGitHub,
    pub repo: Repo,
    pub alice: User,
}

pub const COMMENTS: &str = "POST /repos/acme/infra/issues/7/comments";
pub const STATUS: &str = "POST /repos/acme/infra/statuses/*";

impl Scene {
    pub fn new() -> Self {
        let github = FakeGitHub::start();
        let alice = github.user("alice");
        let repo = github
            .repo("acme/infra")
            .private()
            .protected("main")
            .collaborator(&alice, Permission::Write);
        let base = repo
            .commit("main")
            .write(&path("b001"), config("b001", ""))
            .write("README.md", "x")
            .push();
        repo.branch("feature", &base);
        Self {
            github,
            repo,
            alice,
        }
    }

    pub fn pull(&self) -> Pull {
        self.repo
            .pull("feature")
            .author(&self.alice)
            .number(7)
            .open()
    }

    /// The usual pull request: it changes the lifecycle.
    pub fn changed(&self) -> Pull {
        let text = config("b001", "  lifecycle_policy: compliance\n");
        self.repo
            .commit("feature")
            .write(&path("b001"), text)
            .push();
        self.pull()
    }

    pub fn job(&self, pull: &Pull) -> Job {
        Job::new(
            &self.github,
            &self.github.actions_token(),
            "pull_request",
            &pull.event("opened", &self.alice),
        )
    }

    pub fn comment(&self) -> String {
        let comments = self.repo.comments(7);
        let [comment] = comments.as_slice() else {
            panic!("{} comments", comments.len())
        };
        comment.body.clone()
    }
}
