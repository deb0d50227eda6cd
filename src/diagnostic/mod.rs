//! Diagnostics: what is wrong, where, and how to fix it.

mod catalogue;
mod code;
mod order;
mod product_code;
mod source;

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{IrregularFile, RepoPath};

pub use catalogue::{CATALOGUE, Code, Explanation, explain};
pub use order::{by_code, errors_first, rare_first};
pub use product_code::ProductCode;
pub use source::{Location, Position, SourceText, Span};

/// Log target of rendered diagnostics, which name their own severity.
pub const LOG_TARGET: &str = "provisioner::diagnostics";

/// Longer lines are not kept for quoting: a hundred problems on a line of a megabyte would keep it a hundred times.
const MAX_LINE_CHARS: usize = 4096;

/// Ordered: an error outranks a warning.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    serde::Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is denied.
    Warning,
    /// The config, template or output cannot be used.
    Error,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable kebab-case code; `provisioner explain CODE` describes it.
    pub code: Code,
    /// The file, inside the repository or as the user named it.
    pub path: RepoPath,
    /// `None` for the file as a whole.
    pub span: Option<Span>,
    /// The line of `span.start`, unless it is longer than `MAX_LINE_CHARS` bytes.
    pub source_line: Option<String>,
    /// One sentence.
    pub message: String,
    /// One sentence: how to fix it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a span.
    pub fn error(code: impl Into<Code>, path: &RepoPath, message: impl Into<String>) -> Self {
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

    /// The error of a path that holds something other than a regular file.
    pub fn not_a_regular_file(path: &RepoPath, found: IrregularFile) -> Self {
        let message = format!("not a regular file: {}", found.words());
        let help = "commit a regular file at this path, or change the name";
        Self::error(Code::NotARegularFile, path, message).with_help(help)
    }

    /// Whether the file cannot be used because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the span, and quotes the line of `source`.
    #[must_use]
    pub fn at(mut self, source: &SourceText<'_>, span: Span) -> Self {
        self.source_line = source
            .line(span.start.line)
            .filter(|line| line.len() <= MAX_LINE_CHARS)
            .map(str::to_owned);
        self.span = Some(span);
        self
    }

    /// Moves it to a location, without quoting the line.
    #[must_use]
    pub fn located(mut self, location: Location) -> Self {
        self.path = location.path;
        self.span = Some(location.span);
        self.source_line = None;
        self
    }

    /// Sort key: file, span, code.
    pub fn order(&self) -> (&RepoPath, Option<Span>, &Code) {
        (&self.path, self.span, &self.code)
    }
}

/// Each diagnostic once, in the order of the first ones.
pub fn unique<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Vec<&'a Diagnostic> {
    let mut known = HashSet::new();
    diagnostics
        .filter(|one| known.insert((one.order(), &one.message)))
        .collect()
}

/// The numbers of errors and warnings, in this order.
pub fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    (errors, diagnostics.len() - errors)
}
