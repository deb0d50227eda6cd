//! Resource types. There is no list of all types here, so only near misses of known ones are found.

use std::collections::BTreeSet;

use super::place::in_file;
use crate::diagnostic::{Diagnostic, Severity, SourceText};
use crate::product::{Product, ProductSource};
use crate::template::{Document, known_types};
use crate::text::did_you_mean;

pub(super) fn problems(product: &Product, document: &Document) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = known_types().collect();
    let kinds: BTreeSet<&str> = document.resources().map(|resource| resource.kind).collect();
    let unknown = kinds.into_iter().filter(|kind| !known.contains(kind));
    unknown
        .filter_map(|kind| {
            let meant = did_you_mean(kind, known.iter().copied())?;
            let (file, line) = place(&product.source, kind)?;
            let message = format!("unknown resource type: `{kind}`");
            let problem = in_file(&product.source, file, Some(line), message);
            let problem = problem.with_severity(Severity::Warning);
            Some(problem.with_help(format!("if you mean `{meant}`, write it")))
        })
        .collect()
}

/// The first line of a template with this type.
fn place<'s>(source: &'s ProductSource, kind: &str) -> Option<(&'s str, usize)> {
    source.files.iter().find_map(|(name, text)| {
        let at = text.find(kind).filter(|_| name.ends_with(".j2"))?;
        Some((name.as_str(), SourceText::new(text).line_of(at)))
    })
}
