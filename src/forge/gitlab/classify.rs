//! What GitLab's error responses mean.
//! <https://docs.gitlab.com/api/rest/troubleshooting/>

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use crate::forge::ForgeErrorKind;

/// A job waits no longer for a rate limit. It fails and reports the limit.
const MAX_WAIT: Duration = Duration::from_secs(120);
/// The pause after a limit without a header.
const LIMIT_WAIT: Duration = Duration::from_secs(60);
/// Errors about the token itself, of OAuth's form: `{"error": …, "error_description": …}`.
const SCOPE_ERROR: &str = "insufficient_scope";
/// Texts of errors about the object's state, which no permission changes.
const STATE_TEXTS: &[&str] = &["locked", "archived", "read-only", "maintenance"];

/// The kind and the message of an error response. `now`: when it arrived, in seconds since 1970.
pub fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: u64,
) -> (ForgeErrorKind, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = text(&body);
    let number = status.as_u16();
    let message = match text.is_empty() {
        true => format!("HTTP {number}"),
        false => format!("{text} (HTTP {number})"),
    };
    let message = match status.is_redirection() {
        true => format!("the project was renamed or moved, run the pipeline again: {message}"),
        false => message,
    };
    let lower = text.to_ascii_lowercase();
    let kind = match status {
        StatusCode::UNAUTHORIZED => ForgeErrorKind::Expired,
        StatusCode::NOT_FOUND => ForgeErrorKind::NotFound,
        StatusCode::TOO_MANY_REQUESTS => ForgeErrorKind::Limited {
            until: wait(headers, now).and_then(|wait| {
                let end = now.checked_add(wait.as_secs())?;
                Timestamp::from_second(i64::try_from(end).ok()?).ok()
            }),
        },
        StatusCode::FORBIDDEN if body["error"] == SCOPE_ERROR => ForgeErrorKind::NotAllowed {
            permission: Some("api (scope of the access token)".to_owned()),
        },
        StatusCode::FORBIDDEN if STATE_TEXTS.iter().any(|state| lower.contains(state)) => {
            ForgeErrorKind::Invalid
        }
        StatusCode::FORBIDDEN => ForgeErrorKind::NotAllowed { permission: None },
        StatusCode::REQUEST_TIMEOUT => ForgeErrorKind::Unreachable,
        status if status.is_client_error() => ForgeErrorKind::Invalid,
        _ => ForgeErrorKind::Unreachable,
    };
    (kind, message)
}

/// The pause that a rate limit asks for. `None`: the response reports no limit. `Some(None)`: a longer one than a job waits.
/// <https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/>
pub fn limit_wait(status: StatusCode, headers: &HeaderMap, now: u64) -> Option<Option<Duration>> {
    (status == StatusCode::TOO_MANY_REQUESTS).then(|| {
        let pause = wait(headers, now).unwrap_or(LIMIT_WAIT);
        (pause <= MAX_WAIT).then_some(pause)
    })
}

fn wait(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let until = || Some(number("ratelimit-reset")?.saturating_sub(now) + 1);
    number("retry-after")
        .or_else(until)
        .map(Duration::from_secs)
}

/// GitLab's words: `message` is a text, a list, or lists by field; some errors have `error` and `error_description`.
fn text(body: &Value) -> String {
    let description = body.get("error_description").and_then(Value::as_str);
    let found = [body.get("message"), body.get("error")];
    let found = found.into_iter().flatten().map(words);
    let first = found.into_iter().find(|text| !text.is_empty());
    match (first, description) {
        (Some(text), Some(description)) => format!("{text}: {description}"),
        (Some(text), None) => text,
        (None, Some(description)) => description.to_owned(),
        (None, None) => String::new(),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => {
            let each = fields
                .iter()
                .map(|(name, value)| format!("{name} {}", words(value)));
            each.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_error_has_one_kind() {
        let not_allowed = ForgeErrorKind::NotAllowed { permission: None };
        let scope = ForgeErrorKind::NotAllowed {
            permission: Some("api (scope of the access token)".to_owned()),
        };
        for (status, body, kind, text) in [
            (
                401,
                r#"{"message":"401 Unauthorized"}"#,
                ForgeErrorKind::Expired,
                "401 Unauthorized (HTTP 401)",
            ),
            (
                401,
                r#"{"error":"invalid_token","error_description":"Token was revoked."}"#,
                ForgeErrorKind::Expired,
                "invalid_token: Token was revoked. (HTTP 401)",
            ),
            (
                403,
                r#"{"error":"insufficient_scope","error_description":"x"}"#,
                scope,
                "insufficient_scope: x (HTTP 403)",
            ),
            (
                403,
                r#"{"message":"403 Forbidden"}"#,
                not_allowed,
                "403 Forbidden (HTTP 403)",
            ),
            (
                403,
                r#"{"message":"The discussion is locked"}"#,
                ForgeErrorKind::Invalid,
                "The discussion is locked (HTTP 403)",
            ),
            (
                404,
                r#"{"message":"404 Project Not Found"}"#,
                ForgeErrorKind::NotFound,
                "404 Project Not Found (HTTP 404)",
            ),
            (
                409,
                r#"{"message":"409 Conflict"}"#,
                ForgeErrorKind::Invalid,
                "409 Conflict (HTTP 409)",
            ),
            (
                400,
                r#"{"message":{"note":["can't be blank"]}}"#,
                ForgeErrorKind::Invalid,
                "note can't be blank (HTTP 400)",
            ),
            (502, "<html>", ForgeErrorKind::Unreachable, "HTTP 502"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let found = classify(status, &HeaderMap::new(), body.as_bytes(), 0);
            assert_eq!(found, (kind, text.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_limit_is_waited_for_as_long_as_its_header_says() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )])
        };
        let limited = StatusCode::TOO_MANY_REQUESTS;
        let seconds = |seconds| Some(Some(Duration::from_secs(seconds)));
        assert_eq!(
            limit_wait(limited, &headers("retry-after", "30"), 0),
            seconds(30)
        );
        assert_eq!(
            limit_wait(limited, &headers("ratelimit-reset", "1010"), 1000),
            seconds(11)
        );
        assert_eq!(limit_wait(limited, &HeaderMap::new(), 0), seconds(60));
        assert_eq!(
            limit_wait(limited, &headers("retry-after", "600"), 0),
            Some(None)
        );
        assert_eq!(
            limit_wait(StatusCode::FORBIDDEN, &HeaderMap::new(), 0),
            None
        );
    }
}
