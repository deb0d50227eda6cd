//! The plan as text, and the differences as a patch.

use super::plan::SetupPlan;
use super::planned_file::{FileState, PlannedFile};
use super::question::{Givens, Origin, Question};
use super::shell::quote_argument;
use super::step::SetupStep;
use crate::diff::diff;

/// How the run treats the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanMode {
    /// New files are written.
    Write,
    /// Nothing is written.
    Check,
}

/// The differences of files that exist, for `git apply`.
pub fn patch(plan: &SetupPlan) -> String {
    let differs = plan
        .files
        .iter()
        .filter(|file| file.state() == FileState::Differs);
    differs.map(file_patch).collect()
}

/// The difference of a file.
pub fn file_patch(file: &PlannedFile) -> String {
    let before = file.before.as_deref().unwrap_or_default();
    let hunks = diff(before, &file.text).and_then(|found| found.unified);
    let path = &file.path;
    match hunks {
        Some(hunks) => format!("--- a/{path}\n+++ b/{path}\n{hunks}"),
        None => String::new(),
    }
}

/// The answers, with their origin unless a person gave them.
fn answers_text(givens: &Givens) -> String {
    let width = Question::ALL.map(|question| question.label().len());
    let width = width.into_iter().max().unwrap_or_default();
    let lines = givens.iter().map(|(question, given)| {
        let origin = match &given.origin {
            Origin::Person => String::new(),
            Origin::Usual => " (default)".to_owned(),
            Origin::File(path) => format!(" (from {path})"),
            Origin::Guess(reason) => format!(" (guess: {reason})"),
        };
        format!("  {:width$}  {}{origin}\n", question.label(), given.text)
    });
    lines.collect()
}

/// What was or would be done, and the next steps. `flags`: the answers of the command line. `above`: the way to the root of the repository,
/// such as `..`.
pub fn plan_text(
    plan: &SetupPlan,
    (givens, flags): (&Givens, &Givens),
    mode: PlanMode,
    above: &str,
) -> String {
    let mut text = format!("Answers\n{}\nFiles\n", answers_text(givens));
    for file in &plan.files {
        let word = match (file.state(), mode) {
            (FileState::New, PlanMode::Write) => "created",
            (FileState::New, PlanMode::Check) if file.is_sample => "optional",
            (FileState::New, PlanMode::Check) => "missing",
            (FileState::Unchanged, _) => "unchanged",
            (FileState::Differs, _) => "differs",
        };
        text.push_str(&format!("  {word:9}  {}\n", file.path));
    }
    let patch = patch(plan);
    if !patch.is_empty() {
        let given = givens
            .iter()
            .filter(|(_, given)| given.origin == Origin::Person);
        let flags: String = given
            .flat_map(|(question, given)| {
                // Earlier answers are in the files.
                let given = flags.get(question).unwrap_or(given);
                given
                    .text
                    .split(' ')
                    .map(|value| format!(" {} {}", question.flag_name(), quote_argument(value)))
            })
            .collect();
        let folder = match above {
            "" => String::new(),
            above => format!(" -C {}", quote_argument(above)),
        };
        text.push_str(&format!(
            "\nFiles that differ stay as they are. To take these changes over:\n  provisioner init{flags} --diff | git{folder} apply\n\n{patch}"
        ));
    }
    if mode == PlanMode::Check && !plan.findings.is_empty() {
        text.push_str("\nFindings\n");
        for finding in &plan.findings {
            let line = finding
                .line
                .map(|line| format!(":{line}"))
                .unwrap_or_default();
            let word = finding.kind.word();
            text.push_str(&format!(
                "  {word:11}  {}{line}: {}\n",
                finding.path, finding.message
            ));
        }
        text.push_str("\nFor the steps, run `provisioner init`.\n");
    }
    if mode == PlanMode::Write {
        text.push_str("\nNext steps\n");
        for (index, step) in plan.steps.iter().enumerate() {
            text.push_str(&step_text(index + 1, step));
        }
        // The warnings themselves are above all this, out of sight.
        if !plan.warnings.is_empty() {
            text.push_str("\nBefore you follow the steps, read the warnings above:\n");
        }
        for warning in &plan.warnings {
            text.push_str(&format!("  {}\n", warning.message));
        }
    }
    text
}

fn step_text(number: usize, step: &SetupStep) -> String {
    let mut text = format!("\n{number}. {}\n", step.title);
    if let Some(note) = &step.note {
        text.push_str(&format!("   {note}\n"));
    }
    text.push('\n');
    for command in &step.commands {
        text.push_str(&format!("     {command}\n"));
    }
    text
}
