//! A diff in the section of a config.

use minijinja::context;
use minijinja::value::Value;

use super::fit::first_lines;
use super::fit_list::Form;
use super::templates::safe;
use crate::diff::Diff;
use crate::text::pluralize;

const MAX_DIFF_CHARS: usize = 12_000;
const MAX_LINE_CHARS: usize = 1_000;

/// `what`: the rendered text.
pub(super) fn folded_diff(what: &str, diff: &Diff, form: Form) -> Value {
    let added = pluralize(diff.added, "line");
    let lines = diff.unified.as_deref();
    context! {
        title => safe(format!("{what}: {added} added, {} removed", diff.removed)),
        lines => match (lines, form) {
            (None, _) => "(too large to compare by line)".to_owned(),
            (Some(lines), Form::Full) => lines.to_owned(),
            (Some(lines), _) => cut_diff(lines),
        },
    }
}

/// The first lines of a diff, and the first characters of each, so that one long value leaves room for the others.
fn cut_diff(diff: &str) -> String {
    let lines = diff
        .lines()
        .map(|line| match line.char_indices().nth(MAX_LINE_CHARS) {
            Some((end, _)) => {
                let more = pluralize(line[end..].chars().count(), "more character");
                format!("{} … {more}\n", &line[..end])
            }
            None => format!("{line}\n"),
        });
    let diff: String = lines.collect();
    match first_lines(&diff, MAX_DIFF_CHARS) {
        (diff, 0) => diff.to_owned(),
        (kept, more) => format!(
            "{kept}… {} in the report as JSON\n",
            pluralize(more, "more line")
        ),
    }
}
