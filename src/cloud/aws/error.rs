//! SDK errors → the port's.

use std::error::Error;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use super::classify::{self, Situation};
use super::profile::half_of_key;
use crate::cloud::{AwsError, AwsErrorKind, CloudError, ConnectionFault, FaultReason};

pub fn from_sdk<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(service) = error.as_service_error() {
        let answer = error.raw_response();
        let status = answer.map_or(0, |answer| answer.status().as_u16());
        let mut failed = rejected(operation, service, status);
        if let AwsErrorKind::Limited { until } = &mut failed.kind {
            *until = answer.and_then(retry_after);
        }
        return failed.into();
    }
    // The SDK obtains credentials inside the request, so the reason for missing credentials is one of the error's sources.
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(error) = of_credentials(inner) {
            return error;
        }
        if let Some(fault) = inner.downcast_ref::<ConnectionFault>() {
            return AwsError {
                operation,
                role: None,
                kind: AwsErrorKind::NoConnection(fault.clone()),
                code: String::new(),
                message: String::new(),
            }
            .into();
        }
        source = inner.source();
    }
    let unreachable = |kind, message: String| AwsError {
        operation,
        role: None,
        kind,
        code: String::new(),
        message,
    };
    if matches!(error, SdkError::TimeoutError(_)) {
        let fault = ConnectionFault {
            address: None,
            reason: FaultReason::TimedOut,
        };
        return unreachable(AwsErrorKind::NoConnection(fault), String::new()).into();
    }
    // The chain ends with the SDK's own debug representation, which is for its authors.
    let chain = DisplayErrorContext(&error).to_string();
    let message = chain.split(" (").next().unwrap_or_default().to_owned();
    unreachable(AwsErrorKind::Unreachable, message).into()
}

/// The outcome of a request with a token of its own. A token that exists is this run's: an attempt whose response was lost was accepted.
pub fn accepted(outcome: Result<(), CloudError>) -> Result<(), CloudError> {
    outcome.or_else(
        |error| match error.has_code("TokenAlreadyExistsException") {
            true => Ok(()),
            false => Err(error),
        },
    )
}

/// An error that AWS answered with. `status`: of the HTTP answer, 0 if unknown.
fn rejected(operation: &'static str, error: &impl ProvideErrorMetadata, status: u16) -> AwsError {
    // An error without a code in a successful answer is the client's: it cannot read the answer.
    let unreadable = (200..300).contains(&status) && error.code().is_none();
    if unreadable {
        return AwsError {
            operation,
            role: None,
            kind: AwsErrorKind::Unreachable,
            code: format!("HTTP {status}"),
            message: "the answer cannot be read".to_owned(),
        };
    }
    let message = error.message().unwrap_or("no explanation");
    let kind = match classify::situation(error.code().unwrap_or_default(), message) {
        Some(Situation::NoStack | Situation::NoChangeSet) => AwsErrorKind::NotFound,
        Some(Situation::KeyUnavailable) => AwsErrorKind::Unreachable,
        _ => classify::kind(error.code(), status),
    };
    let retried = match &kind {
        AwsErrorKind::Limited { .. } | AwsErrorKind::Unreachable => " (after several attempts)",
        _ => "",
    };
    AwsError {
        operation,
        role: None,
        kind,
        // An answer to HEAD has no body, and thus no code.
        code: error
            .code()
            .map_or_else(|| format!("HTTP {status}"), str::to_owned),
        message: format!("{message}{retried}"),
    }
}

