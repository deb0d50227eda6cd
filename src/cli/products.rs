//! `list-products`, `show-product` and `explain`: what there is, offline.

use std::path::Path;

use clap::ValueEnum;

use super::Format;
use super::console::width;
use crate::diagnostic::LOG_TARGET;
use crate::exit::Exit;
use crate::product::Registry;
use crate::report::{self, ProductFormat, ProductListError};
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

impl ListFormat {
    /// The same, asked for where any format may be; `None` for SARIF.
    pub fn from_format(format: Format) -> Option<Self> {
        match format {
            Format::Text => Some(Self::Text),
            Format::Json => Some(Self::Json),
            Format::Markdown => Some(Self::Markdown),
            Format::Sarif => None,
        }
    }

    /// The same with the width of the terminal.
    pub fn for_terminal(self) -> ProductFormat {
        match self {
            Self::Text => ProductFormat::Text(width()),
            Self::Json => ProductFormat::Json,
            Self::Markdown => ProductFormat::Markdown,
        }
    }
}

/// All products with their tiers, a line each.
pub fn list_products(format: ListFormat) -> (String, Exit) {
    printed(report::list_products(&registry(), format.for_terminal()))
}

/// What products make, tier by tier.
pub fn show_product(
    product: Option<&str>,
    tier: Option<&str>,
    format: ListFormat,
) -> (String, Exit) {
    let format = format.for_terminal();
    printed(report::show_product(&registry(), product, tier, format))
}

/// One code in full, or all of them in a line each.
pub fn explain(code: Option<&str>) -> (String, Exit) {
    match report::explain(&Registry::built_in(), code) {
        Ok(text) => (text, Exit::Ok),
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
        ProductListError::Invalid(_) => {
            log::error!(target: LOG_TARGET, "error[product-invalid]: {error}")
        }
        ProductListError::Sample(_) => log::error!(target: LOG_TARGET, "{error}"),
    }
    (String::new(), exit)
}

fn registry() -> Registry {
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    registry
}
