//! How much is worked on at once: bounded for each account and region, because CloudFormation throttles for each of them.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::product::Target;

/// Stacks of all accounts and regions that are worked on at once. Each holds memory and connections.
const MAX_IN_ALL: usize = 64;

/// The stacks of an account and a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane {
    pub account: String,
    pub region: String,
}

impl From<&Target> for Lane {
    fn from(target: &Target) -> Self {
        Self {
            account: target.account.clone(),
            region: target.region.clone(),
        }
    }
}

/// AWS's answers to the requests of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneAnswers {
    pub all: u64,
    /// Those that throttled the request.
    pub throttled: u64,
}

/// Counts the answers of AWS.
pub trait Throttled {
    /// Since the run began.
    fn answers(&self, lane: &Lane) -> LaneAnswers;
}

/// Nothing is throttled, or nothing counts it.
impl Throttled for () {
    fn answers(&self, _: &Lane) -> LaneAnswers {
        LaneAnswers::default()
    }
}

impl<T: Throttled> Throttled for Option<&T> {
    fn answers(&self, lane: &Lane) -> LaneAnswers {
        self.map_or(LaneAnswers::default(), |counts| counts.answers(lane))
    }
}

/// The work that runs in each lane. A lane halves its bound if AWS throttled more than half of its requests since the last change, and
/// widens it by one if it throttled less than a tenth. A repetition costs less than a stack that waits.
#[derive(Debug)]
pub struct Lanes {
    most: usize,
    most_in_all: usize,
    running: usize,
    lanes: BTreeMap<Lane, Bound>,
}

#[derive(Debug)]
struct Bound {
    bound: usize,
    running: usize,
    /// The answers when the bound was reconsidered last.
    answers: LaneAnswers,
}

impl Lanes {
    /// `most`: in each lane.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            most_in_all: MAX_IN_ALL,
            running: 0,
            lanes: BTreeMap::new(),
        }
    }

    /// One after the other, whatever the lane.
    pub fn serial() -> Self {
        Self {
            most_in_all: 1,
            ..Self::new(1)
        }
    }

    /// Counts one more in a lane, unless it is full.
    pub fn enter(&mut self, lane: &Lane) -> bool {
        let most = self.most;
        let own = self.lanes.entry(lane.clone()).or_insert(Bound {
            bound: most,
            running: 0,
            answers: LaneAnswers::default(),
        });
        let enters = own.running < own.bound && self.running < self.most_in_all;
        if enters {
            own.running += 1;
            self.running += 1;
        }
        enters
    }

    /// Counts one less. `answers`: those of the lane since the run began.
    pub fn leave(&mut self, lane: &Lane, answers: LaneAnswers) {
        let Some(own) = self.lanes.get_mut(lane) else {
            return;
        };
        own.running = own.running.saturating_sub(1);
        self.running = self.running.saturating_sub(1);
        let all = answers.all.saturating_sub(own.answers.all);
        let throttled = answers.throttled.saturating_sub(own.answers.throttled);
        if 2 * throttled > all {
            own.bound = (own.bound / 2).max(1);
        } else if 10 * throttled <= all {
            own.bound = (own.bound + 1).min(self.most);
        }
        own.answers = answers;
    }
}

/// Works on all items. Returns the results in the order in which they were ready.
pub async fn work_in_lanes<T, R>(
    mut lanes: Lanes,
    throttled: &(impl Throttled + ?Sized),
    items: impl IntoIterator<Item = (Lane, T)>,
    work: impl AsyncFn(T) -> R,
) -> Vec<R> {
    let work = &work;
    let mut waiting: Vec<Option<(Lane, T)>> = items.into_iter().map(Some).collect();
    let mut running = FuturesUnordered::new();
    let mut results = Vec::with_capacity(waiting.len());
    loop {
        for slot in &mut waiting {
            let next = slot.take_if(|(lane, _)| lanes.enter(lane));
            if let Some((lane, item)) = next {
                running.push(async move { (lane, work(item).await) });
            }
        }
        waiting.retain(Option::is_some);
        let Some((lane, result)) = running.next().await else {
            return results;
        };
        lanes.leave(&lane, throttled.answers(&lane));
        results.push(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(account: &str) -> Lane {
        Lane {
            account: account.to_owned(),
            region: "us-west-2".to_owned(),
        }
    }

    /// How many more enter.
    fn free(lanes: &mut Lanes, lane: &Lane) -> usize {
        std::iter::repeat_with(|| lanes.enter(lane))
            .take_while(|enters| *enters)
            .count()
    }

    #[test]
    fn each_lane_has_its_own_bound() {
        let mut lanes = Lanes::new(3);
        assert_eq!(free(&mut lanes, &lane("1")), 3);
        assert_eq!(free(&mut lanes, &lane("2")), 3);
        lanes.leave(&lane("1"), LaneAnswers::default());
        assert_eq!(free(&mut lanes, &lane("2")), 0);
        assert_eq!(free(&mut lanes, &lane("1")), 1);
    }

    #[test]
    fn a_throttled_lane_narrows_and_widens() {
        let mut lanes = Lanes::new(8);
        let (slow, fast) = (lane("1"), lane("2"));
        let mut bounds = Vec::new();
        let mut answers = LaneAnswers::default();
        for (all, throttled) in [
            (10, 3),
            (10, 6),
            (20, 15),
            (10, 9),
            (10, 9),
            (10, 1),
            (0, 0),
            (10, 5),
        ] {
            free(&mut lanes, &slow);
            answers.all += all;
            answers.throttled += throttled;
            lanes.leave(&slow, answers);
            bounds.push(lanes.lanes[&slow].bound);
        }
        assert_eq!(bounds, [8, 4, 2, 1, 1, 2, 3, 3]);
        assert_eq!(free(&mut lanes, &fast), 8);
    }

    #[test]
    fn all_lanes_have_a_bound_together() {
        let mut lanes = Lanes::new(40);
        let all: usize = ["1", "2", "3"]
            .iter()
            .map(|account| free(&mut lanes, &lane(account)))
            .sum();
        assert_eq!(all, MAX_IN_ALL);
        assert_eq!(free(&mut Lanes::serial(), &lane("1")), 1);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_full_lane_does_not_stop_another() {
        let running = std::cell::Cell::new(0);
        let most = std::cell::Cell::new(0);
        let items = ["1", "1", "1", "1", "2"].map(|account| (lane(account), account));
        let order = work_in_lanes(Lanes::new(2), &(), items, async |account| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            tokio::task::yield_now().await;
            running.set(running.get() - 1);
            account
        })
        .await;
        let other = order.iter().position(|account| *account == "2");
        assert!(other < Some(3), "{order:?}");
        assert_eq!(most.get(), 3);
    }
}
