//! The outcome of an action on one config.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    AdoptionResult, ContinuedRollback, DeletionResult, FolderResult, Provisioned, Replaced,
    Restored, TestResult,
};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::Denial;
use crate::plan::{Adoption, Changes, Deletion, Restoration, RollbackContinuation};
use crate::product::Level;
use crate::report::Success;
use crate::stack::{Drifted, StackName};

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
    /// `adopt` and `unadopt`: the tags of the stack.
    Adopted(AdoptionResult),
    /// `adopt` and `unadopt` as a dry run: the comparison of stack and config.
    Adoption(Box<Adoption>),
    /// `deploy-folders`: the numbers of folders.
    Folders(FolderResult),
    /// `upload-template`: the addresses of the uploaded templates.
    Uploaded(Vec<String>),
    /// `delete` and `tear-down`: what was deleted.
    Deleted(DeletionResult),
    /// `delete` and `tear-down`, if the deletion was denied or is a dry run: what it would delete.
    Deletion(Deletion),
    /// `restore`, if it was denied or is a dry run: what it would change.
    Restoration(Restoration),
    /// `restore`: what it changed.
    Restored(Restored),
    /// `continue-rollback`, if it was denied or is a dry run: what it would do.
    Rollback(RollbackContinuation),
    /// `continue-rollback`: what it did.
    ContinuedRollback(ContinuedRollback),
    /// `replace`: what was deleted, and the new stack.
    Replaced(Box<Replaced>),
    /// After a cancelled job: the status of the stack that it left.
    Status(String),
}

impl ActionData {
    /// What an action with this data did.
    fn success(&self) -> Success {
        match self {
            Self::Nothing | Self::Status(_) => Success::Answered,
            Self::Changes(changes) => Success::Previewed(changes.level),
            Self::Drift(drift) if drift.has_drifted() => Success::DriftFound,
            Self::Drift(drift) if drift.is_unknown() => Success::Answered,
            Self::Drift(_) => Success::NoDrift,
            Self::Test(_) => Success::TestPassed,
            Self::Provisioned(provisioned) => provisioned.outcome.success(),
            Self::Adopted(adopted) => adopted.outcome.success(),
            Self::Adoption(_) => Success::Answered,
            Self::Folders(_) => Success::FoldersCreated,
            Self::Uploaded(_) => Success::Uploaded,
            Self::Deleted(_) => Success::Deleted,
            Self::Restoration(restoration) => Success::Previewed(restoration.level),
            Self::Restored(restored) if !restored.restoration.has_changes => Success::NoDrift,
            Self::Restored(_) => Success::Restored,
            Self::Rollback(_) => Success::Previewed(Level::High),
            Self::ContinuedRollback(_) => Success::RolledBack,
            Self::Replaced(replaced) => match &replaced.deletion {
                Some(_) => Success::Replaced,
                None => replaced.created.outcome.success(),
            },
            Self::Deletion(deletion) => Success::Previewed(match deletion.destroys_objects() {
                true => Level::Critical,
                false => Level::High,
            }),
        }
    }
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
    /// What the action did, if it succeeded.
    #[serde(skip)]
    pub success: Success,
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
    /// CloudFormation rejects the change set.
    ChangeSetFailed,
    /// The stack has drifted, and the caller counts that as a failure.
    DriftFound,
    /// No drift was found, not every resource was checked, and the caller counts that as a failure.
    DriftUnknown,
    /// The guard denies the repair that was previewed, or what a dry run would do.
    Denied { denials: Vec<Denial> },
    /// The guard denies the deletion that was previewed.
    DeletionDenied {
        denials: Vec<Denial>,
        /// The stack and its buckets are gone already: an earlier run finished the deletion.
        is_complete: bool,
    },
}

impl Conclusion {
    /// Whether the action ended as it was to. Drift that was found is no failure.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::NothingLeft | Self::DriftFound)
    }

    /// The exit code, `None` for success.
    pub fn exit(&self) -> Option<Exit> {
        match self {
            Self::Done | Self::NothingLeft => None,
            Self::Invalid => Some(Exit::Config),
            Self::ChangeSetFailed | Self::DriftUnknown => Some(Exit::Operation),
            Self::DriftFound => Some(Exit::Drift),
            Self::Denied { denials } if denials.iter().all(Denial::is_of_impact) => {
                Some(Exit::Impact)
            }
            Self::Denied { .. } | Self::DeletionDenied { .. } => Some(Exit::Denied),
        }
    }
}

impl ActionOutcome {
    /// `tables`: as text for a terminal, then in Markdown. `data`: the same for JSON.
    pub fn new(line: String, tables: [String; 2], data: ActionData) -> Self {
        let [text, markdown] = tables;
        let success = data.success();
        Self {
            line,
            text,
            markdown,
            data,
            diagnostics: Vec::new(),
            conclusion: Conclusion::Done,
            success,
        }
    }

    /// The stack of a test, which has a name of its own; `None` if the action was on the stack of the config.
    pub fn test_stack(&self) -> Option<&StackName> {
        match &self.data {
            ActionData::Test(tested) => Some(&tested.stack),
            _ => None,
        }
    }

    pub fn with_success(self, success: Success) -> Self {
        Self { success, ..self }
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
