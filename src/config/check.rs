//! Loads a config file: recognize, validate, derive names. One pass reports all problems of the file.

use std::sync::Arc;

use super::node::Node;
use super::parse::{Tags, decode, parse};
use super::product_fault::{product_problem, recognition_problems};
use super::region::{region_error, unknown_region};
use super::{characters, tier, violation};
use crate::diagnostic::{Code, Diagnostic, Severity, SourceText, Span};
use crate::model::{FileContents, RepoPath};
use crate::product::{
    Derived, OutputNames, Partition, Product, ProductError, RecognitionError, Registry, RunInput,
    Schema, Target, Verb,
};
use crate::text::or_list;

/// A config without errors.
#[derive(Clone, Debug)]
pub struct Config {
    pub path: RepoPath,
    pub product: Arc<Product>,
    /// The parsed file, with spans.
    pub tree: Node,
    /// With the schema's defaults applied.
    pub values: serde_json::Value,
    /// Names, and the scope that templates and expressions read.
    pub derived: Derived,
    /// Account, region and environment of the stack.
    pub target: Target,
    pub outputs: OutputNames,
    /// The run's settings for all configs.
    pub given: RunInput,
}

impl Config {
    pub fn stack(&self) -> &str {
        self.derived.names.get("stack").map_or("", String::as_str)
    }

    /// The action that deletes the config's stack, and its verb.
    pub fn delete_action(&self) -> Option<(&str, Verb)> {
        self.offered_action(Verb::deletes)
    }

    /// The action that creates or updates the stack.
    pub fn provision_action(&self) -> Option<&str> {
        let (name, _) = self.offered_action(|verb| verb == Verb::Provision)?;
        Some(name)
    }

    /// The first action that the product offers for this config and that has such a verb.
    fn offered_action(&self, is_wanted: impl Fn(Verb) -> bool) -> Option<(&str, Verb)> {
        self.product.manifest.actions.keys().find_map(|name| {
            let (action, offered) = self.product.action(name, &self.derived.scope)?.ok()?;
            (is_wanted(action.verb) && offered).then_some((name.as_str(), action.verb))
        })
    }

    /// Whether the delete action empties and deletes buckets, retained ones included.
    pub fn deletion_empties_buckets(&self) -> bool {
        let action = self.delete_action();
        action.is_some_and(|(_, verb)| verb == Verb::TearDown)
    }

    /// The action that writes the operator's policy.
    pub fn policy_action(&self) -> Option<&str> {
        let mut actions = self.product.manifest.actions.iter();
        let found = actions.find(|(_, action)| action.verb == Verb::RenderPolicy)?;
        Some(found.0)
    }

    /// The same config with `suffix` appended to the stack's name and to every name in it. A name that becomes too long is an
    /// error.
    pub fn with_name_suffix(&self, suffix: &str) -> Result<Self, Vec<Diagnostic>> {
        let failed =
            |failure: ProductError| vec![product_problem(&self.path, &self.product, &failure)];
        let given = RunInput {
            suffix: Some(suffix.to_owned()),
            ..self.given.clone()
        };
        let product = &self.product;
        let (derived, _) = product
            .derive(&self.values, self.path.stem(), &given, |_| false, false)
            .map_err(failed)?;
        let broken = product.rule_violations(&derived.scope, |_| false, false);
        let problems = broken.map_err(failed)?.into_iter().map(|broken| {
            let place = self.tree.span_of(broken.at.iter().map(String::as_str));
            Diagnostic {
                span: Some(place),
                help: broken.help,
                ..Diagnostic::error(broken.code.clone(), &self.path, broken.message)
                    .with_severity(broken.severity)
            }
        });
        let problems: Vec<Diagnostic> = problems
            .filter(|problem| problem.severity == Severity::Error)
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            derived,
            given,
            ..self.clone()
        })
    }

    /// The names of a test deployment, without the suffix. A name may be cut where a service's limit needs it.
    pub fn test_names(&self) -> Vec<String> {
        const SUFFIX: &str = "-t000000";
        let Ok(test) = self.with_name_suffix(SUFFIX) else {
            return Vec::new();
        };
        let names = test.derived.names.values();
        let names = names.filter_map(|name| name.strip_suffix(SUFFIX));
        names.map(str::to_owned).collect()
    }

    /// Another version of the same file, with the same product; `None` if it is not a valid config.
    pub fn with_bytes(&self, bytes: &[u8]) -> Option<Self> {
        let tree = parse(&self.path, bytes, Tags::Refuse).ok()?;
        let mut values = tree.to_json();
        if !self.product.schema.violations(&values).is_empty() {
            return None;
        }
        self.product
            .normalize(&mut values, self.path.stem(), &self.given, true)
            .ok()?;
        let config = self.with_values(values)?;
        Some(Self { tree, ..config })
    }

    /// The same config with other values, unchecked; `None` if they give no names or no target.
    pub fn with_values(&self, values: serde_json::Value) -> Option<Self> {
        let product = &self.product;
        let (derived, complete) = product
            .derive(&values, self.path.stem(), &self.given, |_| false, true)
            .ok()?;
        let target = product.target(&derived.scope).ok().filter(|_| complete)?;
        Some(Self {
            values,
            derived,
            target,
            ..self.clone()
        })
    }

    /// The span of a dotted key, or of its nearest parent in the file.
    pub fn span_of(&self, key: &str) -> Span {
        self.tree.span_of(key.split('.'))
    }
}

