//! The review report: one HTML page about one config, for people who decide without the tool. It loads nothing and runs nothing.

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, context};

use super::inventory::inventory;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::diff::Diff;
use crate::model::Digest;
use crate::template::Document;
use crate::wording::visible;

/// What a page is made of.
#[derive(Debug)]
pub struct Review<'a> {
    /// When, such as `20261123T232156Z`.
    pub time: &'a str,
    /// Version of the program.
    pub version: &'a str,
    /// The config.
    pub config: &'a Config,
    /// Warnings about it.
    pub diagnostics: &'a [Diagnostic],
    /// Its rendered template, and the same as it was read.
    pub template: &'a str,
    /// The template, read.
    pub document: &'a Document,
    /// The operator's policy.
    pub policy: &'a str,
    /// The template that lies beside the config, compared with this one; `None` if there is none.
    pub last: Option<Last>,
}

/// How a template that was rendered earlier compares.
#[derive(Debug)]
pub enum Last {
    /// It is the same.
    Same,
    /// It differs.
    Other(Diff),
}

/// The page.
pub fn review(review: &Review<'_>) -> Result<String, Error> {
    let config = review.config;
    let manifest = &config.product.manifest;
    let names = config
        .derived
        .names
        .iter()
        .filter(|(_, value)| !value.is_empty());
    let (last, diff) = match &review.last {
        None => ("none", None),
        Some(Last::Same) => ("same", None),
        Some(Last::Other(diff)) => ("other", Some(diff)),
    };
    let resources = inventory(review.document);
    let paid = resources.iter().filter(|resource| {
        resource
            .billed
            .is_some_and(|billed| !billed.starts_with("free"))
    });
    let folders = config.product.folder_prefixes(&config.derived.scope);
    let count = config
        .product
        .folder_tree
        .as_ref()
        .map_or(0, |tree| tree.paths().len());
    engine()?.get_template("report.html.j2")?.render(context! {
        time => review.time,
        version => review.version,
        title => manifest.title.as_str(),
        product => manifest.name.as_str(),
        path => config.path.as_str(),
        stack => config.stack(),
        target => Value::from(Serde(&config.target)),
        tier => config.derived.names.get("tier"),
        summary => manifest.summary.as_str(),
        tier_summary => manifest
            .tiers
            .iter()
            .find(|tier| Some(&tier.name) == config.derived.names.get("tier"))
            .map(|tier| tier.summary.as_str()),
        names => names.map(|(name, value)| vec![name.clone(), value.clone()]).collect::<Vec<_>>(),
        digest => Digest::of(review.template).to_string(),
        bytes => review.template.len(),
        paid => paid.count(),
        resources => Value::from(Serde(&resources)),
        problems => review.diagnostics.iter().map(super::text::diagnostic).collect::<Vec<_>>(),
        policy => review.policy,
        policy_length => review.policy.split_whitespace().map(|word| word.chars().count()).sum::<usize>(),
        impact => manifest
            .impact
            .iter()
            .map(|rule| context! {
                keys => Value::from(Serde(&rule.keys)),
                level => rule.level.word(),
                mark => rule.level.mark(),
                consequence => rule.consequence.as_str(),
                when => rule.when.as_deref(),
            })
            .collect::<Vec<_>>(),
        preflight => Value::from(Serde(&manifest.preflight)),
        folders => folders.unwrap_or_default(),
        folder_count => count,
        last,
        diff => diff.map(|diff| context! {
            added => diff.added,
            removed => diff.removed,
            lines => diff.unified.as_deref().map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()),
        }),
    })
}

/// Escapes as HTML, after what cannot be seen was written out.
fn engine() -> Result<&'static Environment<'static>, Error> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(|out, state, value| match value.as_str() {
        Some(text) => {
            minijinja::escape_formatter(out, state, &Value::from(visible(text, true).into_owned()))
        }
        None => minijinja::escape_formatter(out, state, value),
    });
    engine.add_template(
        "report.html.j2",
        include_str!("../../templates/review/report.html.j2"),
    )?;
    Ok(ENGINE.get_or_init(|| engine))
}
