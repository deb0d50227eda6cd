//! Declared impact: the effect of each changed config key by the product's rules.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::Location;
use crate::product::{Level, ProductError};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Impact {
    /// Dotted config key.
    pub key: String,
    /// The place at the head, in the config or its defaults, or that of the nearest key above it.
    #[serde(flatten)]
    pub location: Location,
    pub level: Level,
    /// As JSON; `(hidden)` if the policy does not show it.
    #[schemars(with = "String")]
    pub before: ChangedValue,
    /// The same after the change.
    #[schemars(with = "String")]
    pub after: ChangedValue,
    /// One sentence, or a few.
    pub consequence: String,
}

/// One side of a changed key. Reports and JSON have only its text, which is `(hidden)` until a report may show more.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangedValue {
    value: Value,
    shown: Option<String>,
}

impl Impact {
    /// Whether a report has a number in place of a value.
    pub fn is_hidden(&self) -> bool {
        [&self.before, &self.after]
            .iter()
            .any(|side| side.is_hidden())
    }
}

impl ChangedValue {
    fn new(value: Option<&Value>) -> Self {
        Self {
            value: value.cloned().unwrap_or_default(),
            shown: None,
        }
    }

    /// `null` if the key is absent.
    pub fn value(&self) -> &Value {
        &self.value
    }

    pub fn show(&mut self, text: String) {
        self.shown = Some(text);
    }

    pub fn text(&self) -> &str {
        self.shown.as_deref().unwrap_or("(hidden)")
    }

    fn is_hidden(&self) -> bool {
        self.text().starts_with("(hidden")
    }
}

impl fmt::Debug for ChangedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for ChangedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// A key without a rule does not count as harmless.
const UNCOVERED: &str = "No impact rule of the product covers this key.";

/// The changed keys of a config, the worst first.
pub fn declared(before: &Config, after: &Config) -> Result<Vec<Impact>, ProductError> {
    let mut keys = Vec::new();
    changed_keys("", &before.values, &after.values, &mut keys);
    let mut impacts = Vec::with_capacity(keys.len());
    for key in keys {
        let (old, new) = (&before.derived.scope, &after.derived.scope);
        // A change may edit its own impact rules, so the stricter side counts.
        let rules = [
            before.product.impact_of(&key, old, new)?,
            after.product.impact_of(&key, old, new)?,
        ];
        let rules =
            rules.map(|rule| rule.unwrap_or_else(|| (Level::Unknown, UNCOVERED.to_owned())));
        let [was, is] = rules;
        let (level, consequence) = if was.0 > is.0 { was } else { is };
        let side = |config: &Config| ChangedValue::new(value_at(&config.values, &key));
        impacts.push(Impact {
            location: after.location_of(&key),
            before: side(before),
            after: side(after),
            key,
            level,
            consequence,
        });
    }
    impacts.sort_by(|a, b| (b.level, &a.key).cmp(&(a.level, &b.key)));
    Ok(impacts)
}

/// The value of a dotted key. A key of a free mapping may have dots itself, so the longest name that fits counts.
fn value_at<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let entries = value.as_object()?;
    if let Some(value) = entries.get(key) {
        return Some(value);
    }
    let dots = key.rmatch_indices('.');
    let mut splits = dots.map(|(at, _)| (&key[..at], &key[at + 1..]));
    splits.find_map(|(section, rest)| value_at(entries.get(section)?, rest))
}

/// The worst declared impact of the changed keys; `Level::None` if no key changed.
pub fn declared_level(before: &Config, after: &Config) -> Result<Level, ProductError> {
    let levels = declared(before, after)?.into_iter();
    Ok(levels
        .map(|impact| impact.level)
        .max()
        .unwrap_or(Level::None))
}

/// Dotted keys of values that differ. A list is one value.
fn changed_keys(at: &str, before: &Value, after: &Value, keys: &mut Vec<String>) {
    if before == after {
        return;
    }
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        keys.push(at.to_owned());
        return;
    };
    let all = before
        .keys()
        .chain(after.keys().filter(|key| !before.contains_key(*key)));
    for key in all {
        let path = if at.is_empty() {
            key.clone()
        } else {
            format!("{at}.{key}")
        };
        changed_keys(
            &path,
            before.get(key).unwrap_or(&Value::Null),
            after.get(key).unwrap_or(&Value::Null),
            keys,
        );
    }
}
