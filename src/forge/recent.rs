//! What a forge may not know yet: for some seconds after a push or a merge, its answers can be those from before.

use std::slice;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, header};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use crate::model::CommitSha;
use crate::pacing;

/// Answers of later times after a change are facts.
const DELAY: SignedDuration = SignedDuration::from_secs(60);
/// Pauses between questions, in seconds: a minute in all.
const PAUSES: [u64; 5] = [2, 4, 8, 16, 30];

/// The change that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentChange {
    /// By the forge's clock.
    pub at: Timestamp,
    /// The commit that a push replaced.
    pub replaced: Option<CommitSha>,
}

#[derive(Debug)]
pub struct Recent {
    /// `None` if the job's event has no time.
    change: Option<RecentChange>,
    /// The forge's time in its last answer.
    server_time: Mutex<Option<Timestamp>>,
}

impl Recent {
    pub fn new(change: Option<RecentChange>) -> Self {
        Self {
            change,
            server_time: Mutex::default(),
        }
    }

    /// Keeps the time of an answer.
    pub fn read_time(&self, headers: &HeaderMap) {
        let date = headers
            .get(header::DATE)
            .and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| rfc2822::parse(date).ok());
        if let Some(date) = date {
            let mut time = self
                .server_time
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *time = Some(date.timestamp());
        }
    }

    /// The forge's time in its last answer.
    pub fn server_time(&self) -> Option<Timestamp> {
        *self
            .server_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `commit` was replaced by the event's push.
    pub fn is_replaced(&self, commit: &CommitSha) -> bool {
        let change = self.change.as_ref();
        change.is_some_and(|change| change.replaced.as_ref() == Some(commit))
    }

    /// Pauses before repetitions of a question.
    pub fn pauses<'a>(&'a self, what: &'a str) -> RecentPauses<'a> {
        RecentPauses {
            recent: self,
            what,
            left: PAUSES.iter(),
        }
    }

    /// Whether the change is new, by the forge's clock. No commit's date decides it.
    fn is_new(&self) -> bool {
        let now = self.server_time();
        let change = self.change.as_ref();
        let both = change.zip(now);
        both.is_some_and(|(change, now)| now.duration_since(change.at) < DELAY)
    }
}

/// The pauses of one question.
pub struct RecentPauses<'a> {
    recent: &'a Recent,
    what: &'a str,
    left: slice::Iter<'a, u64>,
}

impl RecentPauses<'_> {
    /// Waits before the question is repeated. Returns false if the last answer is a fact.
    pub async fn wait(&mut self) -> bool {
        if !self.recent.is_new() {
            return false;
        }
        let Some(seconds) = self.left.next() else {
            return false;
        };
        let what = self.what;
        log::info!(
            "{what}: the forge may not know the newest change yet; asking again in {seconds} seconds"
        );
        tokio::time::sleep(pacing::pause(Duration::from_secs(*seconds))).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(change: &str, date: Option<&'static str>) -> Recent {
        let recent = Recent::new(Some(RecentChange {
            at: change.parse().unwrap(),
            replaced: None,
        }));
        if let Some(date) = date {
            let mut headers = HeaderMap::new();
            headers.insert(header::DATE, http::HeaderValue::from_static(date));
            recent.read_time(&headers);
        }
        recent
    }

    #[test]
    fn a_change_is_new_for_a_minute_by_the_servers_clock() {
        let date = Some("Sat, 28 Nov 2026 08:10:00 GMT");
        for (change, date, expected) in [
            ("2026-11-28T08:09:58Z", date, true),
            ("2026-11-28T08:09:01Z", date, true),
            ("2026-11-28T08:09:00Z", date, false),
            ("2026-11-28T08:10:03Z", date, true),
            ("2026-11-28T08:09:58Z", None, false),
            ("2026-11-28T08:09:58Z", Some("soon"), false),
        ] {
            assert_eq!(recent(change, date).is_new(), expected, "{change} {date:?}");
        }
        assert!(!Recent::new(None).is_new());
    }
}
