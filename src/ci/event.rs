//! What happened, in neutral words.

use crate::model::CommitSha;

/// What happened, as far as a flow asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiEvent {
    /// A pull request was opened or changed.
    PullRequest {
        number: u64,
    },
    /// A merge queue asks whether a group of pull requests may go in.
    MergeGroup {
        /// Where the target branch is.
        base: CommitSha,
        head: CommitSha,
    },
    /// Commits came to a branch.
    Push {
        /// The branch's full name, such as `refs/heads/main`.
        reference: String,
        /// Where it was; none for a branch that is new.
        before: Option<CommitSha>,
        /// Where it is; none for a branch that is gone.
        after: Option<CommitSha>,
    },
    Comment {
        id: u64,
        /// Of this pull request or issue.
        number: u64,
        /// Whether it is new, and on a pull request.
        is_new: bool,
        /// Whether the repository is anybody's to read.
        public: bool,
        /// What it said when the event was made.
        body: String,
    },
    Schedule,
    /// Anything else.
    Other(String),
}
