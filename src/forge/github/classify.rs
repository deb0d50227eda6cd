//! What GitHub's error responses mean. GitHub answers 403 for missing permissions, rate limits, locked conversations and archived
//! repositories alike: only headers and texts distinguish them, and only this file reads those.
//! <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>

use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::permission::permission_for;
use crate::forge::ForgeErrorKind;

/// GitHub's text for a token without the permission, whether of an app or of a person.
const PERMISSION_TEXT: &str = "resource not accessible by";
const LIMIT_TEXTS: &[&str] = &["rate limit", "abuse detection"];
/// Texts of errors about the token or the place of the job, which hold for every request. No permission changes them.
/// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>
const ACCESS_TEXTS: &[&str] = &["login attempts", "ip allow list", "saml enforcement"];
/// Texts of errors about the object's state, which no permission changes.
const STATE_TEXTS: &[&str] = &["is locked", "lock prevents", "archived", "read-only"];

/// The kind and the message of an error response. `now`: when it arrived, in seconds since 1970.
pub fn classify(
    method: &Method,
    route: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: u64,
) -> (ForgeErrorKind, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body.get("message").and_then(Value::as_str);
    let details = details(&body);
    let number = status.as_u16();
    let message = match text {
        Some(text) if details.is_empty() => format!("{text} (HTTP {number})"),
        Some(text) => format!("{text}: {details} (HTTP {number})"),
        None => format!("HTTP {number}"),
    };
    let message = match status.is_redirection() {
        true => format!("the repository was renamed or moved, re-run the workflow: {message}"),
        false => message,
    };
    let says = |texts: &[&str]| has_text(text.unwrap_or_default(), texts);
    let kind = match status {
        StatusCode::UNAUTHORIZED => ForgeErrorKind::Expired,
        StatusCode::NOT_FOUND => ForgeErrorKind::NotFound,
        status if has_hit_limit(status, headers, &body) => limited(headers, now),
        StatusCode::FORBIDDEN if says(ACCESS_TEXTS) => ForgeErrorKind::Expired,
        StatusCode::FORBIDDEN if says(STATE_TEXTS) => ForgeErrorKind::Invalid,
        StatusCode::FORBIDDEN => ForgeErrorKind::NotAllowed {
            permission: says(&[PERMISSION_TEXT])
                .then(|| permission_for(method, route))
                .flatten()
                .map(str::to_owned),
        },
        StatusCode::REQUEST_TIMEOUT => ForgeErrorKind::Unreachable,
        status if status.is_client_error() => ForgeErrorKind::Invalid,
        _ => ForgeErrorKind::Unreachable,
    };
    (kind, message)
}

/// Whether a REST response reports a rate limit. A secondary limit may have no header: then its text or its link reports the limit.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>
pub fn is_limit(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> bool {
    let body = match status {
        StatusCode::FORBIDDEN => serde_json::from_slice(body).unwrap_or_default(),
        _ => Value::Null,
    };
    has_hit_limit(status, headers, &body)
}

/// Whether a GraphQL response, which has status 200, reports a rate limit. The body of a secondary limit may be a REST error.
/// <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>
pub fn is_graphql_limit(headers: &HeaderMap, body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = body.get("errors").and_then(Value::as_array);
    let has_result = errors.is_some() || body.get("data").is_some_and(|data| !data.is_null());
    let mut errors = errors.into_iter().flatten();
    (!has_result && is_limit_error(&body, headers))
        || errors.any(|error| is_limit_error(error, headers))
}

/// The kind and the message of a GraphQL response without data and errors.
pub fn classify_empty_graphql(
    headers: &HeaderMap,
    body: &[u8],
    now: u64,
) -> (ForgeErrorKind, String) {
    if !is_graphql_limit(headers, body) {
        return (ForgeErrorKind::Invalid, "an answer without data".to_owned());
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = body.get("message").and_then(Value::as_str);
    let message = message.unwrap_or("an answer without data");
    (limited(headers, now), message.to_owned())
}

/// Whether a GraphQL error is a limit: by its type, by its text, or because no request is left and it has no type.
fn is_limit_error(error: &Value, headers: &HeaderMap) -> bool {
    let field = |name| error.get(name).and_then(Value::as_str);
    match field("type") {
        Some("RATE_LIMITED" | "RATE_LIMIT") => true,
        kind => {
            has_text(field("message").unwrap_or_default(), LIMIT_TEXTS)
                || (kind.is_none() && is_exhausted(headers))
        }
    }
}

fn has_text(message: &str, texts: &[&str]) -> bool {
    let message = message.to_ascii_lowercase();
    texts.iter().any(|text| message.contains(text))
}

fn has_hit_limit(status: StatusCode, headers: &HeaderMap, body: &Value) -> bool {
    let field = |name| body.get(name).and_then(Value::as_str).unwrap_or_default();
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            is_exhausted(headers)
                || has_text(field("message"), LIMIT_TEXTS)
                || field("documentation_url").contains("rate-limits")
        }
        _ => false,
    }
}

