//! Compares the resources and outputs of two templates by the values that CloudFormation reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::input::AdoptionInput;
use super::result::{
    ComparedResource, DifferentSide, OutputDifference, ResourceDifference, ResourceMatch,
};
use crate::config::{MapEntry, Node};
use crate::stack::StackArn;
use crate::template::{
    Document, PropertyEffect, ResolvedTemplate, Resource, TemplateInputs, UNKNOWN, computed_by,
    property_effect,
};

/// Attributes that do not change a resource. `Type` is compared before the attributes.
const IGNORED_ATTRIBUTES: &[&str] = &["DependsOn", "Type"];
const TRANSFORM: &str = "Transform";

#[derive(Default)]
pub(super) struct Compared {
    pub resources: Vec<ComparedResource>,
    pub outputs: Vec<OutputDifference>,
    pub sections: Vec<String>,
}

impl Compared {
    pub fn is_same(&self) -> bool {
        let mut resources = self.resources.iter();
        self.outputs.is_empty()
            && self.sections.is_empty()
            && resources.all(|resource| resource.matches.is_same())
    }
}

pub(super) fn compare(input: &AdoptionInput<'_>, template: &Document) -> Compared {
    let arn = StackArn::parse(&input.live.stack.id);
    let pseudo = arn.map(|arn| arn.pseudo_parameters()).unwrap_or_default();
    let parameters = input.live.parameters.iter();
    let live = TemplateInputs {
        parameters: parameters
            .map(|(name, parameter)| (name.clone(), parameter.value.clone()))
            .collect(),
        pseudo: pseudo.clone(),
        defaults: false,
    };
    let config = TemplateInputs {
        parameters: BTreeMap::new(),
        pseudo,
        defaults: true,
    };
    let sides = ComparedSides {
        live: ResolvedTemplate::new(template, &live),
        config: ResolvedTemplate::new(input.document, &config),
    };
    let transforms = [template, input.document].map(|side| side.tree.get(TRANSFORM));
    let is_same_transform = match transforms {
        [None, None] => true,
        [Some(live), Some(config)] => live.same_data(config),
        _ => false,
    };
    Compared {
        resources: sides.resources(template, input.document),
        outputs: sides.outputs(input, template),
        sections: match is_same_transform {
            true => Vec::new(),
            false => vec![TRANSFORM.to_owned()],
        },
    }
}

struct ComparedSides<'a> {
    live: ResolvedTemplate<'a>,
    config: ResolvedTemplate<'a>,
}

