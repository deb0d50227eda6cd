//! Diagnostics for terminals and logs.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::diagnostic::{Diagnostic, Span};
use crate::model::RepoPath;
use crate::text::escape_invisible;

/// Maximum length of a quoted source line.
const WINDOW: usize = 120;
/// Characters shown before the position in a longer line.
const BEFORE: usize = 40;

/// All diagnostics, each with its source line.
pub fn diagnostics<'a>(all: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    all.into_iter()
        .map(diagnostic)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Codes and messages in one line.
pub fn problems_line(problems: &[Diagnostic]) -> String {
    let problems = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.code, problem.message));
    problems.collect::<Vec<_>>().join("; ")
}

/// `path:line:col: severity[code]: message`, the source line with the position underlined, and the help.
pub fn diagnostic(diagnostic: &Diagnostic) -> String {
    let path = escape_invisible(diagnostic.path.as_str(), false);
    let space = if diagnostic.span.is_none() { " " } else { "" };
    format!("{path}:{space}{}", diagnostic_without_path(diagnostic))
}

/// The same below a heading that names a file. Of a problem of that file the path is left out.
pub fn diagnostic_below(heading: &RepoPath, problem: &Diagnostic) -> String {
    match problem.path == *heading {
        true => diagnostic_without_path(problem),
        false => diagnostic(problem),
    }
}

/// The same below a heading that names the file.
pub fn diagnostic_without_path(diagnostic: &Diagnostic) -> String {
    let place = diagnostic
        .span
        .map(|span| format!("{}:{}: ", span.start.line, span.start.column));
    let mut text = format!(
        "{}{}[{}]: {}\n",
        place.unwrap_or_default(),
        diagnostic.severity.word(),
        escape_invisible(diagnostic.code.as_str(), false),
        escape_invisible(&diagnostic.message, false),
    );
    if let (Some(span), Some(line)) = (diagnostic.span, &diagnostic.source_line) {
        text.push_str(&snippet(span, line));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("  help: {}\n", escape_invisible(help, false)));
    }
    text
}

fn snippet(span: Span, line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let start = (span.start.column - 1).min(chars.len());
    let end = match span.end.line == span.start.line {
        true => (span.end.column - 1).clamp(start, chars.len()),
        false => chars.len(),
    };
    let first = if chars.len() > WINDOW {
        start.saturating_sub(BEFORE)
    } else {
        0
    };
    let last = chars.len().min(first + WINDOW);
    let shown = |from: usize, to: usize| {
        let part: String = chars[from.min(last)..to.clamp(from.min(last), last)]
            .iter()
            .collect();
        escape_invisible(&part.replace('\t', " "), false).into_owned()
    };
    let cut = if first > 0 { "…" } else { "" };
    let more = if last < chars.len() { "…" } else { "" };
    let before = shown(first, start);
    let marked = shown(start, end);
    let number = span.start.line.to_string();
    let gutter = " ".repeat(number.width());
    format!(
        " {number} | {cut}{before}{marked}{}{more}\n {gutter} | {}{}\n",
        shown(end, last),
        " ".repeat(cut.width() + before.width()),
        "^".repeat(
            marked
                .chars()
                .filter_map(|c| c.width())
                .sum::<usize>()
                .max(1)
        ),
    )
}
