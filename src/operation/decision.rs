//! What would stop an operation that a dry run previews.

use super::OperationError;
use crate::diagnostic::Diagnostic;
use crate::guard::Denial;

/// What stops an operation before it changes anything; empty if nothing does.
#[derive(Debug, Default)]
pub struct PreviewedDecision {
    /// Why the guard denies it.
    pub denials: Vec<Denial>,
    /// What is wrong with the config, or missing in AWS. Warnings stop nothing.
    pub problems: Vec<Diagnostic>,
}

impl PreviewedDecision {
    pub(super) fn of_denials(denials: Vec<Denial>) -> Self {
        Self {
            denials,
            problems: Vec::new(),
        }
    }

    pub(super) fn of_problems(problems: Vec<Diagnostic>) -> Self {
        Self {
            denials: Vec::new(),
            problems,
        }
    }

    /// What a check found. Failures of AWS stay errors.
    pub(super) fn of_check(
        checked: Result<Vec<Diagnostic>, OperationError>,
    ) -> Result<Self, OperationError> {
        match checked {
            Ok(warnings) => Ok(Self::of_problems(warnings)),
            Err(OperationError::Denied(denials)) => Ok(Self::of_denials(denials)),
            Err(OperationError::Invalid(problems)) => Ok(Self::of_problems(problems)),
            Err(failure) => Err(failure),
        }
    }

    /// Whether anything stops the operation.
    pub fn stops(&self) -> bool {
        !self.denials.is_empty() || self.problems.iter().any(Diagnostic::is_error)
    }
}
