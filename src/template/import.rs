//! Existing resources that a new stack imports, and the template that imports them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{DeletionBehavior, Document, Resource};
use super::import_types::{BUCKET_POLICY, import_key};
use super::intrinsic::{Reference, walk};
use crate::config::Node;

/// An existing resource, and the resource of the template that it becomes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImportedResource {
    /// The key in the template.
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id that CloudFormation lists, such as the name of a bucket.
    pub physical_id: String,
}

/// The type whose identifiers do not hold a name.
const KEY: &str = "AWS::KMS::Key";
const SECRET: &str = "AWS::SecretsManager::Secret";

/// Identifiers that are names, and not ARNs or addresses.
const NAMES: [&str; 6] = [
    "BucketName",
    "LogGroupName",
    "Name",
    "RepositoryName",
    "RoleName",
    "TableName",
];

/// Marks the template of an import. The stack's own template follows as an update.
const MARK: &str = "Imported by provisioner. The other resources follow.";

/// Sections that the imported resources may need.
const SECTIONS: [&str; 4] = [
    "AWSTemplateFormatVersion",
    "Parameters",
    "Mappings",
    "Conditions",
];

impl ImportedResource {
    /// Whether an identifier can be that of a resource with the name that the template sets. Ids of keys are random.
    pub(super) fn has_name_of(&self, document: &Document, id: &str) -> bool {
        let mut resources = document.resources();
        let resource = resources.find(|resource| resource.logical_id == self.logical_id);
        let name = resource.as_ref().and_then(Resource::physical_name);
        let Some(name) = name.filter(|_| self.kind != KEY) else {
            return true;
        };
        // The identifier of these types is the name itself.
        if NAMES.contains(&import_key(&self.kind).unwrap_or_default()) {
            return id == name;
        }
        let starts = |rest: &str| rest.is_empty() || rest.ends_with([':', '/']);
        // The ARN of a secret ends with six random characters.
        let end = self.kind == SECRET && id.contains(&format!(":{name}-"));
        end || id.strip_suffix(name).is_some_and(starts)
    }

    /// The property and value that identify the resource; `None` if the type cannot be imported. `all`: the resources that are imported.
    pub fn identifier(&self, document: &Document, all: &[Self]) -> Option<(&'static str, String)> {
        let key = import_key(&self.kind)?;
        if self.kind != BUCKET_POLICY {
            return Some((key, self.physical_id.clone()));
        }
        // A policy is identified by its bucket, which the template names directly or by reference.
        let mut resources = document.resources();
        let policy = resources.find(|resource| resource.logical_id == self.logical_id)?;
        let bucket = policy.property(key)?;
        if let Some(name) = bucket.literal() {
            return Some((key, name.to_owned()));
        }
        let referred = bucket.get("Ref").and_then(Node::text)?;
        let bucket = all.iter().find(|other| other.logical_id == referred)?;
        Some((key, bucket.physical_id.clone()))
    }
}

/// Those of `retained` that the template can import: of the same type under the same key, and kept when they leave the stack. A bucket
/// policy follows its bucket.
pub fn importable(document: &Document, retained: &[ImportedResource]) -> Vec<ImportedResource> {
    let is_wanted = |found: &&ImportedResource| {
        let mut resources = document.resources();
        resources.any(|resource| {
            resource.logical_id == found.logical_id
                && resource.kind == found.kind
                && resource.is_importable()
        })
    };
    let wanted: Vec<ImportedResource> = retained.iter().filter(is_wanted).cloned().collect();
    // A policy follows a bucket that the template names, and no earlier one of another name.
    let identified = |found: &&ImportedResource, all: &[ImportedResource]| {
        let identifier = found.identifier(document, all);
        identifier.is_some_and(|(_, id)| found.has_name_of(document, &id))
    };
    let named = wanted.iter().filter(|found| identified(found, &wanted));
    let named: Vec<ImportedResource> = named.cloned().collect();
    let followed = named.iter().filter(|found| identified(found, &named));
    followed.cloned().collect()
}

/// Whether a template is one that imports.
pub fn is_import_template(body: &str) -> bool {
    let template: Option<Value> = serde_json::from_str(body).ok();
    let description = template.as_ref().and_then(|it| it.get("Description"));
    description.and_then(Value::as_str) == Some(MARK)
}

/// Whether a stack that imported these resources, and has no others, is a creation of this template: each of them is a resource of the
/// template with its type, and has the name that the template gives it. Properties may have changed since the import.
pub fn is_begun_by_import(document: &Document, held: &[ImportedResource]) -> bool {
    let is_of_template = |one: &ImportedResource| {
        let mut resources = document.resources();
        let is_known = resources
            .any(|resource| resource.logical_id == one.logical_id && resource.kind == one.kind);
        let identifier = one.identifier(document, held);
        is_known && identifier.is_some_and(|(_, id)| one.has_name_of(document, &id))
    };
    document.is_plain() && !held.is_empty() && held.iter().all(is_of_template)
}

