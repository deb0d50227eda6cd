//! The tier that a command line gives to configs that name none.

use super::candidate::ActionCandidate;
use crate::ci::variable;
use crate::product::Registry;
use crate::text::{or_list, quote};

const VARIABLE: &str = "PROVISIONER_TIER";

/// Fails if no product has the tier. The error names the flag or the variable that holds it.
pub(super) fn check_tier(tier: Option<&str>, registry: &Registry) -> Result<(), String> {
    let Some(tier) = tier else { return Ok(()) };
    let names = registry.names();
    let products: Vec<_> = names
        .iter()
        .filter_map(|name| registry.product(name)?.ok())
        .collect();
    let tiers = products.iter().flat_map(|product| &product.manifest.tiers);
    let tiers: Vec<&str> = tiers.map(|known| known.name.as_str()).collect();
    match tiers.contains(&tier) {
        true => Ok(()),
        false => Err(format!(
            "{}: no product has the tier {}\n  help: write {}",
            source(tier),
            quote(tier),
            or_list(&tiers)
        )),
    }
}

/// Warns if every config is of a product without a choice of tiers.
pub(super) fn warn_of_useless_tier(tier: Option<&str>, candidates: &[ActionCandidate]) {
    let Some(tier) = tier else { return };
    let parts = candidates.iter().filter_map(|one| one.part.as_ref());
    let mut tiers = parts.map(|part| &part.product.manifest.tiers).peekable();
    let exists = tiers.peek().is_some();
    if exists && tiers.all(|tiers| tiers.len() < 2 && tiers.iter().all(|own| own.name != tier)) {
        log::warn!(
            "{} has no effect: no product of these configs has tiers to choose from",
            source(tier)
        );
    }
}

fn source(tier: &str) -> &'static str {
    match variable(VARIABLE).as_deref() == Some(tier) {
        true => VARIABLE,
        false => "--tier",
    }
}
