//! Whether a product is whole: keys, expressions, samples, tests, names and policy. Loading a product finds the faults that every
//! config meets; the rest is found here.

mod place;
mod policy;
mod rendered;
mod samples;
mod schema;
mod suffix;
mod tests;
mod types;
mod unread;
mod variants;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use self::place::at_key;
use crate::config::{fault_problem, manifest_problems, recognition_problems};
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::product::{Product, Registry, known_keys};

/// The result of checking a product.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckedProduct {
    /// Name of the product.
    pub product: String,
    /// Its folder.
    pub path: RepoPath,
    /// Whether it has no errors.
    pub ok: bool,
    /// File names of the samples that were rendered.
    pub samples: Vec<String>,
    /// File names of the tests that were run.
    pub tests: Vec<String>,
}

/// Checks a product of the registry as a whole. `None` if there is no such product.
pub fn check_product(registry: &Registry, name: &str) -> Option<(CheckedProduct, Vec<Diagnostic>)> {
    let source = registry.source(name)?;
    let mut checked = CheckedProduct {
        product: name.to_owned(),
        path: source.path(""),
        ok: false,
        samples: Vec::new(),
        tests: Vec::new(),
    };
    let mut problems = match registry.product(name)? {
        Err(error) => recognition_problems(&error).unwrap_or_default(),
        Ok(product) => {
            checked.samples = samples::files(&product);
            checked.tests = tests::files(source);
            let mut problems = manifest_problems(source);
            let faults = product.undefined_reads();
            problems.extend(faults.iter().map(|fault| fault_problem(source, fault)));
            problems.extend(schema::problems(&product));
            problems.extend(shared_codes(registry, &product));
            problems.extend(shared_section(registry, &product));
            let read = checked.samples.iter().chain(&checked.tests);
            problems.extend(unread::problems(source, &read.collect::<Vec<_>>()));
            // A sample would only repeat these.
            if !problems.iter().any(Diagnostic::is_error) {
                problems.extend(samples::problems(registry, &product, &checked.samples));
            }
            if !problems.iter().any(Diagnostic::is_error) {
                problems.extend(tests::problems(registry, &product, &checked.tests));
            }
            problems
        }
    };
    problems.sort_by(|a, b| (a.order(), &a.message).cmp(&(b.order(), &b.message)));
    problems.dedup();
    checked.ok = !problems.iter().any(Diagnostic::is_error);
    Some((checked, problems))
}

/// The section, if another product has it too: a config's product must be known by its section.
fn shared_section(registry: &Registry, product: &Product) -> Option<Diagnostic> {
    let section = &product.manifest.section;
    let has_it = |other: &Product| {
        let mut sections = known_keys(other.schema.document());
        sections.any(|known| known == section)
    };
    let other = registry.names().into_iter().find(|name| {
        let other = registry.product(name).and_then(Result::ok);
        *name != product.name() && other.is_some_and(|other| has_it(&other))
    })?;
    let message = format!("configs of product `{other}` have this section, too: `{section}`");
    let problem = at_key(&product.source, vec!["section".to_owned()], message);
    Some(problem.with_help("choose another section, here and in the schema"))
}

/// Codes that another product has, too.
fn shared_codes(registry: &Registry, product: &Product) -> Vec<Diagnostic> {
    let mut others: BTreeMap<String, String> = BTreeMap::new();
    for name in registry.names() {
        if name == product.name() {
            continue;
        }
        if let Some(Ok(other)) = registry.product(name) {
            let codes = other
                .manifest
                .rules
                .iter()
                .map(|rule| rule.code.to_string());
            others.extend(codes.map(|code| (code, name.to_owned())));
        }
    }
    let rules = product.manifest.rules.iter().enumerate();
    let shared = rules.filter_map(|(index, rule)| {
        let other = others.get(rule.code.as_str())?;
        let message = format!("product `{other}` has this code, too: `{}`", rule.code);
        let key = ["rules", &index.to_string(), "code"].map(str::to_owned);
        let problem = at_key(&product.source, key.to_vec(), message);
        Some(problem.with_help("choose another code"))
    });
    shared.collect()
}
