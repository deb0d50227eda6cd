//! A check for terminals: its problems, one line for each change or group of changes, the limits of the report, and the counts.

use super::check::Report;
use super::check_comment::on_merge_cell;
use super::check_group_text::{scope_text, stacks_text};
use super::check_groups::{EqualChanges, groups};
use super::check_headline::NO_CHANGE;
use super::check_policy::policy_lines;
use super::diagnostics::diagnostics;
use super::status::check_line;
use super::{Notice, OfflineReason, Text};
use crate::diagnostic::by_code;
use crate::plan::Intent;
use crate::product::Level;
use crate::text::{escape_invisible, pluralize};

/// Errors of one code that are listed; the rest is counted.
const MAX_ERRORS: usize = 30;
/// The same of warnings.
const MAX_WARNINGS: usize = 3;

/// The problems, each with its source line, errors first, then the changes and the counts.
pub fn check_text(report: &Report) -> String {
    let problems = problems(report);
    let policy = report.policy.as_ref().map(policy_lines).unwrap_or_default();
    let policy = policy.iter().map(|line| line.plain() + "\n");
    let groups = groups(report);
    let changes = groups.iter().map(|group| line(report, group));
    // Who runs the command knows that it queries nothing.
    let local = Notice::Offline {
        reason: OfflineReason::Local,
    };
    let is_news = |notice: &&Notice| **notice != local;
    let notices = report.notices.iter().filter(is_news);
    let notices = notices.map(|notice| format!("note: {}\n", notice.text().plain()));
    let lines: String = policy.chain(changes).chain(notices).collect();
    let counts = check_line(report);
    match (
        problems.is_empty(),
        groups.is_empty() && report.policy.is_none(),
    ) {
        (true, true) => format!("{NO_CHANGE}\n{lines}"),
        (true, false) => format!("{lines}{counts}\n"),
        (false, _) => format!("{problems}\n{lines}{counts}\n"),
    }
}

fn problems(report: &Report) -> String {
    let codes = by_code(report.diagnostics()).into_iter();
    let texts = codes.map(|problems| {
        let (is_error, code) = (problems[0].is_error(), problems[0].code.as_str());
        let most = if is_error { MAX_ERRORS } else { MAX_WARNINGS };
        let shown = diagnostics(problems.iter().take(most).copied());
        let more = problems.len().saturating_sub(most);
        if more == 0 {
            return shown;
        }
        let noun = if is_error {
            "more error"
        } else {
            "more warning"
        };
        let more = pluralize(more, noun);
        let code = escape_invisible(code, false);
        format!("{shown}\n{more} of {code} in the report of `--format json`\n")
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// `path: delete after confirmation: STACK in ACCOUNT, REGION (impact critical)`, or the same for a group.
fn line(report: &Report, group: &EqualChanges<'_>) -> String {
    let change = group.first();
    let configs = match group.is_single() {
        true => Text::name(change.path.as_str()),
        false => Text::count(group.changes.len(), "config").and(scope_text(group)),
    };
    let stacks = match (&change.stack, &change.target) {
        (Some(stack), Some(target)) if group.is_single() => Text::name(stack)
            .and(Text::ours(" in "))
            .and(Text::name(&target.account))
            .and(Text::ours(", "))
            .and(Text::name(&target.region)),
        (Some(_), Some(_)) => stacks_text(group),
        _ => Text::default(),
    };
    let words = on_merge_cell(report, change);
    let configs = match change.is_former_stack() {
        true => configs.and(Text::ours(", former stack")),
        false => configs,
    };
    let mut line = format!("{}: {}", configs.plain(), words.plain());
    if !stacks.is_empty() {
        line += &format!(": {}", stacks.plain());
    }
    let is_new = matches!(change.intent, Intent::Create | Intent::Import);
    if change.level > Level::None && !is_new {
        line += &format!(" (impact {})", change.level.word());
    }
    line + "\n"
}
