//! A sample repository, for the tests of the fakes themselves.

use super::{Fake, Permission, Pull, Repo, Rules, User};

/// A private repository with one pull request: one config added, one changed, one removed, one moved.
pub struct Sample<F: Rules> {
    pub fake: Fake<F>,
    pub repo: Repo<F>,
    pub author: User,
    pub reviewer: User,
    pub pull: Pull<F>,
    pub base: String,
}

pub fn sample<F: Rules>() -> Sample<F> {
    let fake = Fake::start();
    let (author, reviewer) = (fake.user("alice"), fake.user("bob"));
    let repo = fake
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
        fake,
        repo,
        author,
        reviewer,
        pull,
        base,
    }
}
