//! The names of a product's stacks, read backwards.

use regex::Regex;
use serde_json::{Value, json};

use super::keys::{ConfigKey, with};
use crate::product::{Derived, Product, RunInput, Target};

/// Stands for the value of a key. Four letters, so that it has the length of short ids, and a letter first.
const MARKERS: [&str; 8] = [
    "zqxa", "zqxb", "zqxc", "zqxd", "zqxe", "zqxf", "zqxg", "zqxh",
];
/// Stands for a part of the file's name that no key gives.
const PART_OF_FILE: &str = "zqxz";

/// What a stack's name says about its config.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NameValues {
    pub values: Value,
    /// The file's name without its ending, as far as the name needs it.
    pub stem: String,
    /// Keys that the name gives.
    pub keys: Vec<String>,
}

/// The names of a product's stacks in a target, as patterns.
pub(super) struct NamingLaw<'a> {
    product: &'a Product,
    /// Values of required keys; markers for those that the name gives.
    values: Value,
    /// Keys that the target gives.
    known: Vec<String>,
    /// Path and marker.
    open: Vec<(String, &'static str)>,
    /// For each form of the file's name.
    patterns: Vec<(String, Regex)>,
}

impl<'a> NamingLaw<'a> {
    /// `None` if the product has no config of this target.
    pub fn new(product: &'a Product, target: &Target) -> Option<Self> {
        let keys = ConfigKey::all(product);
        let places = product.target_keys();
        let texts = [&target.account, &target.region, &target.environment];
        let mut law = Self {
            product,
            values: json!({}),
            known: Vec::new(),
            open: Vec::new(),
            patterns: Vec::new(),
        };
        for (key, text) in places.into_iter().zip(texts) {
            let key = keys.iter().find(|known| Some(known.path.as_str()) == key)?;
            let choices = key.choices();
            if !choices.is_empty() && !choices.contains(&json!(text)) {
                return None;
            }
            law.values = with(&law.values, &key.path, Some(&json!(text)));
            law.known.push(key.path.clone());
        }
        let mut allowed = Vec::new();
        for key in keys.iter().filter(|key| key.required) {
            if !law.known.contains(&key.path) {
                law.values = with(&law.values, &key.path, Some(&key.placeholder()));
            }
        }
        let required = keys.iter().filter(|key| key.required);
        for key in required.filter(|key| !law.known.contains(&key.path)) {
            if gives_stack_name(product, &law.values, "", key) {
                let marker = *MARKERS.get(law.open.len())?;
                law.open.push((key.path.clone(), marker));
                allowed.push((key.schema["pattern"].as_str().unwrap_or_default(), marker));
            }
        }
        for (path, marker) in &law.open {
            law.values = with(&law.values, path, Some(&json!(marker)));
        }
        for stem in stems(product, &law.values) {
            let derived = derive(product, &law.values, &stem)?;
            let name = derived.names.get("stack")?;
            law.patterns.push((stem, expression(name, &allowed)?));
        }
        Some(law)
    }

    /// The values that give a stack this name; `None` if the product's stacks have other names.
    pub fn read(&self, name: &str) -> Option<NameValues> {
        self.patterns.iter().find_map(|(stem, pattern)| {
            let found = pattern.captures(name)?;
            let (mut values, mut stem) = (self.values.clone(), stem.clone());
            let mut keys = self.known.clone();
            for (path, marker) in &self.open {
                if let Some(text) = found.name(marker) {
                    values = with(&values, path, Some(&json!(text.as_str())));
                    stem = stem.replace(marker, text.as_str());
                    keys.push(path.clone());
                }
            }
            if let Some(part) = found.name(PART_OF_FILE) {
                stem = stem.replace(PART_OF_FILE, part.as_str());
            }
            // The expressions decide: a text may occur in several parts of a name.
            let derived = derive(self.product, &values, &stem)?;
            let is_same = derived.names.get("stack")? == name;
            is_same.then_some(NameValues { values, stem, keys })
        })
    }
}

