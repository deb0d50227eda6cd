//! Keys and codes of a manifest that other files of the product must know.

use std::collections::BTreeMap;

use super::fault::{FaultPlace, key};
use super::{KeyStatus, Manifest, ProductFault, SCHEMA, Schema};
use crate::diagnostic::Code;
use crate::text::{did_you_mean, or_list};

/// Names that are listed in a help.
const MAX_LISTED: usize = 12;

/// Faults of keys that the schema does not have, of codes, and of names that belong together.
pub(super) fn key_faults(manifest: &Manifest, schema: &Schema) -> Vec<ProductFault> {
    let mut faults = Vec::new();
    for required in ["config", "stack"] {
        if !manifest.names.contains_key(required) {
            let message = format!("the key is missing: `names.{required}`");
            faults.push(
                ProductFault::at(key(["names"]), message)
                    .with_help(format!("add the expression `names.{required}`")),
            );
        }
    }
    let tiers: Vec<&str> = manifest.tiers.iter().map(|tier| &*tier.name).collect();
    if !tiers.is_empty() && !manifest.names.contains_key("tier") {
        let message = "the manifest has tiers, and lacks `names.tier`";
        faults.push(
            ProductFault::at(key(["names"]), message)
                .with_help("add the expression `names.tier`, which gives a config's tier"),
        );
    }
    for tiered in schema.tiered() {
        if tiers.contains(&&*tiered.tier) {
            continue;
        }
        let mut place: Vec<String> = Vec::new();
        for part in &tiered.path {
            place.extend(["properties".to_owned(), part.clone()]);
        }
        place.push("x-tier".to_owned());
        let message = format!("no tier of the manifest has this name: `{}`", tiered.tier);
        let fault = ProductFault::new(SCHEMA, FaultPlace::Key(place), message);
        faults.push(match tiers.is_empty() {
            true => fault.with_help("delete `x-tier`, or add `tiers` to product.yaml"),
            false => fault.with_help(format!("write {}", or_list(&tiers))),
        });
    }
    faults.extend(unknown_key(key(["section"]), &manifest.section, schema));
    for (index, rule) in manifest.rules.iter().enumerate() {
        let at = key(["rules", &index.to_string(), "at"]);
        faults.extend(unknown_key(at, &rule.at, schema));
    }
    for (index, check) in manifest.preflight.iter().enumerate() {
        let at = key(["preflight", &index.to_string(), "at"]);
        faults.extend(unknown_key(at, &check.at, schema));
    }
    for (index, rule) in manifest.impact.iter().enumerate() {
        for (number, changed) in rule.keys.iter().enumerate() {
            let (index, number) = (index.to_string(), number.to_string());
            let at = key(["impact", &index, "keys", &number]);
            faults.extend(unknown_key(at, changed, schema));
        }
    }
    for default in manifest.defaults.keys() {
        faults.extend(unknown_key(key(["defaults", default]), default, schema));
    }
    faults.extend(code_faults(manifest));
    faults
}

/// The fault of a key path that no config can have.
fn unknown_key(at: Vec<String>, path: &str, schema: &Schema) -> Option<ProductFault> {
    let KeyStatus::Unknown { part, known } = schema.key_status(path.split('.')) else {
        return None;
    };
    let fault = ProductFault::at(at, format!("{SCHEMA} has no key `{path}`"));
    Some(fault.with_help(known_keys_help(
        &part,
        known.iter().map(String::as_str),
        path,
    )))
}

/// What to write instead of a part of a path.
pub(super) fn known_keys_help<'a>(
    part: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    path: &str,
) -> String {
    let above = path.split('.').take_while(|other| *other != part);
    let above: String = above.map(|other| format!("{other}.")).collect();
    if let Some(meant) = did_you_mean(part, known.clone()) {
        return format!("write `{above}{meant}`");
    }
    let known: Vec<&str> = known.take(MAX_LISTED).collect();
    match known.is_empty() {
        true => format!("add the key to {SCHEMA}, or correct the path"),
        false => format!("add the key to {SCHEMA}, or write {}", or_list(&known)),
    }
}

/// Codes have the product's name in front, so that two products cannot have one code.
fn code_faults(manifest: &Manifest) -> Vec<ProductFault> {
    let mut faults = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let prefix = format!("{}-", manifest.name);
    for (index, rule) in manifest.rules.iter().enumerate() {
        let code = rule.code.as_str();
        let problem = if Code::of_engine(code).is_some() {
            Some((
                "provisioner has this code itself",
                "choose another code".to_owned(),
            ))
        } else if !code.strip_prefix(&prefix).is_some_and(is_kebab) {
            let help = format!(
                "begin the code with `{prefix}`, then lower-case letters, digits and hyphens"
            );
            Some(("the code does not begin with the product's name", help))
        } else if known.contains_key(code) {
            Some((
                "two rules have this code",
                "give each rule its own code".to_owned(),
            ))
        } else {
            None
        };
        known.insert(code, index);
        if let Some((message, help)) = problem {
            let at = key(["rules", &index.to_string(), "code"]);
            faults.push(ProductFault::at(at, format!("{message}: `{code}`")).with_help(help));
        }
    }
    faults
}

fn is_kebab(text: &str) -> bool {
    let is_word = |word: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !word.is_empty() && word.bytes().all(allowed)
    };
    text.split('-').all(is_word)
}
