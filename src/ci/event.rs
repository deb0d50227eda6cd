//! Webhook payloads, parsed once at the door into what the flows select by.

use anyhow::Context as _;
use serde::Deserialize;

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

#[derive(Deserialize)]
struct PullRequestPayload {
    pull_request: PullRequestRef,
}

#[derive(Deserialize)]
struct PullRequestRef {
    number: u64,
}

#[derive(Deserialize)]
struct MergeGroupPayload {
    merge_group: Group,
}

#[derive(Deserialize)]
struct Group {
    base_sha: String,
    head_sha: String,
}

#[derive(Deserialize)]
struct PushPayload {
    #[serde(rename = "ref")]
    reference: String,
    before: String,
    after: String,
}

#[derive(Deserialize)]
struct CommentPayload {
    action: String,
    issue: Issue,
    comment: Comment,
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    private: bool,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    pull_request: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
}

/// Where there is no commit, events have forty zeros.
fn commit(text: &str) -> anyhow::Result<Option<CommitSha>> {
    let is_none = text.bytes().all(|byte| byte == b'0');
    Ok((!is_none).then(|| CommitSha::parse(text)).transpose()?)
}

impl CiEvent {
    /// Reads a payload by the name of its event.
    pub fn parse(name: &str, payload: &str) -> anyhow::Result<Self> {
        match name {
            // `pull_request_target` has a token that can write and runs for forks too; nothing of the head is executed here,
            // but a workflow that uses it gives more rights than the check needs, so it is not one of our events.
            "pull_request" => {
                let payload: PullRequestPayload = read(name, payload)?;
                Ok(Self::PullRequest {
                    number: payload.pull_request.number,
                })
            }
            "merge_group" => {
                let MergeGroupPayload { merge_group } = read(name, payload)?;
                let base = CommitSha::parse(&merge_group.base_sha)?;
                Ok(Self::MergeGroup {
                    base,
                    head: CommitSha::parse(&merge_group.head_sha)?,
                })
            }
            "push" => {
                let payload: PushPayload = read(name, payload)?;
                Ok(Self::Push {
                    before: commit(&payload.before)?,
                    after: commit(&payload.after)?,
                    reference: payload.reference,
                })
            }
            "issue_comment" => {
                let payload: CommentPayload = read(name, payload)?;
                Ok(Self::Comment {
                    id: payload.comment.id,
                    number: payload.issue.number,
                    is_new: payload.action == "created" && payload.issue.pull_request.is_some(),
                    public: payload.repository.is_some_and(|it| !it.private),
                    body: payload.comment.body.unwrap_or_default(),
                })
            }
            "schedule" => Ok(Self::Schedule),
            other => Ok(Self::Other(other.to_owned())),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(name: &str, payload: &'a str) -> anyhow::Result<T> {
    serde_json::from_str(payload)
        .with_context(|| format!("the payload is not that of a `{name}` event"))
}
