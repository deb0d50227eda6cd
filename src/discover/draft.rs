//! Drafts a config for a live stack.

use super::draft_text::draft_text;
use super::features::Features;
use super::fit::Fit;
use super::keys::{ConfigKey, get};
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
    pub text: String,
    /// Keys that have a value which nothing in the stack says.
    pub unknown: Vec<String>,
    /// `None` if the draft has errors.
    pub config: Option<Config>,
    /// Errors and warnings of the draft.
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
    let text = draft_text(&live.stack.name, &fitted.values, &all, &unknown);
    let loaded = load(registry, &path, text.as_bytes());
    Some(Draft {
        path,
        text,
        unknown,
        config: loaded.config,
        diagnostics: loaded.diagnostics,
    })
}

/// The folder of a product's configs in a repository with the usual folders.
fn folder(product: &Product) -> String {
    let mut built_in = built_in_products();
    match built_in.any(|name| name == product.name()) {
        true => format!("{}/configs", product.name()),
        false => "configs".to_owned(),
    }
}
