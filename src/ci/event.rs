//! Webhook payloads, parsed once at the door into what the flows select by.

use anyhow::Context as _;
use serde::Deserialize;

use crate::model::CommitSha;

/// What happened, as far as a flow asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A pull request was opened or changed.
    PullRequest {
        /// Its number.
        number: u64,
    },
    /// A merge queue asks whether a group of pull requests may go in.
    MergeGroup {
        /// Where the target branch is.
        base: CommitSha,
        /// What it would become.
        head: CommitSha,
    },
    /// Anything else.
    Other(String),
}

#[derive(Deserialize)]
struct PullRequestPayload {
    pull_request: Numbered,
}

#[derive(Deserialize)]
struct Numbered {
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

impl Event {
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
            other => Ok(Self::Other(other.to_owned())),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(name: &str, payload: &'a str) -> anyhow::Result<T> {
    serde_json::from_str(payload)
        .with_context(|| format!("the payload is not that of a `{name}` event"))
}
