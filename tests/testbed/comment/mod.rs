//! Flow 2: commands in comments. A job without an environment inspects; a job for the environment `prod` applies.

mod apply;
mod attacks_people;
mod attacks_syntax;
mod attacks_text;
mod attacks_time;
mod faults;
mod former_stack;
mod ignored;
mod offline;
mod product_lock;
mod read;

use crate::support::github::{Comment, Permission, Pull, User};
use crate::support::job::{Job, JobOutput, normalize};
use crate::support::markdown::assert_nothing_live;
use crate::world::*;

/// The issuer of a job without an environment, and of the one for `prod`.
const INSPECT: usize = 2;
const APPLY: usize = 1;

const VERSIONED: &str = "  versioning: true\n  solutions:\n    - churn\n";
/// A reply on the second pull request of a test.
const SECOND_REPLY: &str = "POST /repos/acme/infra/issues/8/comments";
/// Writes of an inspection job that answers immediately.
const ANSWER_WRITES: &[&str] = &[REACTION, COMMENT, REACTION];

impl World {
    /// A repository in which a config is proposed.
    fn with_proposal() -> (Self, Pull) {
        let world = Self::new(&policy(""));
        let pull = world.proposed(VERSIONED);
        (world, pull)
    }

    /// A repository with an approved and merged config that is not provisioned yet.
    fn with_merge() -> (Self, Pull) {
        let (world, pull) = Self::with_proposal();
        world.approved_and_merged(&pull);
        (world, pull)
    }

    fn comment(&self, by: &User, text: &str) -> Comment {
        self.repo.comment(7, by, text)
    }

    fn inspect_job(&self, pull: &Pull, comment: &Comment) -> Job {
        self.comment_job(pull, comment, INSPECT)
    }

    fn apply_job(&self, pull: &Pull, comment: &Comment) -> Job {
        self.comment_job(pull, comment, APPLY)
    }

    fn comment_job(&self, pull: &Pull, comment: &Comment, issuer: usize) -> Job {
        let event = pull.comment_event("created", comment.id);
        self.job("issue_comment", &event, issuer)
    }

    /// A user comments, and the inspection job runs.
    fn inspect(&self, pull: &Pull, by: &User, text: &str) -> CommentRun {
        let comment = self.comment(by, text);
        let run = self.inspect_job(pull, &comment).run();
        CommentRun { run, comment }
    }

    /// The same, then the job for `prod`, as in the workflow.
    fn apply(&self, pull: &Pull, by: &User, text: &str) -> CommentRun {
        let inspected = self.inspect(pull, by, text);
        assert_eq!(
            inspected.environments(),
            r#"["prod"]"#,
            "{}",
            self.last_reply()
        );
        self.github.expect_writes(&[REACTION]);
        assert_eq!(
            self.tokens(INSPECT),
            0,
            "the inspection job requests no token"
        );
        let run = self.apply_job(pull, &inspected.comment).run();
        CommentRun { run, ..inspected }
    }

    /// Number of tokens of an issuer.
    fn tokens(&self, issuer: usize) -> usize {
        self.issuers
            .get(issuer)
            .unwrap_or(&self.comment_issuer)
            .issued()
            .len()
    }

    /// No token was requested for a comment, and no stack exists.
    #[track_caller]
    fn assert_no_aws_access(&self) {
        assert_eq!((self.tokens(INSPECT), self.tokens(APPLY)), (0, 0), "tokens");
        self.assert_no_stack();
    }

    /// Replies, oldest first, as users see them.
    fn replies(&self) -> Vec<String> {
        let comments = self.repo.comments(7).into_iter().map(|it| it.body);
        comments
            .filter(|body| body.starts_with("<!-- provisioner:command "))
            .collect()
    }

    /// The only reply, well-formed, without text that differs between runs.
    #[track_caller]
    fn reply(&self) -> String {
        let replies = self.replies();
        assert_eq!(replies.len(), 1, "one reply: {replies:#?}");
        self.normalized(&replies[0])
    }

    /// The last reply.
    #[track_caller]
    fn last_reply(&self) -> String {
        let replies = self.replies();
        self.normalized(replies.last().expect("a reply"))
    }

    #[track_caller]
    fn normalized(&self, reply: &str) -> String {
        assert_nothing_live(reply);
        let marker = regex::Regex::new("^<!-- provisioner:command [0-9]+").unwrap();
        let time = regex::Regex::new("[0-9]{8}T[0-9]{6}Z").unwrap();
        let suffix = regex::Regex::new("-t[a-z0-9]{6}\\b").unwrap();
        let digest = regex::Regex::new("--confirm [0-9a-f]{16}").unwrap();
        let plan = regex::Regex::new("plan [0-9a-f]{12}").unwrap();
        let report = regex::Regex::new("report is of [0-9a-f]{7}, and the head is [0-9a-f]{7}");
        let text = normalize(reply);
        let text = marker.replace(&text, "<!-- provisioner:command [id]");
        let text = time.replace_all(&text, "[time]");
        let text = suffix.replace_all(&text, "-t[token]");
        let text = digest.replace_all(&text, "--confirm [digest]");
        let text = plan.replace_all(&text, "plan [digest]");
        let text = report
            .unwrap()
            .replace_all(&text, "report is of [old], and the head is [new]");
        self.workdir.redact_account(&text)
    }

    /// The reactions to a comment.
    fn reactions(&self, comment: &Comment) -> Vec<String> {
        let comments = self.repo.comments(7);
        let comment = comments.iter().find(|it| it.id == comment.id).unwrap();
        comment
            .reactions
            .iter()
            .map(|it| it.content.clone())
            .collect()
    }
}

/// The result of a comment.
struct CommentRun {
    run: JobOutput,
    comment: Comment,
}

impl CommentRun {
    /// The job's output with which the workflow starts other jobs.
    fn environments(&self) -> &str {
        self.run.outputs["environments"].as_str().unwrap_or("")
    }

    /// Checks the exit code, with all output in the failure.
    #[track_caller]
    fn assert_exit(&self, status: i32) {
        let JobOutput {
            stderr, summary, ..
        } = &self.run;
        assert_eq!(self.run.status, status, "{stderr}\n{summary}");
    }
}