/// The names that the config's file can have, with a part that no key gives at any place that the product reads.
fn stems(product: &Product, values: &Value) -> Vec<String> {
    let config = |stem: &str| derive(product, values, stem)?.names.get("config").cloned();
    let Some(plain) = config("") else {
        return Vec::new();
    };
    let mut stems = vec![plain.clone()];
    if product.reads_file_name() {
        let longer = plain.match_indices('-');
        let longer =
            longer.map(|(at, _)| format!("{}-{PART_OF_FILE}{}", &plain[..at], &plain[at..]));
        stems.extend(longer.filter(|stem| config(stem).as_ref() == Some(stem)));
    }
    stems
}

/// Whether another text of an open key gives the stack another name.
pub(super) fn gives_stack_name(
    product: &Product,
    values: &Value,
    stem: &str,
    key: &ConfigKey,
) -> bool {
    let is_open = key.choices().is_empty() && key.has_type("string") && !key.has_type("array");
    let name = |values: &Value| derive(product, values, stem)?.names.get("stack").cloned();
    let other = with(values, &key.path, Some(&json!(PART_OF_FILE)));
    is_open && name(values) != name(&other)
}

pub(super) fn derive(product: &Product, values: &Value, stem: &str) -> Option<Derived> {
    let given = RunInput::default();
    let mut values = values.clone();
    product.normalize(&mut values, stem, &given, false).ok()?;
    let (derived, complete) = product
        .derive(&values, stem, &given, |_| false, false)
        .ok()?;
    complete.then_some(derived)
}

/// A name with markers as a regular expression.
fn expression(name: &str, open: &[(&str, &str)]) -> Option<Regex> {
    let mut expression = regex::escape(name);
    for (allowed, marker) in open {
        let allowed = allowed.trim_start_matches('^').trim_end_matches('$');
        let allowed = match allowed.is_empty() || Regex::new(allowed).is_err() {
            true => ".+?",
            false => allowed,
        };
        let group = format!("(?P<{marker}>{allowed})");
        let (before, after) = expression.split_once(marker).unwrap_or((&expression, ""));
        expression = match expression.contains(marker) {
            true => format!("{before}{group}{}", after.replace(marker, ".+?")),
            false => expression,
        };
    }
    let part = format!("(?P<{PART_OF_FILE}>.+)");
    let expression = expression.replacen(PART_OF_FILE, &part, 1);
    Regex::new(&format!(r"\A(?:{expression})\z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Registry;

    fn read(product: &str, environment: &str, region: &str, name: &str) -> Option<NameValues> {
        let product = Registry::built_in().product(product).unwrap().unwrap();
        let target = Target {
            account: "123456789012".to_owned(),
            region: region.to_owned(),
            environment: environment.to_owned(),
        };
        NamingLaw::new(&product, &target).unwrap().read(name)
    }

    #[test]
    fn names_of_both_products_give_their_values() {
        let shared = read(
            "s3",
            "prod",
            "us-west-1",
            "edge-prod-b001-us-west-1-s3-stack",
        )
        .unwrap();
        assert_eq!(shared.stem, "edge-prod-b001-us-west-1-s3");
        assert_eq!(shared.values["client"]["tenant_id"], "b001");
        let name = "my-co-prod-b001-us-west-1-recommendation-engine-s3-stack";
        let dedicated = read("s3", "prod", "us-west-1", name).unwrap();
        assert_eq!(dedicated.stem, name.trim_end_matches("-stack"));
        assert_eq!(dedicated.values["client"]["company_prefix"], "my-co");
        let name = "globalbank-prod-c001-us-west-2-demand-forecasting-ml-stack";
        let ml = read("ml", "prod", "us-west-2", name).unwrap();
        assert_eq!(ml.values["ml_product"]["use_case"], "demand-forecasting");
    }

    #[test]
    fn attack_names_that_are_nearly_a_law_are_not_claimed() {
        for name in [
            "edge-prod-b001-us-west-1-s3",
            "edge-dev-b001-us-west-1-s3-stack",
            "edge-prod-b001-us-west-2-s3-stack",
            "edge-prod-b0011-us-west-1-s3-stack",
            "-prod-b001-us-west-1-s3-stack",
            "Edge-prod-b001-us-west-1-s3-stack",
            "edge-prod-b001-us-west-1-s3-stack-1",
        ] {
            assert_eq!(read("s3", "prod", "us-west-1", name), None, "{name}");
        }
    }
}
