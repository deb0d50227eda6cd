//! What a run does with each change of a merge.

use super::known_stacks::{EarlierRuns, KnownStacks};
use super::not_started::{by_hand, left};
use super::order::PlannedTask;
use super::outcome::ApplyReport;
use super::schedule::Before;
use super::task::{Resolution, StackTask};
use crate::change::MergedChange;
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::model::RepoPath;
use crate::plan::Change;
use crate::report::{Attempts, State};

/// The changes of a merge, by what a run does with them.
#[derive(Default)]
pub struct MergeWork<'a> {
    /// What the run works on.
    pub tasks: Vec<PlannedTask<'a>>,
    /// What cannot run.
    pub blocked: ApplyReport,
    /// What the run does not work on, because no run left it, or no run tries it again.
    pub others: Vec<StackTask<'a>>,
    pub superseded: Vec<RepoPath>,
    pub exhausted: Vec<RepoPath>,
}

impl<'a> MergeWork<'a> {
    pub fn new(
        merged: &MergedChange,
        changes: impl Iterator<Item = &'a Change>,
        earlier: Option<EarlierRuns<'_>>,
        attempts: &Attempts,
    ) -> Self {
        let mut work = Self::default();
        for change in changes {
            let is_outdated = merged.is_outdated(change);
            let is_exhausted = attempts.are_exhausted(change);
            // A deletion keeps its invitation in the comment.
            let is_other = !change.is_removed()
                && earlier.is_some_and(|earlier| !earlier.waiting.contains(&change.path));
            if !is_other && is_outdated {
                work.superseded.push(change.path.clone());
            } else if !is_other && is_exhausted {
                work.exhausted.push(change.path.clone());
            }
            match Resolution::resolve(merged, change) {
                Resolution::Task(task) if is_other || is_outdated || is_exhausted => {
                    // Nothing waits for a deletion that this run does not report.
                    work.others.extend((!task.verb.deletes()).then_some(*task));
                }
                Resolution::Task(task) => {
                    let before = match attempts.have_failed(change) {
                        true => Before::Retry,
                        false => Before::Open,
                    };
                    work.tasks.push((*task, before));
                }
                Resolution::Blocked(outcome, exit) if !is_other && !is_outdated => {
                    work.blocked.add(*outcome, Some(exit));
                }
                Resolution::Blocked(..) | Resolution::NoOp => {}
            }
        }
        work.superseded.dedup();
        work
    }

    /// All that changes a stack or its folders, but no deletion.
    pub fn all(self) -> Vec<StackTask<'a>> {
        let tasks = self.tasks.into_iter().map(|(task, _)| task);
        let tasks = tasks.filter(|task| !task.verb.deletes());
        tasks.chain(self.others).collect()
    }

    /// What the run works on, and what that may have to wait for.
    pub fn planned(&mut self, known: &KnownStacks, attempts: &Attempts) -> Vec<PlannedTask<'a>> {
        let mut planned = std::mem::take(&mut self.tasks);
        let others = self.others.iter().cloned();
        planned.extend(others.map(|task| of_no_run(task, known, attempts)));
        planned
    }

    /// Adds what earlier runs left and this one does not begin. Returns the number of the others, which are as their configs say.
    pub fn report_left(&self, known: &KnownStacks, applied: &mut ApplyReport) -> usize {
        let mut done = 0;
        for task in &self.others {
            let path = &task.change.path;
            if self.superseded.contains(path) {
                continue;
            }
            let exit = match known.before(path) {
                Before::Unread(_) => Exit::Unreachable,
                Before::Failed | Before::Left | Before::Superseded { .. } => Exit::Operation,
                Before::Open | Before::Retry | Before::Done => {
                    done += 1;
                    continue;
                }
            };
            let is_exhausted = self.exhausted.contains(path);
            let why = match known.reason(path) {
                _ if is_exhausted => {
                    "three runs failed, so that only a person tries it again".to_owned()
                }
                Some(reason) => reason.plain(),
                None => "another merge changes it, or its config has errors".to_owned(),
            };
            let problem = Diagnostic::error(Code::NotStarted, path, why).with_help(format!(
                "correct it by a pull request, or {}",
                by_hand(path)
            ));
            let (outcome, record, exit) = left(task, State::NotStarted, problem, Some(exit));
            applied.records.push(record);
            applied.add(outcome, exit);
        }
        done
    }
}

/// A task that the run does not work on, with what is known of its stack and what earlier runs recorded.
pub fn of_no_run<'a>(
    task: StackTask<'a>,
    known: &KnownStacks,
    attempts: &Attempts,
) -> PlannedTask<'a> {
    let before = match known.before(&task.change.path) {
        Before::Left if attempts.have_failed(task.change) => Before::Failed,
        Before::Superseded { newer, failed } => Before::Superseded {
            failed: failed || attempts.have_failed(task.change),
            newer,
        },
        before => before,
    };
    (task, before)
}
