//! Tests of the schedule.

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
        reads: false,
        before: Before::Open,
    }
}

fn known(before: Before, first: bool) -> StackStep {
    StackStep {
        before,
        ..step("1", &[], first)
    }
}

fn most(failures: usize) -> BTreeMap<String, FailureLimit> {
    let limit = FailureLimit {
        most: failures,
        ..FailureLimit::default()
    };
    [("prod".to_owned(), limit)].into()
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
    schedule.finish(1, Ended::Succeeded, LaneAnswers::default());
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
    schedule.finish(0, Ended::Denied, LaneAnswers::default());
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
    schedule.finish(2, Ended::Succeeded, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [0; 0]);
    schedule.finish(1, Ended::Succeeded, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [0]);
    let mut schedule = unlimited(steps);
    all_next(&mut schedule);
    schedule.finish(2, Ended::Failed, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [0; 0]);
    assert_eq!(held(&schedule), [(0, Held::First(2))]);
}

#[test]
fn nothing_begins_after_too_many_failures() {
    let steps = vec![step("1", &[], false); 5];
    let mut schedule = Schedule::new(steps, Lanes::new(2), most(1));
    assert_eq!(all_next(&mut schedule), [0, 1]);
    schedule.finish(0, Ended::Failed, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [2]);
    schedule.finish(1, Ended::Denied, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [3]);
    schedule.finish(2, Ended::Failed, LaneAnswers::default());
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
    schedule.finish(1, Ended::Succeeded, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [0; 0]);
    schedule.finish(2, Ended::Succeeded, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [0]);
    let mut schedule = Schedule::new(steps, Lanes::new(1), most(0));
    assert_eq!(all_next(&mut schedule), [1]);
    schedule.finish(1, Ended::Failed, LaneAnswers::default());
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
    schedule.finish(0, Ended::Succeeded, LaneAnswers::default());
    assert_eq!(all_next(&mut schedule), [1]);
}

/// The failures of other merges of the run count too, also against a step that is tried again.
#[test]
fn attack_one_change_in_two_merges_fails_twice() {
    for before in [Before::Open, Before::Retry] {
        let limit = FailureLimit {
            failed: 1,
            ..FailureLimit::default()
        };
        let limits = [("prod".to_owned(), limit)].into();
        let mut schedule = Schedule::new(vec![known(before, false)], Lanes::new(8), limits);
        assert_eq!(all_next(&mut schedule), [0; 0]);
        assert_eq!(held(&schedule), [(0, Held::Failures(1))]);
    }
}

/// What failed or may have failed before in other merges holds all but what failed itself.
#[test]
fn attack_failures_of_other_merges_before_the_run_are_forgotten() {
    let steps = vec![known(Before::Open, false), known(Before::Retry, false)];
    for (before, unknown, why) in [
        (2, 0, Held::Failures(2)),
        (1, 1, Held::PossibleFailures(2)),
        (0, 2, Held::PossibleFailures(2)),
    ] {
        for most in 0..3 {
            let limit = FailureLimit {
                most,
                before,
                unknown,
                ..FailureLimit::default()
            };
            let limits = [("prod".to_owned(), limit)].into();
            let mut schedule = Schedule::new(steps.clone(), Lanes::new(8), limits);
            assert_eq!(all_next(&mut schedule), [1]);
            schedule.finish(1, Ended::Succeeded, LaneAnswers::default());
            let begun: &[usize] = if most < 2 { &[] } else { &[0] };
            assert_eq!(all_next(&mut schedule), begun);
            if most == 1 {
                assert_eq!(held(&schedule), [(0, why)]);
            }
        }
    }
}

#[test]
fn attack_a_stack_that_could_not_be_read_counts_as_none_that_failed() {
    let unread = Before::Unread("throttled".to_owned());
    let steps = vec![known(Before::Open, false), known(unread.clone(), false)];
    let mut schedule = Schedule::new(steps.clone(), Lanes::new(8), most(0));
    assert_eq!(all_next(&mut schedule), [0; 0]);
    assert_eq!(held(&schedule), [(0, Held::Unread(1))]);
    // Without a limit nothing depends on it.
    assert_eq!(all_next(&mut unlimited(steps)), [0]);
    let steps = vec![known(Before::Open, false), known(unread, true)];
    let mut schedule = unlimited(steps);
    assert_eq!(all_next(&mut schedule), [0; 0]);
    assert_eq!(held(&schedule), [(0, Held::First(1))]);
}

#[test]
fn what_only_reads_waits_for_no_failure() {
    let preview = StackStep {
        reads: true,
        ..known(Before::Open, false)
    };
    let steps = vec![preview, known(Before::Failed, true)];
    let mut schedule = Schedule::new(steps, Lanes::new(8), most(0));
    assert_eq!(all_next(&mut schedule), [0]);
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
                    Ended::Denied | Ended::Unknown => {}
                }
                let answers = LaneAnswers { all: 2, throttled: *throttled };
                schedule.finish(step, ended, answers);
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