impl ComparedSides<'_> {
    fn resources(&self, live: &Document, config: &Document) -> Vec<ComparedResource> {
        let old: BTreeMap<&str, Resource<'_>> = named(live);
        let new: BTreeMap<&str, Resource<'_>> = named(config);
        let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        let mut resources: Vec<ComparedResource> = ids
            .into_iter()
            .filter_map(|id| {
                let (live, config) = (old.get(id), new.get(id));
                let exists = live.filter(|live| !is_left_out(&self.live, live));
                let wanted = config.filter(|config| !is_left_out(&self.config, config));
                match (exists, wanted) {
                    (Some(live), Some(config)) => Some(self.resource(live, config)),
                    (Some(live), None) => Some(one_sided(live, ResourceMatch::WouldBeRemoved)),
                    (None, Some(config)) => Some(one_sided(config, ResourceMatch::WouldBeAdded)),
                    (None, None) => None,
                }
            })
            .collect();
        resources.sort_by_key(|resource| resource.matches.is_same());
        resources
    }

    fn resource(&self, live: &Resource<'_>, config: &Resource<'_>) -> ComparedResource {
        if live.kind != config.kind {
            return one_sided(live, ResourceMatch::OtherType);
        }
        let bodies = [
            attributes(&self.live, &live.entry.value),
            attributes(&self.config, &config.entry.value),
        ];
        let [before, after] = bodies.map(Value::Object);
        let mut differences = Vec::new();
        difference(
            Some(&before),
            Some(&after),
            &mut Vec::new(),
            &mut |path, side, computed_by| {
                let effect = match path {
                    [first, property, ..] if first == "Properties" => {
                        property_effect(live.kind, property)
                    }
                    _ => PropertyEffect::InPlace,
                };
                differences.push(ResourceDifference {
                    path: pointer(path),
                    side,
                    computed_by,
                    effect,
                });
            },
        );
        let matches = match differences.is_empty() {
            true if live.entry.value.same_data(&config.entry.value) => ResourceMatch::Identical,
            true => ResourceMatch::Equivalent,
            false => ResourceMatch::WouldChange,
        };
        let effect = differences.iter().map(|difference| difference.effect).max();
        // Which template's policy counts is not documented.
        let worst = live
            .replacement_behavior()
            .max(config.replacement_behavior());
        ComparedResource {
            effect,
            differences,
            deletion_behavior: (effect >= Some(PropertyEffect::MayReplace)).then_some(worst),
            ..one_sided(live, matches)
        }
    }

    fn outputs(&self, input: &AdoptionInput<'_>, template: &Document) -> Vec<OutputDifference> {
        let read = |side: &ResolvedTemplate<'_>, entry: &MapEntry| {
            let mut fields = fields(side, &entry.value);
            fields.remove("Description");
            Value::Object(fields)
        };
        let live = template.section("Outputs").iter();
        let live: BTreeMap<&str, Value> = live
            .map(|entry| (entry.key.as_str(), read(&self.live, entry)))
            .collect();
        let config = input.document.section("Outputs").iter();
        let config: BTreeMap<&str, Value> = config
            .map(|entry| (entry.key.as_str(), read(&self.config, entry)))
            .collect();
        let keys: BTreeSet<&str> = live.keys().chain(config.keys()).copied().collect();
        let mut found = Vec::new();
        for key in keys {
            let (before, after) = (live.get(key), config.get(key));
            let mut differs = false;
            difference(before, after, &mut Vec::new(), &mut |_, _, _| {
                differs = true
            });
            let side = match (before, after) {
                (Some(_), None) => DifferentSide::OnlyLive,
                (None, Some(_)) => DifferentSide::OnlyConfig,
                _ => DifferentSide::Both,
            };
            if differs {
                let mut outputs = input.live.stack.outputs.iter();
                let output = outputs.find(|output| output.key == key);
                found.push(OutputDifference {
                    key: key.to_owned(),
                    side,
                    export: output.and_then(|output| output.export.clone()),
                });
            }
        }
        found
    }
}

fn named(document: &Document) -> BTreeMap<&str, Resource<'_>> {
    let resources = document.resources();
    resources
        .map(|resource| (resource.logical_id, resource))
        .collect()
}

fn one_sided(resource: &Resource<'_>, matches: ResourceMatch) -> ComparedResource {
    ComparedResource {
        logical_id: resource.logical_id.to_owned(),
        kind: resource.kind.to_owned(),
        matches,
        differences: Vec::new(),
        effect: None,
        deletion_behavior: (matches == ResourceMatch::WouldBeRemoved)
            .then_some(resource.deletion_behavior),
        holds: resource.holds(),
    }
}

/// Whether the resource's condition is false, so that the stack does not have it.
fn is_left_out(side: &ResolvedTemplate<'_>, resource: &Resource<'_>) -> bool {
    let condition = resource.entry.value.get("Condition");
    condition.is_some_and(|name| truth(&side.condition(name)) == Some(false))
}

