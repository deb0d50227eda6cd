//! The result of a comparison.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::obstacle::Obstacle;
use super::tags::AdoptionTags;
use crate::model::Digest;
use crate::stack::DriftCheck;
use crate::template::{DataKind, DeletionBehavior, PropertyEffect};

/// What the adoption of a live stack means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Adoption {
    /// The stack's ARN.
    pub stack: String,
    pub verdict: AdoptionVerdict,
    /// Why the stack cannot be adopted; empty unless the verdict is `cannot`.
    pub obstacles: Vec<Obstacle>,
    /// All resources of both templates: those that differ first, then by logical id. Empty if the live template cannot be read.
    pub resources: Vec<ComparedResource>,
    /// Outputs that differ.
    pub outputs: Vec<OutputDifference>,
    /// Sections that change all resources, and differ: `Transform`.
    pub sections: Vec<String>,
    pub tags: AdoptionTags,
    /// The last drift detection.
    pub drift: DriftCheck,
    /// Logical ids of the resources in which the last drift detection found differences. Empty if they were not read.
    pub drifted: Vec<String>,
    /// Digest of the stack's id, template, parameters and tags, and of the tags that the adoption adds.
    pub digest: Digest,
}

/// What an adoption of a stack does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptionStep<'a> {
    /// It is denied, even if the stack has the tags.
    Cannot(&'a [Obstacle]),
    /// Nothing: the stack has all tags of provisioner's own stacks.
    Adopted,
    /// It adds tags.
    Adopt,
}

/// How a live stack and a rendered template relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdoptionVerdict {
    /// The same text.
    Identical,
    /// The same resources and outputs, written in another way.
    Equivalent,
    /// The next update would change resources or outputs.
    WouldChange,
    /// The stack cannot be adopted.
    Cannot,
}

/// How a resource of the live stack and of the config relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceMatch {
    /// The same text.
    Identical,
    /// The same type and properties, written in another way.
    Equivalent,
    /// Properties or attributes differ.
    WouldChange,
    /// Only the config has it.
    WouldBeAdded,
    /// Only the live stack has it.
    WouldBeRemoved,
    /// The same logical id with another type. CloudFormation refuses such an update.
    OtherType,
}

impl ResourceMatch {
    pub fn is_same(self) -> bool {
        matches!(self, Self::Identical | Self::Equivalent)
    }
}

/// A resource of the live stack or of the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComparedResource {
    /// The key in the template.
    pub logical_id: String,
    /// The type in the live stack; of an added resource that of the config.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "match")]
    pub matches: ResourceMatch,
    /// Properties and attributes that differ.
    pub differences: Vec<ResourceDifference>,
    /// The worst effect of the differences; `None` if there are none.
    pub effect: Option<PropertyEffect>,
    /// What happens to the physical resource, if it would be removed or may be replaced.
    pub deletion_behavior: Option<DeletionBehavior>,
    /// What is lost for good with the resource.
    pub holds: DataKind,
}

/// A property or an attribute that differs. Values are not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceDifference {
    /// JSON pointer from the resource, such as `/Properties/BucketName`.
    pub path: String,
    pub side: DifferentSide,
    /// What computes one of the values, so that only AWS can compare them, such as `Fn::If`.
    pub computed_by: Option<String>,
    pub effect: PropertyEffect,
}

/// Which template has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DifferentSide {
    /// Only the live one.
    OnlyLive,
    /// Only the rendered one.
    OnlyConfig,
    /// Both have one, and the two differ.
    Both,
}

/// An output that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutputDifference {
    /// The key in the template.
    pub key: String,
    pub side: DifferentSide,
    /// The name under which other stacks import the live output.
    pub export: Option<String>,
}

impl Adoption {
    /// What an adoption does. The dry-run, the check and the run decide by this.
    pub fn step(&self) -> AdoptionStep<'_> {
        match self.obstacles.as_slice() {
            [] if self.tags.added.is_empty() => AdoptionStep::Adopted,
            [] => AdoptionStep::Adopt,
            obstacles => AdoptionStep::Cannot(obstacles),
        }
    }

    /// Whether the stack has all tags of provisioner's own stacks already, and nothing stands against its adoption.
    pub fn is_adopted(&self) -> bool {
        self.step() == AdoptionStep::Adopted
    }

    /// The comparison for an un-adoption, which removes the tags of `owner`.
    pub fn into_unadoption(self, owner: &BTreeMap<String, String>) -> Self {
        Self {
            tags: self.tags.without(owner),
            ..self
        }
    }

    /// Resources that differ.
    pub fn changed(&self) -> impl Iterator<Item = &ComparedResource> {
        let resources = self.resources.iter();
        resources.filter(|resource| !resource.matches.is_same())
    }
}
