//! A sample project, for the tests of the fake itself.

use super::{AccessLevel, FakeGitLab, Pull, Repo, User};

/// A private project with one merge request: one config added, one changed, one removed, one moved.
pub struct Sample {
    pub gl: FakeGitLab,
    pub repo: Repo,
    pub author: User,
    pub reviewer: User,
    pub pull: Pull,
    pub base: String,
}

pub fn sample() -> Sample {
    let gl = FakeGitLab::start();
    let (author, reviewer) = (gl.user("alice"), gl.user("bob"));
    let repo = gl
        .repo("acme/infra")
        .private()
        .collaborator(&author, AccessLevel::Developer)
        .collaborator(&reviewer, AccessLevel::Maintainer);
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
        gl,
        repo,
        author,
        reviewer,
        pull,
        base,
    }
}
