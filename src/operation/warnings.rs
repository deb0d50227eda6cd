//! Warnings of a run. A run that fails prints them too: they may say why.

use std::sync::{Mutex, PoisonError};

use crate::diagnostic::Diagnostic;

/// Collects the warnings of one action.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<Vec<Diagnostic>>);

impl Warnings {
    pub(super) fn add(&self, found: &[Diagnostic]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in found {
            // A run checks more than once.
            if !all.contains(warning) {
                all.push(warning.clone());
            }
        }
    }

    pub(super) fn take(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