/// The error that a source of the SDK's error means for the credentials.
fn of_credentials(source: &(dyn Error + 'static)) -> Option<CloudError> {
    if let Some(error) = source.downcast_ref::<CloudError>() {
        return Some(error.clone());
    }
    // A profile of the shared files may assume a role.
    if let Some(error) = source.downcast_ref::<AssumeRoleError>() {
        return Some(rejected("AssumeRole", error, 0).into());
    }
    if let Some(error) = source.downcast_ref::<AssumeRoleWithWebIdentityError>() {
        return Some(rejected("AssumeRoleWithWebIdentity", error, 0).into());
    }
    match source.downcast_ref::<CredentialsError>()? {
        CredentialsError::CredentialsNotLoaded(_) => Some(none_found("")),
        // The last place to search, which a machine outside of EC2 may have too.
        CredentialsError::ProviderError(_) if is_of_metadata_service(source) => {
            Some(none_found(", and the instance metadata service gave none"))
        }
        CredentialsError::InvalidConfiguration(_) => {
            let chain = DisplayErrorContext(source).to_string();
            let reason = chain.split(" (").next().unwrap_or_default().to_owned();
            Some(CloudError::NoCredentials(reason))
        }
        _ => None,
    }
}

fn none_found(more: &str) -> CloudError {
    half_of_key().unwrap_or_else(|| {
        let text = format!("none were found in the environment or the shared files{more}");
        CloudError::NoCredentials(text)
    })
}

fn is_of_metadata_service(error: &(dyn Error + 'static)) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<ImdsError>() {
            return true;
        }
        source = inner.source();
    }
    false
}

/// When AWS takes the next request, from the answer's `Date` and its `Retry-After` in seconds.
fn retry_after(answer: &HttpResponse) -> Option<Timestamp> {
    let date = rfc2822::parse(answer.headers().get("date")?).ok()?;
    let seconds: i64 = answer.headers().get("retry-after")?.parse().ok()?;
    date.timestamp()
        .checked_add(SignedDuration::from_secs(seconds))
        .ok()
}

impl CloudError {
    /// Whether AWS answered with exactly this code.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.aws().is_some_and(|error| error.code == code)
    }

    /// Whether CloudFormation's message describes this situation.
    pub(super) fn describes(&self, situation: Situation) -> bool {
        self.aws().is_some_and(|error| {
            classify::situation(&error.code, &error.message) == Some(situation)
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;

    use super::*;

    /// What a request returns if its credentials fail with this error.
    fn through_credentials(failed: CredentialsError) -> CloudError {
        from_sdk(
            "GetCallerIdentity",
            SdkError::<DescribeStacksError, HttpResponse>::construction_failure(failed),
        )
    }

    #[test]
    fn a_role_that_is_throttled_is_not_a_missing_permission() {
        for (kind, denied, transient) in [
            (AwsErrorKind::NotAllowed, true, false),
            (AwsErrorKind::Limited { until: None }, false, true),
            (AwsErrorKind::Unreachable, false, true),
            (AwsErrorKind::Expired, false, false),
            (AwsErrorKind::Invalid, false, false),
        ] {
            let error = AwsError {
                operation: "AssumeRoleWithWebIdentity",
                role: Some("arn:aws:iam::111122223333:role/plan".to_owned()),
                kind,
                code: "Code".to_owned(),
                message: "AccessDenied".to_owned(),
            };
            let inner = CloudError::from(error.clone());
            let outer = through_credentials(CredentialsError::provider_error(inner));
            assert_eq!(outer.aws(), Some(&error));
            assert_eq!(outer.is_role_denied(), denied, "{error}");
            assert_eq!(outer.is_transient(), transient, "{error}");
        }
    }

    #[test]
    fn absent_and_unusable_credentials_are_no_answers_of_aws() {
        let none = through_credentials(CredentialsError::not_loaded_no_source());
        assert!(matches!(none, CloudError::NoCredentials(_)), "{none}");
        let wrong = through_credentials(CredentialsError::invalid_configuration("AccessDenied"));
        assert!(matches!(wrong, CloudError::NoCredentials(_)), "{wrong}");
        let broken = through_credentials(CredentialsError::provider_error("AccessDenied"));
        assert!(broken.is_transient(), "{broken}");
    }

    #[test]
    fn a_limit_ends_by_the_clock_of_aws() {
        let mut answer = HttpResponse::new(503.try_into().unwrap(), "".into());
        assert_eq!(retry_after(&answer), None);
        answer.headers_mut().insert("retry-after", "30");
        answer
            .headers_mut()
            .insert("date", "Sat, 28 Nov 2026 05:00:00 GMT");
        let until = retry_after(&answer).unwrap();
        assert_eq!(until.to_string(), "2026-11-28T05:00:30Z");
    }
}
