//! Checks every string of a config for dynamic references and for characters that are invisible or reorder text.

use super::node::{Node, NodeKind};
use super::values::ParsedFile;
use super::violation::DiagnosticLimit;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::text;

/// Reports dynamic references, and characters that change how a line looks.
pub fn report(file: &ParsedFile, diagnostics: &mut Vec<Diagnostic>) {
    let mut limit = DiagnosticLimit::new(diagnostics);
    check_node(file, &file.root, &mut limit);
    if let Some(rest) = limit.overflow() {
        let first = file.at(Span::point(1, 1));
        diagnostics.push(first.error(Code::BidiOrControlCharacter, rest));
    }
}

fn check_node(file: &ParsedFile, node: &Node, limit: &mut DiagnosticLimit<'_>) {
    match &node.kind {
        NodeKind::Text(value) => string(file, value, node.span, limit),
        NodeKind::Sequence(items) => items.iter().for_each(|item| check_node(file, item, limit)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                string(file, &entry.key, entry.key_span, limit);
                check_node(file, &entry.value, limit);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}

fn string(file: &ParsedFile, value: &str, span: Span, limit: &mut DiagnosticLimit<'_>) {
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
            let problem = file.at(span).error(Code::DynamicReference, message);
            problem.with_help(help)
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
            let problem = file.at(span).error(Code::BidiOrControlCharacter, message);
            problem.with_help(help)
        });
    }
}
