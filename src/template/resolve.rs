//! A template's values as CloudFormation reads them: in long form, with the values of parameters in place of references. A value that
//! only AWS can compute stays a function.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::document::Document;
use super::intrinsic::tag_of;
use super::resolve_text::{Concatenated, placeholders};
use crate::config::{Node, NodeKind};

/// Values that are read in a template. Conditions and mappings that repeat can make it far longer than its text.
const MAX_VALUES: usize = 100_000;
const MAX_DEPTH: usize = 160;
/// In place of a value that is not known.
pub const UNKNOWN: &str = "Unknown";
const NO_VALUE: &str = "AWS::NoValue";
const SSM_VALUE: &str = "AWS::SSM::Parameter::Value<";

/// The values of a template's parameters and pseudo parameters.
#[derive(Clone, Debug, Default)]
pub struct TemplateInputs {
    /// By name, as submitted. Without one, the parameter's default counts if `defaults` is set.
    pub parameters: BTreeMap<String, String>,
    /// Such as `AWS::Region`.
    pub pseudo: BTreeMap<String, String>,
    pub defaults: bool,
}

/// Reads the values of one template.
pub struct ResolvedTemplate<'a> {
    document: &'a Document,
    parameters: BTreeMap<&'a str, Value>,
    pseudo: &'a BTreeMap<String, String>,
    values_left: Cell<usize>,
}

impl<'a> ResolvedTemplate<'a> {
    pub fn new(document: &'a Document, inputs: &'a TemplateInputs) -> Self {
        let declared = document.section("Parameters").iter();
        let parameters = declared.map(|entry| {
            let value = parameter(&entry.key, &entry.value, inputs);
            (entry.key.as_str(), value)
        });
        Self {
            document,
            parameters: parameters.collect(),
            pseudo: &inputs.pseudo,
            values_left: Cell::new(MAX_VALUES),
        }
    }

    /// Scalars become texts: CloudFormation converts them to the type of the property.
    pub fn value(&self, node: &Node) -> Value {
        self.read(node, MAX_DEPTH)
    }

    /// A condition by its definition.
    pub fn condition(&self, name: &Node) -> Value {
        self.condition_of(name.text().unwrap_or_default(), MAX_DEPTH)
    }

