//! Why the forge did not do or answer a request.

use std::fmt;

use jiff::Timestamp;

use crate::report::{NotWritten, Notice};

/// A failed request, with the forge's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ForgeError {
    /// What was requested, such as `comment on pull request 7`.
    pub what: String,
    /// What callers decide by.
    pub kind: ForgeErrorKind,
    /// What the forge said. For people: nothing decides by it.
    pub message: String,
}

/// What a failure means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgeErrorKind {
    /// The forge does not allow it.
    NotAllowed {
        /// The missing permission in the forge's words, such as `pull-requests: write`. `None` if something else may be the reason.
        permission: Option<String>,
    },
    /// It does not exist, or the token may not know that it exists.
    NotFound,
    /// A rate limit. The request was not executed.
    Limited {
        /// When it ends, by the forge's clock, if the forge says.
        until: Option<Timestamp>,
    },
    /// The forge does not accept the token.
    Expired,
    /// No answer, or one that cannot be read, after retries. A write may have been executed.
    Unreachable,
    /// The forge rejects the request, the object does not take it (a locked conversation, an archived repository), or the answer
    /// contradicts the forge's documentation.
    Invalid,
    /// The job's settings contradict the forge's answer. Nothing that the job would write is right.
    Misconfigured {
        /// The setting to change.
        help: String,
    },
}

impl ForgeError {
    /// The notice that the forge did not write something.
    pub fn notice(&self, what: NotWritten) -> Notice {
        Notice::NotWritten {
            what,
            permission: self.missing_permission().map(str::to_owned),
            reason: self.message.clone(),
            retry: !self.is_refusal(),
        }
    }

    pub fn new(what: &str, kind: ForgeErrorKind, message: impl ToString) -> Self {
        Self {
            what: what.to_owned(),
            kind,
            message: message.to_string(),
        }
    }

    /// No usable answer.
    pub fn unreachable(what: &str, message: impl ToString) -> Self {
        Self::new(what, ForgeErrorKind::Unreachable, message)
    }

    /// A wrong request or answer.
    pub fn invalid(what: &str, message: impl ToString) -> Self {
        Self::new(what, ForgeErrorKind::Invalid, message)
    }

    /// Wrong settings of the job.
    pub fn misconfigured(what: &str, message: impl ToString, help: impl ToString) -> Self {
        let help = help.to_string();
        Self::new(what, ForgeErrorKind::Misconfigured { help }, message)
    }

    /// Whether it does not exist, or is not visible.
    pub fn is_not_found(&self) -> bool {
        self.kind == ForgeErrorKind::NotFound
    }

    /// Whether the token may not do it.
    pub fn is_not_allowed(&self) -> bool {
        matches!(self.kind, ForgeErrorKind::NotAllowed { .. })
    }

    /// Whether the job's settings are wrong.
    pub fn is_misconfigured(&self) -> bool {
        matches!(self.kind, ForgeErrorKind::Misconfigured { .. })
    }

    /// Whether the token may not read it: not allowed, or not visible.
    pub fn is_withheld(&self) -> bool {
        matches!(
            self.kind,
            ForgeErrorKind::NotAllowed { .. } | ForgeErrorKind::NotFound
        )
    }

    /// Whether the forge refused this request, and not the job as a whole: other requests may succeed, and the same one will not.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.kind,
            ForgeErrorKind::NotAllowed { .. } | ForgeErrorKind::NotFound | ForgeErrorKind::Invalid
        )
    }

    /// The permission that the token certainly lacks.
    pub fn missing_permission(&self) -> Option<&str> {
        match &self.kind {
            ForgeErrorKind::NotAllowed { permission } => permission.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for ForgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            kind,
            message,
        } = self;
        match kind {
            ForgeErrorKind::NotAllowed { permission: None } => {
                write!(f, "{what}: not allowed: {message}")
            }
            ForgeErrorKind::NotAllowed {
                permission: Some(permission),
            } => write!(f, "{what}: the token lacks `{permission}`: {message}"),
            ForgeErrorKind::NotFound => write!(f, "{what}: not found: {message}"),
            ForgeErrorKind::Limited { until: None } => write!(f, "{what}: rate limit: {message}"),
            ForgeErrorKind::Limited { until: Some(until) } => {
                write!(f, "{what}: rate limit until {until:.0}: {message}")
            }
            ForgeErrorKind::Expired => write!(f, "{what}: token not accepted: {message}"),
            ForgeErrorKind::Unreachable | ForgeErrorKind::Invalid => {
                write!(f, "{what}: {message}")
            }
            ForgeErrorKind::Misconfigured { help } => {
                write!(f, "{what}: {message}\n  help: {help}")
            }
        }
    }
}

/// An error with its causes: the text of an HTTP client's error names only the layer that failed.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
