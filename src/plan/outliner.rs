//! Finds what is left of a template without the names of its config.

use serde_json::{Map, Value};

use super::EffectNames;
use super::outline::{Outline, WordPlace, WordText};
use super::outline_names::OutlineNames;
use crate::model::Digest;
use crate::template::{Document, name_rule};

/// The items of a list, in a path.
const ITEM: &str = "[]";

/// Only where a template has names, tags and descriptions, the words of the config's file name count as names too: elsewhere a word
/// can be a principal, a number of days or an address, and reviewers see each. `None` if template or policy holds what stands for
/// a word. `policy`: as JSON.
pub(super) fn outline(names: OutlineNames, document: &Document, policy: &str) -> Option<Outline> {
    let mut template = document.tree.to_json();
    let mut policy: Value = serde_json::from_str(policy).ok()?;
    if EffectNames::has_marker(&template.to_string())
        || EffectNames::has_marker(&policy.to_string())
    {
        return None;
    }
    let mut outliner = Outliner {
        names,
        words: Vec::new(),
    };
    outliner.abstract_tree(&mut template, &mut Vec::new(), &Around::default());
    outliner.abstract_policy(&mut policy, false);
    Some(Outline {
        template: Digest::sha256(template.to_string()),
        policy: Digest::sha256(policy.to_string()),
        words: outliner.words,
    })
}

struct Outliner {
    names: OutlineNames,
    words: Vec<WordText>,
}

/// What a value is in.
#[derive(Clone, Default)]
struct Around {
    /// The type of the resource.
    kind: String,
    /// The key of the tag.
    tag: String,
}

impl Outliner {
    fn abstract_tree(&mut self, value: &mut Value, path: &mut Vec<String>, around: &Around) {
        match value {
            Value::String(text) => match word_place(path, around) {
                Some(place) => {
                    let general = self.names.words.abstracted(text);
                    let own = self.names.own.abstracted(text);
                    let text = std::mem::replace(text, general.clone());
                    if general != own {
                        self.words.push(WordText { place, text });
                    }
                }
                None => *text = self.names.own.abstracted(text),
            },
            Value::Array(items) => {
                path.push(ITEM.to_owned());
                for item in items {
                    self.abstract_tree(item, path, around);
                }
                path.pop();
            }
            Value::Object(fields) => {
                let around = Around::of(fields, path, around);
                for (key, field) in fields {
                    path.push(key.clone());
                    self.abstract_tree(field, path, &around);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The ARNs of a policy are built from names. `is_resource`: whether the value is in a statement's list of them.
    fn abstract_policy(&self, value: &mut Value, is_resource: bool) {
        let names = match is_resource {
            true => &self.names.words,
            false => &self.names.own,
        };
        match value {
            Value::String(text) => *text = names.abstracted(text),
            Value::Array(items) => {
                for item in items {
                    self.abstract_policy(item, is_resource);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    let is_resource = is_resource || matches!(&**key, "Resource" | "NotResource");
                    self.abstract_policy(field, is_resource);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl Around {
    fn of(fields: &Map<String, Value>, path: &[String], outer: &Self) -> Self {
        let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
        let of_resource = path.len() == 2 && path[0] == "Resources";
        let kind = of_resource.then(|| text("Type")).flatten();
        let is_tag = path.ends_with(&["Tags".to_owned(), ITEM.to_owned()]);
        let tag = is_tag.then(|| text("Key")).flatten();
        Self {
            kind: kind.unwrap_or_else(|| outer.kind.clone()),
            tag: tag.unwrap_or_default(),
        }
    }
}

/// Whether the template has a name, a tag or a description at this path. A computed value is at a longer path.
fn word_place(path: &[String], around: &Around) -> Option<WordPlace> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        ["Description"] | ["Outputs", _, "Description"] => Some(WordPlace::Description),
        ["Resources", _, "Properties", property] if property.ends_with("Description") => {
            Some(WordPlace::Description)
        }
        ["Outputs", _, "Export", "Name"] => Some(WordPlace::Name),
        ["Resources", _, "Properties", "Tags", ITEM, "Value"] => {
            Some(WordPlace::Tag(around.tag.clone()))
        }
        // Some types have a map of tags.
        ["Resources", _, "Properties", "Tags", key] => {
            (key != ITEM).then(|| WordPlace::Tag(key.to_owned()))
        }
        ["Resources", _, "Properties", property] => {
            let rule = name_rule(&around.kind);
            let is_name = rule.is_some_and(|rule| rule.property == property);
            is_name.then_some(WordPlace::Name)
        }
        _ => None,
    }
}
