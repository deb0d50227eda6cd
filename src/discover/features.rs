//! What a template says about its resources, without their logical ids: those of other tools differ.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::template::{Document, ResolvedTemplate, TemplateInputs};

/// Values by type and JSON pointer.
#[derive(Clone, Debug, Default)]
pub(super) struct Features(BTreeMap<(String, String), Vec<String>>);

/// The weight of a live value that is missing: products add more values than other tools do.
const MISSING: usize = 20;

/// How far a template is from a live one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Distance {
    /// Values that only the live one has.
    pub missing: usize,
    /// Values that only the other one has.
    pub extra: usize,
}

impl Distance {
    pub fn score(self) -> usize {
        MISSING * self.missing + self.extra
    }

    pub fn is_zero(self) -> bool {
        self.score() == 0
    }

    /// Whether the live template says that this is farther than `other`. What it lacks says something only if `other` fits.
    pub fn is_refuted_by(self, other: Self) -> bool {
        self.missing > other.missing || other.is_zero() && !self.is_zero()
    }
}

const ATTRIBUTES: &[&str] = &["Properties", "DeletionPolicy"];

impl Features {
    pub fn new(document: &Document, inputs: &TemplateInputs) -> Self {
        let resolved = ResolvedTemplate::new(document, inputs);
        let kinds: HashMap<&str, &str> = document
            .resources()
            .map(|resource| (resource.logical_id, resource.kind))
            .collect();
        let mut features = Self::default();
        for resource in document.resources() {
            features.add(resource.kind, String::new(), String::new());
            for attribute in ATTRIBUTES {
                if let Some(node) = resource.entry.value.get(attribute) {
                    let value = resolved.value(node);
                    features.read(resource.kind, &format!("/{attribute}"), &value, &kinds);
                }
            }
        }
        features.0.values_mut().for_each(|values| values.sort());
        features
    }

    fn add(&mut self, kind: &str, pointer: String, value: String) {
        let values = self.0.entry((kind.to_owned(), pointer));
        values.or_default().push(value);
    }

    fn read(&mut self, kind: &str, at: &str, value: &Value, kinds: &HashMap<&str, &str>) {
        match value {
            Value::Object(entries) => {
                let reference = entries.get("Ref").or(entries.get("Fn::GetAtt"));
                if let Some(reference) = reference {
                    let target = reference.get(0).unwrap_or(reference).as_str();
                    let target = target.unwrap_or_default();
                    let target = kinds.get(target).copied().unwrap_or(target);
                    return self.add(kind, format!("{at}/Ref"), target.to_owned());
                }
                for (key, value) in entries {
                    self.read(kind, &format!("{at}/{key}"), value, kinds);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    // Tags have no order.
                    let key = item.get("Key").and_then(Value::as_str);
                    match (key, item.get("Value")) {
                        (Some(key), Some(value)) => {
                            self.read(kind, &format!("{at}/{key}"), value, kinds);
                        }
                        _ => self.read(kind, &format!("{at}/{index}"), item, kinds),
                    }
                }
            }
            Value::String(text) => self.add(kind, at.to_owned(), text.clone()),
            _ => self.add(kind, at.to_owned(), value.to_string()),
        }
    }

    /// How far this template is from a live one.
    pub fn distance(&self, live: &Self) -> Distance {
        let count = |features: &Self| features.0.values().map(Vec::len).sum::<usize>();
        let same = self.0.iter().map(|(key, values)| {
            let others = live.0.get(key).map_or(&[][..], Vec::as_slice);
            matched(values, others)
        });
        let same: usize = same.sum();
        Distance {
            missing: count(live) - same,
            extra: count(self) - same,
        }
    }

    /// Type, pointer and value of all values that contain a text.
    pub fn containing<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.all()
            .filter(move |(_, pointer, value)| value.contains(text) || pointer.contains(text))
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().flat_map(|((kind, pointer), values)| {
            let values = values.iter();
            values.map(move |value| (kind.as_str(), pointer.as_str(), value.as_str()))
        })
    }

    /// The values at a place.
    pub fn at(&self, kind: &str, pointer: &str) -> &[String] {
        let key = (kind.to_owned(), pointer.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// The number of values that two sorted lists share.
fn matched(own: &[String], others: &[String]) -> usize {
    let (mut at, mut same) = (0, 0);
    for value in own {
        while others.get(at).is_some_and(|other| other < value) {
            at += 1;
        }
        if others.get(at) == Some(value) {
            same += 1;
            at += 1;
        }
    }
    same
}
