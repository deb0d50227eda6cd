//! A product's sample config of a tier.

use super::check::{Config, load};
use super::parse::{Tags, parse};
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::product::{Product, Registry};

/// The sample under the file name that its fields give; `Err` describes what is wrong with it.
pub fn sample(
    registry: &Registry,
    product: &Product,
    tier: &str,
) -> Result<Config, Vec<Diagnostic>> {
    let text = product.sample(tier).unwrap_or_default();
    let unnamed = RepoPath::typed("sample.yaml");
    let mut values = parse(&unnamed, text.as_bytes(), Tags::Refuse)?.to_json();
    // The sample's own errors are reported when it is loaded.
    let _ = product.normalize(&mut values, "", &registry.given, true);
    // The name derives from the fields; the sample's file name does not matter.
    let name = product
        .derive(&values, "", &registry.given, |_| false, true)
        .ok()
        .and_then(|(derived, _)| derived.names.get("config").cloned());
    let path = RepoPath::typed(&format!("{}.yaml", name.unwrap_or_default()));
    let loaded = load(registry, &path, text.as_bytes());
    loaded.config.ok_or(loaded.diagnostics)
}
