//! Products as data: a folder of files defines how configs are checked and rendered.

mod action;
mod bounds;
mod budget;
mod compile;
mod defaults;
mod derivation;
mod expression;
mod fault;
mod filters;
mod folder_items;
mod folders;
mod impact;
mod known_names;
mod limits;
mod manifest;
mod manifest_keys;
mod needs;
mod operands;
mod partition;
mod preflight;
mod reading;
mod reads;
mod recognition;
mod registry;
mod schema;
mod schema_keys;
mod schema_refs;
mod source;
mod syntax_help;
mod undefined;
mod verb;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use minijinja::{Environment, Value};

use crate::diagnostic::{ProductCode, Severity};
use crate::model::UniqueKeys;
use crate::text::quote;
pub use action::{ProductAction, RESERVED_ACTIONS};
pub use compile::ENGINE_WORDS;
pub use fault::{FaultPlace, InvalidProduct, ProductError, ProductFault};
pub use folder_items::FolderItem;
pub use folders::FolderTree;
pub use manifest::{
    Level, Manifest, OfferedAction, PUBLIC_PARAMETERS, Permissions, PreflightSpec, Tier,
};
pub use needs::VpcRule;
pub use partition::Partition;
pub use preflight::{PreflightCheck, Requirement};
pub use reading::ReadProduct;
pub use recognition::RecognitionError;
pub use registry::{PRODUCTS_FOLDER, Registry, built_in_products};
pub use schema::{Schema, ValidationErrorKind, Violation, known_keys};
pub use schema_keys::KeyStatus;
pub use schema_refs::{SchemaFault, SchemaPlace};
pub use source::{Files, MANIFEST, POLICY, ProductSource, SCHEMA, TEMPLATE};
pub use verb::{Class, StackEffect, Verb};

use expression::{Compiled, as_text};
use fault::{failure, render_failure};

/// A compiled product. Any number of threads use it for any number of configs.
pub struct Product {
    /// The parsed `product.yaml`.
    pub manifest: Manifest,
    /// The schema of its configs.
    pub schema: Schema,
    /// Its files.
    pub source: Arc<ProductSource>,
    /// The folders of one item of `folders.each`.
    pub folder_tree: Option<FolderTree>,
    /// In the order of the manifest's tiers.
    samples: Vec<String>,
    /// The files.
    templates: &'static Environment<'static>,
    /// Messages and helps of rules, and consequences of changed keys.
    texts: &'static Environment<'static>,
    names: Vec<(String, Compiled)>,
    target: [Compiled; 3],
    outputs: [Compiled; 2],
    rules: Vec<CompiledRule>,
    impact: Vec<CompiledImpact>,
    folders: Option<folders::CompiledFolders>,
    /// Defaults that depend on the config, by key.
    defaults: Vec<(Vec<String>, Compiled)>,
    aliases: Option<Compiled>,
    preflight: Vec<preflight::CompiledCheck>,
    actions: Vec<Option<Compiled>>,
    policy_keys: OnceLock<BTreeSet<String>>,
    /// The keys of the config that each name depends on, also through other names.
    keys_by_name: OnceLock<BTreeMap<String, BTreeSet<String>>>,
    undefined: OnceLock<Vec<ProductFault>>,
}

#[derive(Debug)]
struct CompiledRule {
    at: Vec<String>,
    when: Compiled,
    message: String,
    help: Option<String>,
}

#[derive(Debug)]
struct CompiledImpact {
    when: Option<Compiled>,
    /// The name of the text.
    consequence: String,
}

/// A rule of the manifest that a config breaks.
#[derive(Debug)]
pub struct RuleViolation<'a> {
    pub code: &'a ProductCode,
    pub severity: Severity,
    /// The keys to point at, from the config's root.
    pub at: &'a [String],
    pub message: String,
    pub help: Option<String>,
}

