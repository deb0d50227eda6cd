//! `check-product`: checks the repository's own products as a whole.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use schemars::JsonSchema;
use serde::Serialize;

use super::result::ResultFormat;
use crate::VERSION;
use crate::diagnostic::{Diagnostic, count};
use crate::exit::Exit;
use crate::product::Registry;
use crate::product_check::{CheckedProduct, check_product};
use crate::report::{self, JsonDocument, escape_json, escape_workflow_commands, json_text};
use crate::text::{escape_invisible, pluralize};
use crate::workspace::{add_product, add_repository_products};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner check-product                        all in .provisioner/products
  provisioner check-product FOLDER                 one product
  provisioner check-product FOLDER --format sarif  for code scanning

The check renders the product's samples, and runs its tests. AWS is not queried.
Exit code 10: a product has errors.")]
pub struct CheckProductArgs {
    /// Folders of products [default: all in .provisioner/products]
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folders: Vec<PathBuf>,
    /// Print the results in this format
    #[arg(long, value_enum, default_value_t)]
    format: ResultFormat,
}

/// The results of checking products.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProductCheckReport {
    /// In the order of their names.
    products: Vec<CheckedProduct>,
    /// All problems.
    diagnostics: Vec<Diagnostic>,
}

impl JsonDocument for ProductCheckReport {
    const NAME: &'static str = "product-check";
    const TITLE: &'static str = "The results of checking products";
    const FORMAT: &'static str = "provisioner-product-check/1";
}

/// Checks products. Returns standard output and the exit code.
pub fn run(args: &CheckProductArgs) -> (String, Exit) {
    let mut registry = Registry::built_in();
    let mut names = Vec::new();
    for folder in &args.folders {
        add_repository_products(&mut registry, folder);
    }
    for folder in &args.folders {
        match add_product(&mut registry, folder) {
            Ok(name) => names.push(name),
            Err(error) => {
                log::error!("{error}");
                return (String::new(), Exit::Usage);
            }
        }
    }
    if args.folders.is_empty() {
        add_repository_products(&mut registry, Path::new("."));
        names = registry.own_names();
        if names.is_empty() {
            log::error!(
                "this repository has no product in .provisioner/products\n  help: run `provisioner new-product NAME`, or name the folder of a product"
            );
            return (String::new(), Exit::Usage);
        }
    }
    let mut report = ProductCheckReport {
        products: Vec::new(),
        diagnostics: Vec::new(),
    };
    for name in names {
        if let Some((checked, problems)) = check_product(&registry, &name) {
            report.products.push(checked);
            report.diagnostics.extend(problems);
        }
    }
    let exit = match report.products.iter().all(|product| product.ok) {
        true => Exit::Ok,
        false => Exit::Config,
    };
    (report.print(args.format), exit)
}

impl ProductCheckReport {
    fn print(&self, format: ResultFormat) -> String {
        match format {
            ResultFormat::Text => {
                let mut text = report::diagnostics(&self.diagnostics);
                if !text.is_empty() {
                    text.push('\n');
                }
                for product in &self.products {
                    text.push_str(&format!("{}\n", escape_invisible(&line(product), false)));
                }
                text.push_str(&format!("{}\n", self.summary_line()));
                escape_workflow_commands(&text)
            }
            ResultFormat::Json => json_text(self).unwrap_or_default(),
            ResultFormat::Sarif => {
                let sarif = report::sarif(self.diagnostics.iter(), VERSION);
                escape_json(format!("{sarif:#}\n"))
            }
            ResultFormat::Markdown => escape_workflow_commands(&report::results_markdown(
                &self.summary_line(),
                self.products.iter().map(|product| {
                    let mark = if product.ok { "✅" } else { "❌" };
                    (mark, line(product), String::new())
                }),
                &self.diagnostics,
            )),
        }
    }

    fn summary_line(&self) -> String {
        let (errors, warnings) = count(&self.diagnostics);
        format!(
            "check-product: {}, {}, {}",
            pluralize(self.products.len(), "product"),
            pluralize(errors, "error"),
            pluralize(warnings, "warning")
        )
    }
}

fn line(product: &CheckedProduct) -> String {
    let word = if product.ok { "ok" } else { "failed" };
    format!(
        "{word} {}: {}, {}",
        product.path,
        pluralize(product.samples.len(), "sample"),
        pluralize(product.tests.len(), "test")
    )
}
