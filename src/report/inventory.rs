//! The resources of a template, for lists.

use schemars::JsonSchema;
use serde::Serialize;

use super::after_deletion::AfterDeletion;
use crate::config::Config;
use crate::plan::behavior_on_delete;
use crate::template::{DataKind, DeletionBehavior, Document, billed};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedResource {
    /// The key in the template.
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Physical name, where the template gives one.
    pub name: Option<String>,
    /// What the product's delete action does to it.
    pub on_deletion: DeletionBehavior,
    /// What is lost for good with it.
    pub holds: DataKind,
    /// `None` if unknown.
    pub billed: Option<&'static str>,
}

impl ListedResource {
    pub fn after_deletion(&self) -> AfterDeletion {
        AfterDeletion::new(self.on_deletion, self.holds)
    }
}

/// The resources in the order of the config's template.
pub fn inventory(config: &Config, document: &Document) -> Vec<ListedResource> {
    let empties = config.deletion_empties_buckets();
    document
        .resources()
        .map(|resource| ListedResource {
            logical_id: resource.logical_id.to_owned(),
            kind: resource.kind.to_owned(),
            name: resource.physical_name().map(str::to_owned),
            on_deletion: behavior_on_delete(resource.kind, resource.deletion_behavior, empties),
            holds: resource.holds(),
            billed: billed(&resource),
        })
        .collect()
}
