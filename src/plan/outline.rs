//! What is left of a template without the names of its config. Configs with equal outlines have one template.

use serde_json::Value;

use super::EffectNames;
use crate::config::Config;
use crate::model::Digest;
use crate::stack::StackName;
use crate::template::{Document, name_rule};

/// The items of a list, in a path.
const ITEM: &str = "[]";

/// Digest of a template and its operator policy with general words in place of the names of their config. Only where a template has names, tags and descriptions,
/// the words of the config's file name count as names too: elsewhere a word can be a principal, a number of days or an address, and
/// reviewers see each. `None` if one of them holds what stands for a word. `policy`: as JSON; `None` if it does not render.
pub fn outline(config: &Config, document: &Document, policy: Option<&str>) -> Option<Digest> {
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
    let policy = policy.map(serde_json::from_str).transpose().ok()?;
    let mut policy: Value = policy.unwrap_or_default();
    if EffectNames::has_marker(&tree.to_string()) || EffectNames::has_marker(&policy.to_string()) {
        return None;
    }
    names.abstract_tree(&mut tree, &mut Vec::new(), "");
    names.abstract_policy(&mut policy, false);
    Some(Digest::sha256(format!("{tree}\n{policy}")))
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

    /// The ARNs of a policy are built from names. `is_resource`: whether the value is in a statement's list of them.
    fn abstract_policy(&self, value: &mut Value, is_resource: bool) {
        match value {
            Value::String(text) => {
                let names = if is_resource { &self.words } else { &self.own };
                *text = names.abstracted(text);
            }
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
