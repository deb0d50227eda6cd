//! Replays evidence: recomputes decisions, subjects and comments from the recorded facts, and compares everything that is stated
//! twice.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::evidence::{
    Evidence, EvidenceError, PREDICATE, RunRecord, STATEMENT, SealedChange, combined_digest,
};
use super::evidence_version::check_version;
use super::json_document::JsonDocument;
use super::outcome::{Outcome, State};
use super::provisioning::{Heading, ReportSource};
use super::replay_stack::{StackReplay, check_stack};
use crate::guard::Trigger;
use crate::model::{Digest, UniqueKeys};
use crate::stack::StackName;

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Replayed {
    /// The comments of the run, in Markdown.
    pub comments: Vec<String>,
    /// Number of recomputed decisions.
    pub decisions: usize,
    /// What differs from the record, or contradicts it.
    pub differences: Vec<String>,
}

impl JsonDocument for Replayed {
    const NAME: &'static str = "replay-report";
    const TITLE: &'static str = "The decisions and comments of a run, recomputed";
    const FORMAT: &'static str = "provisioner-replay/1";
}

/// Recomputes everything that an evidence file states.
pub fn replay(file: &[u8]) -> Result<Replayed, EvidenceError> {
    let UniqueKeys(written) = serde_json::from_slice(file)?;
    check_version(&written)?;
    let evidence: Evidence = serde_json::from_value(written.clone())?;
    let mut replayed = Replayed::default();
    // A field that this program does not write is a field that nothing checks.
    if let Some(place) = first_difference(&written, &serde_json::to_value(&evidence)?) {
        replayed.differ(format!("{place} is not a value that provisioner writes"));
    }
    if evidence.kind != STATEMENT || evidence.predicate_type != PREDICATE {
        let what = format!("not the evidence of a run: {}", evidence.predicate_type);
        replayed.differ(what);
    }
    let predicate = &evidence.predicate;
    if predicate.changes.is_empty() {
        replayed.differ("there is no change".to_owned());
    }
    if evidence.subject != predicate.subjects() {
        replayed.differ("the subjects are not the applied stacks".to_owned());
    }
    if combined_digest(&predicate.run, &predicate.changes)? != predicate.digest {
        replayed.differ("the changes have another digest".to_owned());
    }
    for sealed in &predicate.changes {
        replayed.check_names(&predicate.run, sealed);
        replayed.check_stacks(&predicate.run, sealed);
        replayed.check_digests(&predicate.run, sealed)?;
    }
    Ok(replayed)
}

/// The JSON pointer of the first value that two documents do not share.
fn first_difference(one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut keys = ours.keys().chain(theirs.keys());
            keys.find_map(|key| {
                let inner = match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) => first_difference(ours, theirs)?,
                    _ => String::new(),
                };
                Some(format!("/{key}{inner}"))
            })
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let mut pairs = ours.iter().zip(theirs).enumerate();
            pairs.find_map(|(index, (ours, theirs))| {
                Some(format!("/{index}{}", first_difference(ours, theirs)?))
            })
        }
        _ => (one != other).then(String::new),
    }
}

impl Replayed {
    fn differ(&mut self, what: String) {
        self.differences.push(what);
    }

    /// Record, report and facts name the same commit, pull request, trigger, environment and version.
    fn check_names(&mut self, run: &RunRecord, sealed: &SealedChange) {
        let change = &sealed.change;
        let commit = &change.commit;
        let reported = match &change.report.source {
            ReportSource::Merge { commit, .. } | ReportSource::Branch { commit, .. } => {
                commit.as_str()
            }
            ReportSource::Head { .. } => "",
        };
        if reported != commit.short() {
            self.differ(format!("the report does not name commit {commit}"));
        }
        if change.report.version != run.version {
            self.differ(format!("the report is not by version {}", run.version));
        }
        let is_command = change.heading == Heading::Command;
        let requests = change
            .stacks
            .iter()
            .filter_map(|record| record.request.as_ref());
        let mut comments = requests.filter_map(|request| Some(request.command()?.id));
        if let Some(first) = comments.next()
            && comments.any(|other| other != first)
        {
            self.differ("the commands come from more than one comment".to_owned());
        }
        for record in &change.stacks {
            let stack = &record.stack;
            let environment = change.report.environment.as_ref();
            if environment.is_some_and(|own| *own != stack.target.environment) {
                self.differ(format!("{stack}: the stack belongs to another environment"));
            }
            let Some(request) = &record.request else {
                continue;
            };
            if request.number != change.pull_request.unwrap_or_default() {
                self.differ(format!("{stack}: the facts belong to another pull request"));
            }
            if matches!(request.trigger, Some(Trigger::Comment(_))) != is_command {
                self.differ(format!("{stack}: the facts belong to another trigger"));
            }
        }
    }

    /// Records and outcomes are about the same stacks.
    fn check_stacks(&mut self, run: &RunRecord, sealed: &SealedChange) {
        let change = &sealed.change;
        let outcomes: Vec<(&Outcome, &StackName)> = change
            .report
            .outcomes
            .iter()
            .filter_map(|outcome| Some((outcome, outcome.stack.as_ref()?)))
            .collect();
        let decided = change.stacks.iter();
        let decided: Vec<_> = decided
            .map(|record| (&record.config, &record.stack))
            .collect();
        let reported = outcomes.iter();
        let reported: Vec<_> = reported
            .map(|(outcome, stack)| (&outcome.path, *stack))
            .collect();
        if decided != reported {
            self.differ("the report and the decisions name different stacks".to_owned());
            return;
        }
        // An outcome without a stack has no decision, so that nothing was done.
        let mut others = change.report.outcomes.iter();
        let is_undecided = |outcome: &&Outcome| {
            outcome.stack.is_none()
                && !matches!(
                    outcome.state,
                    State::Skipped | State::Denied | State::Failed
                )
        };
        if let Some(outcome) = others.find(is_undecided) {
            self.differ(format!("{}: an outcome without a stack", outcome.path));
        }
        for (record, (outcome, _)) in change.stacks.iter().zip(outcomes) {
            let StackReplay {
                decisions,
                differences,
            } = check_stack(run, &change.policy, record, outcome);
            self.decisions += decisions;
            let named = differences.into_iter();
            self.differences
                .extend(named.map(|what| format!("{}: {what}", record.stack)));
        }
    }

    /// The digests are those of the record and of its comment.
    fn check_digests(
        &mut self,
        run: &RunRecord,
        sealed: &SealedChange,
    ) -> Result<(), EvidenceError> {
        let change = &sealed.change;
        let digest = change.digest(run)?;
        if digest != sealed.digest {
            let what = format!("the record of {} has another digest", change.commit);
            self.differ(what);
        }
        let comment = change.comment(digest)?;
        if Digest::sha256(&comment) != sealed.comment {
            let what = format!("the comment on the change of {}", change.commit);
            self.differ(format!("{what} reads otherwise"));
        }
        self.comments.push(comment);
        Ok(())
    }
}
