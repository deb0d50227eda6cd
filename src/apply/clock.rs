//! The time of decisions, for the evidence. No decision depends on it.
#![expect(
    clippy::disallowed_methods,
    reason = "evidence says when; no decision depends on a time of this machine"
)]

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The clock of one run. It never moves backwards, unlike the clock of the machine.
#[derive(Clone, Copy, Debug)]
pub struct RunClock {
    began: Timestamp,
    started: Instant,
}

impl RunClock {
    pub fn start() -> Self {
        Self {
            began: in_milliseconds(Timestamp::now()),
            started: Instant::now(),
        }
    }

    /// When the run began.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.started.elapsed());
        let now = elapsed.map(|elapsed| self.began.saturating_add(elapsed));
        // Neither happens within the life of a job.
        let now = now.ok().and_then(Result::ok).unwrap_or(self.began);
        in_milliseconds(now)
    }
}

fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
