//! Other configs than the samples: without each optional key, and with each value of an enumeration. They find expressions and
//! templates that fail for configs that do not exist yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::rendered;
use crate::config::{Config, product_problem};
use crate::diagnostic::{Diagnostic, Severity};
use crate::product::{Product, ProductError, SCHEMA, Schema};

/// Variants of all samples of a product.
pub(super) const MAX_VARIANTS: usize = 400;
/// Problems after which no more variants are rendered: each may take all the work that a config is allowed.
const MAX_PROBLEMS: usize = 5;

/// Problems that only variants of a sample have. `left`: the number of variants that may still be rendered.
pub(super) fn problems(
    product: &Product,
    file: &str,
    config: &Config,
    left: &mut usize,
) -> Vec<Diagnostic> {
    let written = config.files.to_json();
    let mut found: BTreeMap<(String, Option<usize>, String), Diagnostic> = BTreeMap::new();
    for (what, values) in variants(&product.schema, file, &written) {
        if !product.schema.violations(&values).is_empty() {
            continue;
        }
        if *left == 0 || found.len() >= MAX_PROBLEMS {
            break;
        }
        *left -= 1;
        for problem in of_variant(product, file, config, values) {
            let line = problem.span.map(|span| span.start.line);
            let key = (problem.path.to_string(), line, problem.message.clone());
            let help = match &problem.help {
                Some(help) => format!("{help} ({what})"),
                None => format!(
                    "give the key a default in {SCHEMA}, or test it with `is defined`; this happens {what}"
                ),
            };
            found.entry(key).or_insert_with(|| problem.with_help(help));
        }
    }
    found.into_values().collect()
}

/// Other values than those of a sample, each with the difference in words.
fn variants(schema: &Schema, file: &str, written: &Value) -> Vec<(String, Value)> {
    let mut variants = Vec::new();
    let mut keys = Vec::new();
    paths(written, &mut Vec::new(), &mut keys);
    for key in &keys {
        let mut values = written.clone();
        let Some((last, above)) = key.split_last() else {
            continue;
        };
        if let Some(Value::Object(parent)) = values.pointer_mut(&pointer(above)) {
            parent.shift_remove(last);
        }
        variants.push((format!("without `{}` in `{file}`", key.join(".")), values));
    }
    for (key, value) in schema.alternatives() {
        let Some((last, above)) = key.split_last() else {
            continue;
        };
        let mut values = written.clone();
        let Some(Value::Object(parent)) = values.pointer_mut(&pointer(above)) else {
            continue;
        };
        if parent.get(last) != Some(&value) {
            parent.insert(last.clone(), value.clone());
            variants.push((
                format!("with `{}: {value}` in `{file}`", key.join(".")),
                values,
            ));
        }
    }
    variants
}

fn pointer(key: &[String]) -> String {
    let parts = key.iter();
    parts
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// The keys of a value, sections before what they hold.
fn paths(value: &Value, at: &mut Vec<String>, keys: &mut Vec<Vec<String>>) {
    for (key, below) in value.as_object().into_iter().flatten() {
        at.push(key.clone());
        keys.push(at.clone());
        paths(below, at, keys);
        at.pop();
    }
}

/// The problems of the product for other values. A config that breaks a rule is no problem.
fn of_variant(
    product: &Product,
    file: &str,
    config: &Config,
    mut values: Value,
) -> Vec<Diagnostic> {
    let variant = || -> Result<Option<Config>, ProductError> {
        let stem = config.path.stem();
        product.normalize(&mut values, stem, &config.given, false)?;
        let (derived, _) = product.derive(&values, stem, &config.given, |_| false, false)?;
        let broken = product.rule_violations(&derived.scope, |_| false, false)?;
        if broken
            .iter()
            .any(|broken| broken.severity == Severity::Error)
        {
            return Ok(None);
        }
        Ok(Some(Config {
            target: product.target(&derived.scope)?,
            outputs: product.output_names(&derived.scope)?,
            values: Arc::new(values),
            derived,
            ..config.clone()
        }))
    };
    let failed =
        |failure: ProductError| product_problem(&product.source.path(file), product, &failure);
    let variant = match variant() {
        Ok(Some(variant)) => variant,
        Ok(None) => return Vec::new(),
        Err(failure) => return vec![failed(failure)],
    };
    let mut problems = rendered::template(product, file, &variant).problems;
    problems.retain(Diagnostic::is_error);
    let scope = &variant.derived.scope;
    problems.extend(product.render_policy(scope).err().map(failed));
    problems.extend(product.needs(scope).err().map(failed));
    problems.extend(product.folder_prefixes(scope).err().map(failed));
    problems
}
