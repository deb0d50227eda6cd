//! Finds the values of a config whose template is nearest to a live one.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::features::{Distance, Features};
use super::keys::{ConfigKey, get, with};
use super::naming::derive;
use crate::model::RepoPath;
use crate::product::Product;
use crate::template::{Document, TemplateInputs};

/// Stands for a value whose place is searched.
const MARKER: &str = "zqxq";
/// Stands for the part of a text after a slash.
const SECOND: &str = "zqxr";
/// Longer enumerations are searched in the live template, as open keys are.
const FEW_CHOICES: usize = 6;
const NUMBER: u64 = 990_717;
/// Choices of keys change each other's effect.
const PASSES: usize = 3;
/// Combinations of two parts that are tried.
const MAX_PAIRS: usize = 16;
/// Live values that are tried for a key.
const MAX_CANDIDATES: usize = 40;
/// Keys that one choice requires besides.
const MAX_REPAIRS: usize = 4;

pub(super) struct Fit<'a> {
    pub product: &'a Product,
    pub stem: &'a str,
    pub live: &'a Features,
    pub pseudo: &'a BTreeMap<String, String>,
    /// Keys whose value is known.
    pub fixed: &'a [String],
}

/// The values found, and the keys that the template says something about.
pub(super) struct Fitted {
    pub values: Value,
    pub distance: Distance,
    pub found: Vec<String>,
}

