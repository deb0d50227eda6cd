//! `list-products` and `show-product`: the products, and the resources of each tier. The content comes from rendering the product's
//! sample of the tier.

use std::sync::Arc;

use indexmap::IndexSet;
use schemars::JsonSchema;
use serde::Serialize;

use super::costs::{COST_HEAD, cost_rows, cost_summary};
use super::explain::wrapped;
use super::{
    JsonDocument, ListedResource, Text, diagnostics, escape_markdown, escape_workflow_commands,
    inventory, json_text, markdown_table, plain_table,
};
use crate::config::{Config, only_sample, recognition_problems, sample};
use crate::product::{Product, Registry};
use crate::template::{Costs, Document, costs};
use crate::text::{and_list, did_you_mean, quote};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductFormat {
    /// For a terminal with this number of columns; `None` for output that is not wrapped.
    Text(Option<u16>),
    Json,
    /// For comments and summaries.
    Markdown,
}

#[derive(Debug, thiserror::Error)]
pub enum ProductListError {
    /// No product or tier has this name.
    #[error("no {what} is called {name}; {known}")]
    Unknown {
        /// `product` or `tier`.
        what: &'static str,
        /// The given name, quoted.
        name: String,
        known: String,
    },
    /// A product of the repository does not load: its diagnostics as text.
    #[error("{0}")]
    Invalid(String),
    /// A product's sample has errors: its diagnostics as text.
    #[error("{0}")]
    Sample(String),
}

/// The products.
#[derive(Serialize, JsonSchema)]
pub struct ProductList {
    /// By name.
    products: Vec<ListedProduct>,
}

impl JsonDocument for ProductList {
    const NAME: &'static str = "product-list";
    const TITLE: &'static str = "The products";
    const FORMAT: &'static str = "provisioner-product-list/1";
}

#[derive(Serialize, JsonSchema)]
struct ListedProduct {
    /// Name of the product.
    product: String,
    /// The name for people.
    title: String,
    /// One line.
    summary: String,
    /// Glob of its configs.
    files: String,
    /// The tiers of the product.
    tiers: Vec<ListedTier>,
}

#[derive(Serialize, JsonSchema)]
struct ListedTier {
    /// Name of the tier.
    name: String,
    /// One line.
    summary: String,
}

/// The resources of products.
#[derive(Serialize, JsonSchema)]
pub struct ProductReport {
    /// By name.
    products: Vec<ProductDescription>,
}

impl JsonDocument for ProductReport {
    const NAME: &'static str = "product-report";
    const TITLE: &'static str = "The resources of products";
    const FORMAT: &'static str = "provisioner-product/1";
}

#[derive(Serialize, JsonSchema)]
struct ProductDescription {
    /// Name of the product.
    product: String,
    /// The name for people.
    title: String,
    /// One line.
    summary: String,
    /// The stack of the sample of a product without tiers. `null` if there is no sample, or the product has tiers.
    sample: Option<SampleDescription>,
    /// The tiers that were asked for.
    tiers: Vec<TierDescription>,
}

#[derive(Serialize, JsonSchema)]
struct TierDescription {
    /// Name of the tier.
    name: String,
    /// What it adds to the tiers before it.
    summary: String,
    /// The summaries of the tiers before it.
    #[serde(skip)]
    includes: Vec<String>,
    #[serde(flatten)]
    stack: SampleDescription,
}

/// The stack of a sample.
#[derive(Serialize, JsonSchema)]
struct SampleDescription {
    /// Path of the sample config.
    config: String,
    /// Name of the sample's stack.
    stack: String,
    /// Those of the sample's template.
    resources: Vec<ListedResource>,
    /// What they cost; `null` if nothing has a price.
    costs: Option<Costs>,
    /// The sample's region.
    #[serde(skip)]
    region: String,
}

