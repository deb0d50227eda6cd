//! Loads a config file: recognize, validate, derive names. One pass reports all problems of the file.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::contents::ConfigContents;
use super::file_name::wrong_file_name;
use super::product_fault::{product_problem, recognition_problems};
use super::region::{region_error, unknown_region};
use super::values::LayeredValues;
use super::{characters, tier, violation};
use crate::diagnostic::{Code, Diagnostic, Location, Severity};
use crate::model::{FileContents, RepoPath};
use crate::product::{
    Derived, KeyStatus, OutputNames, PRODUCTS_FOLDER, Partition, Product, ProductError,
    RecognitionError, Registry, RuleViolation, RunInput, Schema, Target, Verb,
};
use crate::text::or_list;

/// The suffix of a test's names, with other letters.
pub const TEST_SUFFIX: &str = "-t000000";

/// A config without errors.
#[derive(Clone, Debug)]
pub struct Config {
    pub path: RepoPath,
    pub product: Arc<Product>,
    /// The parsed files, with spans.
    pub files: Arc<LayeredValues>,
    /// With the defaults of the folder and of the schema applied.
    pub values: Arc<serde_json::Value>,
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
        let derived = product
            .derive_again(&self.derived, &given)
            .map_err(failed)?;
        let broken = product.rule_violations(&derived.scope, |_| false, false);
        let problems = broken.map_err(failed)?.into_iter();
        let problems = problems.map(|broken| rule_problem(&self.files, broken));
        let problems: Vec<Diagnostic> = problems.filter(Diagnostic::is_error).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            path: self.path.clone(),
            product: product.clone(),
            files: self.files.clone(),
            values: self.values.clone(),
            derived,
            target: self.target.clone(),
            outputs: self.outputs.clone(),
            given,
        })
    }

    /// The names of a test deployment, without the suffix. A name may be cut where a service's limit needs it.
    pub fn test_names(&self) -> Vec<String> {
        let Ok(test) = self.with_name_suffix(TEST_SUFFIX) else {
            return Vec::new();
        };
        let names = test.derived.names.values();
        let names = names.filter_map(|name| name.strip_suffix(TEST_SUFFIX));
        names.map(str::to_owned).collect()
    }

    /// Another version of the same file, with the same product; `None` if it is not a valid config.
    pub fn with_contents(&self, contents: &ConfigContents) -> Option<Self> {
        let mut files = LayeredValues::parse(&self.path, contents).ok()?;
        files.retain_defaults(|key| knows_section(&self.product, key));
        let mut values = files.to_json();
        if !self.product.schema.violations(&values).is_empty() {
            return None;
        }
        self.product
            .normalize(&mut values, self.path.stem(), &self.given, true)
            .ok()?;
        let config = self.with_values(values)?;
        Some(Self {
            files: Arc::new(files),
            ..config
        })
    }

    /// The same config with other values, unchecked; `None` if they give no names or no target.
    pub fn with_values(&self, values: serde_json::Value) -> Option<Self> {
        let product = &self.product;
        let (derived, complete) = product
            .derive(&values, self.path.stem(), &self.given, |_| false, true)
            .ok()?;
        let target = product.target(&derived.scope).ok().filter(|_| complete)?;
        Some(Self {
            path: self.path.clone(),
            product: product.clone(),
            files: self.files.clone(),
            values: Arc::new(values),
            derived,
            target,
            outputs: self.outputs.clone(),
            given: self.given.clone(),
        })
    }

    /// The location of a dotted key's value, in the config or its defaults; of the nearest parent that is set.
    pub fn location_of(&self, key: &str) -> Location {
        self.files.place(key.split('.')).location()
    }

    /// The location of the key that an error about the stack's place concerns.
    pub fn target_location(&self, code: &Code) -> Option<Location> {
        let [account, _, environment] = self.product.target_keys();
        let key = match code {
            Code::AccountMismatch => account,
            Code::EnvironmentNotAllowed => environment,
            _ => None,
        };
        key.map(|key| self.location_of(key))
    }

    /// The keys that come from the defaults of the folder and give the stack its target and its names.
    pub fn identity_from_defaults(&self) -> Vec<(String, Location)> {
        if self.files.defaults.is_none() {
            return Vec::new();
        }
        let target = self.product.target_keys().into_iter().flatten();
        let names = self.product.name_keys();
        let keys: BTreeSet<&str> = target.chain(names.iter().map(String::as_str)).collect();
        let from_defaults = |key: &&str| self.files.is_default(key.split('.'));
        let keys = keys.into_iter().filter(from_defaults);
        keys.map(|key| (key.to_owned(), self.location_of(key)))
            .collect()
    }
}

