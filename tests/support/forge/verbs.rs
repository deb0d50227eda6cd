//! What people do at a forge, in words that both have.

use super::{Pull, Repo, Rules, Sha, User};

/// How a pull request is merged: the name, and the merge, which returns the commits that are now on the base branch, the last one last.
pub type Merge<F> = (&'static str, fn(&Pull<F>, &User) -> Vec<Sha>);

/// Each forge has its own way.
pub trait Verbs: Rules {
    /// Only pull requests change the branch.
    fn protect(repo: Repo<Self>, branch: &str) -> Repo<Self>;
    fn unprotect(repo: &Repo<Self>, branch: &str);
    fn forget_pushes(repo: &Repo<Self>);
    fn approve(pull: &Pull<Self>, by: &User);
    fn request_changes(pull: &Pull<Self>, by: &User);
    /// A review without a verdict.
    fn review(pull: &Pull<Self>, by: &User);
    /// The newest approval of a user does not count any more.
    fn withdraw(pull: &Pull<Self>, by: &User);
    fn close(pull: &Pull<Self>);
    /// All ways to merge, beginning with a merge commit.
    fn merges() -> Vec<Merge<Self>>;
    /// The status's id.
    fn status(repo: &Repo<Self>, sha: &str, context: &str, success: bool, by: &User) -> u64;
    fn describe_status(repo: &Repo<Self>, id: u64, description: &str);
}
