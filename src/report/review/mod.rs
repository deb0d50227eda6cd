//! The review report: a static HTML page about one config. It loads no other file and runs no script.

mod diagram;
mod html;
mod limits;
mod values;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use minijinja::value::{Serde, Value};
use minijinja::{Error, context};

use super::Text;
use super::after_deletion::AfterDeletion;
use super::costs::{cost_rows, cost_summary};
use super::inventory::{ListedResource, inventory};
use super::redactor::Redactor;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::Diff;
use crate::model::Digest;
use crate::template::{Document, costs, resource_references};

#[derive(Debug)]
pub struct ReviewReport<'a> {
    /// Such as `20261123T232156Z`.
    pub time: &'a str,
    pub version: &'a str,
    pub config: &'a Config,
    /// Hides values of the config.
    pub values: &'a Redactor,
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
    let tier = config.derived.names.get("tier");
    let tiers = tier.map_or(&[][..], |tier| manifest.tiers_up_to(tier));
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
    let (values, defaults) = values::config_values(config, review.values);
    let resources = inventory(config, review.document);
    let paid = resources
        .iter()
        .filter(|resource| is_paid(billing(resource)));
    let costs = costs(review.document, &config.target.region);
    let deletion_counts = deletion_counts(&resources);
    let folders = config.product.folder_prefixes(&config.derived.scope);
    let count = config
        .product
        .folder_tree
        .as_ref()
        .map_or(0, |tree| tree.paths().len());
    html::render(context! {
        time => readable(review.time),
        version => review.version,
        title => manifest.title.as_str(),
        product => manifest.name.as_str(),
        path => config.path.as_str(),
        stack => config.stack(),
        target => Value::from(Serde(&config.target)),
        tier,
        summary => manifest.summary.as_str(),
        tiers => tiers.iter().map(|tier| vec![tier.name.clone(), tier.summary.clone()]).collect::<Vec<_>>(),
        names => names.map(|(name, value)| vec![name.clone(), value.clone()]).collect::<Vec<_>>(),
        digest => Digest::sha256(review.template).to_string(),
        values,
        defaults,
        limits => limits::limits(review.policy, review.template, review.document),
        template => review.template,
        template_lines => review.template.lines().count(),
        output => format!("templates/{}", config.outputs.template),
        paid => paid.count(),
        delete_action => config.delete_action().map(|(action, _)| action),
        deletion_counts,
        billing => Value::from(Serde(&billing_groups(&resources))),
        costs => costs.as_ref().map(|costs| context! {
            summary => cost_summary(costs, &config.target.region).plain(),
            rows => cost_rows(costs).iter().map(|row| row.iter().map(Text::plain).collect::<Vec<_>>()).collect::<Vec<_>>(),
            sources => costs.sources.clone(),
        }),
        resources => resources.iter().map(row).collect::<Vec<_>>(),
        problems => review.diagnostics.iter().map(super::diagnostics::diagnostic).collect::<Vec<_>>(),
        policy => review.policy,
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
        diagram => diagram::diagram(review.document)?.map(Value::from_safe_string),
        references => references(review.document),
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

/// The resources that refer to others, each with those whose values it uses and those that only `DependsOn` names.
fn references(document: &Document) -> Vec<Value> {
    let ids: Vec<&str> = document
        .resources()
        .map(|resource| resource.logical_id)
        .collect();
    let mut rows: IndexMap<usize, (Vec<&str>, Vec<&str>)> = IndexMap::new();
    for reference in resource_references(document) {
        let (uses, depends) = rows.entry(reference.from).or_default();
        let list = if reference.uses_value { uses } else { depends };
        list.push(ids[reference.to]);
    }
    let rows = rows.into_iter();
    rows.map(|(from, (uses, depends))| {
        context! { logical_id => ids[from], uses => Value::from(Serde(&uses)), depends => Value::from(Serde(&depends)) }
    })
    .collect()
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
fn billing_groups(resources: &[ListedResource]) -> Vec<(&str, Vec<&str>)> {
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

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_readable() {
        assert_eq!(
            super::readable("20261123T232156Z"),
            "2026-11-23 23:21:56 UTC"
        );
        assert_eq!(super::readable("now"), "now");
    }
}