/// A template with only these resources. It leaves out the properties that need a resource beside them: the update that follows sets
/// them. `None` if the template has short forms such as `!Ref`.
pub fn import_template(document: &Document, logical_ids: &BTreeSet<&str>) -> Option<String> {
    if !document.is_plain() {
        return None;
    }
    let ids: BTreeSet<&str> = document
        .resources()
        .map(|resource| resource.logical_id)
        .filter(|id| !logical_ids.contains(id))
        .collect();
    let mut resources = Map::new();
    for resource in document.resources() {
        if !logical_ids.contains(resource.logical_id) {
            continue;
        }
        let properties = resource.entry.value.get("Properties");
        let properties = properties.map_or(&[][..], Node::entries);
        let properties: Map<String, Value> = properties
            .iter()
            .filter(|property| !needs(&property.value, &ids))
            .map(|property| (property.key.clone(), property.value.to_json()))
            .collect();
        let mut body = Map::new();
        for key in ["Type", "Condition", "DeletionPolicy", "UpdateReplacePolicy"] {
            if let Some(value) = resource.entry.value.get(key) {
                body.insert(key.to_owned(), value.to_json());
            }
        }
        // Whatever becomes of the import, nothing that existed before is deleted. The update sets what the template says.
        if resource.deletion_behavior != DeletionBehavior::Retained {
            body.insert("DeletionPolicy".to_owned(), json!("Retain"));
        }
        body.insert("Properties".to_owned(), Value::Object(properties));
        resources.insert(resource.logical_id.to_owned(), Value::Object(body));
    }
    let mut template = Map::new();
    for section in SECTIONS {
        if let Some(value) = document.tree.get(section) {
            template.insert(section.to_owned(), value.to_json());
        }
    }
    template.insert("Description".to_owned(), json!(MARK));
    template.insert("Resources".to_owned(), Value::Object(resources));
    Some(Value::Object(template).to_string())
}

/// Whether a value uses one of these resources.
fn needs(value: &Node, resources: &BTreeSet<&str>) -> bool {
    let mut found = false;
    walk(value, &mut |reference, _| {
        found |= match reference {
            Reference::Ref(name) | Reference::Attribute(name) => resources.contains(&*name),
            Reference::Condition(_) | Reference::Mapping(_) => false,
        };
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn document(text: &str) -> Document {
        Document::parse(&RepoPath::typed("t.yaml"), text).unwrap()
    }

    const TEMPLATE: &str = "Resources:
  Data:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties: {BucketName: data, Tags: [{Key: k, Value: {Ref: Topic}}]}
  Guard:
    Type: AWS::S3::BucketPolicy
    DeletionPolicy: Retain
    Properties: {Bucket: {Ref: Data}, PolicyDocument: {Resource: {'Fn::GetAtt': [Data, Arn]}}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: topic}}
Outputs: {A: {Value: {Ref: Topic}}}
";

    fn found(logical_id: &str, kind: &str, physical_id: &str) -> ImportedResource {
        ImportedResource {
            logical_id: logical_id.to_owned(),
            kind: kind.to_owned(),
            physical_id: physical_id.to_owned(),
        }
    }

    #[test]
    fn import_has_only_what_needs_nothing_else() {
        let document = document(TEMPLATE);
        let template = import_template(&document, &BTreeSet::from(["Data", "Guard"])).unwrap();
        assert!(is_import_template(&template));
        let template: Value = serde_json::from_str(&template).unwrap();
        assert_eq!(
            template["Resources"]["Data"],
            json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "data"}})
        );
        assert_eq!(template["Resources"].as_object().unwrap().len(), 2);
        assert_eq!(template.get("Outputs"), None);
        // The template deletes the topic with its stack, and the import does not.
        let template = import_template(&document, &BTreeSet::from(["Topic"])).unwrap();
        let template: Value = serde_json::from_str(&template).unwrap();
        assert_eq!(template["Resources"]["Topic"]["DeletionPolicy"], "Retain");
    }

    #[test]
    fn attack_only_retained_resources_of_the_same_key_and_type_are_imported() {
        let document = document(TEMPLATE);
        let retained = [
            found("Data", "AWS::S3::Bucket", "data"),
            found("Guard", BUCKET_POLICY, "anything"),
            found("Topic", "AWS::SNS::Topic", "arn"),
            found("Data", "AWS::SQS::Queue", "url"),
            found("Other", "AWS::S3::Bucket", "other"),
        ];
        let imported = importable(&document, &retained);
        let ids = imported.iter().map(|one| &*one.logical_id);
        assert_eq!(ids.collect::<Vec<_>>(), ["Data", "Guard"]);
        let policy = imported[1].identifier(&document, &imported);
        assert_eq!(policy, Some(("Bucket", "data".to_owned())));
        // The template has another name now.
        let renamed = [found("Data", "AWS::S3::Bucket", "more-data")];
        assert!(importable(&document, &renamed).is_empty());
        // Without its bucket, the policy has no identifier.
        assert!(importable(&document, &retained[1..2]).is_empty());
    }
}
