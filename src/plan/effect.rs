//! The digest of a change set's effect without the names of its own stack. Stacks on which the same happens have equal digests.

use std::borrow::Cow;

use serde_json::Value;

use super::digest::covered_change;
use super::{Verdict, worst};
use crate::model::Digest;
use crate::stack::{ChangeSet, ResourceChange, StackName};

const VERSION: &str = "provisioner-change-set-effect/1\n";

/// The names that differ between stacks of equal configs.
pub struct EffectNames {
    /// The longest first: a name may begin with another one.
    words: Vec<(String, Cow<'static, str>)>,
    /// A text without any of them has none of the words.
    roots: Vec<String>,
}

/// The characters that stand for a name or a word of it. Unicode leaves them to private use.
const FIRST_MARKER: u32 = 0xE000;
const LAST_MARKER: u32 = 0xF8FF;

impl EffectNames {
    /// `stem`: that of the config's file.
    pub fn new(stack: &StackName, stem: &str) -> Self {
        let words = own_names(stack, stem);
        let words = words.map(|(name, general)| (name.to_owned(), general.into()));
        Self::with_longest_first(words)
    }

    /// The same with markers, which no text of a template can have.
    pub(super) fn with_markers(stack: &StackName, stem: &str) -> Self {
        let names = own_names(stack, stem).into_iter().map(|(name, _)| name);
        let words = names.zip(markers());
        Self::with_longest_first(words.map(|(name, marker)| (name.to_owned(), marker.into())))
    }

    /// The same with each word of the config's name by its place in it: texts are equal only if each one has the same words of its own
    /// name at the same places.
    pub fn with_words_of_name(stack: &StackName, stem: &str) -> Self {
        let names = own_names(stack, stem).into_iter().map(|(name, _)| name);
        let parts = stem.split(|c: char| !c.is_alphanumeric());
        let words = names.chain(parts).zip(markers());
        Self::with_longest_first(words.map(|(word, marker)| (word.to_owned(), marker.into())))
    }

    /// Whether a text has what stands for a word, so that it could pass for another one.
    pub fn has_marker(text: &str) -> bool {
        text.contains(|c: char| (FIRST_MARKER..=LAST_MARKER).contains(&u32::from(c)))
    }

    /// The same with more names, if they are no names of the stack. `names`: each with what stands for it.
    pub fn and(self, names: &[(String, String)]) -> Self {
        let more = names.iter().cloned();
        let more = more.map(|(name, general)| (name, general.into()));
        Self::with_longest_first(self.words.into_iter().chain(more))
    }

    fn with_longest_first(words: impl IntoIterator<Item = (String, Cow<'static, str>)>) -> Self {
        let words = words.into_iter().filter(|(word, _)| !word.is_empty());
        let mut words: Vec<_> = words.collect();
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        let mut roots: Vec<String> = Vec::new();
        for (word, _) in words.iter().rev() {
            if !roots.iter().any(|root| word.contains(&**root)) {
                roots.push(word.clone());
            }
        }
        Self { words, roots }
    }

    /// The text with words in place of the names. A name inside of another word stays: an author chooses names, and could make
    /// different values look equal.
    pub fn abstracted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if !self.roots.iter().any(|root| text.contains(&**root)) {
            return text;
        }
        for (word, general) in &self.words {
            if text.contains(&**word) {
                text = with_whole_word_replaced(&text, word, general);
            }
        }
        text
    }

