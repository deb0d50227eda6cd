//! What no string of a config may hold, whatever the schema says.

use super::node::{Kind, Node};
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::model::RepoPath;
use crate::wording;

/// Refuses dynamic references and characters that make a line read differently from what it is.
pub fn report(
    path: &RepoPath,
    source: &SourceText<'_>,
    node: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match &node.kind {
        Kind::Text(value) => string(path, source, value, node.span, diagnostics),
        Kind::Sequence(items) => items
            .iter()
            .for_each(|item| report(path, source, item, diagnostics)),
        Kind::Mapping(entries) => {
            for entry in entries {
                string(path, source, &entry.key, entry.key_span, diagnostics);
                report(path, source, &entry.value, diagnostics);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

fn string(
    path: &RepoPath,
    source: &SourceText<'_>,
    value: &str,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    // CloudFormation resolves `{{resolve:service:…}}` anywhere in a template, whatever wrote it.
    if value.contains("{{resolve") || value.contains("{{ resolve") {
        let message = "CloudFormation would resolve this reference behind the reviewers' backs";
        let help = "write the value itself";
        diagnostics.push(
            Diagnostic::error("dynamic-reference", path, message)
                .with_help(help)
                .at(source, span),
        );
    }
    if let Some(bad) = value
        .chars()
        .find(|&character| wording::is_deceptive(character))
    {
        let message = format!(
            "the text holds the character U+{:04X}, which cannot be seen",
            u32::from(bad)
        );
        let help = "delete the character";
        diagnostics.push(
            Diagnostic::error("bidi-or-control-character", path, message)
                .with_help(help)
                .at(source, span),
        );
    }
}
