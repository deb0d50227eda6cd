//! What an action has to say of one config.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::exit::Exit;

/// What an action has to say of one config beside whether it succeeded.
#[derive(Debug, Serialize)]
pub struct ActionOutcome {
    /// One sentence.
    #[serde(skip)]
    pub line: String,
    /// More, for a terminal.
    #[serde(skip)]
    pub text: String,
    /// The same in Markdown.
    #[serde(skip)]
    pub markdown: String,
    /// The same for programs.
    pub result: serde_json::Value,
    /// What else was found.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
    /// The exit code that it asks for.
    #[serde(skip)]
    pub exit: Option<Exit>,
}

impl ActionOutcome {
    /// `tables` are what a terminal gets and the same in Markdown, `data` is what programs get.
    pub fn new(line: String, tables: [String; 2], data: &impl Serialize) -> Self {
        let [text, markdown] = tables;
        Self {
            line,
            text,
            markdown,
            result: serde_json::to_value(data).unwrap_or_default(),
            diagnostics: Vec::new(),
            exit: None,
        }
    }

    /// One sentence and nothing else for people.
    pub fn from_line(line: String, data: &impl Serialize) -> Self {
        Self::new(line, Default::default(), data)
    }

    /// The same, asking for an exit code.
    pub fn with_exit(self, exit: Option<Exit>) -> Self {
        Self { exit, ..self }
    }

    /// The same with what else was found.
    pub fn with_diagnostics(self, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            ..self
        }
    }
}
