//! `schema PRODUCT`: prints the JSON Schema of a product's configs or of the policy file, for editors, or of a report, for programs.

use std::path::Path;

use clap::Args;

use super::json_schema::DOCUMENT_SCHEMAS;
use crate::diagnostic::LOG_TARGET;
use crate::exit::Exit;
use crate::guard::POLICY_SCHEMA;
use crate::product::Registry;
use crate::text::or_list;
use crate::workspace::add_repository_products;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner schema PRODUCT > config.schema.json
  provisioner schema policy > policy.schema.json
  provisioner schema check-report > check-report.schema.json")]
pub struct SchemaArgs {
    /// Name of the product, `policy` for .provisioner.yaml, or the name of a report
    product: String,
}

/// Selects the policy file's schema, unless a product has this name.
pub(super) const POLICY: &str = "policy";

/// The schema of a product, of the policy file or of a report.
pub fn schema(args: &SchemaArgs) -> (String, Exit) {
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    let names = registry.names();
    let name = args.product.as_str();
    let document = DOCUMENT_SCHEMAS.iter().find(|known| known.name == name);
    match registry.product(name) {
        Some(Ok(product)) => (format!("{:#}\n", product.schema.document()), Exit::Ok),
        Some(Err(error)) => {
            log::error!(target: LOG_TARGET, "error[product-invalid]: {error}");
            (String::new(), Exit::Config)
        }
        None if name == POLICY => (POLICY_SCHEMA.to_owned(), Exit::Ok),
        None if let Some(document) = document => (document.text(), Exit::Ok),
        None => {
            let documents = DOCUMENT_SCHEMAS.iter().map(|known| known.name);
            let others: Vec<&str> = [POLICY].into_iter().chain(documents).collect();
            log::error!(
                "no product has this name: `{name}`\n  help: write {}",
                or_list(&[&names[..], &others].concat())
            );
            (String::new(), Exit::Usage)
        }
    }
}
