//! Which stack of a change is next, and which have to wait for a later run.

use std::collections::{BTreeMap, BTreeSet};

use crate::lanes::{Lane, Lanes};

/// A stack of the schedule.
#[derive(Clone, Debug)]
pub struct StackStep {
    pub lane: Lane,
    pub environment: String,
    /// Indices of the steps that must succeed before.
    pub after: BTreeSet<usize>,
    /// Whether the other steps of its environment wait until it succeeded.
    pub first: bool,
    pub before: Before,
}

/// What is known of a step before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Before {
    /// Whether the run works on the step.
    pub fn is_of_run(self) -> bool {
        matches!(self, Self::Open | Self::Retry)
    }

    fn status(self) -> StepStatus {
        match self {
            Self::Open | Self::Retry => StepStatus::Waiting,
            Self::Done => StepStatus::Ended(Ended::Succeeded),
            Self::Left => StepStatus::Ended(Ended::Denied),
            Self::Failed => StepStatus::Ended(Ended::Failed),
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
}

/// Why a step does not begin in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// Another step, which it needs, did not succeed.
    Needs(usize),
    /// A step that goes first did not succeed.
    First(usize),
    /// So many steps of the environment failed, in this run or before: more than the policy allows.
    Failures(usize),
    /// The job ends in so many minutes.
    Time(usize),
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
    max_failures: BTreeMap<String, usize>,
}

