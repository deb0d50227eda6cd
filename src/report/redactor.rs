//! Hides values, in AWS messages too. A value is shown only if it is known to be harmless.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::{Config, Node, NodeKind};
use crate::template::Document;

/// Replaces a hidden value that has no number.
const HIDDEN: &str = "(hidden)";

/// AWS words for settings, which hold no data.
const WORDS: &[&str] = &[
    "AES256",
    "Advanced",
    "All",
    "Allow",
    "Deny",
    "Disabled",
    "Enabled",
    "GLACIER",
    "Gateway",
    "Interface",
    "PAY_PER_REQUEST",
    "PROVISIONED",
    "Retain",
    "STANDARD",
    "STANDARD_IA",
    "Standard",
    "String",
    "StringList",
    "Suspended",
    "aws:kms",
];
/// Shorter values occur everywhere by chance.
const MIN_LENGTH: usize = 4;
/// A word of mixed characters counts as a secret from this length on.
const MIN_SECRET_LENGTH: usize = 20;
/// A word with so many bits of entropy for each character is random.
const ENTROPY: f64 = 3.5;

/// The values of one config that may and may not be shown.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    shown: BTreeSet<String>,
    hidden: Vec<String>,
}

impl Redactor {
    /// `more`: config keys that the policy allows to be shown.
    pub fn for_config(config: &Config, more: &[String]) -> Self {
        let mut shown: BTreeSet<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
        shown.extend(config.derived.names.values().cloned());
        let target = &config.target;
        shown.extend([&target.account, &target.region, &target.environment].map(String::clone));
        enumerated(config.product.schema.document(), &mut shown);
        for key in more {
            let pointer = format!("/{}", key.replace('.', "/"));
            if let Some(value) = config.values.pointer(&pointer) {
                visit_scalars(value, &mut |text| {
                    shown.insert(text.to_owned());
                });
            }
        }
        // All other values of the config, and all values of the template.
        let mut brought = BTreeSet::new();
        visit_scalars(&config.values, &mut |text| {
            brought.insert(text.to_owned());
        });
        let mut hidden = BTreeSet::new();
        let template = config.product.render_template(&config.derived.scope).ok();
        let document = template.and_then(|text| Document::parse(&config.path, &text).ok());
        if let Some(document) = &document {
            for resource in document.resources() {
                if let Some(properties) = resource.entry.value.get("Properties") {
                    texts(properties, &mut hidden);
                }
            }
            for parameter in document.section("Parameters") {
                texts(&parameter.value, &mut hidden);
                // A value with `NoEcho` is a secret, even if it is a plain word or a number.
                if parameter.value.get("NoEcho").is_some()
                    && let Some(default) = parameter.value.get("Default")
                {
                    match &default.kind {
                        NodeKind::Number(number) => drop(brought.insert(number.to_string())),
                        _ => texts(default, &mut brought),
                    }
                }
            }
        }
        // A word that the product sets, such as the name of a referenced resource, is not a secret.
        let is_word = |text: &String| text.chars().all(|c| c.is_ascii_alphabetic());
        hidden.retain(|text| !is_word(text));
        hidden.extend(brought);
        let is_part = |text: &str| shown.iter().any(|name| name.contains(text));
        let mut hidden: Vec<String> = hidden
            .into_iter()
            .filter(|text| text.chars().count() >= MIN_LENGTH && !is_part(text))
            .filter(|text| !is_structural(text))
            .collect();
        // Longer values first, because a value may be part of another.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { shown, hidden }
    }

    /// Numbers for the hidden values of one report.
    pub fn hidden_value_ids(&self) -> HiddenValueIds<'_> {
        HiddenValueIds {
            values: self,
            hidden: Vec::new(),
        }
    }

    fn may_show(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) => true,
            // A number that is hidden elsewhere is hidden here.
            Value::Number(number) => !self.hidden.contains(&number.to_string()),
            Value::String(word) => self.shown.contains(word),
            Value::Array(_) | Value::Object(_) => false,
        }
    }

    /// An AWS message without hidden values.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for hidden in &self.hidden {
            if text.contains(hidden.as_str()) {
                text = text.replace(hidden.as_str(), HIDDEN);
            }
        }
        unresolved(&text)
            .split_inclusive(is_boundary)
            .map(|word| {
                let end = word.trim_end_matches(is_boundary);
                if self.shown.contains(end) || !looks_secret(end) {
                    word.to_owned()
                } else {
                    format!("{HIDDEN}{}", &word[end.len()..])
                }
            })
            .collect()
    }
}

/// Numbers the hidden values of one report in the order of their appearance. Equal values have equal numbers.
///
/// A number reveals only whether two values are equal. It needs no key, cannot be tried on guesses, and means nothing in another
/// report.
pub struct HiddenValueIds<'a> {
    values: &'a Redactor,
    hidden: Vec<Value>,
}

impl HiddenValueIds<'_> {
    /// The value, or its number. `text` is JSON or plain text.
    pub fn show(&mut self, text: &str) -> String {
        let value = read(text);
        if self.values.may_show(&value) {
            return match value {
                Value::String(word) => word,
                other => other.to_string(),
            };
        }
        if is_alias(&value) {
            return HIDDEN.to_owned();
        }
        let known = self.hidden.iter().position(|hidden| *hidden == value);
        let at = known.unwrap_or_else(|| {
            self.hidden.push(value);
            self.hidden.len() - 1
        });
        format!("(hidden {})", at + 1)
    }
}

