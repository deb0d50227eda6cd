//! The kind of an error, by AWS's code, or by the HTTP status for codes that are not listed here.
//!
//! Sources: "Common errors" and the error sections of the API references of CloudFormation, S3, STS, SSM and Cloud Control;
//! throttling codes also from the AWS SDKs' retry behavior.

use crate::cloud::AwsErrorKind;
use crate::cloud::error::is_quota;

const NOT_ALLOWED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "NotAuthorized",
    "NotSignedUp",
    "OptInRequired",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
];

const NOT_FOUND: &[&str] = &[
    "ChangeSetNotFound",
    "ChangeSetNotFoundException",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchTagSet",
    "NoSuchVersion",
    "NotFound",
    "ParameterNotFound",
    "ResourceNotFoundException",
    "StackNotFoundException",
    "TypeNotFoundException",
];

const LIMITED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// The credentials or the identity token are expired, unknown, malformed or signed for another time.
const EXPIRED: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "IDPRejectedClaim",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidCredentialsException",
    "InvalidSecurity",
    "InvalidToken",
    "MissingAuthenticationToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

const UNREACHABLE: &[&str] = &[
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// Codes whose status says otherwise, beside those of quotas: STS reports a region that the account disabled with 403, and no permission
/// helps.
const INVALID: &[&str] = &["RegionDisabledException", "ValidationError"];

/// `status`: of the HTTP answer.
pub fn kind(code: Option<&str>, status: u16) -> AwsErrorKind {
    let is_in = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    match status {
        _ if is_in(NOT_ALLOWED) => AwsErrorKind::NotAllowed,
        _ if is_in(NOT_FOUND) => AwsErrorKind::NotFound,
        _ if is_in(LIMITED) => AwsErrorKind::Limited { until: None },
        _ if is_in(EXPIRED) => AwsErrorKind::Expired,
        _ if is_in(UNREACHABLE) => AwsErrorKind::Unreachable,
        // Cloud Control reports a quota with 429, and to wait does not help.
        _ if is_in(INVALID) || code.is_some_and(is_quota) => AwsErrorKind::Invalid,
        401 => AwsErrorKind::Expired,
        403 => AwsErrorKind::NotAllowed,
        404 => AwsErrorKind::NotFound,
        429 => AwsErrorKind::Limited { until: None },
        500.. => AwsErrorKind::Unreachable,
        _ => AwsErrorKind::Invalid,
    }
}

/// Whether an answer of CloudFormation, which is XML, throttles its request.
pub fn is_limit(status: u16, body: &[u8]) -> bool {
    let code = code_of(body);
    status >= 400 && matches!(kind(code.as_deref(), status), AwsErrorKind::Limited { .. })
}

/// The code of an error of CloudFormation.
pub fn code_of(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    Some(code.to_owned())
}

/// A situation that AWS reports with an ambiguous code, so that only the message identifies it. The API reference
/// describes these situations and not the texts, which are those of the services' answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// `Stack with id s3 does not exist`, `Stack [s3] does not exist`
    NoStack,
    /// `ChangeSet [first] does not exist`
    NoChangeSet,
    /// `Export 'Bucket' is not imported by any stack.`
    NoImporter,
    /// `Drift detection is already in progress for stack [arn:…]`
    DriftDetectionRuns,
    /// `Couldn't retrieve verification key from your identity provider, …`: STS did not reach the issuer of the identity token.
    KeyUnavailable,
}

const VALIDATION: &str = "ValidationError";

/// Situation, its code, and how its message begins and ends. The text between comes from the request.
const MESSAGES: &[(Situation, &str, &str, &str)] = &[
    (Situation::NoStack, VALIDATION, "Stack ", "does not exist"),
    (
        Situation::NoChangeSet,
        VALIDATION,
        "ChangeSet ",
        "does not exist",
    ),
    (
        Situation::NoImporter,
        VALIDATION,
        "Export ",
        "is not imported by any stack",
    ),
    (
        Situation::DriftDetectionRuns,
        VALIDATION,
        "Drift detection is already in progress",
        "",
    ),
    (
        Situation::KeyUnavailable,
        "InvalidIdentityToken",
        "Couldn't retrieve verification key",
        "",
    ),
];