impl Schedule {
    /// `max_failures`: by environment. More of them hold what has not begun there; without an entry, each step is tried.
    pub fn new(steps: Vec<StackStep>, lanes: Lanes, max_failures: BTreeMap<String, usize>) -> Self {
        Self {
            status: steps.iter().map(|step| step.before.status()).collect(),
            steps,
            lanes,
            max_failures,
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

    /// `throttled`: requests of the step's lane that AWS throttled since the run began.
    pub fn finish(&mut self, step: usize, ended: Ended, throttled: u64) {
        self.status[step] = StepStatus::Ended(ended);
        self.lanes.leave(&self.steps[step].lane, throttled);
    }

    /// Holds what has not begun, because the job ends in so many minutes.
    pub fn hold_rest(&mut self, minutes: usize) {
        for status in &mut self.status {
            if *status == StepStatus::Waiting {
                *status = StepStatus::Held(Held::Time(minutes));
            }
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
            && (own.first || self.firsts(&own.environment).all(succeeded))
            && self.failures(step, true).is_none()
    }

    fn firsts(&self, environment: &str) -> impl Iterator<Item = usize> {
        let all = self.steps.iter().enumerate();
        let first = all.filter(move |(_, step)| step.first && step.environment == environment);
        first.map(|(step, _)| step)
    }

    /// How many steps of a step's environment failed, if the policy allows fewer. A failed step may be tried again, however many failed
    /// before. `with_retries`: count those that failed before and may still succeed.
    fn failures(&self, step: usize, with_retries: bool) -> Option<usize> {
        let own = &self.steps[step];
        let is_retry = own.before == Before::Retry;
        let most = *self.max_failures.get(&own.environment)?;
        let all = self.steps.iter().zip(&self.status);
        let failed = all.filter(|(other, status)| {
            let counts = match status {
                StepStatus::Ended(Ended::Failed) => !is_retry || other.before.is_of_run(),
                StepStatus::Ended(Ended::Succeeded) => false,
                StepStatus::Ended(Ended::Denied) | StepStatus::Held(_) => {
                    !is_retry && other.before == Before::Retry
                }
                StepStatus::Waiting | StepStatus::Running => {
                    with_retries && !is_retry && other.before == Before::Retry
                }
            };
            other.environment == own.environment && counts
        });
        Some(failed.count()).filter(|failed| *failed > most)
    }

    /// Holds what cannot begin any more.
    fn hold(&mut self) {
        let failed = |status: &StepStatus| {
            matches!(
                status,
                StepStatus::Held(_) | StepStatus::Ended(Ended::Denied | Ended::Failed)
            )
        };
        // A held step holds those that need it.
        loop {
            let held = self.waiting().find_map(|step| {
                let own = &self.steps[step];
                let mut needed = own.after.iter();
                let needed = needed.find(|needed| failed(&self.status[**needed]));
                let mut firsts = self.firsts(&own.environment).filter(|_| !own.first);
                let first = firsts.find(|first| failed(&self.status[*first]));
                let held = match (needed, first) {
                    (Some(needed), _) => Held::Needs(*needed),
                    (None, Some(first)) => Held::First(first),
                    (None, None) => Held::Failures(self.failures(step, false)?),
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(account: &str, after: &[usize], first: bool) -> StackStep {
        StackStep {
            lane: Lane {
                account: account.to_owned(),
                region: "us-west-2".to_owned(),
            },
            environment: "prod".to_owned(),
            after: after.iter().copied().collect(),
            first,
            before: Before::Open,
        }
    }

    fn known(before: Before, first: bool) -> StackStep {
        StackStep {
            before,
            ..step("1", &[], first)
        }
    }

    fn most(failures: usize) -> BTreeMap<String, usize> {
        [("prod".to_owned(), failures)].into()
    }

    fn unlimited(steps: Vec<StackStep>) -> Schedule {
        Schedule::new(steps, Lanes::new(8), BTreeMap::new())
    }

    fn all_next(schedule: &mut Schedule) -> Vec<usize> {
        std::iter::from_fn(|| schedule.next()).collect()
    }

    fn held(schedule: &Schedule) -> Vec<(usize, Held)> {
        schedule.held().collect()
    }

    #[test]
    fn a_consumer_follows_its_provider_across_accounts() {
        let steps = vec![step("1", &[1], false), step("2", &[], false)];
        let mut schedule = unlimited(steps);
        assert_eq!(all_next(&mut schedule), [1]);
        schedule.finish(1, Ended::Succeeded, 0);
        assert_eq!(all_next(&mut schedule), [0]);
    }

    #[test]
    fn what_a_failed_provider_would_provide_is_not_used() {
        let steps = vec![
            step("1", &[], false),
            step("1", &[0], false),
            step("1", &[1], false),
            step("1", &[], false),
        ];
        let mut schedule = Schedule::new(steps, Lanes::new(1), BTreeMap::new());
        assert_eq!(all_next(&mut schedule), [0]);
        schedule.finish(0, Ended::Denied, 0);
        assert_eq!(all_next(&mut schedule), [3]);
        assert_eq!(held(&schedule), [(1, Held::Needs(0)), (2, Held::Needs(1))]);
    }

    #[test]
    fn the_others_wait_for_those_that_go_first() {
        let steps = vec![
            step("1", &[], false),
            step("1", &[], true),
            step("2", &[], true),
        ];
        let mut schedule = unlimited(steps.clone());
        assert_eq!(all_next(&mut schedule), [1, 2]);
        schedule.finish(2, Ended::Succeeded, 0);
        assert_eq!(all_next(&mut schedule), [0; 0]);
        schedule.finish(1, Ended::Succeeded, 0);
        assert_eq!(all_next(&mut schedule), [0]);
        let mut schedule = unlimited(steps);
        all_next(&mut schedule);
        schedule.finish(2, Ended::Failed, 0);
        assert_eq!(all_next(&mut schedule), [0; 0]);
        assert_eq!(held(&schedule), [(0, Held::First(2))]);
    }

    #[test]
    fn nothing_begins_after_too_many_failures() {
        let steps = vec![step("1", &[], false); 5];
        let mut schedule = Schedule::new(steps, Lanes::new(2), most(1));
        assert_eq!(all_next(&mut schedule), [0, 1]);
        schedule.finish(0, Ended::Failed, 0);
        assert_eq!(all_next(&mut schedule), [2]);
        schedule.finish(1, Ended::Denied, 0);
        assert_eq!(all_next(&mut schedule), [3]);
        schedule.finish(2, Ended::Failed, 0);
        assert_eq!(all_next(&mut schedule), [0; 0]);
        assert_eq!(held(&schedule), [(4, Held::Failures(2))]);
    }

    #[test]
    fn attack_the_others_begin_although_an_earlier_run_left_the_first() {
        for before in [Before::Left, Before::Failed] {
            let steps = vec![known(Before::Open, false), known(before, true)];
            let mut schedule = unlimited(steps);
            assert_eq!(all_next(&mut schedule), [0; 0]);
            assert_eq!(held(&schedule), [(0, Held::First(1))]);
        }
        let steps = vec![known(Before::Open, false), known(Before::Done, true)];
        assert_eq!(all_next(&mut unlimited(steps)), [0]);
    }

    #[test]
    fn what_failed_before_is_tried_again_before_the_others() {
        let retries = [Before::Open, Before::Retry, Before::Retry];
        let steps: Vec<StackStep> = retries.map(|before| known(before, false)).into();
        let mut schedule = Schedule::new(steps.clone(), Lanes::new(8), most(0));
        assert_eq!(all_next(&mut schedule), [1, 2]);
        schedule.finish(1, Ended::Succeeded, 0);
        assert_eq!(all_next(&mut schedule), [0; 0]);
        schedule.finish(2, Ended::Succeeded, 0);
        assert_eq!(all_next(&mut schedule), [0]);
        let mut schedule = Schedule::new(steps, Lanes::new(1), most(0));
        assert_eq!(all_next(&mut schedule), [1]);
        schedule.finish(1, Ended::Failed, 0);
        assert_eq!(all_next(&mut schedule), [0; 0]);
        let expected = [(0, Held::Failures(1)), (2, Held::Failures(1))];
        assert_eq!(held(&schedule), expected);
    }

    #[test]
    fn attack_firsts_that_need_each_other_let_another_step_begin() {
        let firsts = [step("1", &[2], true), step("1", &[1], true)];
        let steps = [vec![step("1", &[], false)], firsts.into()].concat();
        assert_eq!(all_next(&mut unlimited(steps)), [1]);
    }

    #[test]
    fn steps_that_need_each_other_begin_all_the_same() {
        let steps = vec![step("1", &[1], false), step("1", &[0], false)];
        let mut schedule = unlimited(steps);
        assert_eq!(all_next(&mut schedule), [0]);
        schedule.finish(0, Ended::Succeeded, 0);
        assert_eq!(all_next(&mut schedule), [1]);
    }

    fn any_steps() -> impl Strategy<Value = Vec<(u8, Vec<usize>, bool)>> {
        let step = (
            0_u8..3,
            prop::collection::vec(0_usize..12, 0..3),
            prop::bool::weighted(0.2),
        );
        prop::collection::vec(step, 1..12)
    }

    proptest! {
        /// Over the runs of a merge, each step begins once in a run or is held, whatever ends how; none begins before what it needs, before
        /// all that go first, or after more failures than the policy allows.
        #[test]
        fn the_runs_of_a_merge_keep_the_rules(
            steps in any_steps(),
            ends in prop::collection::vec((0_usize..3, 0_u64..3), 12),
            left in prop::collection::vec(0_usize..4, 12),
            width in 1_usize..4,
            max_failures in prop::option::of(0_usize..3),
        ) {
            let count = steps.len();
            let mut steps: Vec<StackStep> = steps
                .into_iter()
                .enumerate()
                .map(|(at, (account, after, first))| {
                    // Only earlier steps, so that no two need each other.
                    let after: Vec<usize> = after.into_iter().filter(|it| *it < at && !first).collect();
                    step(&account.to_string(), &after, first)
                })
                .collect();
            let mut succeeded = BTreeSet::new();
            let mut failed = BTreeSet::new();
            for run in 0..3 {
                let limits = max_failures.map(most).unwrap_or_default();
                let mut schedule = Schedule::new(steps.clone(), Lanes::new(width), limits);
                let mut running: Vec<usize> = Vec::new();
                let mut begun = BTreeSet::new();
                for (turn, throttled) in ends.iter().cycle().skip(run).take(100) {
                    while let Some(next) = schedule.next() {
                        prop_assert!(steps[next].before.is_of_run());
                        prop_assert!(begun.insert(next));
                        prop_assert!(steps[next].after.is_subset(&succeeded));
                        let mut firsts = (0..count).filter(|it| steps[*it].first);
                        prop_assert!(steps[next].first || firsts.all(|it| succeeded.contains(&it)));
                        if let Some(most) = max_failures && steps[next].before == Before::Open {
                            prop_assert!(failed.len() <= most);
                        }
                        running.push(next);
                    }
                    if running.is_empty() {
                        break;
                    }
                    let ended = [Ended::Succeeded, Ended::Denied, Ended::Failed][*turn];
                    let step = running.remove(turn % running.len());
                    match ended {
                        Ended::Succeeded => {
                            succeeded.insert(step);
                            failed.remove(&step);
                        }
                        Ended::Failed => drop(failed.insert(step)),
                        Ended::Denied => {}
                    }
                    schedule.finish(step, ended, *throttled);
                }
                let held: BTreeSet<usize> = schedule.held().map(|(step, _)| step).collect();
                let of_run = steps.iter().filter(|step| step.before.is_of_run());
                prop_assert!(held.is_disjoint(&begun));
                prop_assert_eq!(held.len() + begun.len(), of_run.count());
                // The next run works on some of what is not done.
                for (at, step) in steps.iter_mut().enumerate() {
                    step.before = match (succeeded.contains(&at), failed.contains(&at), left[at]) {
                        (true, _, _) => Before::Done,
                        (_, true, 0) => Before::Failed,
                        (_, true, _) => Before::Retry,
                        (_, _, 0) => Before::Left,
                        _ => Before::Open,
                    };
                }
            }
        }
    }
}
