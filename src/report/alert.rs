//! Why a job failed, as an annotation of its run.

use super::diagnostics::diagnostic_without_path;
use super::outcome::{Outcome, State};
use crate::diagnostic::Diagnostic;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Path of the config; `None` if the reason is about no file.
    pub file: Option<String>,
    pub title: String,
    /// Plain text of one or more lines.
    pub text: String,
}

impl Alert {
    /// A reason that is about no file.
    pub fn new(title: &str, text: impl Into<String>) -> Self {
        Self {
            file: None,
            title: format!("provisioner: {title}"),
            text: text.into(),
        }
    }

    /// The reason of a config.
    pub fn for_config(path: &str, title: &str, text: impl Into<String>) -> Self {
        Self {
            file: Some(path.to_owned()),
            ..Self::new(title, text)
        }
    }

    /// Why a config failed or was denied; `None` for another outcome.
    pub fn from_outcome(outcome: &Outcome) -> Option<Self> {
        match outcome.state {
            State::Denied | State::Failed | State::NotStarted => {}
            State::Skipped | State::Done | State::AwaitingConfirmation => return None,
        }
        let path = format!("{}:", outcome.path);
        let problems = outcome.leading_problems().filter(|problem| problem.error);
        let problems = problems.map(|problem| {
            let text = problem.text.strip_prefix(&path).unwrap_or(&problem.text);
            text.trim().to_owned()
        });
        let remains = outcome.remains.as_ref();
        let remains = remains.map(|remains| remains.text().plain());
        let lines: Vec<String> = problems.chain(remains).collect();
        Some(Self::for_config(
            &outcome.path,
            outcome.word(),
            lines.join("\n"),
        ))
    }

    /// A problem of a file.
    pub fn from_diagnostic(diagnostic: &Diagnostic) -> Self {
        Self::for_config(
            diagnostic.path.as_str(),
            diagnostic.code.as_str(),
            diagnostic_without_path(diagnostic).trim_end(),
        )
    }
}
