//! The outcomes of tasks.

use super::task::StackTask;
use crate::config::Config;
use crate::exit::Exit;
use crate::model::RepoPath;
use crate::operation::{
    ActionOutcome, Conclusion, OperationError, denial_diagnostics, to_diagnostics,
};
use crate::plan::Change;
use crate::report::{
    Attempts, ConfirmedDeletion, NextStep, Outcome, Problem, Redactor, StackRecord, State, Success,
};
use crate::stack::StackName;

/// The outcome of a task, its record for the evidence, and the exit code.
pub type Finished = (Outcome, StackRecord, Option<Exit>);

/// The results of a change's tasks.
#[derive(Default)]
pub struct ApplyReport {
    pub outcomes: Vec<Outcome>,
    pub records: Vec<StackRecord>,
    pub exit: Option<Exit>,
    /// The configs that failed in this run, each with its environment.
    pub failed: Vec<(String, RepoPath)>,
    /// The configs that this run applied.
    pub succeeded: Vec<(String, RepoPath)>,
    /// Whether the run recorded that it begins.
    pub has_opened: bool,
    /// Whether a task of this run failed.
    pub has_failed: bool,
    /// Whether the job's time did not suffice for all.
    pub is_out_of_time: bool,
    /// What this run and earlier ones told and tried.
    pub attempts: Attempts,
    /// Whether the comment of an earlier run has the same denials.
    pub is_told: bool,
}

impl ApplyReport {
    /// Says of each failed config that no scheduled run tries it again.
    pub fn tell_exhausted(&mut self, changes: &[Change]) {
        let failed = self.outcomes.iter_mut();
        for outcome in failed.filter(|outcome| outcome.state == State::Failed) {
            let mut changes = changes.iter().filter(|change| !change.is_removed());
            let change = changes.find(|change| change.path.as_str() == outcome.path);
            if change.is_some_and(|change| self.attempts.are_exhausted(change)) {
                outcome.next_steps.push(NextStep::NotTriedAgain);
            }
        }
    }

    pub fn add(&mut self, outcome: Outcome, exit: Option<Exit>) {
        self.exit = self.exit.max(exit);
        self.outcomes.push(outcome);
    }
}

impl ApplyReport {
    /// The deletion that a task's comment confirmed, if the task deleted its stack. `url`: address of the comment.
    pub fn confirmed(&self, task: &StackTask<'_>, url: &str) -> Option<ConfirmedDeletion> {
        let path = task.change.path.as_str();
        let stack = Some(StackName::for_config(&task.config));
        let mut outcomes = self.outcomes.iter();
        let outcome = outcomes.find(|outcome| outcome.path == path && outcome.stack == stack)?;
        let action = task.deleting_action()?;
        if outcome.state != State::Done {
            return None;
        }
        Some(ConfirmedDeletion {
            outcome: outcome.clone(),
            action: action.to_owned(),
            by: task.command.as_ref()?.by.login.clone(),
            comment: url.to_owned(),
        })
    }
}

/// The outcome and the exit code of a task. `is_commanded`: whether a comment requested the task, rather than a merge alone.
pub fn to_outcome(
    path: &RepoPath,
    config: &Config,
    action: ActionOutcome,
    is_commanded: bool,
) -> (Outcome, Option<Exit>) {
    let exit = action.conclusion.exit();
    let stack = StackName::for_config(config);
    let stack = action.test_stack().unwrap_or(&stack);
    let mut outcome = Outcome::done(path.as_str(), Some(stack), action.success);
    outcome.summary = action.line;
    outcome.tables = action.markdown;
    let mut diagnostics = action.diagnostics;
    let exit = match action.conclusion {
        // A detection that finds drift succeeded.
        Conclusion::Done | Conclusion::DriftFound => exit,
        Conclusion::NothingLeft => {
            outcome.state = State::Skipped;
            exit
        }
        Conclusion::Invalid | Conclusion::ChangeSetFailed | Conclusion::DriftUnknown => {
            outcome.state = State::Failed;
            exit
        }
        Conclusion::Denied { .. } => {
            outcome.state = State::Denied;
            exit
        }
        Conclusion::DeletionDenied { .. } if is_commanded => {
            outcome.state = State::Denied;
            exit
        }
        // A merge that removes a config does not confirm the deletion: a second person does.
        Conclusion::DeletionDenied {
            mut denials,
            is_complete,
        } => {
            denials.retain(|denial| !denial.awaits_confirmation());
            diagnostics = denial_diagnostics(config, &denials);
            match (denials.is_empty(), is_complete) {
                (true, true) => {
                    outcome.success = Some(Success::Deleted);
                    outcome.next_steps.push(NextStep::AlreadyDeleted);
                    None
                }
                (true, false) => {
                    outcome.state = State::AwaitingConfirmation;
                    None
                }
                (false, _) => {
                    outcome.state = State::Denied;
                    exit
                }
            }
        }
    };
    outcome.problems = diagnostics.iter().map(Problem::from_diagnostic).collect();
    if outcome.state != State::Done {
        outcome.success = None;
    }
    (outcome, exit)
}

/// The outcome and the exit code of a task that was denied or failed.
pub fn failed_outcome(
    path: &RepoPath,
    config: &Config,
    values: &Redactor,
    failure: OperationError,
) -> (Outcome, Option<Exit>) {
    let state = match failure {
        OperationError::Denied(_) => State::Denied,
        _ => State::Failed,
    };
    let failed = to_diagnostics(config, values, failure);
    let stack = StackName::for_config(config);
    let mut outcome = Outcome::new(path.as_str(), Some(&stack), state);
    outcome.add_failure(&failed.diagnostics, failed.remains);
    (outcome, Some(failed.exit))
}