#[derive(Clone, Debug)]
pub struct LoadResult {
    /// `None` if there is an error.
    pub config: Option<Config>,
    /// Errors and warnings, sorted by position.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads a config; an error if it is not a regular file.
pub fn load_file(registry: &Registry, path: &RepoPath, file: &FileContents) -> LoadResult {
    match file {
        FileContents::Regular(bytes) => load(registry, path, bytes),
        FileContents::NotRegular(found) => LoadResult {
            config: None,
            diagnostics: vec![Diagnostic::not_a_regular_file(path, *found)],
        },
    }
}

pub fn load(registry: &Registry, path: &RepoPath, bytes: &[u8]) -> LoadResult {
    let mut diagnostics = Vec::new();
    let config = match check(registry, path, bytes, &mut diagnostics) {
        Ok(config) => config,
        Err(problems) => {
            diagnostics.extend(problems);
            None
        }
    };
    diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    diagnostics.dedup();
    let failed = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    LoadResult {
        config: config.filter(|_| !failed),
        diagnostics,
    }
}

fn check(
    registry: &Registry,
    path: &RepoPath,
    bytes: &[u8],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Config>, Vec<Diagnostic>> {
    let tree = parse(path, bytes, Tags::Refuse)?;
    let source = SourceText::new(decode(path, bytes).map_err(|problem| vec![problem])?);
    let product = recognise(registry, path, &tree, &source)?;

    let mut values = tree.to_json();
    let violations = product.schema.violations(&values);
    let mut invalid = !violations.is_empty();
    // A violation about keys does not invalidate the other values.
    let of_values = violations
        .iter()
        .filter(|violation| violation.is_of_value());
    let mut bad: Vec<String> = of_values
        .map(|violation| violation.path.join("."))
        .collect();
    let whole = format!("a `{}` config", product.name());
    violation::report(
        path,
        &source,
        &tree,
        (&product.schema, &whole),
        violations,
        diagnostics,
    );
    characters::report(path, &source, &tree, diagnostics);
    let failed = |failure: ProductError| vec![product_problem(path, &product, &failure)];
    product
        .normalize(&mut values, path.stem(), &registry.given, invalid)
        .map_err(failed)?;

    let below = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_bad = |bad: &[String], key: &str| {
        let mut bad = bad.iter();
        bad.any(|bad| below(bad, key) || below(key, bad))
    };
    let place = (&source, &tree);
    if let Some((key, region)) = unknown_region(&product, &values, |key| is_bad(&bad, key)) {
        diagnostics.push(region_error(path, place, key, &region));
        bad.push(key.to_owned());
        invalid = true;
    }
    let is_bad = |key: &str| is_bad(&bad, key);

    let (derived, complete) = product
        .derive(&values, path.stem(), &registry.given, is_bad, invalid)
        .map_err(failed)?;
    let mut wrong: Vec<Vec<String>> = Vec::new();
    for broken in product
        .rule_violations(&derived.scope, is_bad, invalid)
        .map_err(failed)?
    {
        if broken.severity == Severity::Error {
            wrong.push(broken.at.to_vec());
        }
        let mut problem = Diagnostic::error(broken.code.clone(), path, broken.message)
            .with_severity(broken.severity);
        problem.help = broken.help;
        let place = tree.span_of(broken.at.iter().map(String::as_str));
        diagnostics.push(problem.at(&source, place));
    }
    let too_low = tier::report(
        path,
        &source,
        &tree,
        &product,
        &derived,
        &wrong,
        diagnostics,
    );
    wrong.extend(too_low.into_iter().map(<[String]>::to_vec));
    if complete {
        let stems = product.file_stems(&derived).map_err(failed)?;
        let named = file_name(path, &source, &stems);
        let follows = |key: &Vec<String>| is_named_without(&product, &tree, path, registry, key);
        diagnostics.extend(named.filter(|_| !wrong.iter().any(follows)));
    }
    if invalid {
        return Ok(None);
    }
    let target = product.target(&derived.scope).map_err(failed)?;
    if Partition::of_region(&target.region).is_none() {
        let [_, key, _] = product.target_keys();
        let key = key.unwrap_or_default();
        diagnostics.push(region_error(path, place, key, &target.region));
        return Ok(None);
    }
    let outputs = product.output_names(&derived.scope).map_err(failed)?;
    Ok(Some(Config {
        path: path.clone(),
        product: product.clone(),
        tree,
        values,
        derived,
        target,
        outputs,
        given: registry.given.clone(),
    }))
}

/// Parses a file that is not a config, validates it against a schema and applies defaults. `whole` names the kind of file.
pub fn validate(
    schema: &Schema,
    whole: &str,
    path: &RepoPath,
    bytes: &[u8],
) -> Result<serde_json::Value, Vec<Diagnostic>> {
    let tree = parse(path, bytes, Tags::Refuse)?;
    let source = SourceText::new(decode(path, bytes).map_err(|problem| vec![problem])?);
    let mut values = tree.to_json();
    let mut problems = Vec::new();
    violation::report(
        path,
        &source,
        &tree,
        (schema, whole),
        schema.violations(&values),
        &mut problems,
    );
    characters::report(path, &source, &tree, &mut problems);
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Err(problems);
    }
    schema.normalize(&mut values);
    Ok(values)
}

fn recognise(
    registry: &Registry,
    path: &RepoPath,
    tree: &Node,
    source: &SourceText<'_>,
) -> Result<Arc<Product>, Vec<Diagnostic>> {
    let start = Span::point(tree.span.start.line, tree.span.start.column);
    if !matches!(tree.kind, super::node::NodeKind::Mapping(_)) {
        let message = "a config is a mapping of sections";
        let problem = Diagnostic::error(Code::ConfigNotAMapping, path, message);
        return Err(vec![problem.at(source, start)]);
    }
    let sections = tree.entries().iter().map(|entry| entry.key.as_str());
    registry
        .recognise(sections, path.file_name())
        .map_err(|unrecognised| {
            if let Some(problems) = recognition_problems(&unrecognised) {
                return problems;
            }
            let problem = match unrecognised {
                RecognitionError::Unknown => {
                    let known = or_list(&registry.sections());
                    Diagnostic::error(
                        Code::ProductUnknown,
                        path,
                        "no product has the sections of this file",
                    )
                    .with_help(format!(
                        "the section that makes a config one of a product is one of {known}"
                    ))
                }
                RecognitionError::Ambiguous(products) => {
                    let products: Vec<&str> = products.iter().map(String::as_str).collect();
                    let message = format!(
                        "the file has sections of {}",
                        crate::text::and_list(&products)
                    );
                    Diagnostic::error(Code::ProductAmbiguous, path, message)
                }
                RecognitionError::Invalid(_) | RecognitionError::NotRegular(..) => {
                    return Vec::new();
                }
            };
            vec![problem.at(source, start)]
        })
}

/// Whether the file would have the right name without a key that has an error: then that error is the cause.
fn is_named_without(
    product: &Product,
    tree: &Node,
    path: &RepoPath,
    registry: &Registry,
    key: &[String],
) -> bool {
    let mut values = tree.to_json();
    let Some((last, parents)) = key.split_last() else {
        return false;
    };
    let parent = parents
        .iter()
        .try_fold(&mut values, |value, part| value.get_mut(part));
    let removed = parent
        .and_then(|parent| parent.as_object_mut())
        .and_then(|parent| parent.remove(last));
    let given = &registry.given;
    let named = product
        .normalize(&mut values, path.stem(), given, true)
        .and_then(|()| product.derive(&values, path.stem(), given, |_| false, true))
        .and_then(|(derived, _)| product.file_stems(&derived));
    let is_named = |stems: Vec<String>| stems.iter().any(|stem| stem == path.stem());
    removed.is_some() && named.is_ok_and(is_named)
}

/// The file must have a name that the config's fields give, so that a reader finds it by them.
fn file_name(path: &RepoPath, source: &SourceText<'_>, stems: &[String]) -> Option<Diagnostic> {
    let is_named = stems.iter().any(|stem| stem == path.stem());
    if is_named && path.file_name().ends_with(".yaml") {
        return None;
    }
    let names: Vec<String> = stems.iter().map(|stem| format!("{stem}.yaml")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let message = format!(
        "the fields of this config give the name {}",
        or_list(&names)
    );
    let help = format!(
        "rename the file to `{}`, or correct the fields that its name is made of",
        names.first().unwrap_or(&"")
    );
    let problem = Diagnostic::error(Code::WrongFileName, path, message).with_help(help);
    Some(problem.at(source, Span::point(1, 1)))
}