/// The texts of a validation error, such as `Body is too long`.
fn details(body: &Value) -> String {
    let errors = body.get("errors").and_then(Value::as_array);
    let texts = errors.into_iter().flatten().filter_map(|error| {
        let message = error.get("message").unwrap_or(error);
        message.as_str()
    });
    texts.collect::<Vec<_>>().join("; ")
}

/// The kind and the message of a GraphQL error, which comes with status 200.
pub fn classify_graphql(error: &Value, headers: &HeaderMap, now: u64) -> (ForgeErrorKind, String) {
    let field = |name| error.get(name).and_then(Value::as_str);
    let message = field("message").unwrap_or("an error without a message");
    let kind = match field("type") {
        _ if is_limit_error(error, headers) => limited(headers, now),
        Some("NOT_FOUND") => ForgeErrorKind::NotFound,
        // The query took more of GitHub than it allows now. A retry at once would do so again.
        Some("RESOURCE_LIMITS_EXCEEDED") => ForgeErrorKind::Limited { until: None },
        _ if has_text(message, ACCESS_TEXTS) => ForgeErrorKind::Expired,
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => {
            ForgeErrorKind::NotAllowed { permission: None }
        }
        // GitHub's text for a query that took too long. The query is valid.
        None if message.starts_with("Something went wrong") => ForgeErrorKind::Unreachable,
        _ => ForgeErrorKind::Invalid,
    };
    (kind, message.to_owned())
}

/// A rate limit, with its end if the headers say.
fn limited(headers: &HeaderMap, now: u64) -> ForgeErrorKind {
    let end = match number(headers, "retry-after") {
        Some(seconds) => now.checked_add(seconds),
        None => number(headers, "x-ratelimit-reset").filter(|_| is_exhausted(headers)),
    };
    let until = end.and_then(|end| Timestamp::from_second(i64::try_from(end).ok()?).ok());
    ForgeErrorKind::Limited { until }
}

