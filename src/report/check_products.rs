//! The section about the repository's own products, in the report of a check.

use super::diagnostics::diagnostics;
use super::escape::fence;
use crate::diagnostic::{Diagnostic, errors_first};
use crate::text::pluralize;

/// Problems that are listed; the rest is counted.
const MAX_LISTED: usize = 30;

/// The section; empty without problems.
pub(super) fn product_section(problems: &[Diagnostic]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let effect = match problems.iter().any(Diagnostic::is_error) {
        true => "A product has errors. To reproduce them, run `provisioner check-product`.\n\n",
        false => "",
    };
    let listed = fence(
        &diagnostics(errors_first(problems).into_iter().take(MAX_LISTED)),
        "text",
    );
    let mut text = format!("\n### Products\n\n{effect}{listed}\n");
    let more = problems.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        text.push_str(&format!("\nand {}.\n", pluralize(more, "more problem")));
    }
    text
}
