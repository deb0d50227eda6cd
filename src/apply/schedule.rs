//! Which stack of a change is next, and which have to wait for a later run.

use std::collections::{BTreeMap, BTreeSet};

use crate::lanes::{Lane, LaneAnswers, Lanes};
use crate::report::NewerMerge;

/// A stack of the schedule.
#[derive(Clone, Debug)]
pub struct StackStep {
    pub lane: Lane,
    pub environment: String,
    /// Indices of the steps that must succeed before.
    pub after: BTreeSet<usize>,
    /// Whether the other steps of its environment wait until it succeeded.
    pub first: bool,
    /// Whether it only reads: failures and what goes first do not hold it.
    pub reads: bool,
    pub before: Before,
}

/// What is known of a step before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// The run works on it.
    Open,
    /// The run works on it again: it failed in an earlier run.
    Retry,
    /// The run does not work on it: its stack is as its config says.
    Done,
    /// The run does not work on it, and it is not known to be done.
    Left,
    /// The run does not work on it: it failed.
    Failed,
    /// The run does not work on it, and its state could not be read, for this reason.
    Unread(String),
    /// The run does not work on it: a newer merge changed it again. Its stack has no template of the two.
    Superseded { newer: NewerMerge, failed: bool },
}

impl Before {
    /// Whether the run works on the step.
    pub fn is_of_run(&self) -> bool {
        matches!(self, Self::Open | Self::Retry)
    }

    fn status(&self) -> StepStatus {
        match self {
            Self::Open | Self::Retry => StepStatus::Waiting,
            Self::Done => StepStatus::Ended(Ended::Succeeded),
            Self::Left => StepStatus::Ended(Ended::Denied),
            Self::Failed => StepStatus::Ended(Ended::Failed),
            Self::Unread(_) => StepStatus::Ended(Ended::Unknown),
            Self::Superseded { failed: true, .. } => StepStatus::Ended(Ended::Failed),
            Self::Superseded { failed: false, .. } => StepStatus::Ended(Ended::Denied),
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Succeeded,
    /// Nothing was changed, and the change is not done.
    Denied,
    Failed,
    /// It is not known how.
    Unknown,
}

/// Why a step does not begin in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// Another step, which it needs, did not succeed.
    Needs(usize),
    /// A step that goes first did not succeed.
    First(usize),
    /// It is not known whether another step failed, and the policy limits failures.
    Unread(usize),
    /// So many configs of the environment failed, in this run or before: more than the policy allows.
    Failures(usize),
    /// So many configs of the environment failed or may have failed: more than the policy allows.
    PossibleFailures(usize),
    /// The failures of earlier runs are not known, and the policy limits them.
    Unrecorded,
    /// The job ends in so many minutes.
    Time(usize),
    /// The job was cancelled.
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepStatus {
    Waiting,
    Running,
    Ended(Ended),
    Held(Held),
}

/// The steps of a change.
pub struct Schedule {
    steps: Vec<StackStep>,
    status: Vec<StepStatus>,
    lanes: Lanes,
    /// By environment.
    limits: BTreeMap<String, FailureLimit>,
}

/// How many stacks of an environment may fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureLimit {
    /// More of them hold what has not begun.
    pub most: usize,
    /// So many of other merges failed in this run.
    pub failed: usize,
    /// So many others failed before, and are not applied.
    pub before: usize,
    /// Of so many others it is not known.
    pub unknown: usize,
}

impl Schedule {
    /// `limits`: by environment. Without an entry, each step is tried.
    pub fn new(
        steps: Vec<StackStep>,
        lanes: Lanes,
        limits: BTreeMap<String, FailureLimit>,
    ) -> Self {
        Self {
            status: steps.iter().map(|step| step.before.status()).collect(),
            steps,
            lanes,
            limits,
        }
    }

    /// The next step that begins now; `None` if all wait for a running step, or none is left.
    pub fn next(&mut self) -> Option<usize> {
        self.hold();
        let mut ready: Vec<usize> = self.waiting().filter(|step| self.is_ready(*step)).collect();
        let is_running = self.status.contains(&StepStatus::Running);
        if ready.is_empty() && !is_running {
            // Steps that need each other: no order is right. Those for which others wait come first all the same.
            let rank = |step: &usize| {
                let own = &self.steps[*step];
                (!own.first, own.before != Before::Retry, *step)
            };
            ready.extend(self.waiting().min_by_key(rank));
        }
        let enters = |step: &usize| self.lanes.enter(&self.steps[*step].lane);
        let next = ready.into_iter().find(enters)?;
        self.status[next] = StepStatus::Running;
        Some(next)
    }

    /// `answers`: those of AWS to the step's lane since the run began.
    pub fn finish(&mut self, step: usize, ended: Ended, answers: LaneAnswers) {
        self.status[step] = StepStatus::Ended(ended);
        self.lanes.leave(&self.steps[step].lane, answers);
    }

    /// Holds what has not begun, because the job ends.
    pub fn hold_rest(&mut self, held: Held) {
        for status in &mut self.status {
            if *status == StepStatus::Waiting {
                *status = StepStatus::Held(held);
            }
        }
    }

