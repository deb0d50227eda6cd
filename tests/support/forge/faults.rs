//! Wrong answers, queued by the test.

use std::time::Duration;

use serde_json::{Value, json};

use super::wire::{Body, Reply};

#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Not executed; answers an error page of the forge's load balancer.
    Status(u16),
    /// 429 with `retry-after`.
    TooManyRequests { retry_after: u64 },
    /// 403 with `retry-after` and the text of a secondary limit.
    SecondaryLimit { retry_after: u64 },
    /// 403 without quota until `reset_in` seconds from now.
    PrimaryLimit { reset_in: u64 },
    /// Not executed; the connection is cut.
    DropBefore,
    /// Executed, then the connection is cut: repeating a POST doubles its effect.
    DropAfter,
    /// Executed; the connection is cut in the middle of the body.
    CutBody,
    /// Executed; the answer is late.
    Slow(Duration),
    /// Executed; then so many seconds pass on the forge.
    Passes(u64),
    /// Executed; the body is complete by HTTP and has half of the JSON.
    TruncatedJson,
    /// Not executed; answers this JSON.
    Json(u16, Value),
    /// Not executed; answers this text as if it were JSON.
    Text(u16, String),
}

pub struct Queued {
    pub pattern: String,
    pub fault: Fault,
    /// `None`: without limit.
    pub left: Option<usize>,
    /// Matching requests to let through first.
    pub skip: usize,
    pub fired: usize,
}

impl Fault {
    /// Two answers at this place that say nothing about what was requested. Other ones for each index, so that a test has all of them.
    pub fn non_answers(place: &str, index: usize) -> Vec<Self> {
        let error = |status, text: &str| Self::Json(status, json!({ "message": text }));
        let mut faults = vec![
            Self::Status(500),
            Self::Status(502),
            Self::SecondaryLimit { retry_after: 900 },
            Self::TooManyRequests { retry_after: 1 },
            error(401, "Bad credentials"),
            Self::Text(200, String::new()),
        ];
        // Elsewhere, the object is known to exist.
        let documented = [
            "/collaborators/",
            "/memberships/",
            "/environments/",
            "/issues/comments/",
            "/users/",
        ];
        if !documented.iter().any(|part| place.contains(part)) {
            faults.push(error(404, "Not Found"));
        }
        let skipped = 2 * index % faults.len();
        faults.into_iter().cycle().skip(skipped).take(2).collect()
    }

    /// Whether a client repeats its request after this answer.
    pub fn is_retried(&self) -> bool {
        matches!(self, Self::Status(500 | 502) | Self::TooManyRequests { .. })
    }

    /// Changes the real answer.
    pub fn alter(&self, mut reply: Reply) -> Reply {
        if matches!(self, Fault::TruncatedJson) {
            let mut bytes = reply.body.bytes();
            bytes.truncate(bytes.len() / 2);
            reply.body = Body::Bytes(bytes, "application/json; charset=utf-8");
        }
        reply
    }
}

/// Removes the first queued fault that matches.
pub fn take(queue: &mut [Queued], method: &str, path: &str, query: &str) -> Option<Fault> {
    for queued in queue.iter_mut().filter(|q| q.left != Some(0)) {
        if !matches(&queued.pattern, method, path, query) {
            continue;
        }
        if queued.skip > 0 {
            queued.skip -= 1;
            continue;
        }
        if let Some(left) = &mut queued.left {
            *left -= 1;
        }
        queued.fired += 1;
        return Some(queued.fault.clone());
    }
    None
}

/// `METHOD /path`, where `*` stands for anything within a segment and `**` for anything at all. The query
/// takes part only if the pattern has a `?`.
pub fn matches(pattern: &str, method: &str, path: &str, query: &str) -> bool {
    let text = match pattern.contains('?') {
        true => format!("{method} {path}?{query}"),
        false => format!("{method} {path}"),
    };
    glob(pattern.as_bytes(), text.as_bytes())
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        [b'*', rest @ ..] => {
            let segment = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
            (0..=segment).any(|at| glob(rest, &text[at..]))
        }
        [first, rest @ ..] => text.first() == Some(first) && glob(rest, &text[1..]),
    }
}
