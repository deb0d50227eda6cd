//! What is left of a template without the names of its config. Configs with equal outlines have one template.

use serde_json::Value;

use super::EffectNames;
use crate::config::Config;
use crate::model::Digest;
use crate::stack::StackName;
use crate::template::{Document, name_rule};

/// The items of a list, in a path.
const ITEM: &str = "[]";

/// Digest of a template with general words in place of the names of its config. Only where a template has names, tags and descriptions,
/// the words of the config's file name count as names too: elsewhere a word can be a principal, a number of days or an address, and
/// reviewers see each. `None` if the template holds what stands for a word.
pub fn outline(config: &Config, document: &Document) -> Option<Digest> {
    let stack = StackName {
        name: config.stack().to_owned(),
        target: config.target.clone(),
    };
    let stem = config.path.stem();
    let names = OutlineNames {
        own: EffectNames::new(&stack, stem),
        words: EffectNames::with_words_of_name(&stack, stem),
    };
    let mut tree = document.tree.to_json();
    if EffectNames::has_marker(&tree.to_string()) {
        return None;
    }
    names.abstract_tree(&mut tree, &mut Vec::new(), "");
    Some(Digest::sha256(tree.to_string()))
}

struct OutlineNames {
    own: EffectNames,
    words: EffectNames,
}

impl OutlineNames {
    /// `kind`: the type of the resource around the value.
    fn abstract_tree(&self, value: &mut Value, path: &mut Vec<String>, kind: &str) {
        match value {
            Value::String(text) => {
                let names = match holds_name(path, kind) {
                    true => &self.words,
                    false => &self.own,
                };
                *text = names.abstracted(text);
            }
            Value::Array(items) => {
                path.push(ITEM.to_owned());
                for item in items {
                    self.abstract_tree(item, path, kind);
                }
                path.pop();
            }
            Value::Object(fields) => {
                let of_resource = path.len() == 2 && path[0] == "Resources";
                let own_kind = fields.get("Type").and_then(Value::as_str);
                let own_kind = own_kind.filter(|_| of_resource).unwrap_or(kind).to_owned();
                for (key, field) in fields {
                    path.push(key.clone());
                    self.abstract_tree(field, path, &own_kind);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether the template has a name, a tag or a description at this path. A computed value is at a longer path.
fn holds_name(path: &[String], kind: &str) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        ["Description"]
        | ["Outputs", _, "Description"]
        | ["Outputs", _, "Export", "Name"]
        | ["Resources", _, "Properties", "Description"]
        | ["Resources", _, "Properties", "Tags", ITEM, "Value"] => true,
        // Some types have a map of tags.
        ["Resources", _, "Properties", "Tags", key] => key != ITEM,
        ["Resources", _, "Properties", property] => {
            name_rule(kind).is_some_and(|rule| rule.property == property)
        }
        _ => false,
    }
}
