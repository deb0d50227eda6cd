//! From a rendered template back to the product's files.

use crate::config::{Config, fault_problem};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::product::{FaultPlace, ProductFault, ProductSource};

/// Precedes the message of a problem that the configs of a product share.
pub const IN_RENDERED: &str = "in the rendered template: ";

/// Problems of a rendered template. Those of the repository's own products are reported at the line of the product's file that they come
/// from, if it is known. They do not name the config, so that configs with the same problem report it once.
pub fn in_own_product(config: &Config, text: &str, problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let problems = problems.into_iter();
    let located = problems.map(|problem| located(config, text, &problem).unwrap_or(problem));
    located.collect()
}

fn located(config: &Config, text: &str, problem: &Diagnostic) -> Option<Diagnostic> {
    let source = &config.product.source;
    source.root.as_ref()?;
    let line = problem.span?.start.line;
    let rendered = SourceText::new(text).line(line)?;
    let (file, line) = source_line(source, rendered.trim_end())?;
    let message = format!("{IN_RENDERED}{}", problem.message);
    let fault = ProductFault::new(file, FaultPlace::Line(line), message);
    Some(Diagnostic {
        code: problem.code.clone(),
        severity: problem.severity,
        help: problem.help.clone(),
        ..fault_problem(source, &fault)
    })
}

/// The one line of the templates whose text before its first expression begins a rendered line.
pub fn source_line<'s>(source: &'s ProductSource, rendered: &str) -> Option<(&'s str, usize)> {
    let mut found: Vec<(usize, &str, usize)> = Vec::new();
    for (name, text) in source
        .files
        .iter()
        .filter(|(name, _)| name.ends_with(".j2"))
    {
        for (index, line) in text.lines().enumerate() {
            let end = line.find("{{").or_else(|| line.find("{%"));
            let fixed = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
            let is_same = match end {
                Some(_) => rendered.starts_with(fixed),
                None => rendered == fixed.trim_end(),
            };
            if is_same && !fixed.trim().is_empty() {
                found.push((fixed.len(), name, index + 1));
            }
        }
    }
    let longest = found.iter().map(|(length, ..)| *length).max()?;
    found.retain(|(length, ..)| *length == longest);
    match found.as_slice() {
        [(_, name, line)] => Some((name, *line)),
        _ => None,
    }
}
