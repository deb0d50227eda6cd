//! The length of pauses between two attempts at a request, or between two queries of a state.

use std::sync::OnceLock;
use std::time::Duration;

static PERCENT: OnceLock<u32> = OnceLock::new();

/// Shortens every pause of this process to this percentage, for tests. Only the first call has an effect.
pub fn shorten_to(percent: u32) {
    PERCENT.get_or_init(|| percent.min(100));
}

/// The length of a pause that takes `full` outside of tests.
pub(crate) fn pause(full: Duration) -> Duration {
    full * *PERCENT.get().unwrap_or(&100) / 100
}
