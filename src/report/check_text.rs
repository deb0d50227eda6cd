//! A check for terminals: its problems, and one line for each change.

use super::check::Report;
use super::check_comment::on_merge_words;
use super::check_headline::NO_CHANGE;
use super::diagnostics::diagnostics;
use crate::plan::{Change, Intent};
use crate::product::Level;
use crate::text::escape_invisible;

/// The problems, each with its source line, then the changes.
pub fn check_text(report: &Report) -> String {
    let changes = &report.plan.changes;
    let lines: String = match changes.is_empty() {
        true => format!("{NO_CHANGE}\n"),
        false => changes.iter().map(|change| line(report, change)).collect(),
    };
    match diagnostics(report.diagnostics()) {
        problems if problems.is_empty() => lines,
        problems => format!("{problems}\n{lines}"),
    }
}

/// `path: delete after confirmation: STACK in ACCOUNT, REGION (impact critical)`.
fn line(report: &Report, change: &Change) -> String {
    let mut line = format!("{}: {}", change.path, on_merge_words(report, change));
    if let (Some(stack), Some(target)) = (&change.stack, &change.target) {
        line += &format!(": {stack} in {}, {}", target.account, target.region);
    }
    let is_new = matches!(change.intent, Intent::Create | Intent::Import);
    if change.level > Level::None && !is_new {
        line += &format!(" (impact {})", change.level.word());
    }
    escape_invisible(&line, false).into_owned() + "\n"
}
