//! Sample configs of a product.

use super::check::{Config, LoadResult, load};
use super::general::Tags;
use super::parse::parse;
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::product::{Product, Registry};

/// The file of the sample of a product without tiers.
const SAMPLE: &str = "sample.yaml";

/// The sample of a tier under the file name that its fields give; `Err` describes what is wrong with it.
pub fn sample(
    registry: &Registry,
    product: &Product,
    tier: &str,
) -> Result<Config, Vec<Diagnostic>> {
    let mut tiers = product.manifest.tiers.iter();
    let file = tiers.find(|known| known.name == tier);
    let file = file.map_or("", |tier| &*tier.sample);
    let text = product.sample(tier).unwrap_or_default();
    let loaded = load_sample(registry, product, file, text);
    loaded.config.ok_or(loaded.diagnostics)
}

/// The sample of a product without tiers; `None` without a sample.
pub fn only_sample(
    registry: &Registry,
    product: &Product,
) -> Result<Option<Config>, Vec<Diagnostic>> {
    let Some(text) = product.source.files.get(SAMPLE) else {
        return Ok(None);
    };
    let loaded = load_sample(registry, product, SAMPLE, text);
    loaded.config.map(Some).ok_or(loaded.diagnostics)
}

/// Loads a config among the product's files. It gets the file name that its fields give. Its problems are reported in `file`.
pub fn load_sample(registry: &Registry, product: &Product, file: &str, text: &str) -> LoadResult {
    let shown = product.source.path(file);
    let mut values = match parse(&shown, text.as_bytes(), Tags::Refuse) {
        Ok(tree) => tree.to_json(),
        Err(diagnostics) => {
            return LoadResult {
                config: None,
                diagnostics,
            };
        }
    };
    // The sample's own errors are reported when it is loaded.
    let _ = product.normalize(&mut values, "", &registry.given, true);
    let name = product
        .derive(&values, "", &registry.given, |_| false, true)
        .ok()
        .and_then(|(derived, _)| derived.names.get("config").cloned());
    let path = RepoPath::typed(&format!("{}.yaml", name.unwrap_or_default()));
    let mut loaded = load(registry, &path, text.as_bytes());
    let own = loaded.diagnostics.iter_mut();
    for problem in own.filter(|problem| problem.path == path) {
        problem.path = shown.clone();
    }
    loaded
}
