//! What to do about frequent mistakes in expressions and templates.

use minijinja::ErrorKind;

use super::limits;
use crate::text::did_you_mean;

/// The statements that `{% %}` can hold.
const STATEMENTS: &[&str] = &[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "macro",
    "endmacro",
    "include",
    "import",
    "from",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "call",
    "endcall",
    "raw",
    "endraw",
    "block",
    "endblock",
    "extends",
];

/// Help for an error of minijinja in a template or a text.
pub(super) fn of_error(error: &minijinja::Error) -> Option<String> {
    let detail = limits::deepest(error).detail().unwrap_or_default();
    match limits::deepest(error).kind() {
        ErrorKind::UnknownFilter => {
            Some("use a filter that docs/products.md lists, or one of minijinja".to_owned())
        }
        ErrorKind::UnknownTest => {
            Some("use a test that docs/products.md lists, or one of minijinja".to_owned())
        }
        ErrorKind::SyntaxError if detail.contains("expected end of block") => {
            Some("close each `{% if %}`, `{% for %}`, `{% macro %}` and `{{`".to_owned())
        }
        ErrorKind::SyntaxError => of_statement(detail.strip_prefix("unknown statement ")?),
        ErrorKind::InvalidOperation if detail.contains("recursion limit") => {
            Some("do not let a file include itself, or a macro call itself".to_owned())
        }
        _ => None,
    }
}

fn of_statement(word: &str) -> Option<String> {
    if word == "end" {
        return Some("write the end of a block as one word, such as `{% endif %}`".to_owned());
    }
    if STATEMENTS.contains(&word) {
        return Some(format!(
            "delete `{{% {word} %}}`, or close the block that was opened last before it"
        ));
    }
    let meant = did_you_mean(word, STATEMENTS.iter().copied())?;
    Some(format!("write `{{% {meant} %}}`"))
}

/// Help for an expression of the manifest that does not compile.
pub(super) fn of_expression(source: &str) -> Option<String> {
    let written = source.trim();
    if written.contains("{{") || written.contains("{%") {
        return Some("write the expression without braces".to_owned());
    }
    let word = [("&&", "and"), ("||", "or"), ("!", "not")];
    let (sign, word) = word
        .iter()
        .find(|(sign, _)| written.replace("!=", "").contains(sign))?;
    Some(format!("write `{word}` instead of `{sign}`"))
}
