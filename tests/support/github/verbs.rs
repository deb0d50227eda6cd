//! What people do at GitHub.

use super::super::forge::{Merge, Verbs};
use super::{GitHub, Pull, Repo, User};

impl Verbs for GitHub {
    fn protect(repo: Repo, branch: &str) -> Repo {
        repo.protected(branch)
    }

    fn unprotect(repo: &Repo, branch: &str) {
        repo.unprotect(branch);
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
        pull.dismiss_last(by);
    }

    fn close(pull: &Pull) {
        pull.close();
    }

    fn merges() -> Vec<Merge<Self>> {
        vec![
            ("merge", |pull, by| vec![pull.merge(by)]),
            ("squash", |pull, by| vec![pull.squash(by)]),
            ("rebase", |pull, by| {
                let more = pull.repo.commit(&pull.head_ref());
                more.write("b.yaml", "b: 1\n").push();
                pull.rebase(by);
                pull.brought()
            }),
            ("merge queue", |pull, by| {
                let queued = pull.queue();
                pull.merge_queued(by, &queued);
                vec![queued.1]
            }),
        ]
    }

    fn status(repo: &Repo, sha: &str, context: &str, success: bool, by: &User) -> u64 {
        let state = if success { "success" } else { "failure" };
        repo.status(sha, context, state, by).id
    }

    fn describe_status(repo: &Repo, id: u64, description: &str) {
        repo.describe_status(id, description);
    }
}
