//! The jobs that a role trusts, by the subject of their identity tokens.
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::{Value, json};

use super::iam::{document, partition_of};

/// The issuer of github.com, whose claims AWS checks beside `aud` and `sub`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const GITHUB_ISSUER: &str = "token.actions.githubusercontent.com";
const AUDIENCE: &str = "sts.amazonaws.com";

/// Why an argument is invalid.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(&'static str);

/// A repository as tokens name it: `owner/name`, and with immutable ids `owner@1/name@2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryId {
    name: String,
    with_ids: Option<String>,
}

impl RepositoryId {
    pub fn has_ids(&self) -> bool {
        self.with_ids.is_some()
    }

    /// `owner/name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Jobs that read: pull requests (forks get no token), comments and schedules, which run at the default branch, and its merge
    /// queue.
    pub(super) fn plan_subjects(&self, branch: &str) -> Subjects {
        let jobs = [
            "pull_request".to_owned(),
            format!("ref:refs/heads/{branch}"),
        ];
        Subjects {
            exact: self.each(&jobs),
            queue: self.each(&[format!("ref:refs/heads/gh-readonly-queue/{branch}/*")]),
            claims: Vec::new(),
        }
    }

    /// Jobs of the default branch that use an environment, whose protection rules admit them. A trusted branch or pull request would admit
    /// every workflow that runs on it.
    pub(super) fn apply_subjects(&self, environments: &BTreeSet<String>, branch: &str) -> Subjects {
        let jobs: Vec<String> = environments
            .iter()
            .map(|environment| format!("environment:{environment}"))
            .collect();
        Subjects {
            exact: self.each(&jobs),
            queue: Vec::new(),
            claims: [("ref", Some(format!("refs/heads/{branch}")))]
                .into_iter()
                .chain([("repository_id", self.id())])
                .filter_map(|(claim, value)| Some((claim, value?)))
                .collect(),
        }
    }

    /// The repository's number.
    fn id(&self) -> Option<String> {
        let (_, id) = self.with_ids.as_ref()?.rsplit_once('@')?;
        Some(id.to_owned())
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
        let invalid = Invalid("write OWNER/NAME, or OWNER@ID/NAME@ID");
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

/// A name, with its id if it has one. No character may have a meaning in an IAM pattern.
fn with_id(part: &str) -> Option<(&str, Option<u64>)> {
    let (name, id) = match part.split_once('@') {
        Some((name, id)) => (name, Some(id.parse().ok()?)),
        None => (part, None),
    };
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!name.is_empty() && name.bytes().all(letters)).then_some((name, id))
}

/// A branch name without characters that have a meaning in an IAM pattern.
pub fn branch(text: &str) -> Result<String, Invalid> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    match !text.is_empty() && text.bytes().all(letters) {
        true => Ok(text.to_owned()),
        false => Err(Invalid("write a branch's name of letters, digits and -_./")),
    }
}

/// The issuer of identity tokens, without `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    pub fn url(&self) -> String {
        format!("https://{}", self.0)
    }

    /// The ARN of the identity provider in an account. `arn` is any ARN of the same partition.
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
        let (host, _) = text.split_once('/').unwrap_or((text, ""));
        let is_host = host
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        match is_host && !text.contains("//") && text.bytes().all(letters) {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid("write HOST or HOST/PATH, without https://")),
        }
    }
}

#[derive(Debug)]
pub(super) struct Subjects {
    exact: Vec<String>,
    /// Patterns, because the last part of a queue's branch differs each time.
    queue: Vec<String>,
    /// Values of other claims, which every job must have.
    claims: Vec<(&'static str, String)>,
}

impl Subjects {
    /// The trust policy. The conditions of one statement must all hold, so patterns have a statement of their own.
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
        let mut exact = json!({ aud.clone(): AUDIENCE, sub.clone(): self.exact });
        if issuer == GITHUB_ISSUER {
            for (claim, value) in &self.claims {
                exact[format!("{issuer}:{claim}")] = json!(value);
            }
        }
        let jobs = json!({ "StringEquals": exact });
        let mut statements = vec![statement("Jobs", jobs)];
        if !self.queue.is_empty() {
            let queue =
                json!({ "StringEquals": { aud: AUDIENCE }, "StringLike": { sub: self.queue } });
            statements.push(statement("MergeQueue", queue));
        }
        document(statements)
    }
}