    fn abstract_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.abstracted(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.abstract_value(item)),
            // Keys are names of properties.
            Value::Object(fields) => fields.values_mut().for_each(|it| self.abstract_value(it)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// What stands for a name or a word of it, by its number.
fn markers() -> impl Iterator<Item = String> {
    let markers = (FIRST_MARKER..LAST_MARKER).filter_map(char::from_u32);
    markers.map(|marker| marker.to_string())
}

/// What stands for a derived name that holds a hash. `name`: its key in the product.
pub(super) fn hash_marker(name: &str) -> String {
    let marker = char::from_u32(LAST_MARKER).unwrap_or_default();
    format!("{marker}{name}{marker}")
}

/// Whether a text has a word that is not a part of another word.
pub(super) fn has_whole_word(text: &str, word: &str) -> bool {
    !word.is_empty() && text.contains(word) && with_whole_word_replaced(text, word, "") != text
}

/// Each name with the general words for it.
fn own_names<'a>(stack: &'a StackName, stem: &'a str) -> [(&'a str, &'static str); 4] {
    [
        (&stack.name, "{own stack}"),
        (stem, "{own config}"),
        (&stack.target.account, "{own account}"),
        (&stack.target.region, "{own region}"),
    ]
}

fn with_whole_word_replaced(text: &str, word: &str, general: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(word) {
        let (head, tail) = rest.split_at(at);
        let after = &tail[word.len()..];
        let is_inside = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
        let is_part =
            is_inside(head.chars().next_back().or(before)) || is_inside(after.chars().next());
        replaced.push_str(head);
        replaced.push_str(if is_part { word } else { general });
        before = word.chars().next_back();
        rest = after;
    }
    replaced + rest
}

/// `None` if a sample cannot stand for the effect: it is worse than in place, or not completely known.
pub fn effect_digest(change_set: &ChangeSet, names: &EffectNames) -> Option<Digest> {
    if change_set.is_empty() || worst(change_set) > Verdict::InPlace {
        return None;
    }
    let mut effect = json_effect(change_set);
    names.abstract_value(&mut effect);
    Some(Digest::sha256(format!("{VERSION}{effect}")))
}

fn json_effect(change_set: &ChangeSet) -> Value {
    let changes = change_set.changes.iter();
    let mut changes: Vec<Value> = changes.map(resource_effect).collect();
    changes.sort_by_key(Value::to_string);
    serde_json::json!([change_set.status, changes])
}

/// What happens to a resource. Of its properties, those that differ.
fn resource_effect(change: &ResourceChange) -> Value {
    let nested = change.nested.as_deref().map(json_effect);
    let mut change = covered_change(change);
    // AWS gives it a random part.
    change.physical_id = None;
    let contexts = change.contexts().map(|[before, after]| {
        change.before_context = None;
        change.after_context = None;
        differing(before, after)
    });
    serde_json::json!([change, contexts, nested])
}

/// Both values without the fields that are equal.
fn differing(before: Value, after: Value) -> [Value; 2] {
    match (before, after) {
        (Value::Object(mut before), Value::Object(mut after)) => {
            let names: Vec<String> = before.keys().cloned().collect();
            for name in names {
                let (Some(old), Some(new)) = (before.get(&name), after.get(&name)) else {
                    continue;
                };
                if old == new {
                    before.remove(&name);
                    after.remove(&name);
                } else {
                    let [old, new] = differing(old.clone(), new.clone());
                    before.insert(name.clone(), old);
                    after.insert(name, new);
                }
            }
            [Value::Object(before), Value::Object(after)]
        }
        values => values.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;
    use crate::stack::{ChangeAction, Replacement};

    fn names(stem: &str, account: &str) -> EffectNames {
        let target = Target {
            account: account.to_owned(),
            region: "us-west-2".to_owned(),
            environment: "prod".to_owned(),
        };
        let name = format!("{stem}-stack");
        EffectNames::new(&StackName { name, target }, stem)
    }

    /// A change of one property of a resource, whose other properties are `rest`.
    fn changed(stem: &str, account: &str, rest: &str, value: &str) -> ChangeSet {
        let context = |value: &str| {
            format!(
                r#"{{"Properties": {{"Name": "{stem}-jobs", "Role": "arn:aws:iam::{account}:role/{stem}", "Rest": "{rest}", "Value": "{value}"}}}}"#
            )
        };
        ChangeSet {
            status: "CREATE_COMPLETE".to_owned(),
            changes: vec![ResourceChange {
                action: ChangeAction::Modify,
                logical_id: "Jobs".to_owned(),
                kind: "AWS::SQS::Queue".to_owned(),
                physical_id: Some(format!("{stem}-jobs-1A2B3C")),
                replacement: Some(Replacement::False),
                scope: vec!["Properties".to_owned()],
                before_context: Some(context("old")),
                after_context: Some(context(value)),
                ..ResourceChange::default()
            }],
            ..ChangeSet::default()
        }
    }

    fn digest(change_set: &ChangeSet, stem: &str, account: &str) -> Digest {
        effect_digest(change_set, &names(stem, account)).unwrap()
    }

    const ONE: &str = "111122223333";
    const TWO: &str = "444455556666";

    #[test]
    fn the_same_effect_on_two_stacks_has_one_digest() {
        let one = changed(
            "n001-note",
            ONE,
            "a",
            "arn:aws:iam::111122223333:role/n001-note",
        );
        let two = changed(
            "n002-note",
            TWO,
            "b",
            "arn:aws:iam::444455556666:role/n002-note",
        );
        assert_eq!(
            digest(&one, "n001-note", ONE),
            digest(&two, "n002-note", TWO)
        );
    }

    #[test]
    fn attack_another_effect_has_the_digest_of_the_sample() {
        let sample = changed("box", ONE, "a", "new");
        let expected = digest(&sample, "box", ONE);
        let other_value = changed("note", ONE, "a", "other");
        let mut removes = changed("note", ONE, "a", "new");
        removes.changes.push(ResourceChange {
            action: ChangeAction::Remove,
            logical_id: "Table".to_owned(),
            kind: "AWS::SSM::Parameter".to_owned(),
            ..ResourceChange::default()
        });
        for other in [other_value, removes] {
            let found = effect_digest(&other, &names("note", ONE));
            assert_ne!(found, Some(expected));
        }
        // A foreign account is a value, and not a name of the stack.
        let own = changed("note", ONE, "a", ONE);
        let foreign = changed("note", TWO, "a", ONE);
        assert_ne!(digest(&own, "note", ONE), digest(&foreign, "note", TWO));
        // The file's name is a part of the value.
        let one = changed("box", ONE, "a", "toolbox");
        let two = changed("bar", ONE, "a", "toolbar");
        assert_ne!(digest(&one, "box", ONE), digest(&two, "bar", ONE));
    }

    #[test]
    fn attack_a_sample_stands_for_a_replacement() {
        let mut replaces = changed("note", ONE, "a", "new");
        replaces.changes[0].replacement = Some(Replacement::True);
        assert_eq!(effect_digest(&replaces, &names("note", ONE)), None);
        let mut incomplete = changed("note", ONE, "a", "new");
        incomplete.is_incomplete = true;
        assert_eq!(effect_digest(&incomplete, &names("note", ONE)), None);
    }
}