fn is_exhausted(headers: &HeaderMap) -> bool {
    number(headers, "x-ratelimit-remaining") == Some(0) || headers.contains_key("retry-after")
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let value = http::HeaderValue::from_static(value);
            (http::HeaderName::from_static(name), value)
        });
        pairs.collect()
    }

    fn kind(
        method: &Method,
        route: &str,
        status: u16,
        pairs: &[(&'static str, &'static str)],
        body: &str,
    ) -> ForgeErrorKind {
        let status = StatusCode::from_u16(status).unwrap();
        classify(method, route, status, &headers(pairs), body.as_bytes(), NOW).0
    }

    fn until(second: Option<i64>) -> ForgeErrorKind {
        let until = second.map(|second| Timestamp::from_second(second).unwrap());
        ForgeErrorKind::Limited { until }
    }

    const COMMENTS: &str = "/repos/acme/infra/issues/7/comments";

    #[test]
    fn only_a_permission_text_is_a_missing_permission() {
        let not_allowed = |permission: Option<&str>| ForgeErrorKind::NotAllowed {
            permission: permission.map(str::to_owned),
        };
        let integration = r#"{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest/issues/comments#create-an-issue-comment","status":"403"}"#;
        let person =
            r#"{"message":"Resource not accessible by personal access token","status":"403"}"#;
        for body in [integration, person] {
            let quota = [("x-ratelimit-remaining", "4998")];
            assert_eq!(
                kind(&Method::POST, COMMENTS, 403, &quota, body),
                not_allowed(Some("pull-requests: write"))
            );
        }
        for body in [
            r#"{"message":"Must have admin rights to Repository.","status":"403"}"#,
            "<html>Forbidden</html>",
        ] {
            assert_eq!(
                kind(&Method::POST, COMMENTS, 403, &[], body),
                not_allowed(None),
                "{body}"
            );
        }
    }

    #[test]
    fn refused_tokens_and_addresses_are_no_missing_permission() {
        for message in [
            "Maximum number of login attempts exceeded. Please try again later.",
            "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
            "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
        ] {
            let body = serde_json::json!({ "message": message });
            let found = kind(&Method::GET, COMMENTS, 403, &[], &body.to_string());
            assert_eq!(found, ForgeErrorKind::Expired, "{message}");
            let error = serde_json::json!({ "type": "FORBIDDEN", "message": message });
            let found = classify_graphql(&error, &HeaderMap::new(), NOW).0;
            assert_eq!(found, ForgeErrorKind::Expired, "{message}");
        }
    }

    #[test]
    fn graphql_limits_have_status_200() {
        let left = headers(&[("x-ratelimit-remaining", "4000")]);
        let none_left = headers(&[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "4600"),
        ]);
        let text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let other = "Something else";
        for (headers, error, expected) in [
            (&left, serde_json::json!({ "message": text }), until(None)),
            (
                &none_left,
                serde_json::json!({ "message": other }),
                until(Some(4_600)),
            ),
            (
                &left,
                serde_json::json!({ "message": other }),
                ForgeErrorKind::Invalid,
            ),
            (
                &none_left,
                serde_json::json!({ "type": "NOT_FOUND", "message": other }),
                ForgeErrorKind::NotFound,
            ),
        ] {
            let is_limited = matches!(expected, ForgeErrorKind::Limited { .. });
            let found = classify_graphql(&error, headers, NOW).0;
            assert_eq!(found, expected, "{error}");
            let body = serde_json::json!({ "data": null, "errors": [error] });
            let found = is_graphql_limit(headers, body.to_string().as_bytes());
            assert_eq!(found, is_limited, "{body}");
        }
        let body = serde_json::json!({ "message": text }).to_string();
        let found = classify_empty_graphql(&left, body.as_bytes(), NOW);
        assert_eq!(found, (until(None), text.to_owned()));
        let found = classify_empty_graphql(&left, b"{}", NOW).0;
        assert_eq!(found, ForgeErrorKind::Invalid);
        // The last request of the hour succeeds.
        assert!(!is_graphql_limit(&none_left, br#"{"data":{"viewer":{}}}"#));
    }

    #[test]
    fn rate_limits_are_no_missing_permission() {
        let primary =
            r#"{"message":"API rate limit exceeded for installation ID 1.","status":"403"}"#;
        let secondary = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}"#;
        let old = r#"{"message":"You have triggered an abuse detection mechanism. Please retry your request again later."}"#;
        let reset = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "4600"),
        ];
        for (status, pairs, body, end) in [
            (403, reset.as_slice(), primary, Some(4_600)),
            (429, reset.as_slice(), primary, Some(4_600)),
            (403, &[("retry-after", "60")], secondary, Some(1_060)),
            (429, &[("retry-after", "60")], secondary, Some(1_060)),
            (403, &[("x-ratelimit-remaining", "4000")], secondary, None),
            (403, &[], old, None),
            (429, &[], "", None),
        ] {
            let found = kind(&Method::GET, COMMENTS, status, pairs, body);
            assert_eq!(found, until(end), "{status} {pairs:?} {body}");
        }
    }

    #[test]
    fn other_responses_have_one_kind_each() {
        for (status, body, expected) in [
            (
                401,
                r#"{"message":"Bad credentials"}"#,
                ForgeErrorKind::Expired,
            ),
            (404, r#"{"message":"Not Found"}"#, ForgeErrorKind::NotFound),
            (
                403,
                r#"{"message":"Unable to create comment because issue is locked."}"#,
                ForgeErrorKind::Invalid,
            ),
            (
                403,
                r#"{"message":"Repository was archived so is read-only."}"#,
                ForgeErrorKind::Invalid,
            ),
            (
                410,
                r#"{"message":"Issues are disabled for this repo"}"#,
                ForgeErrorKind::Invalid,
            ),
            (
                422,
                r#"{"message":"Validation Failed","errors":[{"resource":"IssueComment","code":"unprocessable","field":"data","message":"Body is too long (maximum is 65536 characters)"}]}"#,
                ForgeErrorKind::Invalid,
            ),
            (408, "", ForgeErrorKind::Unreachable),
            (500, "", ForgeErrorKind::Unreachable),
            (
                502,
                "<html>502 Bad Gateway</html>",
                ForgeErrorKind::Unreachable,
            ),
            (
                503,
                r#"{"message":"No server is currently available to service your request."}"#,
                ForgeErrorKind::Unreachable,
            ),
        ] {
            let found = kind(&Method::POST, COMMENTS, status, &[], body);
            assert_eq!(found, expected, "{status} {body}");
        }
    }

    #[test]
    fn graphql_errors_have_types() {
        for (error, expected) in [
            (
                r#"{"type":"NOT_FOUND","path":["repository"],"message":"Could not resolve to a Repository with the name 'acme/x'."}"#,
                ForgeErrorKind::NotFound,
            ),
            (
                r#"{"type":"FORBIDDEN","path":["viewer"],"message":"Resource not accessible by integration"}"#,
                ForgeErrorKind::NotAllowed { permission: None },
            ),
            (
                r#"{"type":"RATE_LIMITED","message":"API rate limit exceeded for user ID 1."}"#,
                until(None),
            ),
            (
                r#"{"type":"RESOURCE_LIMITS_EXCEEDED","message":"The query exceeded resource limits."}"#,
                until(None),
            ),
            (
                r#"{"message":"Something went wrong while executing your query."}"#,
                ForgeErrorKind::Unreachable,
            ),
            (
                r#"{"message":"Field 'x' doesn't exist on type 'Query'"}"#,
                ForgeErrorKind::Invalid,
            ),
        ] {
            let error: Value = serde_json::from_str(error).unwrap();
            assert_eq!(
                classify_graphql(&error, &HeaderMap::new(), NOW).0,
                expected,
                "{error}"
            );
        }
    }

    #[test]
    fn secondary_limits_are_known_by_text_or_link_alone() {
        let link = r#"{"message":"Forbidden","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}"#;
        let text = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        let denied = r#"{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest/issues/comments#create-an-issue-comment"}"#;
        for (body, expected) in [(link, true), (text, true), (denied, false), ("", false)] {
            let status = StatusCode::FORBIDDEN;
            let none = HeaderMap::new();
            assert_eq!(is_limit(status, &none, body.as_bytes()), expected, "{body}");
            let found = kind(&Method::GET, COMMENTS, 403, &[], body);
            assert_eq!(found == until(None), expected, "{body}");
        }
        let limited =
            br#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
        let none = HeaderMap::new();
        assert!(is_graphql_limit(&none, limited));
        let missing = br#"{"errors":[{"type":"NOT_FOUND"}]}"#;
        assert!(!is_graphql_limit(&none, missing));
    }

    #[test]
    fn messages_name_long_bodies_and_renamed_repositories() {
        let message = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let none = HeaderMap::new();
            classify(&Method::POST, COMMENTS, status, &none, body.as_bytes(), NOW).1
        };
        let long = r#"{"message":"Validation Failed","errors":[{"field":"data","message":"Body is too long (maximum is 65536 characters)"}]}"#;
        assert_eq!(
            message(422, long),
            "Validation Failed: Body is too long (maximum is 65536 characters) (HTTP 422)"
        );
        assert_eq!(
            message(301, r#"{"message":"Moved Permanently"}"#),
            "the repository was renamed or moved, re-run the workflow: Moved Permanently (HTTP 301)"
        );
    }

    #[test]
    fn messages_keep_the_forges_words() {
        let status = StatusCode::NOT_FOUND;
        let body = br#"{"message":"Not Found"}"#;
        let (_, message) = classify(&Method::GET, COMMENTS, status, &HeaderMap::new(), body, NOW);
        assert_eq!(message, "Not Found (HTTP 404)");
    }
}
