//! `schema PRODUCT`: prints the JSON Schema of a product's configs, of the policy file or of a file of entries, for editors, or of a
//! report, for programs.

use std::path::Path;

use clap::Args;

use super::json_schema::DOCUMENT_SCHEMAS;
use crate::config::{PRODUCT_SCHEMA, recognition_problems};
use crate::diagnostic::LOG_TARGET;
use crate::entries::ENTRY_FILES;
use crate::exit::Exit;
use crate::guard::POLICY_SCHEMA;
use crate::product::Registry;
use crate::report::diagnostics;
use crate::text::or_list;
use crate::workspace::add_repository_products;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner schema PRODUCT > config.schema.json
  provisioner schema policy > policy.schema.json
  provisioner schema product > product.schema.json
  provisioner schema adoptions > adoptions.schema.json
  provisioner schema check-report > check-report.schema.json")]
pub struct SchemaArgs {
    /// Product, report, policy, product (product.yaml), adoptions or replacements
    product: String,
}

/// Selects the policy file's schema, unless a product has this name.
pub(super) const POLICY: &str = "policy";

/// Selects the schema of `product.yaml`, unless a product has this name.
pub(super) const MANIFEST: &str = "product";

/// The schema of a product, of the policy file or of a report.
pub fn schema(args: &SchemaArgs) -> (String, Exit) {
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    let names = registry.names();
    let name = args.product.as_str();
    let document = DOCUMENT_SCHEMAS.iter().find(|known| known.name == name);
    let entries = ENTRY_FILES.iter().find(|file| file.name() == name);
    match registry.product(name) {
        Some(Ok(product)) => (format!("{:#}\n", product.schema.document()), Exit::Ok),
        Some(Err(error)) => {
            let problems = recognition_problems(&error).unwrap_or_default();
            log::error!(target: LOG_TARGET, "{}", diagnostics(&problems));
            (String::new(), Exit::Config)
        }
        None if name == POLICY => (POLICY_SCHEMA.to_owned(), Exit::Ok),
        None if name == MANIFEST => (PRODUCT_SCHEMA.to_owned(), Exit::Ok),
        None if let Some(file) = entries => (file.schema.to_owned(), Exit::Ok),
        None if let Some(document) = document => (document.text(), Exit::Ok),
        None => {
            let documents = DOCUMENT_SCHEMAS.iter().map(|known| known.name);
            let entries = ENTRY_FILES.iter().map(|file| file.name());
            let others = [POLICY, MANIFEST].into_iter().chain(entries);
            let others: Vec<&str> = others.chain(documents).collect();
            log::error!(
                "no product has this name: `{name}`\n  help: write {}",
                or_list(&[&names[..], &others].concat())
            );
            (String::new(), Exit::Usage)
        }
    }
}