/// Text that is not JSON counts as a string.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Whether the text stands for an unknown value, so that equal texts do not mean equal values: AWS masks `NoEcho` values, and
/// dynamic references are resolved on use.
fn is_alias(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.contains("{{") || (text.contains('*') && text.chars().all(|c| c == '*'))
        }
        Value::Array(items) => items.iter().any(is_alias),
        Value::Object(entries) => entries.values().any(is_alias),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_boundary(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\'' | '"' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}'
        )
}

/// The text with dynamic references hidden.
fn unresolved(text: &str) -> String {
    let mut rest = text;
    let mut clear = String::with_capacity(text.len());
    while let Some(start) = rest.find("{{resolve:") {
        clear.push_str(&rest[..start]);
        clear.push_str(HIDDEN);
        rest = match rest[start..].find("}}") {
            Some(end) => &rest[start + end + 2..],
            None => "",
        };
    }
    clear + rest
}

/// Whether a word is an access key, a token or a random password. Names are words joined by hyphens, which are not random.
fn looks_secret(word: &str) -> bool {
    let key = word.len() >= 16 && (word.starts_with("AKIA") || word.starts_with("ASIA"));
    if key {
        return true;
    }
    if word.len() < MIN_SECRET_LENGTH || word.starts_with("arn:") || is_structural(word) {
        return false;
    }
    let has = |is: fn(&char) -> bool| word.chars().any(|character| is(&character));
    let mixed =
        has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    mixed && entropy(word) >= ENTROPY
}

fn entropy(word: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    let mut length = 0.0;
    for character in word.chars() {
        *counts.entry(character).or_insert(0.0) += 1.0;
        length += 1.0;
    }
    counts
        .values()
        .map(|count: &f64| -(count / length) * (count / length).log2())
        .sum()
}

/// Whether a word is a type, a part of an ARN, an action or a principal.
fn is_structural(text: &str) -> bool {
    text.contains("::")
        || text.ends_with(".amazonaws.com")
        || text.starts_with("com.amazonaws.")
        || text.starts_with("aws:")
        || text.split_once(':').is_some_and(|(service, action)| {
            service
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                && action
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '*')
                && action
                    .chars()
                    .next()
                    .is_some_and(|c| c.is_ascii_uppercase() || c == '*')
        })
}

fn enumerated(schema: &Value, words: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value) {
                    ("enum", Value::Array(items)) => {
                        words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => enumerated(value, words),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| enumerated(item, words)),
        _ => {}
    }
}

fn visit_scalars(value: &Value, tell: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => tell(text),
        Value::Array(items) => items.iter().for_each(|item| visit_scalars(item, tell)),
        Value::Object(object) => object.values().for_each(|value| visit_scalars(value, tell)),
        _ => {}
    }
}

fn texts(node: &Node, found: &mut BTreeSet<String>) {
    match &node.kind {
        NodeKind::Text(text) => {
            found.insert(text.clone());
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| texts(item, found)),
        NodeKind::Mapping(entries) => entries.iter().for_each(|entry| texts(&entry.value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Redactor {
        Redactor {
            shown: BTreeSet::from(["Enabled".to_owned()]),
            hidden: vec!["73829164".to_owned()],
        }
    }

    fn report(texts: &[&str]) -> Vec<String> {
        let values = values();
        let mut numbered = values.hidden_value_ids();
        texts.iter().map(|text| numbered.show(text)).collect()
    }

    #[test]
    fn equal_values_have_one_number_in_the_order_of_their_appearance() {
        let shown = report(&["b", "\"a\"", "Enabled", "443", "a", "[1]", "b", "null"]);
        let wanted = [
            "(hidden 1)",
            "(hidden 2)",
            "Enabled",
            "443",
            "(hidden 2)",
            "(hidden 3)",
            "(hidden 1)",
            "null",
        ];
        assert_eq!(shown, wanted);
        let in_another_order = report(&[r#"{"a":"x","b":"y"}"#, r#"{"b":"y","a":"x"}"#]);
        assert_eq!(in_another_order, ["(hidden 1)", "(hidden 1)"]);
    }

    /// Trying all values of a small secret gives the same report each time.
    #[test]
    fn attack_a_value_of_low_entropy_cannot_be_recovered_from_its_number() {
        let shown = report(&["live", "other", "live"]);
        for pin in 0..10_000 {
            let pin = format!("pin-{pin:04}");
            assert_eq!(report(&[&pin, "x", &pin]), shown);
        }
        assert_eq!(report(&["a", &"long ".repeat(1000), "a"]), shown);
    }

    /// Numbers of two reports are unrelated.
    #[test]
    fn attack_numbers_of_two_reports_cannot_be_compared() {
        let [one, other] = [report(&["first", "secret"]), report(&["secret", "third"])];
        assert_ne!(one[1], other[0], "one value, two numbers");
        assert_eq!(one[0], other[0], "two values, one number");
    }

    #[test]
    fn masked_and_dynamic_values_are_never_numbered() {
        let masked = ["****", "****", r#"{"Pin":"****"}"#, r#"{"Pin":"****"}"#];
        assert_eq!(report(&masked), ["(hidden)"; 4]);
        let reference = "{{resolve:ssm:/pin}}";
        assert_eq!(report(&[reference, reference]), ["(hidden)"; 2]);
    }

    #[test]
    fn attack_a_secret_of_digits_is_no_harmless_number() {
        assert_eq!(report(&["73829164", "443"]), ["(hidden 1)", "443"]);
    }
}
