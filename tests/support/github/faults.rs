//! The answers of queued faults, as GitHub words them.

use serde_json::json;

use super::super::forge::Fault;
use super::wire::{Reply, epoch};

/// The answer in place of executing the request; `None` for a fault after the request.
pub fn instead(fault: &Fault) -> Option<Reply> {
    let limited = |status, message: &str| {
        let docs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api";
        Reply::json(
            status,
            json!({"message": message, "documentation_url": docs}),
        )
    };
    Some(match fault {
        Fault::Status(status) => Reply::text(*status, "text/html", "<html>Unicorn!</html>"),
        Fault::TooManyRequests { retry_after } => {
            limited(429, "Too many requests").header("retry-after", retry_after)
        }
        Fault::SecondaryLimit { retry_after } => limited(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        )
        .header("retry-after", retry_after),
        Fault::PrimaryLimit { reset_in } => {
            limited(403, "API rate limit exceeded for installation.")
                .header("x-ratelimit-remaining", 0)
                .header("x-ratelimit-reset", epoch() + reset_in)
        }
        Fault::DropBefore => Reply::text(500, "text/plain", ""),
        Fault::Json(status, value) => Reply::json(*status, value.clone()),
        Fault::Text(status, text) => Reply::text(*status, "application/json", text),
        Fault::DropAfter | Fault::CutBody | Fault::Slow(_) | Fault::Passes(_) | Fault::TruncatedJson => {
            return None;
        },
    })
}