pub fn situation(code: &str, message: &str) -> Option<Situation> {
    let message = message.trim_end_matches('.');
    MESSAGES
        .iter()
        .filter(|(_, of, ..)| *of == code)
        .find(|(_, _, begins, ends)| message.starts_with(begins) && message.ends_with(ends))
        .map(|(situation, ..)| *situation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_the_status() {
        let limited = AwsErrorKind::Limited { until: None };
        for (code, status, expected) in [
            // CloudFormation, STS: common errors.
            ("AccessDenied", 403, AwsErrorKind::NotAllowed),
            ("AccessDeniedException", 400, AwsErrorKind::NotAllowed),
            ("NotAuthorized", 400, AwsErrorKind::NotAllowed),
            ("UnauthorizedOperation", 400, AwsErrorKind::NotAllowed),
            ("OptInRequired", 403, AwsErrorKind::NotAllowed),
            ("ExpiredToken", 400, AwsErrorKind::Expired),
            ("ExpiredTokenException", 403, AwsErrorKind::Expired),
            ("InvalidClientTokenId", 403, AwsErrorKind::Expired),
            ("MissingAuthenticationToken", 403, AwsErrorKind::Expired),
            ("RequestExpired", 400, AwsErrorKind::Expired),
            ("IncompleteSignature", 400, AwsErrorKind::Expired),
            ("RegionDisabledException", 403, AwsErrorKind::Invalid),
            ("UnrecognizedClientException", 400, AwsErrorKind::Expired),
            ("Throttling", 400, limited.clone()),
            ("ThrottlingException", 400, limited.clone()),
            ("RequestLimitExceeded", 503, limited.clone()),
            ("InternalFailure", 500, AwsErrorKind::Unreachable),
            ("ServiceUnavailable", 503, AwsErrorKind::Unreachable),
            ("IDPCommunicationError", 400, AwsErrorKind::Unreachable),
            ("ValidationError", 400, AwsErrorKind::Invalid),
            ("ChangeSetNotFound", 404, AwsErrorKind::NotFound),
            ("AlreadyExistsException", 400, AwsErrorKind::Invalid),
            ("InvalidChangeSetStatus", 400, AwsErrorKind::Invalid),
            // S3.
            ("NoSuchBucket", 404, AwsErrorKind::NotFound),
            ("SlowDown", 503, limited.clone()),
            ("SignatureDoesNotMatch", 403, AwsErrorKind::Expired),
            ("RequestTimeTooSkewed", 403, AwsErrorKind::Expired),
            ("InvalidAccessKeyId", 403, AwsErrorKind::Expired),
            ("RequestTimeout", 400, AwsErrorKind::Unreachable),
            ("PreconditionFailed", 412, AwsErrorKind::Invalid),
            // Cloud Control.
            ("ResourceNotFoundException", 404, AwsErrorKind::NotFound),
            ("ServiceLimitExceededException", 429, AwsErrorKind::Invalid),
            ("LimitExceededException", 400, AwsErrorKind::Invalid),
        ] {
            assert_eq!(kind(Some(code), status), expected, "{code}");
        }
    }

    #[test]
    fn the_status_decides_about_unknown_and_missing_codes() {
        for (status, expected) in [
            (401, AwsErrorKind::Expired),
            (403, AwsErrorKind::NotAllowed),
            (404, AwsErrorKind::NotFound),
            (429, AwsErrorKind::Limited { until: None }),
            (500, AwsErrorKind::Unreachable),
            (503, AwsErrorKind::Unreachable),
            (301, AwsErrorKind::Invalid),
            (400, AwsErrorKind::Invalid),
            (0, AwsErrorKind::Invalid),
        ] {
            assert_eq!(kind(None, status), expected, "{status}");
            for code in [
                "NewCode",
                "accessdenied",
                "NotAccessDenied",
                "AccessDenied2",
            ] {
                assert_eq!(kind(Some(code), status), expected, "{code} {status}");
            }
        }
    }

    #[test]
    fn situations_are_whole_messages_of_validation_errors() {
        let of = |message| situation("ValidationError", message);
        for (message, expected) in [
            ("Stack with id s3 does not exist", Situation::NoStack),
            ("Stack [s3] does not exist", Situation::NoStack),
            ("ChangeSet [first] does not exist", Situation::NoChangeSet),
            (
                "Export 'Bucket' is not imported by any stack.",
                Situation::NoImporter,
            ),
            (
                "Drift detection is already in progress for stack [s3]",
                Situation::DriftDetectionRuns,
            ),
        ] {
            assert_eq!(of(message), Some(expected), "{message}");
            assert_eq!(situation("AccessDenied", message), None, "{message}");
        }
        for message in [
            "Parameters: [Stack with id s3 does not exist] do not exist in the template",
            "Resource Bucket in Stack s3 does not exist",
            "Stack [does not exist] is in CREATE_IN_PROGRESS state",
            "Template error: Export 'a' is not imported by any stack",
            "",
        ] {
            assert_eq!(of(message), None, "{message}");
        }
        let of = |message| situation("InvalidIdentityToken", message);
        let text = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";
        assert_eq!(of(text), Some(Situation::KeyUnavailable));
        for message in [
            "Incorrect token audience",
            "No OpenIDConnect provider found in your account for https://ci.example",
            "Stack [s3] does not exist",
        ] {
            assert_eq!(of(message), None, "{message}");
        }
        assert_eq!(situation("AccessDenied", text), None);
    }
}