#[derive(Clone, Debug)]
pub struct LoadResult {
    /// `None` if there is an error.
    pub config: Option<Config>,
    /// Errors and warnings, sorted by position.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads a config without defaults.
pub fn load(registry: &Registry, path: &RepoPath, bytes: &[u8]) -> LoadResult {
    let contents = ConfigContents::alone(FileContents::Regular(bytes.to_owned()));
    load_contents(registry, path, &contents)
}

/// Loads a config and its defaults; a file that is not a regular file is an error.
pub fn load_contents(
    registry: &Registry,
    path: &RepoPath,
    contents: &ConfigContents,
) -> LoadResult {
    #[cfg(test)]
    crate::model::work::count("load");
    let mut diagnostics = Vec::new();
    let config = match check(registry, path, contents, &mut diagnostics) {
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
    contents: &ConfigContents,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Config>, Vec<Diagnostic>> {
    let mut files = LayeredValues::parse(path, contents)?;
    let product = recognise(registry, &files)?;
    files.retain_defaults(|key| concerns(registry, &product, key));
    let mismatches = files.mismatches();
    if !mismatches.is_empty() {
        return Err(mismatches);
    }

    let mut values = files.to_json();
    let violations = product.schema.violations(&values);
    let mut invalid = !violations.is_empty();
    // A violation about keys does not invalidate the other values.
    let of_values = violations
        .iter()
        .filter(|violation| violation.is_of_value());
    let mut bad: Vec<String> = of_values
        .map(|violation| violation.path.join("."))
        .collect();
    let whole = format!("product `{}`", product.name());
    violation::report(&files, (&product.schema, &whole), violations, diagnostics);
    files
        .files()
        .for_each(|file| characters::report(file, diagnostics));
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
    if let Some((key, region)) = unknown_region(&product, &values, |key| is_bad(&bad, key)) {
        diagnostics.push(region_error(&files, key, &region));
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
        diagnostics.push(rule_problem(&files, broken));
    }
    let too_low = tier::report(&files, &product, &derived, &wrong, diagnostics);
    wrong.extend(too_low.into_iter().map(<[String]>::to_vec));
    if complete {
        let stems = product.file_stems(&derived).map_err(failed)?;
        let named = wrong_file_name(&files, &product, &stems);
        let follows = |key: &Vec<String>| is_named_without(&product, &files, registry, key);
        diagnostics.extend(named.filter(|_| !wrong.iter().any(follows)));
    }
    if invalid {
        return Ok(None);
    }
    let target = product.target(&derived.scope).map_err(failed)?;
    if Partition::of_region(&target.region).is_none() {
        let [_, key, _] = product.target_keys();
        let key = key.unwrap_or_default();
        diagnostics.push(region_error(&files, key, &target.region));
        return Ok(None);
    }
    let outputs = product.output_names(&derived.scope).map_err(failed)?;
    Ok(Some(Config {
        path: path.clone(),
        product: product.clone(),
        files: Arc::new(files),
        values: Arc::new(values),
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
    let files = LayeredValues::of_file(path, bytes)?;
    let mut values = files.to_json();
    let mut problems = Vec::new();
    let violations = schema.violations(&values);
    violation::report(&files, (schema, whole), violations, &mut problems);
    characters::report(&files.own, &mut problems);
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Err(problems);
    }
    schema.normalize(&mut values);
    Ok(values)
}

/// The problem of a broken rule, at the rule's key.
fn rule_problem(files: &LayeredValues, broken: RuleViolation<'_>) -> Diagnostic {
    let place = files.place(broken.at.iter().map(String::as_str));
    let problem = place.error(broken.code.clone(), broken.message);
    Diagnostic {
        help: broken.help,
        ..problem.with_severity(broken.severity)
    }
}

/// Whether a section of the defaults concerns a product: it knows the section, or no product does. Defaults may have sections for
/// configs of several products.
fn concerns(registry: &Registry, product: &Product, section: &str) -> bool {
    let others = || {
        registry
            .names()
            .into_iter()
            .filter_map(|name| registry.product(name)?.ok())
    };
    knows_section(product, section) || !others().any(|other| knows_section(&other, section))
}

fn knows_section(product: &Product, section: &str) -> bool {
    product.schema.key_status([section]) == KeyStatus::Known
}

/// The product of a config, by its own file: defaults alone do not.
fn recognise(registry: &Registry, files: &LayeredValues) -> Result<Arc<Product>, Vec<Diagnostic>> {
    let (path, tree) = (&files.own.path, &files.own.root);
    let start = files.own.start();
    if !matches!(tree.kind, super::node::NodeKind::Mapping(_)) {
        let message = "a config is a mapping of sections";
        return Err(vec![start.error(Code::ConfigNotAMapping, message)]);
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
                        "add a section of a product: {known}. A product of your own must be in `{PRODUCTS_FOLDER}` of the same commit"
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
            vec![problem.at(&files.own.source(), start.span)]
        })
}

/// Whether the file would have the right name without a key that has an error: then that error is the cause.
fn is_named_without(
    product: &Product,
    files: &LayeredValues,
    registry: &Registry,
    key: &[String],
) -> bool {
    let path = &files.own.path;
    let mut values = files.to_json();
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
