//! Why a task does not begin in a run, and what lets it begin.

use std::time::Duration;

use super::limits::Failures;
use super::merge_record::RecordGap;
use super::order::PlannedTask;
use super::outcome::Finished;
use super::recorder::unread_record;
use super::schedule::{Before, Held};
use super::task::StackTask;
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::model::RepoPath;
use crate::report::{NewerMerge, Outcome, State};
use crate::stack::StackName;
use crate::text::pluralize;

/// The failed configs of other merges.
fn of_others(failed: &[&RepoPath]) -> String {
    let shown: Vec<String> = failed
        .iter()
        .take(3)
        .map(|path| format!("`{path}`"))
        .collect();
    match (shown.len(), failed.len()) {
        (0, _) => String::new(),
        (shown_count, count) if shown_count < count => {
            format!(
                ". Of other merges: {} and {} more",
                shown.join(", "),
                count - shown_count
            )
        }
        _ => format!(". Of other merges: {}", shown.join(", ")),
    }
}

/// How a person applies the merge of a config again.
pub fn by_hand(path: &RepoPath) -> String {
    format!(
        "run the merge's job again, or start a run by hand with `configs` or `PROVISIONER_PATHS`: {path}"
    )
}

/// What the reasons are made of.
pub struct HeldContext<'a> {
    pub gap: Option<RecordGap>,
    /// For how long alarms watch a stack after its operation.
    pub monitoring: Duration,
    pub failures: Failures<'a>,
}

/// A task that waits for a later run.
pub fn not_started(
    tasks: &[PlannedTask<'_>],
    (step, held): (usize, Held),
    context: &HeldContext<'_>,
) -> Finished {
    let gap = context.gap;
    let environment = &tasks[step].0.config.target.environment;
    let (task, _) = &tasks[step];
    let config = |step: usize| tasks[step].0.change.path.as_str();
    let unread = |step: usize| match &tasks[step].1 {
        Before::Unread(words) => Some(words),
        _ => None,
    };
    let newer = |step: usize| match &tasks[step].1 {
        Before::Superseded { newer, .. } => Some(newer),
        _ => None,
    };
    let why = match held {
        Held::Needs(other) => format!(
            "it needs the stack of `{}`, which is not done",
            config(other)
        ),
        Held::First(other) => match unread(other) {
            Some(words) => format!(
                "the stack of `{}` goes first, and could not be read: {words}",
                config(other)
            ),
            None => match newer(other) {
                Some(newer) => format!(
                    "the stack of `{}` goes first, and does not have the template of the merge or of a newer one: {}",
                    config(other),
                    newer.plain()
                ),
                None => format!(
                    "the stack of `{}` goes first, and is not done",
                    config(other)
                ),
            },
        },
        Held::Unread(other) => format!(
            "the policy sets `max-failures`, and the stack of `{}` could not be read: {}",
            config(other),
            unread(other).map_or("", String::as_str)
        ),
        Held::Failures(failures) => format!(
            "{} of `{environment}` failed, in this run or before, and the policy's `max-failures` allows fewer{}",
            pluralize(failures, "stack"),
            of_others(&context.failures.failed(environment, tasks))
        ),
        Held::PossibleFailures(failures) => {
            let unknown = context.failures.unknown(environment, tasks);
            format!(
                "{} of `{environment}` failed or may have failed, and the policy's `max-failures` allows fewer{}",
                pluralize(failures, "stack"),
                unknown.map_or_else(String::new, |(path, failure)| format!(
                    ". Of `{path}` it is not known: {}",
                    failure.why()
                ))
            )
        }
        Held::Unrecorded => format!(
            "the policy sets `max-failures`, and {}",
            gap.map_or("", RecordGap::why)
        ),
        Held::Cancelled => "the job was cancelled".to_owned(),
        Held::Time(minutes) => format!("the job ends in {}", pluralize(minutes, "minute")),
    };
    let minutes = context.monitoring.as_secs() / 60;
    let is_unread = match held {
        Held::Unread(_) => true,
        Held::PossibleFailures(_) => {
            let unknown = context.failures.unknown(environment, tasks);
            unknown.is_some_and(|(_, failure)| failure.is_unread())
        }
        Held::First(other) => unread(other).is_some(),
        _ => false,
    };
    let help = match held {
        Held::Time(_) if minutes > 0 => format!(
            "a scheduled run applies the rest; without a schedule, apply the merge again. Alarms watch each stack for {} after its operation, and a job of less than five minutes more begins none",
            pluralize(usize::try_from(minutes).unwrap_or(usize::MAX), "minute")
        ),
        Held::Time(_) => {
            "a scheduled run applies the rest; without a schedule, apply the merge again".to_owned()
        }
        Held::Unrecorded => format!("{}. That begins a new record", by_hand(&task.change.path)),
        Held::Failures(_) => format!(
            "correct the cause, and start a run by hand with `configs` or `PROVISIONER_PATHS` for the failed config alone, or change it by a pull request. A scheduled run begins this one once that is applied. A run by hand for this config passes the failures of earlier runs: {}",
            task.change.path
        ),
        Held::PossibleFailures(_) if !is_unread => "start a run by hand with `configs` or `PROVISIONER_PATHS` for the config that the message names, or for this one".to_owned(),
        _ if is_unread => "run the job again, or wait for a scheduled run; if AWS refuses the role, correct it".to_owned(),
        Held::First(other) | Held::Needs(other) if newer(other).is_some() => {
            newer(other).map(NewerMerge::remedy).unwrap_or_default()
        }
        _ => format!(
            "correct the cause by a pull request, or {}. A scheduled run tries again what failed, unless an update was rolled back or three runs failed",
            by_hand(&task.change.path)
        ),
    };
    let exit = match held {
        _ if is_unread => Some(Exit::Unreachable),
        Held::Unrecorded => gap.map(RecordGap::exit),
        // The other one has an exit code of its own.
        Held::Needs(other) | Held::First(other) if tasks[other].1.is_of_run() => None,
        _ => Some(Exit::Operation),
    };
    let problem = Diagnostic::error(Code::NotStarted, &task.change.path, why).with_help(help);
    left(task, State::NotStarted, problem, exit)
}

/// A task with which the run does not begin.
pub fn left(
    task: &StackTask<'_>,
    state: State,
    problem: Diagnostic,
    exit: Option<Exit>,
) -> Finished {
    let stack = StackName::for_config(&task.config);
    let mut outcome = Outcome::new(task.change.path.as_str(), Some(&stack), state);
    outcome.add_failure(&[problem], None);
    (outcome, unread_record(task, &stack), exit)
}
