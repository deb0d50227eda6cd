//! Numbers of the policy file that are written with a fraction. `1.0` passes a schema, and no key takes it.

use crate::config::{Node, NodeKind, ParsedFile};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;

/// The errors of a file that has the schema's structure.
pub(super) fn number_problems(path: &RepoPath, bytes: &[u8]) -> Vec<Diagnostic> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    fractions(&file.root, &mut found);
    let problems = found.into_iter().map(|(node, number)| {
        let message = format!("`{number}` is written with a fraction");
        let problem = Diagnostic::error(Code::PolicyInvalid, path, message);
        let problem = problem.with_help("write a number without a decimal point");
        problem.at(&file.source(), node.span)
    });
    problems.collect()
}

fn fractions<'a>(node: &'a Node, found: &mut Vec<(&'a Node, &'a serde_json::Number)>) {
    match &node.kind {
        NodeKind::Number(number) if number.is_f64() => found.push((node, number)),
        NodeKind::Sequence(items) => items.iter().for_each(|item| fractions(item, found)),
        NodeKind::Mapping(entries) => entries
            .iter()
            .for_each(|entry| fractions(&entry.value, found)),
        _ => {}
    }
}
