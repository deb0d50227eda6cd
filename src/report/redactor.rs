//! Hides values, in AWS messages too. A value is shown only if it is known to be harmless.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use serde_json::{Number, Value};

use super::allow_list::{HIDDEN, OwnNames, only_allowed};
use super::hidden_values::{HiddenNumbers, may_show_change};
use super::public_values::{PublicValues, visit_scalars};
use crate::config::{Config, Node, NodeKind};
use crate::product::{Partition, Target};
use crate::stack::RollbackTriggers;
use crate::template::Document;

/// Shorter values occur everywhere by chance.
pub(super) const MIN_LENGTH: usize = 4;

/// The values of one config that may and may not be shown.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    own: OwnNames,
    hidden: BTreeSet<String>,
    /// Finds all hidden values in one pass over a text. Built for the first text, because most redactors only show values.
    finder: OnceLock<Option<AhoCorasick>>,
    /// Config keys whose values the policy allows to be shown.
    keys: Vec<String>,
}

impl Redactor {
    /// `more`: config keys that the policy allows to be shown.
    pub fn for_config(config: &Config, more: &[String]) -> Self {
        let shown = PublicValues::new(config, more);
        let shown: BTreeSet<String> = shown.all().map(Cow::into_owned).collect();
        // All other values of the config, and all values of the template.
        let mut brought = BTreeSet::new();
        visit_scalars(&config.values, &mut |text| {
            brought.insert(text.to_owned());
        });
        let mut hidden = BTreeSet::new();
        let mut of_template = BTreeSet::new();
        let template = config.product.render_template(&config.derived.scope).ok();
        let document = template.and_then(|text| Document::parse(&config.path, &text).ok());
        if let Some(document) = &document {
            keys(&document.tree, &mut of_template);
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
        let (words, texts): (BTreeSet<String>, BTreeSet<String>) = hidden
            .into_iter()
            .partition(|text| text.chars().all(|c| c.is_ascii_alphabetic()));
        of_template.extend(words);
        // Hidden values are found in any case, so `Acme` must not hide a part of the public name `acme-data`.
        let public: Vec<String> = shown.iter().map(|name| name.to_ascii_lowercase()).collect();
        let is_part = |text: &str| {
            let text = text.to_ascii_lowercase();
            public.iter().any(|name| name.contains(&text))
        };
        let own = OwnNames {
            shown: shown.clone(),
            of_template,
        };
        // A path that the product puts together from public names, such as `/s3/NAME/BucketArn`, is one too.
        let is_public = |text: &str| text.contains('/') && only_allowed(text, &own) == text;
        let hidden = texts
            .into_iter()
            .filter(|text| !is_public(text))
            .chain(brought)
            .filter(|text| text.chars().count() >= MIN_LENGTH && !is_part(text))
            .filter(|text| !is_structural(text))
            .collect();
        Self {
            keys: more.to_vec(),
            ..Self::new(own, hidden)
        }
    }

    /// For a text of AWS about an account and a region.
    pub fn for_target(target: &Target) -> Self {
        let Target {
            account,
            region,
            environment,
        } = target;
        let shown = [account, region, environment].map(String::clone).into();
        let own = OwnNames {
            shown,
            ..OwnNames::default()
        };
        Self::new(own, BTreeSet::new())
    }

    /// Shows the names of alarms too: a reason of CloudFormation names the alarm that went off.
    pub fn with_alarms(mut self, triggers: Option<&RollbackTriggers>) -> Self {
        let arns = triggers.into_iter().flat_map(RollbackTriggers::all);
        let names = arns.filter_map(|arn| Some(arn.split_once(":alarm:")?.1.to_owned()));
        self.own.shown.extend(names);
        self
    }

    fn new(own: OwnNames, hidden: BTreeSet<String>) -> Self {
        Self {
            own,
            hidden,
            ..Self::default()
        }
    }

    fn finder(&self) -> Option<&AhoCorasick> {
        let mut builder = AhoCorasick::builder();
        let builder = builder.ascii_case_insensitive(true);
        let finder = self.finder.get_or_init(|| builder.build(&self.hidden).ok());
        finder.as_ref()
    }

    /// Numbers for the hidden values of one report.
    pub fn hidden_value_ids(&self) -> HiddenValueIds<'_> {
        HiddenValueIds {
            values: self,
            numbers: HiddenNumbers::default(),
        }
    }

