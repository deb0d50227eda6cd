//! Replays evidence: recomputes decisions, subjects and comments from the recorded facts, and compares everything that is stated twice.

use serde_json::Value;

use super::evidence::{
    ChangeRecord, Decision, Evidence, PREDICATE, RecordedDenial, RecordedPolicies, STATEMENT,
};
use super::provisioning::{ReportSource, State, provisioning};
use crate::guard::{
    Authority, LoadedPolicy, POLICY_FILE, Policies, denials, denials_before_credentials,
    read_policy,
};
use crate::model::{Digest, RepoPath};

#[derive(Clone, Debug, Default)]
pub struct Replayed {
    pub comments: Vec<String>,
    /// Number of recomputed decisions.
    pub decisions: usize,
    /// What differs from the record, or contradicts it.
    pub differences: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("not an evidence file of provisioner: {0}")]
    NotEvidence(#[from] serde_json::Error),
    #[error("{0}")]
    Comment(#[from] minijinja::Error),
}

/// Recomputes everything that an evidence file states.
pub fn replay(file: &[u8]) -> Result<Replayed, ReplayError> {
    let written: Value = serde_json::from_slice(file)?;
    let evidence: Evidence = serde_json::from_value(written.clone())?;
    let mut replayed = Replayed::default();
    // A field that this program does not write is a field that nothing checks.
    if let Some(place) = first_difference(&written, &serde_json::to_value(&evidence)?) {
        replayed.differ(format!("{place} is not a value that provisioner writes"));
    }
    if evidence.kind != STATEMENT || evidence.predicate_type != PREDICATE {
        let what = format!("this is no evidence of a run: {}", evidence.predicate_type);
        replayed.differ(what);
    }
    if evidence.predicate.changes.is_empty() {
        replayed.differ("there is no change".to_owned());
    }
    for change in &evidence.predicate.changes {
        replayed.check_names(&evidence, change);
        replayed.check_outcomes(change);
        for decision in &change.decisions {
            replayed.check_decision(change, decision);
        }
        replayed.check_comment(change)?;
    }
    replayed.check_subjects(&evidence);
    Ok(replayed)
}

/// The JSON pointer of the first value that two documents do not share.
fn first_difference(one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys = ours.keys().chain(theirs.keys());
            let mut differing = keys.filter_map(|key| {
                let inner = match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) => first_difference(ours, theirs)?,
                    _ => String::new(),
                };
                Some(format!("/{key}{inner}"))
            });
            differing.next()
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

    /// The record, its report and its facts name the same commit, pull request, environment and version.
    fn check_names(&mut self, evidence: &Evidence, change: &ChangeRecord) {
        let commit = &change.commit;
        let reported = match &change.report.source {
            ReportSource::Merge { commit, .. } => commit.as_str(),
            ReportSource::Head { .. } => "",
        };
        if reported != commit.short() {
            self.differ(format!("the report is not about commit {commit}"));
        }
        if change.report.version != evidence.predicate.version {
            let version = &evidence.predicate.version;
            self.differ(format!("the report is not by version {version}"));
        }
        for decision in &change.decisions {
            let stack = &decision.stack;
            let number = match &decision.facts.authority {
                Authority::Request(request) => Some(request.number),
                Authority::CommandLine { .. } | Authority::Unknown => None,
            };
            if number != Some(change.pull_request.unwrap_or_default()) {
                self.differ(format!("{stack}: the facts are of another pull request"));
            }
            let environment = change.report.environment.as_ref();
            if environment.is_some_and(|own| *own != stack.target.environment) {
                self.differ(format!("{stack}: the stack is of another environment"));
            }
        }
    }

    /// Each decision is about a stack with an outcome, and a denied outcome has a decision that denies.
    fn check_outcomes(&mut self, change: &ChangeRecord) {
        let outcomes = &change.report.outcomes;
        let stacks = outcomes.iter().filter_map(|outcome| outcome.stack.as_ref());
        let stacks: Vec<_> = stacks.collect();
        for decision in &change.decisions {
            if !stacks.contains(&&decision.stack) {
                self.differ(format!("{} has no outcome", decision.stack));
            }
        }
        for outcome in outcomes {
            let Some(stack) = &outcome.stack else {
                continue;
            };
            let mut decisions = change.decisions.iter();
            let denied =
                decisions.any(|decision| decision.stack == *stack && !decision.denials.is_empty());
            if outcome.state == State::AwaitingConfirmation && !denied {
                self.differ(format!(
                    "{stack} awaits confirmation, and nothing denied it"
                ));
            }
        }
    }

    /// The guard decides the same by the recorded policies and facts.
    fn check_decision(&mut self, change: &ChangeRecord, made: &Decision) {
        let policies = ReadPolicies::new(made.policy.as_ref().unwrap_or(&change.policy));
        let again = match made.early {
            true => {
                denials_before_credentials(made.kind, policies.both(), &made.facts, &made.stack)
            }
            false => denials(made.kind, policies.both(), &made.facts, &made.stack),
        };
        let again: Vec<RecordedDenial> = again.iter().map(RecordedDenial::from_denial).collect();
        self.decisions += 1;
        if again != made.denials {
            self.differ(format!(
                "{} of {}: recorded {}, decided now {}",
                made.kind.word(),
                made.stack,
                codes(&made.denials),
                codes(&again)
            ));
        }
    }

    fn check_comment(&mut self, change: &ChangeRecord) -> Result<(), minijinja::Error> {
        let comment = provisioning(&change.report, &change.heading, change.limit)?;
        if Digest::sha256(&comment).to_string() != change.comment {
            let what = format!("the comment on the change of {}", change.commit);
            self.differ(format!("{what} reads otherwise"));
        }
        self.comments.push(comment);
        Ok(())
    }

    /// Each subject is a stack that a change reports as done.
    fn check_subjects(&mut self, evidence: &Evidence) {
        let changes = evidence.predicate.changes.iter();
        let outcomes = changes.flat_map(|change| &change.report.outcomes);
        let done = outcomes.filter(|outcome| outcome.state == State::Done);
        let done: Vec<String> = done
            .filter_map(|outcome| outcome.stack.as_ref().map(ToString::to_string))
            .collect();
        for subject in &evidence.subject {
            if !done.contains(&subject.name) {
                self.differ(format!("no change was done to {}", subject.name));
            }
        }
    }
}

/// The policies of a decision, read again.
struct ReadPolicies {
    before: LoadedPolicy,
    now: Option<LoadedPolicy>,
}

impl ReadPolicies {
    fn new(recorded: &RecordedPolicies) -> Self {
        let path = RepoPath::typed(POLICY_FILE);
        let read = |text: &Option<String>| read_policy(&path, text.as_deref().map(str::as_bytes));
        Self {
            before: read(&recorded.before),
            now: recorded.now.as_ref().map(read),
        }
    }

    fn both(&self) -> Policies<'_> {
        Policies::new(&self.before, self.now.as_ref())
    }
}

fn codes(denials: &[RecordedDenial]) -> String {
    if denials.is_empty() {
        return "allowed".to_owned();
    }
    let codes: Vec<&str> = denials.iter().map(|denial| denial.code.as_str()).collect();
    codes.join(", ")
}
