//! Drafts a config for a live stack.

use serde_json::Value;

use super::draft_text::draft_text;
use super::features::Features;
use super::fit::Fit;
use super::keys::{ConfigKey, get, with};
use super::naming::{NameValues, derive, gives_stack_name};
use super::sort::NamedStack;
use crate::config::{Config, load};
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::product::{Product, Registry, built_in_products};
use crate::stack::{LiveStack, StackArn};
use crate::template::{Document, TemplateInputs};

/// A config that a live stack could have.
#[derive(Clone, Debug)]
pub struct Draft {
    /// From the root of the repository.
    pub path: RepoPath,
    /// Keys of free values that nothing in the stack says have none, so that the config is invalid until somebody writes them.
    pub text: String,
    /// Keys that the config needs and whose value nothing in the stack says.
    pub unknown: Vec<String>,
    /// The config with placeholders; `None` if it has errors.
    pub config: Option<Config>,
    /// Errors and warnings of the config with placeholders.
    pub diagnostics: Vec<Diagnostic>,
}

/// The config of a stack that has a name of the product. `None` if no config renders.
pub fn draft(
    registry: &Registry,
    product: &Product,
    named: &NamedStack,
    live: &LiveStack,
    template: &Document,
) -> Option<Draft> {
    let NameValues { values, stem, keys } = &named.values;
    let arn = StackArn::parse(&live.stack.id);
    let pseudo = arn.map(|arn| arn.pseudo_parameters()).unwrap_or_default();
    let parameters = live.parameters.iter();
    let inputs = TemplateInputs {
        parameters: parameters
            .map(|(name, parameter)| (name.clone(), parameter.value.clone()))
            .collect(),
        pseudo: pseudo.clone(),
        defaults: false,
    };
    let mut fixed = keys.clone();
    let all = ConfigKey::all(product);
    let of_name = all
        .iter()
        .filter(|key| gives_stack_name(product, values, stem, key));
    fixed.extend(of_name.map(|key| key.path.clone()));
    let fit = Fit {
        product,
        stem,
        live: &Features::new(template, &inputs),
        pseudo: &pseudo,
        fixed: &fixed,
    };
    let fitted = fit.run(values.clone())?;
    let derived = derive(product, &fitted.values, stem)?;
    let stem = product.file_stems(&derived).ok()?.into_iter().next()?;
    let unknown: Vec<String> = all
        .iter()
        .filter(|key| {
            get(&fitted.values, &key.path).is_some()
                && !keys.contains(&key.path)
                && !fitted.found.contains(&key.path)
        })
        .map(|key| key.path.clone())
        .collect();
    let path = RepoPath::typed(&format!("{}/{stem}.yaml", folder(product)));
    // The comparison needs a config that renders. The text has no value where nothing says one.
    let compared = draft_text(&live.stack.name, &fitted.values, &all, &unknown);
    let loaded = load(registry, &path, compared.as_bytes());
    let is_placeholder = |key: &&ConfigKey| unknown.contains(&key.path) && !key.is_closed();
    let open = all.iter().filter(is_placeholder);
    let written = open.fold(fitted.values.clone(), |values, key| {
        match get(&values, &key.path) {
            Some(value) if !is_empty(value) => with(&values, &key.path, Some(&Value::Null)),
            _ => values,
        }
    });
    let text = draft_text(&live.stack.name, &written, &all, &unknown);
    Some(Draft {
        path,
        text,
        unknown,
        config: loaded.config,
        diagnostics: loaded.diagnostics,
    })
}

/// Whether a list or a map says nothing, so that it is no placeholder.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// The folder of a product's configs in a repository with the usual folders.
fn folder(product: &Product) -> String {
    let mut built_in = built_in_products();
    match built_in.any(|name| name == product.name()) {
        true => format!("{}/configs", product.name()),
        false => "configs".to_owned(),
    }
}
