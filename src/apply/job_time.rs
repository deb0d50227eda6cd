//! Whether the time of a job suffices for another stack.

use std::time::Duration;

/// What a stack may take at least, and the report after it.
const LEAST: Duration = Duration::from_secs(5 * 60);

/// The time of a job.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobTime {
    /// After which the forge ends the job; `None` if it is not known.
    pub limit: Option<Duration>,
    /// The longest stack of the run so far.
    pub longest: Duration,
    /// How long CloudFormation watches alarms after an operation, at most.
    pub monitoring: Duration,
}

impl JobTime {
    /// Whole minutes that are left, if they do not suffice for another stack. `elapsed`: since the job began.
    pub fn too_little(&self, elapsed: Duration) -> Option<usize> {
        let left = self.limit?.saturating_sub(elapsed);
        let minutes = usize::try_from(left.as_secs() / 60).unwrap_or(usize::MAX);
        (left < self.longest.max(LEAST + self.monitoring)).then_some(minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[test]
    fn a_stack_begins_if_the_longest_one_would_still_end() {
        let time = |longest| JobTime {
            limit: Some(minutes(60)),
            longest: minutes(longest),
            monitoring: Duration::ZERO,
        };
        assert_eq!(time(0).too_little(minutes(55)), None);
        assert_eq!(time(0).too_little(minutes(56)), Some(4));
        assert_eq!(time(20).too_little(minutes(40)), None);
        assert_eq!(time(20).too_little(minutes(41)), Some(19));
        assert_eq!(time(20).too_little(minutes(90)), Some(0));
        let monitored = JobTime {
            monitoring: minutes(30),
            ..time(0)
        };
        assert_eq!(monitored.too_little(minutes(25)), None);
        assert_eq!(monitored.too_little(minutes(26)), Some(34));
        assert_eq!(JobTime::default().too_little(minutes(900)), None);
    }
}
