//! Why an operation on a stack failed.

use crate::cloud::{self, OperationResult};
use crate::diagnostic::Diagnostic;
use crate::guard::Denial;
use crate::plan::LocatedFinding;
use crate::report::{Fault, Remains};
use crate::stack::{StackEvent, first_failure, kept_creations};

#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The guard denies it.
    #[error("denied")]
    Denied(Vec<Denial>),
    #[error(transparent)]
    Cloud(#[from] cloud::CloudError),
    /// The config or its template has errors.
    #[error("invalid")]
    Invalid(Vec<Diagnostic>),
    /// CloudFormation could not create the change set.
    #[error("{what}")]
    ChangeSetFailed {
        what: Fault,
        /// CloudFormation's reason.
        reason: String,
        findings: Vec<LocatedFinding>,
    },
    /// The stack operation failed.
    #[error("{what}")]
    Operation {
        what: Fault,
        /// The first failure, which caused the others.
        cause: Option<Box<StackEvent>>,
        failures: Vec<StackEvent>,
        /// Resources that the operation created and CloudFormation kept.
        kept: Vec<StackEvent>,
    },
    /// The run was cancelled, and this is left.
    #[error("{0}")]
    Cancelled(Fault),
    /// The operation failed after it may have changed AWS.
    #[error("{failure}")]
    Unfinished {
        failure: Box<OperationError>,
        /// Why what it created could not be removed.
        cleanup: Option<Box<OperationError>>,
        remains: Box<Remains>,
    },
    /// The operation failed, after its checks found these warnings.
    #[error("{failure}")]
    Warned {
        failure: Box<OperationError>,
        warnings: Vec<Diagnostic>,
    },
    /// The operation succeeded, and the stack is not what the template says.
    #[error("{0}")]
    VerificationFailed(Fault),
}

impl OperationError {
    /// The same with warnings. A denied operation did nothing that they could explain.
    pub(super) fn warned(self, warnings: Vec<Diagnostic>) -> Self {
        match self {
            Self::Denied(_) => self,
            failure if warnings.is_empty() => failure,
            failure => Self::Warned {
                failure: Box::new(failure),
                warnings,
            },
        }
    }
}

pub(super) fn operation_failed(what: Fault, ended: &OperationResult) -> OperationError {
    let failures = ended.events.iter().filter(|event| event.is_failure());
    OperationError::Operation {
        what,
        cause: first_failure(&ended.events).cloned().map(Box::new),
        failures: failures.cloned().collect(),
        kept: kept_creations(&ended.events).cloned().collect(),
    }
}
