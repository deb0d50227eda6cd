//! When to retry a request, and after how long.
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use std::time::Duration;

use http::{HeaderMap, StatusCode};

/// A job waits no longer for a rate limit. It fails and reports the limit.
const MAX_WAIT: Duration = Duration::from_secs(120);
/// GitHub's advice for secondary limits without a `retry-after`.
const SECONDARY_WAIT: Duration = Duration::from_secs(60);

/// The result of an attempt.
#[derive(Debug)]
pub enum Attempt<'a> {
    /// Any other response.
    Response(StatusCode),
    /// A response that reports a rate limit, with the time of its arrival in seconds since 1970.
    Limited(&'a HeaderMap, u64),
    /// No complete response: the server may have executed the request.
    Broken,
}

/// How long to wait before a retry; `None` means no retry.
///
/// A rate limit rejects a request before it is executed, so every request may be repeated. After a 5xx or a broken connection, only
/// an `idempotent` request may be: the server may have executed the first one.
pub fn retry_after(answer: &Attempt<'_>, idempotent: bool, backoff: Duration) -> Option<Duration> {
    match answer {
        Attempt::Limited(headers, now) => {
            let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
            let exhausted = number("x-ratelimit-remaining") == Some(0);
            let pause = match (number("retry-after"), number("x-ratelimit-reset")) {
                (Some(seconds), _) => Duration::from_secs(seconds),
                (None, Some(reset)) if exhausted => {
                    Duration::from_secs(reset.saturating_sub(*now) + 1)
                }
                _ => SECONDARY_WAIT,
            };
            (pause <= MAX_WAIT).then_some(pause)
        }
        Attempt::Response(status) => (status.is_server_error() && idempotent).then_some(backoff),
        Attempt::Broken => idempotent.then_some(backoff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn rate_limits_are_retried_and_writes_are_not_repeated() {
        let backoff = Duration::from_millis(1);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (status, pairs, idempotent, expected) in [
            (429, vec![("retry-after", "7")], false, seconds(7)),
            (403, vec![("retry-after", "7")], false, seconds(7)),
            (
                403,
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1010"),
                ],
                false,
                seconds(11),
            ),
            (
                403,
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "9999"),
                ],
                false,
                None,
            ),
            (
                403,
                vec![("x-ratelimit-remaining", "12")],
                true,
                seconds(60),
            ),
            (429, vec![], true, seconds(60)),
            (500, vec![], true, Some(backoff)),
            (500, vec![], false, None),
            (404, vec![], true, None),
        ] {
            let headers = headers(&pairs);
            let status = StatusCode::from_u16(status).unwrap();
            let attempt = match status.as_u16() {
                403 | 429 => Attempt::Limited(&headers, 1000),
                _ => Attempt::Response(status),
            };
            assert_eq!(
                retry_after(&attempt, idempotent, backoff),
                expected,
                "{status} {pairs:?}"
            );
        }
        assert_eq!(retry_after(&Attempt::Broken, true, backoff), Some(backoff));
        assert_eq!(retry_after(&Attempt::Broken, false, backoff), None);
    }
}
