//! The tests of a product: configs that must be refused or accepted. Each names the codes that it expects.

use std::collections::BTreeSet;

use super::place::{MAX_CONFIGS, in_file, too_many};
use super::rendered;
use crate::config::load_sample;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::RenderedProblems;
use crate::product::{Product, ProductSource, Registry};
use crate::text::and_list;

/// The line of a test that names its codes.
const EXPECT: &str = "# expect:";
/// Represents no code.
const OK: &str = "ok";

/// The files whose names begin with `test-`.
pub(super) fn files(source: &ProductSource) -> Vec<String> {
    let files = source.files.keys();
    let files = files.filter(|name| name.starts_with("test-") && name.ends_with(".yaml"));
    files.cloned().collect()
}

pub(super) fn problems(
    registry: &Registry,
    product: &Product,
    files: &[String],
) -> Vec<Diagnostic> {
    let checked = files.iter().take(MAX_CONFIGS);
    let problems = checked.flat_map(|file| problems_of(registry, product, file));
    too_many(&product.source, "test", files.len())
        .into_iter()
        .chain(problems)
        .collect()
}

fn problems_of(registry: &Registry, product: &Product, file: &str) -> Vec<Diagnostic> {
    let source = &product.source;
    let text = source.files.get(file).map_or("", String::as_str);
    let mut lines = text.lines().enumerate();
    let expected = lines.find_map(|(index, line)| Some((index + 1, line.strip_prefix(EXPECT)?)));
    let Some((line, expected)) = expected else {
        let message = "the test does not say what it expects".to_owned();
        let help = format!("add a line `{EXPECT} CODE`, or `{EXPECT} {OK}`");
        return vec![in_file(source, file, None, message).with_help(help)];
    };
    let expected: BTreeSet<String> = expected
        .split([',', ' '])
        .filter(|code| !code.is_empty() && *code != OK)
        .map(str::to_owned)
        .collect();
    let loaded = load_sample(registry, product, file, text);
    let mut found = loaded.diagnostics;
    if let Some(config) = &loaded.config {
        found.extend(RenderedProblems::new(config).names);
        let rendered = rendered::template(product, file, config);
        found.extend(rendered.problems);
    }
    let is_expected = |problem: &Diagnostic| expected.contains(problem.code.as_str());
    // The product is wrong, and not the test.
    let own = found.iter().filter(|problem| {
        let of_product = matches!(problem.code, Code::ProductInvalid | Code::RenderFailed);
        of_product && !is_expected(problem)
    });
    let own: Vec<Diagnostic> = own
        .map(|problem| during_test(source, file, problem))
        .collect();
    if !own.is_empty() {
        return own;
    }
    let found: BTreeSet<String> = found
        .iter()
        .map(|problem| problem.code.to_string())
        .collect();
    if found == expected {
        return Vec::new();
    }
    let list = |codes: &BTreeSet<String>| match codes.is_empty() {
        true => "no problem".to_owned(),
        false => and_list(&codes.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    let message = format!(
        "the test expects {}, and has {}",
        list(&expected),
        list(&found)
    );
    let problem = in_file(source, file, Some(line), message);
    vec![problem.with_help("correct the test, or the rule that it is about")]
}

/// A fault of the product that a test found. `file`: that of the test.
fn during_test(source: &ProductSource, file: &str, problem: &Diagnostic) -> Diagnostic {
    let help = problem.help.as_deref();
    let help = help.unwrap_or("give the key a default in the schema, or test it with `is defined`");
    let place = source.path(file);
    let message = match problem.path == place {
        true => problem.message.clone(),
        false => format!("{}; in the test `{file}`", problem.message),
    };
    Diagnostic {
        message,
        ..problem.clone().with_help(help)
    }
}
