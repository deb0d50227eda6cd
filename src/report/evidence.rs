//! The decisions of a run and their facts as an in-toto statement. `replay` recomputes decisions and comments from it, offline.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use minijinja::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::provisioning::{Heading, Provisioning, provisioning};
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind, Facts};
use crate::model::{CommitSha, Digest};
use crate::stack::StackName;

pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate, for verifiers of a signature over it.
pub(super) const PREDICATE: &str = "urn:provisioner:provisioning:v1";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(rename = "_type")]
    pub kind: String,
    /// Stacks with the digests of their templates.
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    pub predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Name, account and region.
    pub name: String,
    /// `sha256` of its template.
    pub digest: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Predicate {
    pub version: String,
    /// `owner/name`.
    pub repository: String,
    /// Web address of the run.
    pub run: String,
    pub changes: Vec<ChangeRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// `None` for commits without a pull request.
    pub pull_request: Option<u64>,
    pub commit: CommitSha,
    pub policy: RecordedPolicies,
    /// By stack, then by time.
    pub decisions: Vec<Decision>,
    pub report: Provisioning,
    pub heading: Heading,
    /// Most characters of the comment.
    pub limit: usize,
    /// SHA-256 of the comment.
    pub comment: String,
}

/// The texts of the policy files that decisions passed; `None` for a repository without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedPolicies {
    pub before: Option<String>,
    /// Absent if the file did not change since.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "known"
    )]
    pub now: Option<Option<String>>,
}

/// A value that is present is known, null included.
fn known<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(written).map(Some)
}

/// A decision of the guard with its facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub stack: StackName,
    pub kind: EffectKind,
    /// Whether it was decided before any AWS query.
    pub early: bool,
    /// The policies of this decision, if the run read others than the change's before it decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RecordedPolicies>,
    pub facts: Facts,
    /// Empty if the effect was allowed.
    pub denials: Vec<RecordedDenial>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedDenial {
    pub code: Code,
    pub fact: String,
    pub remedy: String,
}

impl Decision {
    /// Records a decision without stack outputs and status reasons, which may hold secrets and decide nothing.
    pub fn new(
        stack: &StackName,
        kind: EffectKind,
        early: bool,
        facts: &Facts,
        denials: &[Denial],
    ) -> Self {
        let mut facts = facts.clone();
        if let Some(Some(stack)) = &mut facts.stack {
            stack.outputs.clear();
            stack.reason = None;
        }
        Self {
            stack: stack.clone(),
            kind,
            early,
            policy: None,
            facts,
            denials: denials.iter().map(RecordedDenial::from_denial).collect(),
        }
    }
}

impl RecordedDenial {
    pub(super) fn from_denial(denial: &Denial) -> Self {
        Self {
            code: denial.code.clone(),
            fact: denial.fact.clone(),
            remedy: denial.remedy.clone(),
        }
    }
}

impl ChangeRecord {
    /// Renders the comment and records what it was rendered from.
    pub fn new(
        pull_request: Option<u64>,
        commit: CommitSha,
        policy: RecordedPolicies,
        mut decisions: Vec<Decision>,
        report: Provisioning,
        (heading, limit): (Heading, usize),
    ) -> Result<(Self, String), Error> {
        // Stacks are worked on at the same time; sorting is stable, so each stack's own decisions stay in their order.
        decisions.sort_by_key(|decision| decision.stack.to_string());
        let comment = provisioning(&report, &heading, limit)?;
        let recorded = Self {
            pull_request,
            commit,
            policy,
            decisions,
            report,
            heading,
            limit,
            comment: Digest::sha256(&comment).to_string(),
        };
        Ok((recorded, comment))
    }
}

impl Evidence {
    /// `subject`: stacks with the digests of their templates.
    pub fn new(subject: BTreeMap<String, Digest>, predicate: Predicate) -> Self {
        let subject = subject.into_iter().map(|(name, digest)| Subject {
            name,
            digest: BTreeMap::from([("sha256".to_owned(), digest.to_string())]),
        });
        Self {
            kind: STATEMENT.to_owned(),
            subject: subject.collect(),
            predicate_type: PREDICATE.to_owned(),
            predicate,
        }
    }
}
