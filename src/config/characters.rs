//! Checks every string of a config for dynamic references and for characters that are invisible or reorder text.

use super::node::{Node, NodeKind};
use super::violation::DiagnosticLimit;
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};
use crate::model::RepoPath;
use crate::text;

/// Reports dynamic references, and characters that make a line read differently from its bytes.
pub fn report(
    path: &RepoPath,
    source: &SourceText<'_>,
    node: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut limit = DiagnosticLimit::new(diagnostics);
    check_node(path, source, node, &mut limit);
    if let Some(rest) = limit.overflow() {
        let problem = Diagnostic::error(Code::BidiOrControlCharacter, path, rest);
        diagnostics.push(problem.at(source, Span::point(1, 1)));
    }
}

fn check_node(
    path: &RepoPath,
    source: &SourceText<'_>,
    node: &Node,
    limit: &mut DiagnosticLimit<'_>,
) {
    match &node.kind {
        NodeKind::Text(value) => string(path, source, value, node.span, limit),
        NodeKind::Sequence(items) => items
            .iter()
            .for_each(|item| check_node(path, source, item, limit)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                string(path, source, &entry.key, entry.key_span, limit);
                check_node(path, source, &entry.value, limit);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}

fn string(
    path: &RepoPath,
    source: &SourceText<'_>,
    value: &str,
    span: Span,
    limit: &mut DiagnosticLimit<'_>,
) {
    // Fast path: nearly every text is printable ASCII without a brace.
    if value
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'{')
    {
        return;
    }
    // CloudFormation resolves `{{resolve:service:…}}` anywhere in a template.
    if value.contains("{{resolve") || value.contains("{{ resolve") {
        let message = "CloudFormation would resolve this reference behind the reviewers' backs";
        let help = "write the value itself";
        limit.push(|| {
            Diagnostic::error(Code::DynamicReference, path, message)
                .with_help(help)
                .at(source, span)
        });
    }
    if let Some(bad) = value
        .chars()
        .find(|&character| text::is_invisible_or_bidi(character))
    {
        let message = format!(
            "the text holds the character U+{:04X}, which cannot be seen",
            u32::from(bad)
        );
        let help = "delete the character";
        limit.push(|| {
            Diagnostic::error(Code::BidiOrControlCharacter, path, message)
                .with_help(help)
                .at(source, span)
        });
    }
}
