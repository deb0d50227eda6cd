//! Trust policies: the jobs that a role trusts, by the claims of their identity tokens.

use std::str::FromStr;

use serde_json::{Value, json};

use super::iam::{document, partition_of};

/// What surrounds the name of an enterprise with data residency, in its issuer.
pub(super) const RESIDENCY: (&str, &str) = ("token.actions.", ".ghe.com");

const AUDIENCE: &str = "sts.amazonaws.com";

/// Why an argument is invalid.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(&'static str);

impl Invalid {
    /// `help`: one imperative.
    pub fn new(help: &'static str) -> Self {
        Self(help)
    }
}

/// A branch name without characters that have a meaning in an IAM pattern.
pub fn branch(text: &str) -> Result<String, Invalid> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    match !text.is_empty() && text.bytes().all(letters) {
        true => Ok(text.to_owned()),
        false => Err(Invalid::new(
            "write a branch's name of letters, digits and -_./",
        )),
    }
}

/// A name without characters that have a meaning in an IAM pattern.
pub(super) fn is_name(part: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !part.is_empty() && part.bytes().all(letters)
}

/// The issuer of identity tokens, without `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    pub fn url(&self) -> String {
        format!("https://{}", self.0)
    }

    pub(super) fn is(&self, address: &str) -> bool {
        self.0 == address
    }

    /// Host and path.
    pub(super) fn address(&self) -> &str {
        &self.0
    }

    pub(super) fn host(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(host, _)| host)
    }

    pub(super) fn is_without_path(&self) -> bool {
        !self.0.contains('/')
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
        if !is_host || text.contains("//") || !text.bytes().all(letters) {
            return Err(Invalid::new("write HOST or HOST/PATH, without https://"));
        }
        // Its tokens have another issuer.
        if host.ends_with(RESIDENCY.1) && !host.starts_with(RESIDENCY.0) {
            return Err(Invalid::new(
                "write the issuer of an enterprise on ghe.com as token.actions.NAME.ghe.com",
            ));
        }
        // An issuer that is spelled otherwise would not be known, and lose the conditions on its claims.
        let is_canonical = !host.bytes().any(|byte| byte.is_ascii_uppercase())
            && !text.ends_with('/')
            && !host.ends_with(":443")
            && !host.ends_with('.');
        match is_canonical {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid::new(
                "write the host in lower case, without `:443`, and nothing ending with `/` or `.`",
            )),
        }
    }
}

/// Jobs that a role trusts. All conditions must hold.
#[derive(Debug)]
pub(super) struct TrustedJobs {
    pub sid: &'static str,
    /// The subjects of their tokens.
    pub subjects: Vec<String>,
    /// Whether the subjects are patterns.
    pub are_patterns: bool,
    /// Values of other claims.
    pub claims: Vec<(&'static str, Value)>,
}

/// A trust policy with one statement for each kind of jobs.
pub(super) fn trust_policy(
    jobs: Vec<TrustedJobs>,
    provider: &str,
    Issuer(issuer): &Issuer,
) -> Value {
    let statements = jobs.into_iter().map(|jobs| {
        let (aud, sub) = (format!("{issuer}:aud"), format!("{issuer}:sub"));
        let mut equal = json!({ aud: AUDIENCE });
        if !jobs.are_patterns {
            equal[&sub] = json!(jobs.subjects);
        }
        for (claim, value) in jobs.claims {
            equal[format!("{issuer}:{claim}")] = value;
        }
        let mut conditions = json!({ "StringEquals": equal });
        if jobs.are_patterns {
            conditions["StringLike"] = json!({ sub: jobs.subjects });
        }
        json!({
            "Sid": jobs.sid,
            "Effect": "Allow",
            "Principal": { "Federated": provider },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": conditions,
        })
    });
    document(statements.collect())
}
