//! The names of a test deployment: none may be that of a real resource, or of another test.

use std::collections::BTreeMap;

use super::place::{at_key, in_file};
use crate::config::{Config, TEST_SUFFIX};
use crate::diagnostic::Diagnostic;
use crate::product::{MANIFEST, Product, TEMPLATE, Verb};
use crate::template::{Document, physical_names};

/// The suffix of another test than that of [`TEST_SUFFIX`].
const OTHER_SUFFIX: &str = "-t111111";

/// Names that a test deployment shares with the real stack or with another test. Only products with `test-deploy` have tests.
pub(super) fn problems(product: &Product, config: &Config, document: &Document) -> Vec<Diagnostic> {
    let mut actions = product.manifest.actions.values();
    if !actions.any(|action| action.verb == Verb::TestDeploy) {
        return Vec::new();
    }
    let [first, second] = [TEST_SUFFIX, OTHER_SUFFIX].map(|suffix| names_with(config, suffix));
    let (Some(first), Some(second)) = (first, second) else {
        // The checks of names and of templates report why.
        return Vec::new();
    };
    let real = names_of(config, document);
    let mut problems = Vec::new();
    for (logical_id, (property, name)) in &first {
        let same = |names: &Names| names.values().any(|(_, other)| other == name);
        if !same(&real) && !same(&second) {
            continue;
        }
        problems.push(match logical_id.as_str() {
            "" => {
                let message = format!("a test has the name of the real stack: `{name}`");
                let key = ["names", "stack"].map(str::to_owned).to_vec();
                let problem = at_key(&product.source, key, message);
                problem.with_help("append `~ given.suffix` to `names.stack`")
            }
            logical_id => {
                let message =
                    format!("a test has the name of the real resource `{logical_id}`: `{name}`");
                let line = line_of(product, logical_id, property);
                let problem = in_file(&product.source, TEMPLATE, line, message);
                problem.with_help(match line.and_then(|line| name_in(product, line)) {
                    Some(name) => {
                        format!("append `~ given.suffix` to `names.{name}` in {MANIFEST}")
                    }
                    None => format!("append `~ given.suffix` to `{property}`"),
                })
            }
        });
    }
    problems
}

/// Logical id → the property and the name. The stack has an empty id.
type Names = BTreeMap<String, (String, String)>;

fn names_with(config: &Config, suffix: &str) -> Option<Names> {
    let test = config.with_name_suffix(suffix).ok()?;
    let text = test.product.render_template(&test.derived.scope).ok()?;
    let document = Document::parse(&test.path, &text).ok()?;
    Some(names_of(&test, &document))
}

fn names_of(config: &Config, document: &Document) -> Names {
    let stack = (String::new(), (String::new(), config.stack().to_owned()));
    let names = physical_names(document).map(|name| {
        let property = name.rule.property.clone();
        let logical_id = name.resource.logical_id.to_owned();
        (logical_id, (property, name.name.to_owned()))
    });
    names.chain([stack]).collect()
}

/// The line of a resource's property in the template's source; `None` if the logical id is computed.
fn line_of(product: &Product, logical_id: &str, property: &str) -> Option<usize> {
    let text = product.source.files.get(TEMPLATE)?;
    let mut lines = text.lines().enumerate();
    let key = format!("{logical_id}:");
    lines.find(|(_, line)| line.trim_start().starts_with(&key))?;
    let property = format!("{property}:");
    let (index, _) = lines.find(|(_, line)| line.trim_start().starts_with(&property))?;
    Some(index + 1)
}

/// The one name of the manifest that a line of the template prints.
fn name_in(product: &Product, line: usize) -> Option<&str> {
    let text = product.source.files.get(TEMPLATE)?;
    let text = text.lines().nth(line.checked_sub(1)?)?;
    let names = product.manifest.names.keys().map(String::as_str);
    let mut printed = names.filter(|name| text.contains(&format!("{{{{ names.{name} }}}}")));
    printed.next().filter(|_| printed.next().is_none())
}
