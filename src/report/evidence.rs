//! The decisions of a run and their facts as an in-toto statement. `replay` recomputes decisions and comments from it, offline.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use minijinja::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::provisioning::{Heading, Provisioning, provisioning};
use crate::diagnostic::Code;
use crate::guard::{
    Denial, EffectKind, Facts, POLICY_FILE, Policies, denials, denials_before_credentials,
    read_policy,
};
use crate::model::{Digest, RepoPath};
use crate::stack::StackName;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate, for verifiers of a signature over it.
const PREDICATE: &str = "urn:provisioner:provisioning:v1";

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
    pub commit: String,
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
    fn from_denial(denial: &Denial) -> Self {
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
        commit: String,
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

#[derive(Clone, Debug)]
pub struct Replayed {
    pub comments: Vec<String>,
    /// Number of recomputed decisions.
    pub decisions: usize,
    /// Decisions and comments that differ from the record.
    pub differences: Vec<String>,
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

    /// Recomputes all decisions and comments from the recorded facts.
    pub fn replay(&self) -> Result<Replayed, Error> {
        let mut replayed = Replayed {
            comments: Vec::new(),
            decisions: 0,
            differences: Vec::new(),
        };
        if self.kind != STATEMENT || self.predicate_type != PREDICATE {
            let what = format!("this is no evidence of a run: {}", self.predicate_type);
            replayed.differences.push(what);
        }
        let path = RepoPath::typed(POLICY_FILE);
        let read = |text: &Option<String>| read_policy(&path, text.as_deref().map(str::as_bytes));
        for change in &self.predicate.changes {
            for made in &change.decisions {
                let recorded = made.policy.as_ref().unwrap_or(&change.policy);
                let before = read(&recorded.before);
                let now = recorded.now.as_ref().map(read);
                let policies = Policies::new(&before, now.as_ref());
                let again = match made.early {
                    true => {
                        denials_before_credentials(made.kind, policies, &made.facts, &made.stack)
                    }
                    false => denials(made.kind, policies, &made.facts, &made.stack),
                };
                let again: Vec<RecordedDenial> =
                    again.iter().map(RecordedDenial::from_denial).collect();
                replayed.decisions += 1;
                if again != made.denials {
                    let codes = |denials: &[RecordedDenial]| match denials {
                        [] => "allowed".to_owned(),
                        _ => {
                            let codes: Vec<&str> =
                                denials.iter().map(|denial| denial.code.as_str()).collect();
                            codes.join(", ")
                        }
                    };
                    replayed.differences.push(format!(
                        "{} of {}: recorded {}, decided now {}",
                        made.kind.word(),
                        made.stack,
                        codes(&made.denials),
                        codes(&again)
                    ));
                }
            }
            let comment = provisioning(&change.report, &change.heading, change.limit)?;
            if Digest::sha256(&comment).to_string() != change.comment {
                let what = format!("the comment on the change of {}", change.commit);
                replayed.differences.push(format!("{what} reads otherwise"));
            }
            replayed.comments.push(comment);
        }
        Ok(replayed)
    }
}
