//! Files of a product that look like samples or tests, and are not read.

use super::place::in_file;
use crate::diagnostic::{Diagnostic, Severity};
use crate::product::ProductSource;

/// Files with a name that only resembles that of a sample or a test. `read`: those that are read.
pub(super) fn problems(source: &ProductSource, read: &[&String]) -> Vec<Diagnostic> {
    let names = source.files.keys().filter(|name| !read.contains(name));
    let problems = names.filter_map(|name| {
        let (stem, end) = name.rsplit_once('.')?;
        let is_yaml = matches!(end, "yaml" | "yml");
        let (kind, start) = match stem {
            _ if !is_yaml => return None,
            _ if stem.starts_with("test") => ("test", "test-"),
            _ if stem.starts_with("sample") => ("sample", "sample"),
            _ => return None,
        };
        let rest = stem.strip_prefix(kind).unwrap_or_default();
        let rest = rest.trim_start_matches(['-', '_', '.']);
        let rest = match (kind, rest) {
            ("test", "") => "case",
            (_, rest) => rest,
        };
        let proposed = match kind {
            "sample" if !rest.is_empty() => format!("sample-{rest}.yaml"),
            _ => format!("{start}{rest}.yaml"),
        };
        let message = "the file looks like a {kind}, and is not read".replace("{kind}", kind);
        let problem = in_file(source, name, None, message).with_severity(Severity::Warning);
        Some(problem.with_help(format!("rename it to `{proposed}`")))
    });
    problems.collect()
}
