//! The outcome of an action on one config.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::Denial;

#[derive(Debug, Serialize)]
pub struct ActionOutcome {
    #[serde(skip)]
    pub line: String,
    /// Tables as text for a terminal.
    #[serde(skip)]
    pub text: String,
    /// The same tables in Markdown.
    #[serde(skip)]
    pub markdown: String,
    /// The same data as JSON.
    pub result: serde_json::Value,
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
    #[serde(skip)]
    pub conclusion: Conclusion,
}

/// How an action on one config ended.
#[derive(Debug, Default)]
pub enum Conclusion {
    #[default]
    Done,
    /// An earlier step of the job was cancelled, and left nothing under way.
    NothingLeft,
    /// The template, or a requirement of it, is invalid.
    Invalid,
    /// CloudFormation refuses the change set.
    ChangeSetFailed,
    /// The stack has drifted, and the caller counts that as a failure.
    DriftFound,
    /// The guard denies the deletion that was previewed.
    DeletionDenied {
        denials: Vec<Denial>,
        /// The stack and its buckets are gone already: an earlier run finished the deletion.
        is_complete: bool,
    },
}

impl Conclusion {
    /// The exit code, `None` for success.
    pub fn exit(&self) -> Option<Exit> {
        match self {
            Self::Done | Self::NothingLeft => None,
            Self::Invalid => Some(Exit::Config),
            Self::ChangeSetFailed => Some(Exit::Operation),
            Self::DriftFound => Some(Exit::Drift),
            Self::DeletionDenied { .. } => Some(Exit::Denied),
        }
    }
}

impl ActionOutcome {
    /// `tables`: as text for a terminal, then in Markdown. `data`: the same for JSON.
    pub fn new(line: String, tables: [String; 2], data: &impl Serialize) -> Self {
        let [text, markdown] = tables;
        Self {
            line,
            text,
            markdown,
            result: serde_json::to_value(data).unwrap_or_default(),
            diagnostics: Vec::new(),
            conclusion: Conclusion::Done,
        }
    }

    /// An outcome without tables.
    pub fn from_line(line: String, data: &impl Serialize) -> Self {
        Self::new(line, Default::default(), data)
    }

    pub fn with_conclusion(self, conclusion: Conclusion) -> Self {
        Self { conclusion, ..self }
    }

    /// The same with `conclusion` if `holds`.
    pub fn with_conclusion_if(self, holds: bool, conclusion: Conclusion) -> Self {
        match holds {
            true => self.with_conclusion(conclusion),
            false => self,
        }
    }

    pub fn with_diagnostics(self, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            ..self
        }
    }
}
