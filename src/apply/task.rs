//! The task of one stack in a merged change.

use crate::change::MergedChange;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::guard::{CommentCommand, Denial};
use crate::plan::{Change, Intent};
use crate::product::Verb;
use crate::report::{NextStep, Outcome, Problem, Refusal, State};

#[derive(Clone)]
pub struct StackTask<'a> {
    pub change: &'a Change,
    /// As merged; for a removed config, as it was before.
    pub config: Config,
    pub verb: Verb,
    /// `None` if the merge alone requests the task.
    pub command: Option<CommentCommand>,
    /// The solution whose folders the task creates.
    pub solution: Option<String>,
}

/// What a change requests for its stack.
pub enum Resolution<'a> {
    Task(Box<StackTask<'a>>),
    /// The task cannot run: the outcome says why.
    Blocked(Box<Outcome>, Exit),
    NoOp,
}

impl<'a> Resolution<'a> {
    pub fn resolve(merged: &MergedChange, change: &'a Change) -> Self {
        let problems = |diagnostics: &[Diagnostic]| -> Vec<Problem> {
            diagnostics.iter().map(Problem::from_diagnostic).collect()
        };
        let stuck = |diagnostics: Vec<Diagnostic>| {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
            outcome.problems = problems(&diagnostics);
            Self::Blocked(Box::new(outcome), Exit::Config)
        };
        let lost = |refusal: Refusal| stuck(vec![refusal.diagnostic(&change.path)]);
        if change.intent == Intent::Invalid {
            let errors = change.diagnostics.iter();
            let errors = errors
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .cloned();
            return stuck(errors.collect());
        }
        if change.intent == Intent::Abandon {
            if change.diagnostics.is_empty() {
                return Self::NoOp;
            }
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            outcome.problems = problems(&change.diagnostics);
            return Self::Blocked(Box::new(outcome), Exit::Ok);
        }
        let Some(config) = merged.config(change) else {
            return lost(Refusal::ConfigUnreadable);
        };
        let verb = match change.intent {
            Intent::Create | Intent::Update => Verb::Provision,
            // The check showed a stack that differs from the template.
            Intent::Unchanged if merged.was_previewed(change) => Verb::Provision,
            Intent::Unchanged if change.folders.is_empty() => return Self::NoOp,
            // New folders do not change the stack.
            Intent::Unchanged => Verb::DeployFolders,
            Intent::Delete => match config.delete_action() {
                Some((_, verb)) => verb,
                None => return lost(Refusal::NoDeleteAction),
            },
            Intent::Adopt => Verb::Adopt,
            Intent::Unadopt => Verb::Unadopt,
            Intent::Replace => Verb::Replace,
            Intent::Import => Verb::Import,
            Intent::Abandon | Intent::Invalid => return Self::NoOp,
        };
        Self::Task(Box::new(StackTask {
            change,
            config,
            verb,
            command: None,
            solution: None,
        }))
    }
}

impl StackTask<'_> {
    /// The comment that a second person must write, once the deletion's digest is known.
    pub fn confirmation_step(&self, digest: Option<String>) -> Option<NextStep> {
        Some(NextStep::ConfirmDeletion {
            action: self.deleting_action()?.to_owned(),
            config: self.change.path.to_string(),
            digest: digest?,
        })
    }

    /// The action of comments that deletes the stack.
    pub fn deleting_action(&self) -> Option<&str> {
        match self.verb {
            Verb::Replace => Some(Verb::Replace.name()),
            _ => self.config.delete_action().map(|(action, _)| action),
        }
    }

    /// Whether the change only requests new folders.
    pub fn is_folders_only(&self) -> bool {
        self.change.folders_only
    }
}

/// Why an existing stack is not updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedUpdate {
    /// The policy does not allow the change.
    ByPolicy,
    /// Reviewers were shown another plan.
    ChangedPlan,
}

impl RefusedUpdate {
    /// `None` if anything beside the update was denied.
    pub fn from_denials(denials: &[Denial]) -> Option<Self> {
        if denials.is_empty() || !denials.iter().all(Denial::denies_update) {
            return None;
        }
        match denials.iter().any(Denial::is_of_changed_plan) {
            true => Some(Self::ChangedPlan),
            false => Some(Self::ByPolicy),
        }
    }

    /// How to get the change applied.
    pub fn next_step(self, task: &StackTask<'_>) -> NextStep {
        match (self, task.config.provision_action()) {
            (Self::ByPolicy, Some(action)) => NextStep::AllowUpdate {
                action: action.to_owned(),
                config: task.change.path.to_string(),
            },
            _ => NextStep::OpenNewPullRequest,
        }
    }
}
