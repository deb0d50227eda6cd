//! The answers of queued faults, as GitLab words them.

use serde_json::json;

use super::super::forge::Fault;
use super::wire::Reply;

/// The answer in place of executing the request; `None` for a fault after the request.
pub fn instead(fault: &Fault, now: i64) -> Option<Reply> {
    // Rack's limit answers plain text and headers.
    // <https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers>
    let limited = |seconds: u64| {
        let reset = now + i64::try_from(seconds).unwrap_or(60);
        Reply::text(429, "text/plain", "Retry later\n")
            .header("retry-after", seconds)
            .header("ratelimit-limit", 2000)
            .header("ratelimit-observed", 2001)
            .header("ratelimit-remaining", 0)
            .header("ratelimit-name", "throttle_authenticated_api")
            .header("ratelimit-reset", reset)
            .header(
                "ratelimit-resettime",
                super::super::forge::wire::http_date(reset),
            )
    };
    Some(match fault {
        Fault::Status(status) => {
            let text = format!("<html><body><h1>{status}</h1><p>GitLab is not responding</p></body></html>");
            Reply::text(*status, "text/html", &text)
        }
        Fault::TooManyRequests { retry_after } => limited(*retry_after),
        Fault::PrimaryLimit { reset_in } => limited(*reset_in),
        // The application's own limit of an endpoint, such as notes. <https://docs.gitlab.com/administration/settings/rate_limit_on_notes_creation/>
        Fault::SecondaryLimit { retry_after } => Reply::json(
            429,
            json!({"message": {"error": "This endpoint has been requested too many times. Try again later."}}),
        )
        .header("retry-after", retry_after),
        Fault::DropBefore => Reply::text(500, "text/plain", ""),
        Fault::Json(status, value) => Reply::json(*status, value.clone()),
        Fault::Text(status, text) => Reply::text(*status, "application/json", text),
        Fault::DropAfter | Fault::CutBody | Fault::Slow(_) | Fault::Passes(_) | Fault::TruncatedJson => {
            return None;
        },
    })
}