/// Derived from a config's values.
#[derive(Clone, Debug)]
pub struct Derived {
    /// All names of the manifest, in its order.
    pub names: IndexMap<String, String>,
    /// The scope of templates and expressions: the config, `names` and `file`.
    pub scope: Value,
}

/// Settings of a run that apply to all configs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunInput {
    /// The tier of configs that name none.
    pub tier: Option<String>,
    /// Appended to the names of a test deployment: the stack's, and every name in it.
    pub suffix: Option<String>,
}

/// Account, region and environment of a stack.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Target {
    /// 12-digit account id.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
    /// Such as `prod`.
    pub environment: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputNames {
    pub template: String,
    /// The operator's IAM policy.
    pub policy: String,
}

impl Product {
    /// The sample config of a tier.
    pub fn sample(&self, tier: &str) -> Option<&str> {
        let index = self
            .manifest
            .tiers
            .iter()
            .position(|known| known.name == tier)?;
        self.samples.get(index).map(String::as_str)
    }

    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// The rules that a config breaks. Skips a rule that reads a value that `is_bad`, and in an `invalid` config a rule whose
    /// evaluation fails.
    pub fn rule_violations(
        &self,
        scope: &Value,
        is_bad: impl Fn(&str) -> bool,
        invalid: bool,
    ) -> Result<Vec<RuleViolation<'_>>, ProductError> {
        let mut broken = Vec::new();
        let rules = self.manifest.rules.iter().zip(&self.rules);
        for (index, (rule, compiled)) in rules.enumerate() {
            if compiled.when.reads.iter().any(|path| is_bad(path)) {
                continue;
            }
            match compiled.when.eval(scope) {
                Ok(value) if !value.is_true() => continue,
                Err(_) if invalid => continue,
                Err(source) => {
                    let key = fault::key(["rules", &index.to_string(), "when"]);
                    return Err(failure(key, source));
                }
                Ok(_) => {}
            }
            broken.push(RuleViolation {
                code: &rule.code,
                severity: rule.severity,
                at: &compiled.at,
                message: render(self.texts, &compiled.message, scope)?,
                help: compiled
                    .help
                    .as_ref()
                    .map(|help| render(self.texts, help, scope))
                    .transpose()?,
            });
        }
        Ok(broken)
    }

    /// The config key that holds the region; `None` if the manifest computes the region.
    pub fn region_key(&self) -> Option<&str> {
        let [_, region, _] = self.target_keys();
        region.filter(|key| *key == self.manifest.target.region.trim())
    }

    /// The config keys that account, region and environment are read from: the first of each.
    pub fn target_keys(&self) -> [Option<&str>; 3] {
        let [account, region, environment] = &self.target;
        [account, region, environment].map(|key| key.reads.first().map(String::as_str))
    }

    pub fn target(&self, scope: &Value) -> Result<Target, ProductError> {
        let [account, region, environment] = &self.target;
        Ok(Target {
            account: eval_text(["target", "account"], account, scope)?,
            region: eval_text(["target", "region"], region, scope)?,
            environment: eval_text(["target", "environment"], environment, scope)?,
        })
    }

    pub fn output_names(&self, scope: &Value) -> Result<OutputNames, ProductError> {
        let [template, policy] = &self.outputs;
        Ok(OutputNames {
            template: eval_file_name(["outputs", "template"], template, scope)?,
            policy: eval_file_name(["outputs", "policy"], policy, scope)?,
        })
    }

    /// The names without ending that a config's file may have: the one to propose first.
    pub fn file_stems(&self, derived: &Derived) -> Result<Vec<String>, ProductError> {
        let mut stems = vec![derived.names.get("config").cloned().unwrap_or_default()];
        if let Some(aliases) = &self.aliases {
            let failed = |source| failure(fault::key(["aliases"]), source);
            let others = aliases.eval(&derived.scope).map_err(failed)?;
            for other in others.try_iter().map_err(failed)? {
                let other = as_text(&other);
                if !stems.contains(&other) {
                    stems.push(other);
                }
            }
        }
        Ok(stems)
    }

    /// All requirements of a config's stack, in the manifest's order.
    pub fn needs(&self, scope: &Value) -> Result<Vec<PreflightCheck>, ProductError> {
        let checks = self.manifest.preflight.iter().zip(&self.preflight);
        let needs = checks
            .enumerate()
            .map(|(index, (check, compiled))| compiled.evaluate(index, check, scope));
        Ok(needs.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The verb of an action for a config; `None` if the product has no such action. The flag is true if this config has the
    /// action.
    pub fn action(
        &self,
        name: &str,
        scope: &Value,
    ) -> Option<Result<(&OfferedAction, bool), ProductError>> {
        if let Some(action) = OfferedAction::common(name) {
            return Some(Ok((action, true)));
        }
        let (index, _, action) = self.manifest.actions.get_full(name)?;
        let offered = match self.actions.get(index)? {
            None => Ok(true),
            Some(when) => when.eval(scope).map(|value| value.is_true()),
        };
        let offered =
            offered.map_err(|source| failure(fault::key(["actions", name, "when"]), source));
        Some(offered.map(|offered| (action, offered)))
    }

    pub fn render_template(&self, scope: &Value) -> Result<String, ProductError> {
        render(self.templates, TEMPLATE, scope)
    }

    /// The failure of a policy that is not JSON, with the line before: it may end with an extra comma.
    fn not_json(&self, text: &str, error: &serde_json::Error) -> ProductError {
        let lines = text.lines().take(error.line()).map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let shown = lines
            .get(lines.len().saturating_sub(2)..)
            .unwrap_or_default();
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        let message = format!(
            "the rendered policy is not JSON: {words} at the end of {}",
            quote(&shown.join(" "))
        );
        let source = minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, message);
        let template = self.source.files.get(POLICY).map_or("", String::as_str);
        let line = shown.iter().rev().find_map(|line| {
            let mut same = template
                .lines()
                .enumerate()
                .filter(|(_, own)| own.trim() == *line);
            let (index, _) = same.next()?;
            same.next().is_none().then_some(index + 1)
        });
        ProductError {
            line,
            ..render_failure(POLICY, source)
        }
    }

    /// The operator's IAM policy of a config, as JSON.
    pub fn render_policy(&self, scope: &Value) -> Result<String, ProductError> {
        let text = render(self.templates, POLICY, scope)?;
        // IAM and this program could take different values of a repeated key.
        match serde_json::from_str::<UniqueKeys>(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(self.not_json(&text, &error)),
        }
    }
}

