//! The decisions of a run and their facts as an in-toto statement. `replay` recomputes them offline.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::provisioning::{Heading, Provisioning, provisioning};
use super::recorded_facts::{RecordedFacts, known};
use crate::VERSION;
use crate::guard::{ChangeRequest, Denial, EffectKind};
use crate::model::{CommitSha, Digest};
use crate::product::Verb;
use crate::stack::StackName;

pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate, for verifiers of a signature over it.
pub(super) const PREDICATE: &str = "urn:provisioner:provisioning:v3";
/// The type without its version.
pub(super) const PREDICATE_FORM: &str = "urn:provisioner:provisioning:v";
pub(super) const PREDICATE_VERSION: u32 = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(rename = "_type")]
    pub kind: String,
    /// Applied stacks with the digests of their templates, derived from the predicate.
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
    pub digest: BTreeMap<String, Digest>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Predicate {
    pub run: RunRecord,
    pub changes: Vec<SealedChange>,
    /// SHA-256 of the run and the digests of all changes as JSON.
    pub digest: Digest,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of provisioner.
    pub version: String,
    /// `owner/name`.
    pub repository: String,
    /// Web address.
    pub url: String,
    /// Whether the run finishes what a cancelled job left, instead of the tasks.
    pub finishes_cancelled: bool,
    /// By the clock of the machine.
    pub began: Timestamp,
}

/// A change with the digests that bind it to its run and its comment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealedChange {
    pub change: ChangeRecord,
    /// SHA-256 of the run and the change as JSON. The comment shows its first digits.
    pub digest: Digest,
    /// SHA-256 of the comment.
    pub comment: Digest,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// `None` for commits without a pull request.
    pub pull_request: Option<u64>,
    pub commit: CommitSha,
    pub policy: RecordedPolicies,
    /// By path of the config.
    pub stacks: Vec<StackRecord>,
    pub report: Provisioning,
    pub heading: Heading,
    /// Most characters of the comment.
    pub limit: usize,
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

/// What was requested for one stack, and what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackRecord {
    /// Path of the config.
    pub config: String,
    pub product: String,
    pub verb: Verb,
    pub stack: StackName,
    /// The policies of these decisions, if the run read others than the change's before it decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RecordedPolicies>,
    /// `None` if the forge did not answer, so that nothing was decided.
    pub request: Option<ChangeRequest>,
    /// By time.
    pub decisions: Vec<Decision>,
    /// Denials by other rules than the guard's, such as a missing role.
    pub refusals: Vec<Denial>,
    /// SHA-256 of the template of an applied stack.
    pub template: Option<Digest>,
}

/// A decision of the guard with its facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// By the clock of the run.
    pub at: Timestamp,
    pub kind: EffectKind,
    /// `None` before credentials are requested.
    pub facts: Option<RecordedFacts>,
    /// Empty if the effect was allowed.
    pub denials: Vec<Denial>,
}

impl StackRecord {
    /// Whether an update of the stack was allowed, by facts of AWS.
    pub fn allows_update(&self) -> bool {
        self.decisions.iter().any(|decision| {
            let is_update = decision.kind == EffectKind::Update && decision.facts.is_some();
            is_update && decision.denials.is_empty()
        })
    }

    /// The record of a stack whose facts could not be read.
    pub fn unread(config: &str, product: &str, verb: Verb, stack: &StackName) -> Self {
        Self {
            config: config.to_owned(),
            product: product.to_owned(),
            verb,
            stack: stack.clone(),
            policy: None,
            request: None,
            decisions: Vec::new(),
            refusals: Vec::new(),
            template: None,
        }
    }
}

impl ChangeRecord {
    /// The digest of the change in its run.
    pub(super) fn digest(&self, run: &RunRecord) -> Result<Digest, serde_json::Error> {
        Ok(Digest::sha256(serde_json::to_vec(&(run, self))?))
    }

    pub(super) fn comment(&self, digest: Digest) -> Result<String, minijinja::Error> {
        provisioning(&self.report, &self.heading, self.limit, Some(digest))
    }

    /// Binds the change to its run and its comment. Returns the comment too.
    pub fn seal(self, run: &RunRecord) -> Result<(SealedChange, String), EvidenceError> {
        let digest = self.digest(run)?;
        let comment = self.comment(digest)?;
        let sealed = SealedChange {
            change: self,
            digest,
            comment: Digest::sha256(&comment),
        };
        Ok((sealed, comment))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("not an evidence file of provisioner: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Comment(#[from] minijinja::Error),
    #[error(
        "provisioner {VERSION} is too old for this evidence: it reads version {PREDICATE_VERSION}, and the file has version {version}\n  help: use {program} or later"
    )]
    TooNew { version: u32, program: String },
    #[error(
        "this evidence has version {version}, and provisioner {VERSION} reads version {PREDICATE_VERSION}\n  help: use {program}"
    )]
    TooOld { version: u32, program: String },
}

impl Evidence {
    pub fn new(run: RunRecord, changes: Vec<SealedChange>) -> Result<Self, EvidenceError> {
        let predicate = Predicate {
            digest: combined_digest(&run, &changes)?,
            run,
            changes,
        };
        Ok(Self {
            kind: STATEMENT.to_owned(),
            subject: predicate.subjects(),
            predicate_type: PREDICATE.to_owned(),
            predicate,
        })
    }
}

pub(super) fn combined_digest(
    run: &RunRecord,
    changes: &[SealedChange],
) -> Result<Digest, serde_json::Error> {
    let digests: Vec<&Digest> = changes.iter().map(|sealed| &sealed.digest).collect();
    Ok(Digest::sha256(serde_json::to_vec(&(run, digests))?))
}

impl Predicate {
    /// The applied stacks, by name. Of a stack that was applied twice the last template counts.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        let records = self.changes.iter().flat_map(|sealed| &sealed.change.stacks);
        let applied: BTreeMap<String, Digest> = records
            .filter_map(|record| Some((record.stack.to_string(), record.template?)))
            .collect();
        let subjects = applied.into_iter().map(|(name, digest)| Subject {
            name,
            digest: BTreeMap::from([("sha256".to_owned(), digest)]),
        });
        subjects.collect()
    }
}