    fn read(&self, node: &Node, depth: usize) -> Value {
        let (Some(depth), Some(left)) =
            (depth.checked_sub(1), self.values_left.get().checked_sub(1))
        else {
            return unknown("the template is too large");
        };
        self.values_left.set(left);
        if let Some(name) = tag_of(node) {
            return self.function(name, node, depth);
        }
        match &node.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::String(value.to_string()),
            NodeKind::Number(value) => Value::String(value.to_string()),
            NodeKind::Text(text) => Value::String(text.clone()),
            NodeKind::Sequence(items) => {
                let items = items.iter().map(|item| self.read(item, depth));
                items.filter(|item| !is_no_value(item)).collect()
            }
            NodeKind::Mapping(entries) => {
                if let [only] = entries.as_slice()
                    && let Some(name) = function_name(&only.key)
                {
                    return self.function(name, &only.value, depth);
                }
                let entries = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), self.read(&entry.value, depth)));
                Value::Object(entries.filter(|(_, value)| !is_no_value(value)).collect())
            }
        }
    }

    /// A function with its argument. The argument's own tag is the function's short form.
    fn function(&self, name: &str, argument: &Node, depth: usize) -> Value {
        let untagged = Node {
            tag: None,
            ..argument.clone()
        };
        let argument = match tag_of(argument) == Some(name) {
            true => &untagged,
            false => argument,
        };
        let kept = |argument: Value| entry(format!("Fn::{name}"), argument);
        if argument.tag.is_some() {
            return kept(self.read(argument, depth));
        }
        match (name, argument.items()) {
            ("Ref", _) => self.reference(argument.text().unwrap_or_default()),
            ("Condition", _) => self.condition_of(argument.text().unwrap_or_default(), depth),
            ("GetAtt", items) => match (argument.text(), items) {
                (Some(text), _) => attribute(text),
                (None, [resource, attribute]) => entry(
                    "Fn::GetAtt",
                    list([self.read(resource, depth), self.read(attribute, depth)]),
                ),
                _ => kept(self.read(argument, depth)),
            },
            ("Sub", _) => self.substitute(argument, depth),
            ("Join", [delimiter, parts]) => {
                match (self.read(delimiter, depth), self.read(parts, depth)) {
                    (Value::String(delimiter), Value::Array(parts)) => {
                        Concatenated::joined(&delimiter, parts).into_value()
                    }
                    (delimiter, parts) => kept(list([delimiter, parts])),
                }
            }
            ("If", [condition, then, otherwise]) => kept(list([
                self.condition_of(condition.text().unwrap_or_default(), depth),
                self.read(then, depth),
                self.read(otherwise, depth),
            ])),
            ("FindInMap", [mapping, keys @ ..]) => self.find_in_map(mapping, keys, depth),
            ("Select", [index, items]) => {
                let (index, items) = (self.read(index, depth), self.read(items, depth));
                let position = index.as_str().and_then(|text| text.parse::<usize>().ok());
                let item = position.and_then(|position| items.as_array()?.get(position).cloned());
                item.unwrap_or_else(|| kept(list([index, items])))
            }
            ("Split", [delimiter, text]) => {
                match (self.read(delimiter, depth), self.read(text, depth)) {
                    (Value::String(delimiter), Value::String(text)) if !delimiter.is_empty() => {
                        let parts = text.split(delimiter.as_str());
                        parts.map(|part| Value::String(part.to_owned())).collect()
                    }
                    (delimiter, text) => kept(list([delimiter, text])),
                }
            }
            _ => kept(self.read(argument, depth)),
        }
    }

    fn reference(&self, name: &str) -> Value {
        match (self.parameters.get(name), self.pseudo.get(name)) {
            (Some(value), _) => value.clone(),
            (None, Some(value)) => Value::String(value.clone()),
            (None, None) => entry("Ref", Value::String(name.to_owned())),
        }
    }

    fn substitute(&self, argument: &Node, depth: usize) -> Value {
        let (text, variables) = match (argument.text(), argument.items()) {
            (Some(text), _) => (text, &[][..]),
            (None, [text, variables]) if text.text().is_some() => {
                (text.text().unwrap_or_default(), variables.entries())
            }
            _ => return entry("Fn::Sub", self.read(argument, depth)),
        };
        let mut whole = Concatenated::default();
        for (literal, name) in placeholders(text) {
            whole.push(Value::String(literal));
            let Some(name) = name else { continue };
            let variable = variables.iter().find(|variable| variable.key == name);
            whole.push(match variable {
                Some(variable) => self.read(&variable.value, depth),
                None if name.contains('.') => attribute(&name),
                None => self.reference(&name),
            });
        }
        whole.into_value()
    }

    fn find_in_map(&self, mapping: &Node, keys: &[Node], depth: usize) -> Value {
        let name = self.read(mapping, depth);
        let mappings = self.document.tree.get("Mappings");
        let content = name.as_str().and_then(|name| mappings?.get(name));
        let Some(content) = content else {
            return unknown("a mapping");
        };
        let keys: Vec<Value> = keys.iter().map(|key| self.read(key, depth)).collect();
        let mut reached = Some(content);
        if let [first, second] = keys.as_slice() {
            for key in [first, second] {
                reached = key.as_str().and_then(|key| reached?.get(key));
            }
            if let Some(node) = reached {
                return self.read(node, depth);
            }
        }
        entry(
            "Fn::FindInMap",
            list([self.read(content, depth), Value::Array(keys)]),
        )
    }

    fn condition_of(&self, name: &str, depth: usize) -> Value {
        let conditions = self.document.tree.get("Conditions");
        match (
            conditions.and_then(|all| all.get(name)),
            depth.checked_sub(1),
        ) {
            (Some(definition), Some(depth)) => {
                entry("Fn::Condition", self.definition(definition, depth))
            }
            _ => unknown("a condition"),
        }
    }

    /// The definition of a condition, in which others are named.
    fn definition(&self, node: &Node, depth: usize) -> Value {
        let (name, argument) = match (tag_of(node), node.entries()) {
            (Some(name), _) => (name, node),
            (None, [only]) => (
                only.key.strip_prefix("Fn::").unwrap_or(&only.key),
                &only.value,
            ),
            _ => return self.read(node, depth),
        };
        let (Some(depth), Some(left)) =
            (depth.checked_sub(1), self.values_left.get().checked_sub(1))
        else {
            return unknown("the template is too large");
        };
        self.values_left.set(left);
        match name {
            "Condition" => self.condition_of(argument.text().unwrap_or_default(), depth),
            "And" | "Or" | "Not" => {
                let parts = argument.items().iter();
                let parts = parts.map(|part| self.definition(part, depth));
                entry(format!("Fn::{name}"), parts.collect())
            }
            _ => self.read(node, depth),
        }
    }
}

