//! Gives the guard the facts of a pull request, logs progress, and records decisions.

use std::sync::Mutex;

use super::clock::RunClock;
use super::task::StackTask;
use crate::change::MergedChange;
use crate::diagnostic::Code;
use crate::guard::{
    Authority, ChangeRequest, Denial, EffectKind, Facts, Policies, denials_before_credentials,
};
use crate::job::ProgressLog;
use crate::model::{Digest, FileContents};
use crate::operation::{AuthoritySource, Progress, ToConfirm};
use crate::report::{Counted, Decision, RecordedFacts, RecordedPolicies, StackRecord, Step};
use crate::stack::{ROLLBACK_FAILED, StackEvent, StackName};

pub struct DecisionRecorder {
    request: ChangeRequest,
    console: ProgressLog,
    clock: RunClock,
    decisions: Mutex<Vec<Decision>>,
    refusals: Mutex<Vec<Denial>>,
    deletion_digest: Mutex<Option<String>>,
}

impl DecisionRecorder {
    pub fn new(request: ChangeRequest, console: ProgressLog, clock: RunClock) -> Self {
        Self {
            request,
            console,
            clock,
            decisions: Mutex::default(),
            refusals: Mutex::default(),
            deletion_digest: Mutex::default(),
        }
    }

    /// Denials that are known before credentials are requested.
    pub fn early_denials_for<'a>(
        &self,
        kind: EffectKind,
        policies: impl Into<Policies<'a>>,
        stack: &StackName,
    ) -> Vec<Denial> {
        let facts = Facts {
            authority: self.authority(stack, None),
            ..Facts::default()
        };
        let denials = denials_before_credentials(kind, policies, &facts, stack);
        self.record(kind, None, &denials);
        denials
    }

    fn record(&self, kind: EffectKind, facts: Option<&Facts>, denials: &[Denial]) {
        if let Ok(mut decisions) = self.decisions.lock() {
            decisions.push(Decision {
                at: self.clock.now(),
                kind,
                facts: facts.map(RecordedFacts::new),
                denials: denials.to_vec(),
            });
        }
    }

    /// Records denials of a task, unless they are those of a decision.
    pub fn denied(&self, denials: &[Denial]) {
        let Ok(decisions) = self.decisions.lock() else {
            return;
        };
        if decisions.iter().any(|recorded| recorded.denials == denials) {
            return;
        }
        if let Ok(mut refusals) = self.refusals.lock() {
            refusals.extend_from_slice(denials);
        }
    }

    /// Whether the guard decided with facts from AWS.
    pub fn has_queried_aws(&self) -> bool {
        let decisions = self.decisions.lock();
        decisions.is_ok_and(|decisions| decisions.iter().any(|recorded| recorded.facts.is_some()))
    }

    /// Whether the guard denied something because the rollback of an earlier update of the stack failed.
    pub fn has_failed_rollback(&self) -> bool {
        let Ok(decisions) = self.decisions.lock() else {
            return false;
        };
        decisions.iter().any(|recorded| {
            let facts = recorded.facts.as_ref();
            let stack = facts.and_then(|facts| facts.stack.as_ref()?.as_ref());
            let is_own = !recorded
                .denials
                .iter()
                .any(|denial| denial.code == Code::StackNotOwned);
            let denied = recorded
                .denials
                .iter()
                .any(|denial| denial.code == Code::StackFailed);
            is_own && denied && stack.is_some_and(|stack| stack.status.0 == ROLLBACK_FAILED)
        })
    }

    /// The digest that confirms the deletion, if one was previewed.
    pub fn deletion(&self) -> Option<String> {
        self.deletion_digest.lock().ok()?.clone()
    }

    /// The record of a task's stack. `template`: digest of the applied template.
    pub fn into_record(self, task: &StackTask<'_>, template: Option<Digest>) -> StackRecord {
        let stack = StackName::for_config(&task.config);
        StackRecord {
            template,
            ..self.completed(unread_record(task, &stack))
        }
    }

    /// A record with the request, the decisions and the refusals.
    pub fn completed(self, record: StackRecord) -> StackRecord {
        StackRecord {
            request: Some(self.request),
            decisions: self.decisions.into_inner().unwrap_or_default(),
            refusals: self.refusals.into_inner().unwrap_or_default(),
            ..record
        }
    }
}

/// The record of a task without facts.
pub fn unread_record(task: &StackTask<'_>, stack: &StackName) -> StackRecord {
    let product = task.config.product.name();
    StackRecord::unread(task.change.path.as_str(), product, task.verb, stack)
}

impl AuthoritySource for DecisionRecorder {
    fn authority(&self, _: &StackName, _: Option<ToConfirm<'_>>) -> Authority {
        Authority::Request(Box::new(self.request.clone()))
    }
}

impl Progress for DecisionRecorder {
    fn step(&self, stack: &StackName, step: Step<'_>) {
        self.console.step(stack, step);
    }

    fn event(&self, stack: &StackName, event: &StackEvent) {
        self.console.event(stack, event);
    }

    fn count(&self, stack: &StackName, what: Counted<'_>, done: u64, of: Option<u64>) {
        self.console.count(stack, what, done, of);
    }

    fn decided(&self, _: &StackName, kind: EffectKind, facts: &Facts, denials: &[Denial]) {
        if let (Some(digest), Ok(mut deletion)) = (&facts.deletion, self.deletion_digest.lock()) {
            *deletion = Some(digest.clone());
        }
        self.record(kind, Some(facts), denials);
    }
}

/// The policy files that decisions on a change pass, for the evidence.
pub fn recorded_policies(merged: &MergedChange) -> RecordedPolicies {
    let now = merged.policy_file_of_now();
    RecordedPolicies {
        before: merged.contents.policy_file.as_ref().map(policy_text),
        now: now.map(|file| file.map(policy_text)),
    }
}

/// A policy file for the evidence. One that is not a regular file does not load, as an empty one.
pub fn policy_text(file: &FileContents) -> String {
    String::from_utf8_lossy(file.bytes().unwrap_or_default()).into_owned()
}
