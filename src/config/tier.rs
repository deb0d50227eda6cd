//! Checks which keys a config's tier allows.

use super::values::LayeredValues;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::product::{Derived, Product};
use crate::text::{did_you_mean, or_list, quote};

/// Reports keys that need a higher tier than the config's, and returns them. Skips keys of `known`, which have an error already.
pub fn report<'a>(
    files: &LayeredValues,
    product: &'a Product,
    derived: &Derived,
    known: &[Vec<String>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<&'a [String]> {
    let mut reported = Vec::new();
    let tiers: Vec<&str> = product
        .manifest
        .tiers
        .iter()
        .map(|tier| &*tier.name)
        .collect();
    // A config without names already has an error.
    let Some(own) = derived.names.get("tier").filter(|_| !tiers.is_empty()) else {
        return reported;
    };
    let rank = |name: &str| tiers.iter().position(|tier| *tier == name);
    let Some(own_rank) = rank(own) else {
        let message = format!(
            "{} is not a tier of product `{}`",
            quote(own),
            product.name()
        );
        let help = match did_you_mean(own, tiers.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("a tier is {}", or_list(&tiers)),
        };
        let first = files.own.at(Span::point(1, 1));
        let problem = first.error(Code::TierUnknown, message);
        diagnostics.push(problem.with_help(help));
        return reported;
    };
    for key in product.schema.tiered() {
        let keys = || key.path.iter().map(String::as_str);
        let Some(node) = files
            .node(keys())
            .filter(|node| !key.is_default(&node.to_json()))
        else {
            continue;
        };
        let is_known = known.iter().any(|at| at.starts_with(&key.path));
        if rank(&key.tier) > Some(own_rank) && !node.is_null() && !is_known {
            let name = key.path.join(".");
            let message = format!(
                "`{name}` needs the tier `{}`, and this config is of the tier `{own}`",
                key.tier
            );
            let help = format!(
                "move the config to the tier `{}`, or delete `{name}`",
                key.tier
            );
            let place = files.key_place(keys());
            let problem = place.error(Code::TierTooLow, message);
            diagnostics.push(problem.with_help(help));
            reported.push(key.path.as_slice());
        }
    }
    reported
}
