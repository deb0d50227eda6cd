//! Finds the same problem again after its line moved.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::model::Digest;

/// Each diagnostic with a fingerprint: the code, the file and the line's text, and a number for equal ones.
pub fn fingerprints<'a>(
    diagnostics: impl Iterator<Item = &'a Diagnostic>,
) -> impl Iterator<Item = (&'a Diagnostic, String)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    diagnostics.map(move |diagnostic| {
        let hash = line_hash(diagnostic);
        let count = seen.entry(hash.clone()).or_default();
        *count += 1;
        (diagnostic, format!("{hash}:{count}"))
    })
}

fn line_hash(diagnostic: &Diagnostic) -> String {
    let line = diagnostic.source_line.as_deref().map(str::trim);
    let parts = [
        diagnostic.code.as_str(),
        diagnostic.path.as_str(),
        line.unwrap_or(&diagnostic.message),
    ];
    Digest::sha256(parts.join("\n")).prefix(16)
}
