//! Which jobs a role trusts, by the subject of their identity tokens.
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::{Value, json};

use super::{document, partition_of};

/// Who the tokens are for.
const AUDIENCE: &str = "sts.amazonaws.com";

/// Why an argument is none.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(&'static str);

/// A repository as tokens name it: `owner/name`, and with the ids that never change `owner@1/name@2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryId {
    name: String,
    with_ids: Option<String>,
}

impl RepositoryId {
    /// Whether the ids are known.
    pub fn has_ids(&self) -> bool {
        self.with_ids.is_some()
    }

    /// `owner/name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The jobs that look: pull requests, which forks get no token for; comments and schedules, which run at the default branch;
    /// and its merge queue.
    pub(super) fn plan_subjects(&self, branch: &str) -> Subjects {
        let jobs = [
            "pull_request".to_owned(),
            format!("ref:refs/heads/{branch}"),
        ];
        Subjects {
            exact: self.each(&jobs),
            queue: self.each(&[format!("ref:refs/heads/gh-readonly-queue/{branch}/*")]),
        }
    }

    /// The jobs that say that they work on an environment, whose protection rules let them. No branch and no pull request: its
    /// subject is the same for every workflow on it.
    pub(super) fn apply_subjects(&self, environments: &BTreeSet<String>) -> Subjects {
        let jobs: Vec<String> = environments
            .iter()
            .map(|environment| format!("environment:{environment}"))
            .collect();
        Subjects {
            exact: self.each(&jobs),
            queue: Vec::new(),
        }
    }

    /// Both forms of each subject.
    fn each(&self, jobs: &[String]) -> Vec<String> {
        let names = [Some(&self.name), self.with_ids.as_ref()];
        let of = |name: &String| {
            jobs.iter()
                .map(|job| format!("repo:{name}:{job}"))
                .collect()
        };
        names
            .into_iter()
            .flatten()
            .flat_map(|name| -> Vec<_> { of(name) })
            .collect()
    }
}

impl FromStr for RepositoryId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = Invalid("write owner/name, or owner@ID/name@ID");
        let (owner, name) = text.split_once('/').ok_or(invalid.clone())?;
        let (owner, owner_id) = with_id(owner).ok_or(invalid.clone())?;
        let (name, id) = with_id(name).ok_or(invalid.clone())?;
        let with_ids = match (owner_id, id) {
            (None, None) => None,
            (Some(owner_id), Some(id)) => Some(format!("{owner}@{owner_id}/{name}@{id}")),
            _ => return Err(invalid),
        };
        Ok(Self {
            name: format!("{owner}/{name}"),
            with_ids,
        })
    }
}

/// A name with the id behind it, if there is one. In a pattern of IAM nothing of it may stand for anything else.
fn with_id(part: &str) -> Option<(&str, Option<u64>)> {
    let (name, id) = match part.split_once('@') {
        Some((name, id)) => (name, Some(id.parse().ok()?)),
        None => (part, None),
    };
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!name.is_empty() && name.bytes().all(letters)).then_some((name, id))
}

/// A branch whose name means nothing else in a pattern of IAM.
pub fn branch(text: &str) -> Result<String, Invalid> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    match !text.is_empty() && text.bytes().all(letters) {
        true => Ok(text.to_owned()),
        false => Err(Invalid("write a branch's name of letters, digits and -_./")),
    }
}

/// Who issues identity tokens, without `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// Its address.
    pub fn url(&self) -> String {
        format!("https://{}", self.0)
    }

    /// The provider that stands for it in an account; `arn` is any of the same partition.
    pub(super) fn provider(&self, arn: &str, account: &str) -> String {
        format!(
            "arn:{}:iam::{account}:oidc-provider/{}",
            partition_of(arn),
            self.0
        )
    }
}

impl FromStr for Issuer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
        let text = text.strip_prefix("https://").unwrap_or(text);
        match !text.is_empty() && text.bytes().all(letters) {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid(
                "write the issuer's host, and its path if it has one",
            )),
        }
    }
}

/// Subjects of tokens.
#[derive(Debug)]
pub(super) struct Subjects {
    exact: Vec<String>,
    /// Patterns: the last part of a queue's branch differs each time.
    queue: Vec<String>,
}

impl Subjects {
    /// Who may assume a role. The conditions of one statement have to hold together, so that a pattern has one of its own.
    pub fn trust(&self, provider: &str, Issuer(issuer): &Issuer) -> Value {
        let (aud, sub) = (format!("{issuer}:aud"), format!("{issuer}:sub"));
        let statement = |sid: &str, conditions: Value| {
            json!({
                "Sid": sid,
                "Effect": "Allow",
                "Principal": { "Federated": provider },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": conditions,
            })
        };
        let jobs = json!({ "StringEquals": { aud.clone(): AUDIENCE, sub.clone(): self.exact } });
        let mut statements = vec![statement("Jobs", jobs)];
        if !self.queue.is_empty() {
            let queue =
                json!({ "StringEquals": { aud: AUDIENCE }, "StringLike": { sub: self.queue } });
            statements.push(statement("MergeQueue", queue));
        }
        document(statements)
    }
}
