//! Why AWS did not do or answer a request.

use std::fmt;

use jiff::Timestamp;

use crate::forge::ForgeError;

pub type Result<T> = std::result::Result<T, CloudError>;

/// Why a call failed. The texts are AWS's own and may quote values: they are shown through `report` only.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CloudError {
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// `AWS_PROFILE` names a profile that the files do not have.
    #[error("profile {name} is in none of these files: {}", files.join(", "))]
    NoProfile { name: String, files: Vec<String> },
    /// One variable of an access key is set, and the other one is not.
    #[error("AWS credentials: {set} is set, and {missing} is not")]
    HalfOfKey {
        set: &'static str,
        missing: &'static str,
    },
    /// There are no credentials.
    #[error("AWS credentials: {0}")]
    NoCredentials(String),
    /// The forge issued no identity token, so AWS was not queried.
    #[error("AWS credentials: {0}")]
    NoIdentityToken(ForgeError),
    /// CloudFormation accepted an operation, and reported no event of it. The status of the stack.
    #[error("CloudFormation accepted the operation and reports no event of it; the stack is {0}")]
    NoEvents(String),
    /// The run was cancelled.
    #[error("interrupted")]
    Interrupted,
    /// A permit or an earlier answer was used for something else: a bug.
    #[error("{0}")]
    Misused(String),
}

/// A failed request, with AWS's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct AwsError {
    /// The API's name of the operation, such as `DescribeStacks`.
    pub operation: &'static str,
    /// The ARN of the role that the request was to assume. `None` for requests with credentials.
    pub role: Option<String>,
    /// What callers decide by.
    pub kind: AwsErrorKind,
    /// The API's code, such as `AccessDenied`, or `HTTP 403` for an answer without a body. Empty without an answer.
    pub(super) code: String,
    /// AWS's explanation.
    pub(super) message: String,
}

/// What a failure means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsErrorKind {
    /// AWS does not allow it.
    NotAllowed,
    NotFound,
    /// AWS limits the rate of requests, and retries did not help. The request was not executed.
    Limited {
        /// When to send the next request, by AWS's clock, if AWS says so.
        until: Option<Timestamp>,
    },
    /// AWS does not accept the credentials or the identity token: most often they have expired.
    Expired,
    /// AWS answers that it failed, or its answer cannot be read, after retries. A write may have been executed.
    Unreachable,
    /// No answer: the connection failed. A write may have been executed.
    NoConnection(ConnectionFault),
    /// AWS rejects the request.
    Invalid,
}

/// A connection that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionFault {
    /// Scheme, host and port, if known. The name of a bucket is not part of it.
    pub address: Option<String>,
    pub reason: FaultReason,
}

/// Why a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultReason {
    Refused,
    UnknownHost,
    NoRoute,
    /// The host's certificate is not trusted.
    Certificate,
    TimedOut,
    /// The connection ended early.
    Broken,
}

impl FaultReason {
    /// Whether the next attempt will most likely fail, too.
    pub fn is_lasting(self) -> bool {
        !matches!(self, Self::TimedOut | Self::Broken)
    }
}

impl std::error::Error for ConnectionFault {}

impl fmt::Display for ConnectionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "no connection to {address}: ")?,
            None => write!(f, "no connection: ")?,
        }
        f.write_str(match self.reason {
            FaultReason::Refused => "connection refused",
            FaultReason::UnknownHost => "the host name has no address",
            FaultReason::NoRoute => "no route to the host",
            FaultReason::Certificate => "the host's certificate is not trusted",
            FaultReason::TimedOut => "no answer in time",
            FaultReason::Broken => "the connection ended early",
        })
    }
}

/// Codes of a quota that is reached, and not of a rate.
const QUOTAS: &[&str] = &["LimitExceededException", "ServiceLimitExceededException"];

/// Whether a code says that a quota of the account is reached.
pub(super) fn is_quota(code: &str) -> bool {
    QUOTAS.contains(&code)
}

impl AwsError {
    /// Whether a quota of the account is reached. For help texts.
    pub fn is_quota(&self) -> bool {
        is_quota(&self.code)
    }

    /// AWS's code. For people: nothing decides by it.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether AWS refused this request, and not the job as a whole: other requests may succeed, and the same one will not.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.kind,
            AwsErrorKind::NotAllowed | AwsErrorKind::NotFound | AwsErrorKind::Invalid
        )
    }
}

impl CloudError {
    pub fn aws(&self) -> Option<&AwsError> {
        match self {
            Self::Aws(error) => Some(error),
            _ => None,
        }
    }

    /// The error with the text of AWS or of its SDK replaced, as in `AWS DescribeStacks: AccessDenied: TEXT`.
    pub fn with_text(&self, replace: impl Fn(&str) -> String) -> String {
        match self {
            Self::Aws(error) => AwsError {
                message: replace(&error.message),
                ..error.clone()
            }
            .to_string(),
            Self::NoCredentials(text) => Self::NoCredentials(replace(text)).to_string(),
            // The address and the profile come from the user's settings, and not from AWS.
            Self::NoProfile { .. }
            | Self::HalfOfKey { .. }
            | Self::NoIdentityToken(_)
            | Self::Interrupted
            | Self::NoEvents(_)
            | Self::Misused(_) => self.to_string(),
        }
    }

    /// Whether AWS reports that something does not exist.
    pub fn is_not_found(&self) -> bool {
        self.aws()
            .is_some_and(|error| error.kind == AwsErrorKind::NotFound)
    }

    /// Whether AWS does not let the job assume a role.
    pub fn is_role_denied(&self) -> bool {
        self.aws()
            .is_some_and(|error| error.role.is_some() && error.kind == AwsErrorKind::NotAllowed)
    }

    /// Whether AWS or the forge gave no usable answer, or limits the rate of requests, or the run was cancelled. The same request may
    /// succeed later.
    pub fn is_transient(&self) -> bool {
        use crate::forge::ForgeErrorKind;
        match self {
            Self::Aws(error) => matches!(
                error.kind,
                AwsErrorKind::Limited { .. }
                    | AwsErrorKind::Unreachable
                    | AwsErrorKind::NoConnection(_)
            ),
            Self::NoIdentityToken(error) => matches!(
                error.kind,
                ForgeErrorKind::Limited { .. } | ForgeErrorKind::Unreachable
            ),
            Self::Interrupted | Self::NoEvents(_) => true,
            Self::NoProfile { .. }
            | Self::HalfOfKey { .. }
            | Self::NoCredentials(_)
            | Self::Misused(_) => false,
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(role) = &self.role {
            write!(f, "role {role}: ")?;
        }
        write!(f, "AWS {}: ", self.operation)?;
        match &self.kind {
            AwsErrorKind::Limited { until: None } => write!(f, "rate limit: ")?,
            AwsErrorKind::Limited { until: Some(until) } => {
                write!(f, "rate limit until {until:.0}: ")?;
            }
            AwsErrorKind::Expired => write!(f, "credentials expired or not accepted: ")?,
            AwsErrorKind::NoConnection(fault) => return write!(f, "{fault}"),
            AwsErrorKind::NotAllowed
            | AwsErrorKind::NotFound
            | AwsErrorKind::Unreachable
            | AwsErrorKind::Invalid => {}
        }
        if !self.code.is_empty() {
            write!(f, "{}: ", self.code)?;
        }
        write!(f, "{}", self.message)
    }
}
