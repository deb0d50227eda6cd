//! SDK errors → the port's.

use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::cloud::CloudError;

/// Codes that say that the credentials are at fault. Source: "Common errors" of the services' API references.
const OF_CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "RequestExpired",
];

const OF_LOAD: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
    "RequestTimeout",
    "InternalFailure",
    "InternalError",
    "ServiceUnavailable",
];

/// Begins what [`WebIdentityProvider`](super::federated::WebIdentityProvider) says, so that it is found in the SDK's chain of errors.
pub const FEDERATION: &str = "federation: ";

/// Says what an error means.
pub fn from_sdk<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let Some(service) = error.as_service_error() {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let status = status.unwrap_or_default();
        // An answer to HEAD has no body, and thus no code.
        let code = service.code().map(str::to_owned);
        let code = code.unwrap_or_else(|| format!("HTTP {status}"));
        let message = service.message().unwrap_or("no explanation").to_owned();
        if OF_CREDENTIALS.contains(&code.as_str()) {
            return CloudError::Credentials(format!("{operation}: {code}: {message}"));
        }
        if OF_LOAD.contains(&code.as_str()) || status >= 500 {
            let reason = format!("{code}: {message} (after several attempts)");
            return CloudError::Unreachable { operation, reason };
        }
        return CloudError::Refused {
            operation,
            code,
            message,
        };
    }
    let chain = DisplayErrorContext(&error).to_string();
    // A role that may not be assumed, or a token that was not issued.
    if let Some(at) = chain.find(FEDERATION) {
        let said = chain[at..].split(" (").next().unwrap_or_default();
        return CloudError::Credentials(said[FEDERATION.len()..].to_owned());
    }
    // The chain ends with the SDK's own debug representation, which is for its authors.
    let reason = chain.split(" (").next().unwrap_or_default().to_owned();
    let lacks_credentials = chain.contains("CredentialsNotLoaded")
        || chain.contains("credentials provider was not enabled")
        || chain.contains("failed to load credentials")
        || chain.contains("no providers in chain provided credentials");
    if lacks_credentials {
        return CloudError::Credentials(
            "none were found in the environment or the shared files".into(),
        );
    }
    CloudError::Unreachable { operation, reason }
}
