//! Compares the resources of two templates by logical id.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ResourceAction, TemplateResourceChange};
use crate::template::{Document, Resource};

/// The differences, the most dangerous first, then by logical id. An absent template has no resources.
pub fn compare(before: Option<&Document>, after: Option<&Document>) -> Vec<TemplateResourceChange> {
    let old = by_id(before);
    let new = by_id(after);
    let mut changes = Vec::new();
    for (id, resource) in &old {
        match new.get(id) {
            None => changes.push(change(ResourceAction::Remove, resource, Vec::new())),
            // Most resources are unchanged: bodies are built only for the others.
            Some(other) if resource.entry.value.same_data(&other.entry.value) => {}
            Some(other) => {
                let properties = differing(&resource.body(), &other.body());
                if !properties.is_empty() {
                    changes.push(change(ResourceAction::Modify, other, properties));
                }
            }
        }
    }
    changes.extend(
        new.iter()
            .filter(|(id, _)| !old.contains_key(*id))
            .map(|(_, resource)| change(ResourceAction::Add, resource, Vec::new())),
    );
    changes.sort_by(|a, b| (a.action, &a.logical_id).cmp(&(b.action, &b.logical_id)));
    changes
}

fn by_id(document: Option<&Document>) -> BTreeMap<&str, Resource<'_>> {
    document
        .into_iter()
        .flat_map(Document::resources)
        .map(|resource| (resource.logical_id, resource))
        .collect()
}

fn change(
    action: ResourceAction,
    resource: &Resource<'_>,
    properties: Vec<String>,
) -> TemplateResourceChange {
    TemplateResourceChange {
        action,
        logical_id: resource.logical_id.to_owned(),
        kind: resource.kind.to_owned(),
        properties,
        deletion_behavior: (action == ResourceAction::Remove).then_some(resource.deletion_behavior),
        holds: resource.holds(),
    }
}

/// Names of properties, and of attributes beside them, that differ.
fn differing(before: &Value, after: &Value) -> Vec<String> {
    let mut names = differing_keys(before, after);
    if let Some(at) = names.iter().position(|name| name == "Properties") {
        let empty = Value::Object(serde_json::Map::new());
        let [before, after] = [before, after].map(|body| body.get("Properties").unwrap_or(&empty));
        names.splice(at..=at, differing_keys(before, after));
    }
    names
}

fn differing_keys(before: &Value, after: &Value) -> Vec<String> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return if before == after {
            Vec::new()
        } else {
            vec!["(all)".to_owned()]
        };
    };
    let gone_or_other = before
        .iter()
        .filter(|(key, value)| after.get(*key) != Some(value))
        .map(|(key, _)| key);
    let new = after.keys().filter(|key| !before.contains_key(*key));
    gone_or_other.chain(new).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    #[test]
    fn different_functions_are_different_values() {
        let template = |value: &str| {
            let text = format!(
                "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: {{BucketName: {value}}}\n"
            );
            Document::parse(&RepoPath::typed("t.yaml"), &text).unwrap()
        };
        let changes = |old: &str, new: &str| compare(Some(&template(old)), Some(&template(new)));
        assert_eq!(changes("!Ref X", "!Sub X")[0].properties, ["BucketName"]);
        assert_eq!(changes("!Ref X", "!Ref X"), []);
    }
}