fn render(
    engine: &'static Environment<'static>,
    name: &str,
    scope: &Value,
) -> Result<String, ProductError> {
    #[cfg(test)]
    crate::model::work::count(match name {
        TEMPLATE => "render template",
        POLICY => "render policy",
        _ => "render text",
    });
    let rendered = budget::within(scope, || {
        let mut output = limits::BoundedOutput::default();
        let rendered = engine
            .get_template(name)
            .and_then(|template| template.render_captured_to(scope, &mut output));
        output.finish(rendered.and_then(|captured| budget::charge(captured.state())))
    });
    rendered.map_err(|source| render_failure(name, source))
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Product({})", self.name())
    }
}

/// The name of a file in a folder.
fn eval_file_name<const N: usize>(
    key: [&str; N],
    expression: &Compiled,
    scope: &Value,
) -> Result<String, ProductError> {
    let name = eval_text(key, expression, scope)?;
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        let message = format!("this is not the name of a file: {}", quote(&name));
        let error = minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, message);
        return Err(failure(fault::key(key), error));
    }
    Ok(name)
}

fn eval_text<const N: usize>(
    key: [&str; N],
    expression: &Compiled,
    scope: &Value,
) -> Result<String, ProductError> {
    expression
        .eval(scope)
        .map(|value| as_text(&value))
        .map_err(|source| failure(fault::key(key), source))
}
