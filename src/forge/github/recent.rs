//! What GitHub may not know yet: for some seconds after a push or a merge, its answers can be those from before.

use std::slice;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};
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
    /// By GitHub's clock.
    pub at: Timestamp,
    /// The commit that a push replaced.
    pub replaced: Option<CommitSha>,
}

#[derive(Debug)]
pub struct Recent {
    /// `None` if the job's event has no time.
    change: Option<RecentChange>,
    /// GitHub's time in its last answer.
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

    /// Whether the change is new, by GitHub's clock. No commit's date decides it.
    fn is_new(&self) -> bool {
        let now = self
            .server_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let change = self.change.as_ref();
        let both = change.zip(now.as_ref());
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
            "{what}: GitHub may not know the newest change yet; asking again in {seconds} seconds"
        );
        tokio::time::sleep(pacing::pause(Duration::from_secs(*seconds))).await;
        true
    }
}

/// Whether a response says that a commit, a git object or a pull request does not exist. `route` is below the repository.
pub fn lacks_object(method: &Method, route: &str, status: StatusCode) -> bool {
    let path = route.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let is_not_found = status == StatusCode::NOT_FOUND;
    method == Method::GET
        && match parts.as_slice() {
            ["git" | "compare", ..] | ["pulls", _] => is_not_found,
            ["commits", ..] => is_not_found || status == StatusCode::UNPROCESSABLE_ENTITY,
            _ => false,
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

    #[test]
    fn only_objects_that_an_event_can_name_are_waited_for() {
        for (route, status, expected) in [
            ("/git/trees/abc", 404, true),
            ("/compare/a...b?per_page=1", 404, true),
            ("/commits/abc/pulls?per_page=100&page=1", 422, true),
            ("/commits/abc/statuses", 404, true),
            ("/pulls/7", 404, true),
            ("/pulls/7/files", 404, false),
            ("/collaborators/bob/permission", 404, false),
            ("/git/trees/abc", 500, false),
            ("", 404, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let found = lacks_object(&Method::GET, route, status);
            assert_eq!(found, expected, "{route} {status}");
            assert!(!lacks_object(&Method::POST, route, status), "{route}");
        }
    }
}