/// All products with their tiers, one line each.
pub fn list_products(
    registry: &Registry,
    format: ProductFormat,
) -> Result<String, ProductListError> {
    let products = load(registry, &registry.names())?;
    if format == ProductFormat::Json {
        let all = products.iter().map(|product| {
            let manifest = &product.manifest;
            let tiers = manifest.tiers.iter().map(|tier| ListedTier {
                name: tier.name.clone(),
                summary: tier.summary.clone(),
            });
            ListedProduct {
                product: product.name().to_owned(),
                title: manifest.title.clone(),
                summary: manifest.summary.clone(),
                files: manifest.files.clone(),
                tiers: tiers.collect(),
            }
        });
        let products = all.collect();
        return Ok(json_text(&ProductList { products }).unwrap_or_default());
    }
    let rows: Vec<Vec<Text>> = products
        .iter()
        .flat_map(|product| {
            let manifest = &product.manifest;
            let row = |tier: Option<&str>, summary: &str| {
                vec![
                    Text::name(&manifest.name),
                    Text::optional(tier),
                    Text::name(&manifest.files),
                    Text::sentence(summary),
                ]
            };
            match manifest.tiers.is_empty() {
                true => vec![row(None, &manifest.summary)],
                false => manifest
                    .tiers
                    .iter()
                    .map(|tier| row(Some(&tier.name), &tier.summary))
                    .collect(),
            }
        })
        .collect();
    let head = ["Product", "Tier", "Files", "What it creates"];
    Ok(table(format, &head, &rows))
}

/// The resources of products, tier by tier.
pub fn show_product(
    registry: &Registry,
    product: Option<&str>,
    tier: Option<&str>,
    format: ProductFormat,
) -> Result<String, ProductListError> {
    let names = registry.names();
    let wanted: Vec<&str> = match product {
        None => names,
        Some(name) if names.contains(&name) => vec![name],
        Some(name) => return Err(unknown("product", name, &names)),
    };
    let mut products = load(registry, &wanted)?;
    if let Some(tier) = tier {
        let all: IndexSet<&str> = products.iter().flat_map(|product| tiers(product)).collect();
        if !all.contains(tier) {
            return Err(unknown("tier", tier, &Vec::from_iter(all)));
        }
        let has = |product: &Arc<Product>| tiers(product).any(|known| known == tier);
        products.retain(has);
    }
    let mut shown = Vec::new();
    for product in &products {
        let description = show(registry, product, tier);
        shown.push(description.map_err(ProductListError::Sample)?);
    }
    let text = match format {
        ProductFormat::Json => {
            let products = shown;
            json_text(&ProductReport { products }).unwrap_or_default()
        }
        _ => shown
            .iter()
            .map(|shown| text(shown, format))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    Ok(text)
}

fn load(registry: &Registry, names: &[&str]) -> Result<Vec<Arc<Product>>, ProductListError> {
    let each = names.iter().filter_map(|name| registry.product(name));
    each.collect::<Result<_, _>>().map_err(|error| {
        let problems = recognition_problems(&error).unwrap_or_default();
        ProductListError::Invalid(diagnostics(&problems))
    })
}

fn tiers(product: &Product) -> impl Iterator<Item = &str> {
    product.manifest.tiers.iter().map(|tier| tier.name.as_str())
}

fn unknown(what: &'static str, name: &str, known: &[&str]) -> ProductListError {
    let known = match (did_you_mean(name, known.iter().copied()), known) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, [only]) => format!("there is only `{only}`"),
        (None, _) => format!("there are {}", and_list(known)),
    };
    ProductListError::Unknown {
        what,
        name: quote(name),
        known,
    }
}

fn show(
    registry: &Registry,
    product: &Product,
    only: Option<&str>,
) -> Result<ProductDescription, String> {
    let wanted = product
        .manifest
        .tiers
        .iter()
        .filter(|tier| only.is_none_or(|only| only == tier.name));
    let mut tiers = Vec::new();
    for tier in wanted {
        let config =
            sample(registry, product, &tier.name).map_err(|problems| diagnostics(&problems))?;
        tiers.push(TierDescription {
            name: tier.name.clone(),
            summary: tier.summary.clone(),
            includes: included(product, &tier.name),
            stack: described(&config)?,
        });
    }
    let only = match product.manifest.tiers.is_empty() {
        true => only_sample(registry, product)
            .map_err(|problems| diagnostics(&problems))?
            .map(|config| described(&config))
            .transpose()?,
        false => None,
    };
    Ok(ProductDescription {
        product: product.name().to_owned(),
        title: product.manifest.title.clone(),
        summary: product.manifest.summary.clone(),
        sample: only,
        tiers,
    })
}

