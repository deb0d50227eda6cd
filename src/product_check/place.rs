//! Problems at their places in a product's files.

use crate::config::fault_problem;
use crate::diagnostic::Diagnostic;
use crate::product::{FaultPlace, MANIFEST, ProductFault, ProductSource};
use crate::text::pluralize;

/// Samples of a product, and tests. Each may take all the work that a config is allowed.
pub(super) const MAX_CONFIGS: usize = 50;

/// The error of more samples or tests than are checked.
pub(super) fn too_many(source: &ProductSource, what: &str, count: usize) -> Vec<Diagnostic> {
    if count <= MAX_CONFIGS {
        return Vec::new();
    }
    let message = format!(
        "the product has {}; {MAX_CONFIGS} is the most",
        pluralize(count, what)
    );
    let problem = at(source, "", FaultPlace::Whole, message);
    vec![problem.with_help("delete some, or put several cases into one")]
}

/// A problem at a key of the manifest.
pub(super) fn at_key(source: &ProductSource, key: Vec<String>, message: String) -> Diagnostic {
    at(source, MANIFEST, FaultPlace::Key(key), message)
}

/// A problem of a file of the product. `line`: from 1, if it is known.
pub(super) fn in_file(
    source: &ProductSource,
    file: &str,
    line: Option<usize>,
    message: String,
) -> Diagnostic {
    let place = line.map_or(FaultPlace::Whole, FaultPlace::Line);
    at(source, file, place, message)
}

fn at(source: &ProductSource, file: &str, place: FaultPlace, message: String) -> Diagnostic {
    fault_problem(source, &ProductFault::new(file, place, message))
}