impl Fit<'_> {
    /// The nearest values; `None` if no values render.
    pub fn run(&self, values: Value) -> Option<Fitted> {
        let keys = ConfigKey::all(self.product);
        let keys: Vec<&ConfigKey> = keys
            .iter()
            .filter(|key| !self.fixed.contains(&key.path))
            .collect();
        let (values, distance) = self.best(&values, &keys)?;
        let mut fitted = Fitted {
            values,
            distance,
            found: Vec::new(),
        };
        for pass in 0..PASSES {
            for key in &keys {
                match is_searched(key) {
                    false => self.choose(key, &keys, &mut fitted),
                    // Open values need the resources that the choices give.
                    true if pass > 0 && !fitted.found.contains(&key.path) => {
                        self.search(key, &keys, &mut fitted);
                    }
                    true => {}
                }
            }
        }
        let is_open = |key: &&&ConfigKey| !fitted.found.contains(&key.path);
        let supported = keys.iter().filter(is_open);
        let supported = supported.filter(|key| self.is_supported(key, &fitted));
        let supported: Vec<String> = supported.map(|key| key.path.clone()).collect();
        fitted.found.extend(supported);
        Some(fitted)
    }

    /// Whether another value of a key would be farther from the live template.
    fn is_supported(&self, key: &ConfigKey, fitted: &Fitted) -> bool {
        let Some(current) = get(&fitted.values, &key.path) else {
            return false;
        };
        let others = match is_searched(key) {
            true => vec![marker(key, MARKER)],
            false => key.choices(),
        };
        let mut others = others.iter().filter(|other| *other != current);
        others.any(|other| {
            let other = self.features(&with(&fitted.values, &key.path, Some(other)));
            other.is_some_and(|other| other.distance(self.live).is_refuted_by(fitted.distance))
        })
    }

    /// Tries each value of an enumeration.
    fn choose(&self, key: &ConfigKey, keys: &[&ConfigKey], fitted: &mut Fitted) {
        let unset = (!key.required).then_some(None);
        let choices = key.choices();
        let all = unset.into_iter().chain(choices.iter().map(Some));
        let mut best: Option<(Value, Distance)> = None;
        for choice in all {
            let changed = with(&fitted.values, &key.path, choice);
            let Some((values, distance)) = self.best(&changed, keys) else {
                continue;
            };
            let nearest = best.as_ref().map_or(fitted.distance, |(_, known)| *known);
            if distance.score() < nearest.score() {
                best = Some((values, distance));
            }
        }
        if let Some((values, distance)) = best {
            (fitted.values, fitted.distance) = (values, distance);
        }
    }

    /// Renders a marker, and reads the live values at its places.
    fn search(&self, key: &ConfigKey, keys: &[&ConfigKey], fitted: &mut Fitted) {
        let marked = with(&fitted.values, &key.path, Some(&marker(key, MARKER)));
        let Some(marked) = self.features(&marked) else {
            return;
        };
        let mut candidates = match key.has_type("object") {
            true => self.entries(key, fitted, &marked),
            false => self.texts(&marked, key, MARKER),
        };
        candidates.extend(self.pairs(key, fitted));
        let mut best: Option<(Value, Distance)> = None;
        for candidate in candidates.iter().take(MAX_CANDIDATES) {
            let changed = with(&fitted.values, &key.path, Some(candidate));
            if !self.accepts(key, &changed) {
                continue;
            }
            let nearest = best.as_ref().map_or(fitted.distance, |(_, known)| *known);
            best = self
                .best(&changed, keys)
                .filter(|(_, distance)| distance.score() < nearest.score())
                .or(best);
        }
        if let Some((values, distance)) = best {
            (fitted.values, fitted.distance) = (values, distance);
            fitted.found.push(key.path.clone());
        }
    }

    /// The live entries of a map that the marker is in, without those that the template has of itself.
    fn entries(&self, key: &ConfigKey, fitted: &Fitted, marked: &Features) -> Vec<Value> {
        let Some(plain) = self.features(&fitted.values) else {
            return Vec::new();
        };
        let places = marked.containing(MARKER);
        let maps = places.filter_map(|(kind, pointer, _)| {
            let (above, last) = pointer.rsplit_once('/')?;
            (last == MARKER).then(|| (kind.to_owned(), above.to_owned()))
        });
        let maps = maps.map(|(kind, above)| {
            let live = self.live.all().filter_map(|(other, pointer, value)| {
                let entry = pointer.strip_prefix(&above)?.strip_prefix('/')?;
                let is_new = !plain.at(&kind, pointer).iter().any(|text| text == value);
                (other == kind && is_new).then(|| (entry.to_owned(), json!(value)))
            });
            // One entry that the schema refuses does not cost the others.
            let allowed = live.filter(|(entry, value)| {
                let single = with(&fitted.values, &key.path, Some(&json!({ entry: value })));
                self.accepts(key, &single)
            });
            Value::Object(allowed.collect::<Map<String, Value>>())
        });
        let mut found: Vec<Value> = maps.filter(|map| map != &json!({})).collect();
        // A tag of one type of resource is no tag of the config.
        let mut shared = found.first().cloned().unwrap_or_default();
        if let Some(shared) = shared.as_object_mut() {
            shared.retain(|entry, value| found.iter().all(|map| map.get(entry) == Some(value)));
        }
        found.extend(Some(shared).filter(|map| map != &json!({}) && !map.is_null()));
        found.sort_by_key(|map| map.as_object().map_or(0, Map::len));
        found.dedup();
        found
    }

    /// Texts with a slash, whose parts are at different places.
    fn pairs(&self, key: &ConfigKey, fitted: &Fitted) -> Vec<Value> {
        let both = json!(format!("{MARKER}/{SECOND}"));
        let changed = with(&fitted.values, &key.path, Some(&both));
        if key.has_type("array") || !key.has_type("string") || !self.accepts(key, &changed) {
            return Vec::new();
        }
        let Some(marked) = self.features(&changed) else {
            return Vec::new();
        };
        let [first, second] = [MARKER, SECOND].map(|part| self.texts(&marked, key, part));
        let pairs = first.iter().flat_map(|first| {
            let second = second.iter();
            second.filter_map(move |second| {
                Some(json!(format!("{}/{}", first.as_str()?, second.as_str()?)))
            })
        });
        pairs.take(MAX_PAIRS).collect()
    }

    /// Whether the schema accepts the value of a key.
    fn accepts(&self, key: &ConfigKey, values: &Value) -> bool {
        let broken = self.product.schema.violations(values);
        !broken
            .iter()
            .any(|broken| broken.path.join(".").starts_with(&key.path))
    }

    /// The live texts at the places of the marker, as values of the key.
    fn texts(&self, marked: &Features, key: &ConfigKey, marker: &str) -> Vec<Value> {
        let number = NUMBER.to_string();
        let marker = match key.has_type("integer") {
            true => number.as_str(),
            false => marker,
        };
        let mut candidates = Vec::new();
        for (kind, pointer, text) in marked.containing(marker) {
            let expression = regex::escape(text).replace(marker, "(.+)");
            let Ok(expression) = Regex::new(&format!(r"\A{expression}\z")) else {
                continue;
            };
            let read = |pointer: &str| -> Vec<String> {
                let values = self.live.at(kind, pointer).iter();
                let found = values.filter_map(|value| expression.captures(value)?.get(1));
                found.map(|found| found.as_str().to_owned()).collect()
            };
            // The items of a list have places of their own, or resources of their own.
            let texts = match pointer.strip_suffix("/0").filter(|_| key.has_type("array")) {
                Some(list) => (0..64)
                    .map_while(|index| read(&format!("{list}/{index}")).pop())
                    .collect(),
                None => read(pointer),
            };
            if key.has_type("array") && !texts.is_empty() {
                candidates.push(json!(texts));
                continue;
            }
            candidates.extend(
                texts
                    .into_iter()
                    .filter_map(|text| match key.has_type("integer") {
                        true => text.parse::<i64>().ok().map(|number| json!(number)),
                        false => Some(json!(text)),
                    }),
            );
        }
        candidates.dedup();
        candidates
    }

    /// The nearest values that break no rule: what a rule requires besides is set, too.
    fn best(&self, values: &Value, keys: &[&ConfigKey]) -> Option<(Value, Distance)> {
        let mut open = vec![values.clone()];
        let mut best: Option<(Value, Distance)> = None;
        for _ in 0..MAX_REPAIRS {
            let mut next = Vec::new();
            for values in open {
                let derived = derive(self.product, &values, self.stem)?;
                let broken = self.product.broken_rule_keys(&derived.scope).ok()?;
                let Some(rule) = broken.first() else {
                    let distance = self.features(&values)?.distance(self.live);
                    if best
                        .as_ref()
                        .is_none_or(|(_, known)| distance.score() < known.score())
                    {
                        best = Some((values, distance));
                    }
                    continue;
                };
                let unset = keys
                    .iter()
                    .filter(|key| rule.contains(&key.path) && get(&values, &key.path).is_none());
                for key in unset {
                    let choices = match key.choices() {
                        none if none.is_empty() => vec![key.placeholder()],
                        choices => choices,
                    };
                    let choices = choices.iter().filter(|choice| *choice != "");
                    next.extend(choices.map(|choice| with(&values, &key.path, Some(choice))));
                }
            }
            open = next;
        }
        best
    }

    fn features(&self, values: &Value) -> Option<Features> {
        let derived = derive(self.product, values, self.stem)?;
        let text = self.product.render_template(&derived.scope).ok()?;
        let document = Document::parse(&RepoPath::typed("draft"), &text).ok()?;
        let inputs = TemplateInputs {
            pseudo: self.pseudo.clone(),
            defaults: true,
            ..TemplateInputs::default()
        };
        Some(Features::new(&document, &inputs))
    }
}

/// Whether a key's values are too many to be tried one by one.
fn is_searched(key: &ConfigKey) -> bool {
    let choices = key.choices();
    choices.is_empty() || choices.len() > FEW_CHOICES
}

/// A value of a key that no stack has.
fn marker(key: &ConfigKey, text: &str) -> Value {
    if key.has_type("array") {
        json!([text])
    } else if key.has_type("object") {
        json!({ text: text })
    } else if key.has_type("integer") {
        json!(NUMBER)
    } else {
        json!(text)
    }
}
