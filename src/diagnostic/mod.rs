//! What is wrong, where, and what to do about it.

mod catalogue;
mod source;

use std::borrow::Cow;

use serde::Serialize;

use crate::model::RepoPath;

pub use catalogue::{CATALOGUE, Explanation, explain};
pub use source::{Position, SourceText, Span};

/// Bytes of a line that is kept for quoting: a hundred problems on a line of a megabyte would keep it a hundred times.
const MAX_LINE_CHARS: usize = 4096;

/// How bad it is. Ordered: an error outranks a warning.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; nothing is refused.
    Warning,
    /// The config, template or output cannot be used.
    Error,
}

impl Severity {
    /// The word printed before the code.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding about one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable kebab-case code; `provisioner explain CODE` says more.
    pub code: Cow<'static, str>,
    /// The file, inside the repository or as the user named it.
    pub path: RepoPath,
    /// Where in the file; `None` where the file as a whole is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The line of `span.start`, unless it is too long to be of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_line: Option<String>,
    /// One sentence: what is wrong.
    pub message: String,
    /// One sentence: what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(
        code: impl Into<Cow<'static, str>>,
        path: &RepoPath,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code: code.into(),
            path: path.clone(),
            span: None,
            source_line: None,
            message: crate::text::truncate(message.into()),
            help: None,
        }
    }

    /// The same at another severity.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same at a place of `source`.
    #[must_use]
    pub fn at(mut self, source: &SourceText<'_>, span: Span) -> Self {
        self.source_line = source
            .line(span.start.line)
            .filter(|line| line.len() <= MAX_LINE_CHARS)
            .map(str::to_owned);
        self.span = Some(span);
        self
    }

    /// What diagnostics are sorted by: file, place, code.
    pub fn order(&self) -> (&RepoPath, Option<Span>, &str) {
        (&self.path, self.span, &self.code)
    }
}

/// How many errors and warnings there are, in this order.
pub fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    (errors, diagnostics.len() - errors)
}
