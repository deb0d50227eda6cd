//! What people do at GitLab.

use super::super::forge::{Merge, Verbs};
use super::{GitLab, Pull, PushLevel, Repo, User};

impl Verbs for GitLab {
    fn protect(repo: Repo, branch: &str) -> Repo {
        repo.protected(branch)
    }

    /// GitLab's default: maintainers may push.
    fn unprotect(repo: &Repo, branch: &str) {
        let open = &[PushLevel::Role(40)];
        let _ = repo.clone().protected_for(branch, open);
    }

    fn forget_pushes(repo: &Repo) {
        repo.forget_activities();
    }

    fn approve(pull: &Pull, by: &User) {
        pull.approve(by);
    }

    fn request_changes(pull: &Pull, by: &User) {
        pull.request_changes(by);
    }

    fn review(pull: &Pull, by: &User) {
        pull.review(by, "COMMENTED");
    }

    fn withdraw(pull: &Pull, by: &User) {
        pull.review(by, "DISMISSED");
    }

    fn close(pull: &Pull) {
        pull.close();
    }

    fn merges() -> Vec<Merge<Self>> {
        vec![
            ("merge", |pull, by| vec![pull.merge(by)]),
            ("squash", |pull, by| vec![pull.squash(by)]),
            ("squash and merge", |pull, by| {
                vec![pull.squash_and_merge(by)]
            }),
            ("fast-forward", |pull, by| vec![pull.fast_forward(by)]),
        ]
    }

    fn status(repo: &Repo, sha: &str, context: &str, success: bool, by: &User) -> u64 {
        let state = if success { "success" } else { "failed" };
        repo.status(sha, context, state, by).id
    }

    fn describe_status(repo: &Repo, id: u64, description: &str) {
        repo.describe_status(id, description);
    }
}
