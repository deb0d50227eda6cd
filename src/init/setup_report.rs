//! The plan as a JSON document.

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::SetupFinding;
use super::plan::SetupPlan;
use super::planned_file::{FileState, PlannedFile};
use super::question::{AnswerProblem, Givens, Origin, Question};
use super::show::{PlanMode, file_patch};
use super::step::SetupStep;
use crate::diagnostic::Diagnostic;
use crate::report::JsonDocument;

/// What `init` wrote or found, and what an administrator does next.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct SetupReport {
    /// In the order of the questions.
    pub answers: Vec<ReportedAnswer>,
    /// Questions without an answer.
    pub unanswered: Vec<UnansweredQuestion>,
    /// All files of the setup. Empty if a required answer is missing, or after an error.
    pub files: Vec<ReportedFile>,
    /// In this order, for a POSIX shell. Empty with `--check`.
    pub steps: Vec<SetupStep>,
    /// `--check`: what files that exist lack. Empty without `--check`.
    pub findings: Vec<SetupFinding>,
    /// What the answers allow and do not say.
    pub warnings: Vec<AnswerProblem>,
    /// Answers that are missing or invalid, and places that cannot be written. Nothing was written then.
    pub problems: Vec<AnswerProblem>,
    /// Errors of the policy file or of the first config. Nothing was written then.
    pub diagnostics: Vec<Diagnostic>,
}

impl JsonDocument for SetupReport {
    const NAME: &'static str = "init-report";
    const TITLE: &'static str = "The setup that `init` writes";
    const FORMAT: &'static str = "provisioner-init/1";
}

/// An answer that the run uses.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedAnswer {
    question: Question,
    /// A list has spaces between its items.
    value: String,
    /// Where the answer comes from.
    origin: AnswerOrigin,
    /// The file, or the reason of a guess.
    source: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum AnswerOrigin {
    /// A flag.
    Flag,
    /// A file that exists.
    File,
    /// Derived from the source.
    Guess,
    /// The usual answer.
    Default,
}

/// A question without an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnansweredQuestion {
    question: Question,
    /// The flag, with an example of its value.
    flag: &'static str,
    /// Whether `init` writes nothing without the answer.
    required: bool,
}

/// A file of the setup.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedFile {
    /// From the repository's root.
    path: String,
    /// What `init` did, or found.
    result: FileResult,
    /// For `git apply`, if the file differs.
    patch: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum FileResult {
    /// The file is new.
    Created,
    /// `--check`: the file does not exist.
    Missing,
    /// `--check`: the file does not exist, and the setup works without it.
    Optional,
    /// The file is as it should be.
    Unchanged,
    /// The file differs, and was left as it is.
    Different,
}

impl SetupReport {
    /// `missing`: required questions without an answer. `optional`: the others without one.
    pub fn new(givens: &Givens, missing: &[Question], optional: &[Question]) -> Self {
        let answers = givens.iter().map(|(question, given)| {
            let (origin, source) = match &given.origin {
                Origin::Person => (AnswerOrigin::Flag, None),
                Origin::File(path) => (AnswerOrigin::File, Some(path.clone())),
                Origin::Guess(reason) => (AnswerOrigin::Guess, Some((*reason).to_owned())),
                Origin::Usual => (AnswerOrigin::Default, None),
            };
            ReportedAnswer {
                question: *question,
                value: given.text.clone(),
                origin,
                source,
            }
        });
        let unanswered = |questions: &[Question], required: bool| -> Vec<UnansweredQuestion> {
            let questions = questions.iter();
            let questions = questions.map(|question| UnansweredQuestion {
                question: *question,
                flag: question.flag(),
                required,
            });
            questions.collect()
        };
        let mut open = unanswered(missing, true);
        open.extend(unanswered(optional, false));
        Self {
            answers: answers.collect(),
            unanswered: open,
            ..Self::default()
        }
    }

    /// The same with the files and the steps of a plan.
    pub fn with_plan(self, plan: &SetupPlan, mode: PlanMode) -> Self {
        let files = plan.files.iter().map(|file| ReportedFile {
            path: file.path.clone(),
            result: result(file, mode),
            patch: (file.state() == FileState::Differs).then(|| file_patch(file)),
        });
        let (steps, findings) = match mode {
            PlanMode::Write => (plan.steps.clone(), Vec::new()),
            PlanMode::Check => (Vec::new(), plan.findings.clone()),
        };
        Self {
            files: files.collect(),
            steps,
            findings,
            warnings: plan.warnings.clone(),
            ..self
        }
    }
}

fn result(file: &PlannedFile, mode: PlanMode) -> FileResult {
    match (file.state(), mode) {
        (FileState::New, PlanMode::Write) => FileResult::Created,
        (FileState::New, PlanMode::Check) if file.is_sample => FileResult::Optional,
        (FileState::New, PlanMode::Check) => FileResult::Missing,
        (FileState::Unchanged, _) => FileResult::Unchanged,
        (FileState::Differs, _) => FileResult::Different,
    }
}
