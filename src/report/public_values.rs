//! The values of a config that a report may show.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use crate::config::Config;
use crate::product::Target;

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
/// AWS's words for settings, the names of the config and of its tests, its target, the words that its schema lists, and the values of
/// keys that the policy allows to be shown.
pub(super) struct PublicValues<'a> {
    config: &'a Config,
    /// Config keys.
    keys: &'a [String],
    /// Derived when no other value is the one in question.
    test_names: OnceCell<Vec<String>>,
}

impl<'a> PublicValues<'a> {
    pub(super) fn new(config: &'a Config, keys: &'a [String]) -> Self {
        Self {
            config,
            keys,
            test_names: OnceCell::new(),
        }
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.all().any(|known| known == word)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let config = self.config;
        let Target {
            account,
            region,
            environment,
        } = &config.target;
        let names = config.derived.names.values().map(String::as_str);
        let own = [account, region, environment].map(String::as_str);
        let fixed = WORDS.iter().copied().chain(names).chain(own);
        let listed = config.product.schema.listed_words();
        let fixed = fixed.chain([config.product.name()]).chain(listed);
        let allowed = self.keys.iter().flat_map(|key| {
            let pointer = format!("/{}", key.replace('.', "/"));
            let mut values = Vec::new();
            if let Some(value) = config.values.pointer(&pointer) {
                visit_scalars(value, &mut |text| values.push(text.to_owned()));
            }
            values
        });
        let test_names = std::iter::once(&self.test_names)
            .flat_map(|names| names.get_or_init(|| config.test_names()));
        fixed
            .map(Cow::Borrowed)
            .chain(allowed.map(Cow::Owned))
            .chain(test_names.map(|name| Cow::Borrowed(name.as_str())))
    }
}

pub(super) fn visit_scalars(value: &Value, notify: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => notify(text),
        Value::Array(items) => items.iter().for_each(|item| visit_scalars(item, notify)),
        Value::Object(object) => object
            .values()
            .for_each(|value| visit_scalars(value, notify)),
        _ => {}
    }
}