fn described(config: &Config) -> Result<SampleDescription, String> {
    let template = config.product.render_template(&config.derived.scope);
    let template = template.map_err(|failure| failure.to_string())?;
    let document =
        Document::parse(&config.path, &template).map_err(|problems| diagnostics(&problems))?;
    Ok(SampleDescription {
        config: config.path.to_string(),
        stack: config.stack().to_owned(),
        resources: inventory(config, &document),
        costs: costs(&document, &config.target.region),
        region: config.target.region.clone(),
    })
}

fn included(product: &Product, tier: &str) -> Vec<String> {
    let all = product.manifest.tiers_up_to(tier);
    let lower = all.split_last().map_or(&[][..], |(_, lower)| lower);
    lower.iter().map(|tier| tier.summary.clone()).collect()
}

fn text(shown: &ProductDescription, format: ProductFormat) -> String {
    let line = |text: &str| line(text, format);
    let (title, section) = match format {
        ProductFormat::Markdown => ("## ", "### "),
        _ => ("", ""),
    };
    let mut text = format!(
        "{title}{}\n\n{}\n",
        line(&shown.title),
        line(&shown.summary)
    );
    if let Some(sample) = &shown.sample {
        text += &format!("\n{}", stack_text(sample, format));
    } else if shown.tiers.is_empty() {
        text += "\nThe product has no sample, so its resources are not known: add a config as `sample.yaml`.\n";
    }
    for tier in &shown.tiers {
        let included = tier.includes.iter().map(|summary| line(summary) + "\n");
        let included: Vec<String> = included.collect();
        text += &format!(
            "\n{section}{}\n\n{}{}\n{}",
            line(&tier.name),
            included.concat(),
            line(&tier.summary),
            stack_text(&tier.stack, format),
        );
    }
    text
}

/// One line of foreign text.
fn line(text: &str, format: ProductFormat) -> String {
    match format {
        ProductFormat::Markdown => escape_markdown(text),
        ProductFormat::Text(Some(width)) => {
            let text = escape_workflow_commands(text);
            wrapped(&text, usize::from(width)).join("\n")
        }
        _ => escape_workflow_commands(text),
    }
}

fn stack_text(shown: &SampleDescription, format: ProductFormat) -> String {
    let line = |text: &str| line(text, format);
    let mut text = match format {
        ProductFormat::Markdown => {
            format!(
                "As in {}, stack {}:",
                line(&shown.config),
                line(&shown.stack)
            )
        }
        _ => line(&format!("As in {}, stack {}:", shown.config, shown.stack)),
    };
    text += "\n\n";
    let rows: Vec<Vec<Text>> = shown
        .resources
        .iter()
        .map(|resource| {
            vec![
                Text::name(&resource.logical_id),
                Text::name(&resource.kind),
                match format {
                    ProductFormat::Markdown => resource.after_deletion().marked(),
                    _ => Text::ours(resource.after_deletion().words()),
                },
                Text::ours(resource.billed.unwrap_or("not known")),
            ]
        })
        .collect();
    let head = ["Resource", "Type", "On deletion", "Billed"];
    text += &table(format, &head, &rows);
    if let Some(costs) = &shown.costs {
        let summary = cost_summary(costs, &shown.region);
        let summary = match format {
            ProductFormat::Markdown => format!("Costs: {}", summary.markdown()),
            _ => line(&format!("Costs: {}", summary.plain())),
        };
        let rows = table(format, &COST_HEAD, &cost_rows(costs));
        text += &format!("\n{summary}\n\n{rows}");
    }
    text
}

fn table(format: ProductFormat, head: &[&str], rows: &[Vec<Text>]) -> String {
    match format {
        ProductFormat::Markdown => markdown_table(head, rows),
        ProductFormat::Text(width) => plain_table(head, rows, width),
        ProductFormat::Json => String::new(),
    }
}
