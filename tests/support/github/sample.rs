//! A sample repository, for the tests of the fake itself.

use super::{FakeGitHub, Permission, Pull, Repo, User};

/// A private repository with one pull request: one config added, one changed, one removed, one moved.
pub struct Sample {
    pub gh: FakeGitHub,
    pub repo: Repo,
    pub author: User,
    pub reviewer: User,
    pub pull: Pull,
    pub base: String,
}

pub fn sample() -> Sample {
    let gh = FakeGitHub::start();
    let (author, reviewer) = (gh.user("alice"), gh.user("bob"));
    let repo = gh
        .repo("acme/infra")
        .private()
        .collaborator(&author, Permission::Write)
        .collaborator(&reviewer, Permission::Maintain);
    let base = repo
        .commit("main")
        .write("README.md", "# Infra\n")
        .write("ml/configs/changed.yaml", "size: 1\n")
        .write("ml/configs/moved.yaml", "moved: true\n")
        .write("ml/configs/removed.yaml", "gone: soon\n")
        .push();
    repo.branch("feature/new", &base);
    repo.commit("feature/new")
        .author(&author)
        .write("ml/configs/added.yaml", "new: yes\n")
        .write("ml/configs/changed.yaml", "size: 2\n")
        .remove("ml/configs/removed.yaml")
        .rename("ml/configs/moved.yaml", "s3/configs/moved.yaml")
        .push();
    let pull = repo
        .pull("feature/new")
        .author(&author)
        .title("Add a product")
        .number(7)
        .open();
    Sample {
        gh,
        repo,
        author,
        reviewer,
        pull,
        base,
    }
}