    fn may_show(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) => true,
            Value::Number(number) => !self.hides(number),
            Value::String(word) => word.is_empty() || self.own.shown.contains(word),
            Value::Array(_) | Value::Object(_) => false,
        }
    }

    /// A number that is hidden elsewhere is hidden here.
    pub(super) fn hides(&self, number: &Number) -> bool {
        self.hidden.contains(&number.to_string())
    }

    /// Whether the two values of a changed key may be shown.
    pub(super) fn may_show_change(&self, key: &str, values: [&Value; 2]) -> bool {
        may_show_change(&self.keys, key, values, |value| self.may_show(value))
    }

    /// An AWS message that shows only AWS's own words and the config's names.
    pub fn redact(&self, text: &str) -> String {
        let mut text = only_allowed(&unresolved(&self.without_hidden(text)), &self.own);
        // A name can begin with a hidden value.
        let twice = HIDDEN.repeat(2);
        while text.contains(&twice) {
            text = text.replace(&twice, HIDDEN);
        }
        text
    }

    /// The text without the hidden values. A value inside a longer word is left to the list of what may be shown.
    fn without_hidden(&self, text: &str) -> String {
        let Some(finder) = self.finder() else {
            return match self.hidden.is_empty() {
                true => text.to_owned(),
                false => HIDDEN.to_owned(),
            };
        };
        let inside = |at: usize| {
            let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            joins(text[..at].chars().next_back()) && joins(text[at..].chars().next())
        };
        let mut places: Vec<(usize, usize)> = finder
            .find_overlapping_iter(text)
            .map(|found| (found.start(), found.end()))
            .filter(|(start, end)| !inside(*start) && !inside(*end))
            .collect();
        places.sort_unstable();
        let mut clear = String::with_capacity(text.len());
        let mut shown = 0;
        for (start, end) in places {
            if start >= shown {
                clear.push_str(&text[shown..start]);
                clear.push_str(HIDDEN);
            }
            shown = shown.max(end);
        }
        clear + &text[shown..]
    }
}

/// Numbers the hidden values of one report.
pub struct HiddenValueIds<'a> {
    values: &'a Redactor,
    numbers: HiddenNumbers,
}

impl HiddenValueIds<'_> {
    /// The value, or its number. `text` is JSON or plain text.
    pub fn show(&mut self, text: &str) -> String {
        let value = read(text);
        let may_show = self.values.may_show(&value);
        self.show_value(&value, may_show)
    }

    pub(super) fn show_value(&mut self, value: &Value, may_show: bool) -> String {
        self.numbers.show(value, may_show)
    }
}

/// Text that is not JSON counts as a string.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
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

/// Whether a word is a type, a part of an ARN, an action or a principal.
fn is_structural(text: &str) -> bool {
    text.contains("::")
        || Partition::host_service(text).is_some()
        || Partition::is_endpoint_service(text)
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

/// All keys of a tree, logical ids among them.
fn keys(node: &Node, found: &mut BTreeSet<String>) {
    for entry in node.entries() {
        found.insert(entry.key.clone());
        keys(&entry.value, found);
    }
    node.items().iter().for_each(|item| keys(item, found));
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
        let own = OwnNames {
            shown: BTreeSet::from(["Enabled".to_owned(), "acme-data".to_owned()]),
            of_template: BTreeSet::new(),
        };
        let hidden = ["73829164", "data", "private key", "key of", "correct horse"];
        Redactor::new(own, hidden.map(str::to_owned).into())
    }

    fn report(texts: &[&str]) -> Vec<String> {
        let values = values();
        let mut numbered = values.hidden_value_ids();
        texts.iter().map(|text| numbered.show(text)).collect()
    }

    #[test]
    fn values_of_a_key_are_shown_together_or_not_at_all() {
        let show = |key: &str, before: Value, after: Value| {
            let mut values = values();
            values.keys = vec!["s3.tags".to_owned()];
            values.may_show_change(key, [&before, &after])
        };
        assert!(show("s3.days", 90.into(), 2555.into()));
        assert!(show("s3.on", Value::Null, true.into()));
        // The template marks only the new number as a secret.
        assert!(!show("s3.pin", 1234.into(), 73_829_164.into()));
        assert!(!show("s3.pin", 1234.into(), Value::Null));
        assert!(!show("s3.name", "Enabled".into(), "secret".into()));
        assert!(show("s3.tags.Team", "a".into(), "b".into()));
        assert!(!show("s3.tagsets", "a".into(), "b".into()));
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

    #[test]
    fn attack_hidden_values_stay_hidden_even_if_they_are_words() {
        let values = values();
        for (text, expected) in [
            ("The data is not valid", "The (hidden) is not valid"),
            ("The Data, the metadata", "The (hidden), the metadata"),
            ("a private key of the role", "a (hidden) the role"),
            ("correct horses", "correct (hidden)"),
            ("{{resolve:ssm:/pin}} is not valid", "(hidden) is not valid"),
        ] {
            assert_eq!(values.redact(text), expected);
        }
    }
}
