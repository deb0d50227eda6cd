//! The jobs of a GitHub repository.
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::json;

use super::trust::{Invalid, Issuer, RESIDENCY, TrustedJobs, is_name};

/// The issuer of github.com. An enterprise may have a path of its own below it.
const GITHUB_ISSUER: &str = "token.actions.githubusercontent.com";
/// What precedes the name of an enterprise in an issuer below github.com.
const ENTERPRISE_ISSUER: &str = "github.com/enterprises/";

/// Whether the issuer is GitHub's own, and not an Enterprise Server: its subjects can have ids, and AWS checks more claims than `aud` and
/// `sub`.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
pub fn is_of_cloud(issuer: &Issuer) -> bool {
    let (before, after) = RESIDENCY;
    let name = issuer.host().strip_prefix(before);
    let name = name.and_then(|rest| rest.strip_suffix(after));
    let enterprise = issuer.address().strip_prefix(ENTERPRISE_ISSUER);
    issuer.host() == GITHUB_ISSUER
        || enterprise.is_some_and(|name| !name.is_empty() && !name.contains('/'))
        || issuer.is_without_path()
            && name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
}

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
    pub(super) fn plan_jobs(&self, branch: &str, issuer: &Issuer) -> Vec<TrustedJobs> {
        let jobs = [
            "pull_request".to_owned(),
            format!("ref:refs/heads/{branch}"),
        ];
        // Not the branch: each pull request has its own.
        let claims: Vec<_> = match is_of_cloud(issuer) {
            true => self
                .id()
                .map(|id| ("repository_id", json!(id)))
                .into_iter()
                .collect(),
            false => Vec::new(),
        };
        let all = TrustedJobs {
            sid: "Jobs",
            subjects: self.each(&jobs, issuer),
            are_patterns: false,
            claims: claims.clone(),
        };
        // The last part of a queue's branch differs each time.
        let queue = TrustedJobs {
            sid: "MergeQueue",
            subjects: self.each(
                &[format!("ref:refs/heads/gh-readonly-queue/{branch}/*")],
                issuer,
            ),
            are_patterns: true,
            claims,
        };
        vec![all, queue]
    }

    /// Jobs of the default branch that use an environment, whose protection rules admit them. A trusted branch or pull request would admit
    /// every workflow that runs on it.
    pub(super) fn apply_jobs(
        &self,
        environments: &BTreeSet<String>,
        branch: &str,
        issuer: &Issuer,
    ) -> Vec<TrustedJobs> {
        let jobs: Vec<String> = environments
            .iter()
            .map(|environment| format!("environment:{environment}"))
            .collect();
        let mut claims = Vec::new();
        if is_of_cloud(issuer) {
            claims.push(("ref", json!(format!("refs/heads/{branch}"))));
            claims.extend(self.id().map(|id| ("repository_id", json!(id))));
        }
        vec![TrustedJobs {
            sid: "Jobs",
            subjects: self.each(&jobs, issuer),
            are_patterns: false,
            claims,
        }]
    }

    /// The repository's number.
    fn id(&self) -> Option<&str> {
        let (_, id) = self.with_ids.as_ref()?.rsplit_once('@')?;
        Some(id)
    }

    /// Both forms of each subject. Tokens of an Enterprise Server have only the form without ids.
    fn each(&self, jobs: &[String], issuer: &Issuer) -> Vec<String> {
        let with_ids = self.with_ids.as_ref();
        let names = [Some(&self.name), with_ids.filter(|_| is_of_cloud(issuer))];
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
        let invalid = Invalid::new("write OWNER/NAME, or OWNER@ID/NAME@ID");
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
    is_name(name).then_some((name, id))
}
