//! `list-products`, `show-product` and `explain`, offline.

use std::path::Path;

use clap::{Args, ValueEnum};

use super::console::width;
use crate::diagnostic::LOG_TARGET;
use crate::exit::Exit;
use crate::product::Registry;
use crate::report::{self, ProductFormat, ProductListError, json_text};
use crate::workspace::add_repository_products;

/// How products are printed. Nothing is found in them, so there is nothing to say in SARIF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For comments and summaries.
    Markdown,
}

/// How a text is printed that has one form for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl ListFormat {
    /// The report's format, with the width of the terminal.
    pub fn for_terminal(self) -> ProductFormat {
        match self {
            Self::Text => ProductFormat::Text(width()),
            Self::Json => ProductFormat::Json,
            Self::Markdown => ProductFormat::Markdown,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner list-products                a line for each tier
  provisioner list-products --format json  for programs")]
pub struct ListProductsArgs {
    /// Print the products in this format
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner show-product                            every product
  provisioner show-product PRODUCT --tier TIER        one tier of one product
  provisioner show-product PRODUCT --format markdown  for a comment or a page")]
pub struct ShowProductArgs {
    /// Name of the product [default: all]
    product: Option<String>,
    /// Name of the tier [default: all]
    #[arg(long, value_name = "TIER")]
    tier: Option<String>,
    /// Print the product in this format
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner explain                  every code in one line
  provisioner explain wrong-file-name  one code in full
  provisioner explain --format json    for programs")]
pub struct ExplainArgs {
    /// Code of a diagnostic or a denial [default: all]
    code: Option<String>,
    /// Print the codes in this format
    #[arg(long, value_enum, default_value_t)]
    format: TextFormat,
}

/// All products with their tiers, one line each.
pub fn list_products(args: &ListProductsArgs) -> (String, Exit) {
    printed(report::list_products(
        &registry(),
        args.format.for_terminal(),
    ))
}

/// The resources, retention and billing of products, tier by tier.
pub fn show_product(args: &ShowProductArgs) -> (String, Exit) {
    let format = args.format.for_terminal();
    let (product, tier) = (args.product.as_deref(), args.tier.as_deref());
    printed(report::show_product(&registry(), product, tier, format))
}

/// One code in full, or all codes, one line each.
pub fn explain(args: &ExplainArgs) -> (String, Exit) {
    match report::explain(&registry(), args.code.as_deref()) {
        Ok(codes) => match args.format {
            TextFormat::Text => (codes.text(width()), Exit::Ok),
            TextFormat::Json => (json_text(&codes).unwrap_or_default(), Exit::Ok),
        },
        Err(error) => {
            match &error.similar {
                Some(similar) => log::error!("{error}; did you mean `{similar}`?"),
                None => log::error!("{error}; `provisioner explain` lists them"),
            }
            (String::new(), Exit::Usage)
        }
    }
}

fn printed(listing: Result<String, ProductListError>) -> (String, Exit) {
    let error = match listing {
        Ok(text) => return (text, Exit::Ok),
        Err(error) => error,
    };
    let exit = match error {
        ProductListError::Unknown { .. } => Exit::Usage,
        ProductListError::Invalid(_) | ProductListError::Sample(_) => Exit::Config,
    };
    match &error {
        ProductListError::Unknown { .. } => log::error!("{error}"),
        ProductListError::Invalid(_) | ProductListError::Sample(_) => {
            log::error!(target: LOG_TARGET, "{error}")
        }
    }
    (String::new(), exit)
}

fn registry() -> Registry {
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    registry
}