/// The value of a declared parameter.
fn parameter(name: &str, declared: &Node, inputs: &TemplateInputs) -> Value {
    let field = |key: &str| declared.get(key);
    let is_hidden = field("NoEcho").is_some_and(|flag| {
        flag.kind == NodeKind::Bool(true) || flag.text().is_some_and(|text| text != "false")
    });
    let submitted = inputs.parameters.get(name).cloned();
    let default = || match &field("Default")?.kind {
        NodeKind::Text(text) => Some(text.clone()),
        NodeKind::Number(number) => Some(number.to_string()),
        NodeKind::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    let value = match inputs.defaults {
        true => submitted.or_else(default),
        false => submitted,
    };
    let (Some(value), Some(kind), false) = (value, field("Type").and_then(Node::text), is_hidden)
    else {
        return unknown(&format!("the parameter {name}"));
    };
    if kind.starts_with(SSM_VALUE) {
        return entry(
            "Parameter",
            list([kind.to_owned(), value].map(Value::String)),
        );
    }
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = value.split(',');
        return items
            .map(|item| Value::String(item.trim().to_owned()))
            .collect();
    }
    Value::String(value)
}

/// A value that equals no other.
fn unknown(what: &str) -> Value {
    entry(UNKNOWN, Value::String(what.to_owned()))
}

fn attribute(dotted: &str) -> Value {
    let (resource, attribute) = dotted.split_once('.').unwrap_or((dotted, ""));
    let parts = [resource, attribute].map(|part| Value::String(part.to_owned()));
    entry("Fn::GetAtt", list(parts))
}

fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::Array(items.into())
}

/// An object with one key. `json!` would copy the value.
pub(super) fn entry(key: impl Into<String>, value: Value) -> Value {
    Value::Object([(key.into(), value)].into_iter().collect())
}

/// The function of a mapping's only key.
fn function_name(key: &str) -> Option<&str> {
    match key {
        "Ref" => Some("Ref"),
        key => key.strip_prefix("Fn::"),
    }
}

fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some(NO_VALUE)
}

/// The function that computes a value, such as `Fn::If`, or what is not known of it; `None` if the value is plain.
pub fn computed_by(value: &Value) -> Option<String> {
    let unknown = find(value, &|key, argument| {
        let what = argument.as_str().filter(|_| key == UNKNOWN);
        what.map(str::to_owned)
    });
    unknown.or_else(|| {
        find(value, &|key, argument| match key {
            "Parameter" => argument.is_array().then(|| "a parameter of SSM".to_owned()),
            key => function_name(key).map(|_| key.to_owned()),
        })
    })
}

/// The first entry for which `chosen` has a result. Functions are objects with one key.
fn find(value: &Value, chosen: &impl Fn(&str, &Value) -> Option<String>) -> Option<String> {
    match value {
        Value::Object(entries) => {
            let only = entries.iter().next().filter(|_| entries.len() == 1);
            let own = only.and_then(|(key, argument)| chosen(key, argument));
            own.or_else(|| entries.values().find_map(|value| find(value, chosen)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, chosen)),
        _ => None,
    }
}