/// Whether a condition holds; `None` if only AWS knows.
fn truth(condition: &Value) -> Option<bool> {
    let entries = condition.as_object()?;
    let (name, argument) = entries.iter().next().filter(|_| entries.len() == 1)?;
    let mut parts = argument.as_array().into_iter().flatten().map(truth);
    match name.as_str() {
        "Fn::Condition" => truth(argument),
        "Fn::Not" => parts.next()?.map(|holds| !holds),
        "Fn::And" => every(parts, true),
        "Fn::Or" => every(parts, false),
        "Fn::Equals" => match argument.as_array()?.as_slice() {
            [Value::String(one), Value::String(other)] => Some(one == other),
            _ => None,
        },
        _ => None,
    }
}

/// `usual` if all parts are `usual`, and its contrary if one part is, whatever the others are.
fn every(parts: impl Iterator<Item = Option<bool>>, usual: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    match parts.contains(&Some(!usual)) {
        true => Some(!usual),
        false => (!parts.is_empty() && !parts.contains(&None)).then_some(usual),
    }
}

/// The entries of a resource or an output, with its condition by definition.
fn fields(side: &ResolvedTemplate<'_>, node: &Node) -> Map<String, Value> {
    let entries = node.entries().iter();
    let fields = entries.map(|entry| {
        let value = match entry.key.as_str() {
            "Condition" => side.condition(&entry.value),
            _ => side.value(&entry.value),
        };
        (entry.key.clone(), value)
    });
    fields.collect()
}

fn attributes(side: &ResolvedTemplate<'_>, node: &Node) -> Map<String, Value> {
    let mut fields = fields(side, node);
    fields.retain(|name, _| !IGNORED_ATTRIBUTES.contains(&name.as_str()));
    let properties = fields
        .entry("Properties")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(tags) = properties.get_mut("Tags")
        && let Some(by_key) = tags_by_key(tags)
    {
        *tags = by_key;
    }
    fields
}

/// A list of tags as an object: their order does not count.
fn tags_by_key(tags: &Value) -> Option<Value> {
    let mut by_key = Map::new();
    for tag in tags.as_array()? {
        let mut tag = tag.as_object()?.clone();
        let Some(Value::String(key)) = tag.remove("Key") else {
            return None;
        };
        let value = match tag.len() {
            1 => tag.remove("Value")?,
            _ => Value::Object(tag),
        };
        if by_key.insert(key, value).is_some() {
            return None;
        }
    }
    Some(Value::Object(by_key))
}

/// Visits the longest paths at which two values differ, with what computes one of the values.
fn difference(
    before: Option<&Value>,
    after: Option<&Value>,
    path: &mut Vec<String>,
    visit: &mut impl FnMut(&[String], DifferentSide, Option<String>),
) {
    let (before, after) = match (before, after) {
        (None, None) => return,
        (Some(value), None) => return visit(path, DifferentSide::OnlyLive, computed_by(value)),
        (None, Some(value)) => return visit(path, DifferentSide::OnlyConfig, computed_by(value)),
        (Some(before), Some(after)) => (before, after),
    };
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if !is_function(old) && !is_function(new) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                path.push(key.clone());
                difference(old.get(key), new.get(key), path, visit);
                path.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                path.push(index.to_string());
                difference(Some(old), Some(new), path, visit);
                path.pop();
            }
        }
        _ if before == after && !has_unknown(before) => {}
        _ => {
            let computed = computed_by(before).or_else(|| computed_by(after));
            visit(path, DifferentSide::Both, computed);
        }
    }
}

/// Whether only the whole value can be compared.
fn is_function(entries: &Map<String, Value>) -> bool {
    let mut keys = entries.keys();
    keys.any(|key| key == "Ref" || key == UNKNOWN || key == "Parameter" || key.starts_with("Fn::"))
}

fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Object(entries) => {
            entries.contains_key(UNKNOWN) || entries.values().any(has_unknown)
        }
        Value::Array(items) => items.iter().any(has_unknown),
        _ => false,
    }
}

/// RFC 6901.
fn pointer(path: &[String]) -> String {
    let parts = path.iter();
    let parts = parts.map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
    parts.collect()
}
