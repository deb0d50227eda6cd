//! The names of a config that count as names wherever its template has them: those that its product derives.

use serde_json::Value;

use super::EffectNames;
use super::effect::{has_whole_word, hash_marker};
use crate::config::Config;
use crate::stack::StackName;

/// Digits of a hash in a name.
const HASH_DIGITS: usize = 8;

/// The names of a config, with what stands for each.
pub(super) struct OutlineNames {
    /// Of the stack, and derived by the product.
    pub own: EffectNames,
    /// The same, and the words of the config's name.
    pub words: EffectNames,
    /// Those that the product derives, each with what stands for it.
    pub derived: Vec<(String, String)>,
}

impl OutlineNames {
    pub(super) fn new(config: &Config) -> Self {
        let stack = StackName {
            name: config.stack().to_owned(),
            target: config.target.clone(),
        };
        let stem = config.path.stem();
        let words = EffectNames::with_words_of_name(&stack, stem);
        let derived = derived_names(config, &words);
        let own = EffectNames::with_markers(&stack, stem);
        Self {
            own: own.and(&derived),
            words: words.and(&derived),
            derived,
        }
    }
}

/// The derived names that an author cannot choose, each with what stands for it.
///
/// A name with the environment, the account or the region of the stack is abstracted by the words of the config's name, each by its
/// place, so that an overridden name stays what it is. A name that ends in a hash cannot: it counts if all that it is derived from is
/// in the config's name. Other names may be any word, such as a principal.
fn derived_names(config: &Config, words: &EffectNames) -> Vec<(String, String)> {
    let product = &config.product;
    let mut derived = Vec::new();
    for (name, text) in &config.derived.names {
        if text.len() <= HASH_DIGITS {
            continue;
        }
        let keys = product.keys_of_name(name);
        if has_hash(config, text) {
            if keys.iter().all(|key| is_in_name(config, key)) {
                derived.push((text.clone(), hash_marker(name)));
            }
        } else {
            let target = &config.target;
            let of_place = [&target.environment, &target.account, &target.region];
            let is_own = keys.iter().any(|key| product.is_key_of_target(key))
                && of_place.into_iter().any(|word| has_whole_word(text, word));
            if is_own {
                derived.push((text.clone(), words.abstracted(text)));
            }
        }
    }
    derived
}

/// Whether a name has a word that looks like a hash and is not of the config's name.
fn has_hash(config: &Config, name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        word.len() == HASH_DIGITS
            && word.bytes().all(is_digit)
            && !config.path.stem().contains(word)
    })
}

/// Whether the value of a key is a part of the config's name, or is not set.
fn is_in_name(config: &Config, key: &str) -> bool {
    match config
        .values
        .pointer(&format!("/{}", key.replace('.', "/")))
    {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty() || has_whole_word(config.path.stem(), text),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Bool(true) | Value::Number(_) | Value::Object(_)) => false,
    }
}
