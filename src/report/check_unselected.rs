//! The section about files that look like configs and are not selected, in the report of a check.

use super::diagnostics::diagnostics;
use super::escape::fence;
use crate::diagnostic::Diagnostic;
use crate::text::pluralize;

/// Warnings that are listed; the rest is counted.
const MAX_LISTED: usize = 20;

/// The section; empty without warnings.
pub(super) fn unselected_section(warnings: &[Diagnostic]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let listed = fence(&diagnostics(warnings.iter().take(MAX_LISTED)), "text");
    let mut text = format!(
        "\n### Files that are not selected\n\nprovisioner does not check these files, and the merge does not apply them.\n\n{listed}\n"
    );
    let more = warnings.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        text.push_str(&format!("\nand {}.\n", pluralize(more, "more warning")));
    }
    text
}