    /// Whether a step may begin that failures can hold.
    pub fn begins_limited(&mut self) -> bool {
        self.hold();
        self.waiting()
            .any(|step| self.limit(&self.steps[step]).is_some())
    }

    /// Holds what failures can hold: those of earlier runs are not known.
    pub fn hold_limited(&mut self) {
        let limited = |step: &usize| self.limit(&self.steps[*step]).is_some();
        let limited: Vec<usize> = self.waiting().filter(limited).collect();
        for step in limited {
            self.status[step] = StepStatus::Held(Held::Unrecorded);
        }
    }

    /// The held steps.
    pub fn held(&self) -> impl Iterator<Item = (usize, Held)> {
        let all = self.status.iter().enumerate();
        all.filter_map(|(step, status)| match status {
            StepStatus::Held(held) => Some((step, *held)),
            _ => None,
        })
    }

    fn waiting(&self) -> impl Iterator<Item = usize> {
        let all = self.status.iter().enumerate();
        all.filter(|(_, status)| **status == StepStatus::Waiting)
            .map(|(step, _)| step)
    }

    /// Whether all for which it waits succeeded.
    fn is_ready(&self, step: usize) -> bool {
        let succeeded = |needed: usize| self.status[needed] == StepStatus::Ended(Ended::Succeeded);
        let own = &self.steps[step];
        let mut needed = own.after.iter();
        needed.all(|needed| succeeded(*needed))
            && (own.reads
                || (own.first || self.firsts(&own.environment).all(succeeded))
                    && self.unread(step).is_none()
                    && self.failures(step, true).is_none())
    }

    fn firsts(&self, environment: &str) -> impl Iterator<Item = usize> {
        let all = self.steps.iter().enumerate();
        let first = all.filter(move |(_, step)| step.first && step.environment == environment);
        first.map(|(step, _)| step)
    }

    /// Whether more configs of a step's environment failed than the policy allows. A failed step may be tried again, however many failed
    /// before. `with_retries`: count those that failed before and may still succeed.
    fn failures(&self, step: usize, with_retries: bool) -> Option<Held> {
        let own = &self.steps[step];
        let is_retry = own.before == Before::Retry;
        let limit = self.limit(own)?;
        let all = self.steps.iter().zip(&self.status);
        let failed = all.filter(|(other, status)| {
            let counts = match status {
                StepStatus::Ended(Ended::Failed) => !is_retry || other.before.is_of_run(),
                StepStatus::Ended(Ended::Succeeded | Ended::Unknown) => false,
                StepStatus::Ended(Ended::Denied) | StepStatus::Held(_) => {
                    !is_retry && other.before == Before::Retry
                }
                StepStatus::Waiting | StepStatus::Running => {
                    with_retries && !is_retry && other.before == Before::Retry
                }
            };
            other.environment == own.environment && counts
        });
        let failed = limit.failed + failed.count();
        let (before, unknown) = match is_retry {
            true => (0, 0),
            false => (limit.before, limit.unknown),
        };
        let failed = failed + before;
        match failed > limit.most {
            true => Some(Held::Failures(failed)),
            false => Some(failed + unknown)
                .filter(|failed| *failed > limit.most)
                .map(Held::PossibleFailures),
        }
    }

    /// A step of a step's environment of which it is not known whether it failed, if the policy limits failures.
    fn unread(&self, step: usize) -> Option<usize> {
        let own = &self.steps[step];
        self.limit(own)?;
        let unknown = StepStatus::Ended(Ended::Unknown);
        let mut all = self.steps.iter().zip(&self.status);
        let is_unread = |(other, status): (&StackStep, &StepStatus)| {
            other.environment == own.environment && *status == unknown
        };
        all.position(is_unread)
            .filter(|_| own.before != Before::Retry)
    }

    /// `None` for a step that failures do not hold.
    fn limit(&self, step: &StackStep) -> Option<&FailureLimit> {
        self.limits.get(&step.environment).filter(|_| !step.reads)
    }

    /// Holds what cannot begin any more.
    fn hold(&mut self) {
        let failed = |status: &StepStatus| {
            matches!(
                status,
                StepStatus::Held(_)
                    | StepStatus::Ended(Ended::Denied | Ended::Failed | Ended::Unknown)
            )
        };
        // A held step holds those that need it.
        loop {
            let held = self.waiting().find_map(|step| {
                let own = &self.steps[step];
                let mut needed = own.after.iter();
                let needed = needed.find(|needed| failed(&self.status[**needed]));
                let waits = !own.first && !own.reads;
                let mut firsts = self.firsts(&own.environment).filter(|_| waits);
                let first = firsts.find(|first| failed(&self.status[*first]));
                let held = match (needed, first, self.unread(step)) {
                    (Some(needed), _, _) => Held::Needs(*needed),
                    (None, Some(first), _) => Held::First(first),
                    (None, None, Some(unread)) => Held::Unread(unread),
                    (None, None, None) => self.failures(step, false)?,
                };
                Some((step, held))
            });
            let Some((step, held)) = held else {
                return;
            };
            self.status[step] = StepStatus::Held(held);
        }
    }
}

#[cfg(test)]
mod tests;
