//! The event that started a job, in neutral words.

use crate::model::CommitSha;

/// The parts of an event that flows use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiEvent {
    /// A pull request was opened or changed.
    PullRequest {
        number: u64,
    },
    /// A merge queue requests a check of a group of pull requests.
    MergeGroup {
        /// Tip of the target branch.
        base: CommitSha,
        head: CommitSha,
    },
    /// A branch was pushed, created or deleted.
    Push {
        /// The branch's full name, such as `refs/heads/main`.
        reference: String,
        /// The tip before the push; `None` for a new branch.
        before: Option<CommitSha>,
        /// The tip after the push; `None` for a deleted branch.
        after: Option<CommitSha>,
    },
    Comment {
        id: u64,
        /// Number of the pull request or issue.
        number: u64,
        /// Whether it was just created.
        is_new: bool,
        /// Whether it is on an issue, and not on a pull request.
        on_issue: bool,
        /// Whether the repository is public.
        public: bool,
        /// The comment's text when the event was sent.
        body: String,
    },
    Schedule,
    /// A person started the workflow.
    Dispatch {
        /// The full name of the branch or tag whose workflow runs.
        reference: String,
        mode: DispatchMode,
        /// Paths or file names of configs.
        configs: Vec<String>,
    },
    /// An event that the program handles in other cases.
    Idle {
        name: String,
        /// The case in which the program handles it, such as ``the variable `X` is `1` ``.
        only_if: &'static str,
    },
    /// An event that the program always ignores, by its name.
    Other(String),
}

/// What a person starts the workflow for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchMode {
    /// Detect drift. Changes nothing.
    Look,
    /// Provision what the default branch says.
    Apply,
}
