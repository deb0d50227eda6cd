//! The resources of a template, for lists.

use serde::Serialize;

use crate::template::{Document, billed};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedResource {
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Physical name, where the template gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a deletion of the stack does to it.
    pub on_deletion: &'static str,
    /// `None` if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed: Option<&'static str>,
}

/// The resources in the template's order.
pub fn inventory(document: &Document) -> Vec<ListedResource> {
    document
        .resources()
        .map(|resource| ListedResource {
            logical_id: resource.logical_id.to_owned(),
            kind: resource.kind.to_owned(),
            name: resource.physical_name().map(str::to_owned),
            on_deletion: resource.deletion_behavior.word(),
            billed: billed(&resource),
        })
        .collect()
}
