//! The time of this machine, in seconds since 1970. It decides about pauses and about an expired token, never about facts.

use std::time::{SystemTime, UNIX_EPOCH};

#[expect(
    clippy::disallowed_methods,
    reason = "GitLab gives the end of a rate limit as a time of day"
)]
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
