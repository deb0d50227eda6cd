//! The outcome of an action on one config.

use schemars::JsonSchema;
use serde::Serialize;

use super::{DeletionResult, FolderResult, Provisioned, TestResult};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::Denial;
use crate::plan::{Changes, Deletion};
use crate::stack::Drifted;

/// The data of an action, as JSON has it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ActionData {
    /// `validate-template` and actions that end with nothing to report.
    Nothing,
    /// `show-changes`: the effect of a deployment on the stack.
    Changes(Box<Changes>),
    /// `check-drift`: the drift of the stack.
    Drift(Drifted),
    /// `test-deploy`: the test's stack.
    Test(TestResult),
    /// `provision`: the stack.
    Provisioned(Provisioned),
    /// `deploy-folders`: the numbers of folders.
    Folders(FolderResult),
    /// `upload-template`: the addresses of the uploaded templates.
    Uploaded(Vec<String>),
    /// `delete` and `tear-down`: what was deleted.
    Deleted(DeletionResult),
    /// `delete` and `tear-down`, if the deletion was denied: what it would delete.
    Deletion(Deletion),
    /// After a cancelled job: the status of the stack that it left.
    Status(String),
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ActionOutcome {
    #[serde(skip)]
    pub line: String,
    /// Tables as text for a terminal.
    #[serde(skip)]
    pub text: String,
    /// The same tables in Markdown.
    #[serde(skip)]
    pub markdown: String,
    pub data: ActionData,
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
    pub fn new(line: String, tables: [String; 2], data: ActionData) -> Self {
        let [text, markdown] = tables;
        Self {
            line,
            text,
            markdown,
            data,
            diagnostics: Vec::new(),
            conclusion: Conclusion::Done,
        }
    }

    /// An outcome without tables.
    pub fn from_line(line: String, data: ActionData) -> Self {
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
