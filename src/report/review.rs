//! The review report: a static HTML page about one config. It loads no other file and runs no script.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use indexmap::IndexMap;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, context};

use super::after_deletion::AfterDeletion;
use super::inventory::{ListedResource, inventory};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::Diff;
use crate::model::Digest;
use crate::template::Document;
use crate::text::escape_invisible;

#[derive(Debug)]
pub struct ReviewReport<'a> {
    /// Such as `20261123T232156Z`.
    pub time: &'a str,
    pub version: &'a str,
    pub config: &'a Config,
    /// Warnings.
    pub diagnostics: &'a [Diagnostic],
    /// The rendered template.
    pub template: &'a str,
    /// The rendered template, parsed.
    pub document: &'a Document,
    /// The IAM policy for the stack's operator.
    pub policy: &'a str,
    /// The template file beside the config, compared with `template`; `None` if there is no file.
    pub last: Option<LastAction>,
}

#[derive(Debug)]
pub enum LastAction {
    Same,
    Other(Diff),
}

pub fn review(review: &ReviewReport<'_>) -> Result<String, Error> {
    let config = review.config;
    let manifest = &config.product.manifest;
    let names = config
        .derived
        .names
        .iter()
        .filter(|(_, value)| !value.is_empty());
    let (last, diff) = match &review.last {
        None => ("none", None),
        Some(LastAction::Same) => ("same", None),
        Some(LastAction::Other(diff)) => ("other", Some(diff)),
    };
    let resources = inventory(config, review.document);
    let paid = resources
        .iter()
        .filter(|resource| is_paid(billing(resource)));
    let deletion_counts = deletion_counts(&resources);
    let folders = config.product.folder_prefixes(&config.derived.scope);
    let count = config
        .product
        .folder_tree
        .as_ref()
        .map_or(0, |tree| tree.paths().len());
    engine()?.get_template("report.html.j2")?.render(context! {
        time => readable(review.time),
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
        digest => Digest::sha256(review.template).to_string(),
        bytes => review.template.len(),
        output => format!("templates/{}", config.outputs.template),
        paid => paid.count(),
        delete_action => config.delete_action().map(|(action, _)| action),
        deletion_counts,
        costs => Value::from(Serde(&costs(&resources))),
        resources => resources.iter().map(row).collect::<Vec<_>>(),
        problems => review.diagnostics.iter().map(super::diagnostics::diagnostic).collect::<Vec<_>>(),
        policy => review.policy,
        policy_length => review.policy.split_whitespace().map(|word| word.chars().count()).sum::<usize>(),
        impact => manifest
            .impact
            .iter()
            .map(|rule| context! {
                keys => Value::from(Serde(&rule.keys)),
                level => rule.level.word(),
                consequence => rule.outline(),
                when => rule.when.as_deref(),
            })
            .collect::<Vec<_>>(),
        preflight => preflight(review.config),
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

fn row(resource: &ListedResource) -> Value {
    let after = resource.after_deletion();
    context! {
        logical_id => resource.logical_id.as_str(),
        type => resource.kind.as_str(),
        name => resource.name.as_deref(),
        after_deletion => after.words(),
        class => match after {
            AfterDeletion::Deleted => "",
            AfterDeletion::Retained | AfterDeletion::Snapshotted => "kept",
            AfterDeletion::DataDeleted | AfterDeletion::UnknownDeleted => "bad",
        },
    }
}

/// `1 deleted, with its data · 3 deleted`: the worst first.
fn deletion_counts(resources: &[ListedResource]) -> String {
    let mut counts: BTreeMap<AfterDeletion, usize> = BTreeMap::new();
    for resource in resources {
        *counts.entry(resource.after_deletion()).or_default() += 1;
    }
    let counts = counts
        .iter()
        .map(|(after, count)| format!("{count} {}", after.words()));
    counts.collect::<Vec<_>>().join(" · ")
}

fn billing(resource: &ListedResource) -> &str {
    resource.billed.unwrap_or("not known")
}

fn is_paid(billed: &str) -> bool {
    !billed.starts_with("free") && billed != "not known"
}

/// Resources by how they are billed: paid first, conditionally free or unknown last.
fn costs(resources: &[ListedResource]) -> Vec<(&str, Vec<&str>)> {
    let mut groups: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for resource in resources {
        groups
            .entry(billing(resource))
            .or_default()
            .push(&resource.logical_id);
    }
    groups.shift_remove("free");
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(billed, _)| !is_paid(billed));
    groups
}

/// `20261123T232156Z` as `2026-11-23 23:21:56 UTC`.
fn readable(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(parsed) => parsed.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// Splits a text at the places where a line may break: after punctuation, and between a lower-case and an upper-case letter.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut last = ' ';
    for character in text.chars() {
        let hump = last.is_lowercase() && character.is_uppercase();
        let after = "/:._".contains(last) && character.is_alphanumeric();
        if hump || after {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
        last = character;
    }
    parts
}

/// The config's preflight checks, without duplicates.
fn preflight(config: &Config) -> Vec<Value> {
    let needs = config.product.needs(&config.derived.scope);
    let mut sentences: Vec<(Severity, String)> = Vec::new();
    for need in needs.into_iter().flatten() {
        let sentence = (need.severity, need.text);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    let sentences = sentences.into_iter();
    sentences
        .map(|(severity, text)| context! { severity => severity.word(), text })
        .collect()
}

/// Escapes invisible characters, then HTML.
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
    engine.add_filter("parts", |text: &str| parts(text));
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(|out, state, value| match value.as_str() {
        // The page's macros return escaped text.
        Some(text) if !value.is_safe() => minijinja::escape_formatter(
            out,
            state,
            &Value::from(escape_invisible(text, true).into_owned()),
        ),
        _ => minijinja::escape_formatter(out, state, value),
    });
    engine.add_template(
        "report.html.j2",
        include_str!("../../templates/review/report.html.j2"),
    )?;
    Ok(ENGINE.get_or_init(|| engine))
}

#[cfg(test)]
mod tests {
    #[test]
    fn long_words_have_parts() {
        let parts = |text| super::parts(text).join("|");
        assert_eq!(parts("AWS::SSM::Parameter"), "AWS::|SSM::|Parameter");
        assert_eq!(parts("VpcEndpointIdSts"), "Vpc|Endpoint|Id|Sts");
        assert_eq!(parts("ml_product.vpc"), "ml_|product.|vpc");
        assert_eq!(parts(""), "");
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(
            super::readable("20261123T232156Z"),
            "2026-11-23 23:21:56 UTC"
        );
        assert_eq!(super::readable("now"), "now");
    }
}
