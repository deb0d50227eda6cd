//! What deleting a stack would delete. CloudFormation has no change set for deletions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Digest;
use crate::stack::StackName;
use crate::template::DeletionBehavior;

/// The type whose resources may have to be emptied first.
pub const BUCKET: &str = "AWS::S3::Bucket";

/// Object versions and delete markers by bucket.
type Counts = BTreeMap<String, u64>;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deletion {
    #[serde(flatten)]
    pub stack: StackName,
    /// `None` if the stack does not exist.
    pub status: Option<String>,
    /// Whether termination protection is on.
    pub protected: bool,
    /// Whether buckets are emptied and deleted, retained ones included.
    pub empties: bool,
    /// The resources of the stack.
    pub resources: Vec<DeletedResource>,
    /// Stacks that import its outputs.
    pub importers: Vec<String>,
    /// Object versions and delete markers by bucket.
    pub buckets: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeletedResource {
    /// The key in the template.
    pub logical_id: String,
    /// `None` if CloudFormation names none.
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the deletion does: emptied buckets are deleted with their policies, whatever the template says.
    pub deletion_behavior: DeletionBehavior,
}

/// A retained policy goes with its bucket.
const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";

/// What a delete action does to a resource. `empties`: the action empties and deletes buckets, those that the template retains too.
pub fn behavior_on_delete(
    kind: &str,
    by_template: DeletionBehavior,
    empties: bool,
) -> DeletionBehavior {
    match empties && [BUCKET, BUCKET_POLICY].contains(&kind) {
        true => DeletionBehavior::Deleted,
        false => by_template,
    }
}

const VERSION: &str = "provisioner-deletion/1\n";

impl Deletion {
    /// Whether nothing is left to delete: neither the stack nor a bucket.
    pub fn is_complete(&self) -> bool {
        self.status.is_none() && self.buckets.is_empty()
    }

    /// Equal digests mean that the same is deleted, down to the number of object versions.
    pub fn digest(&self) -> Digest {
        // Serializing plain data cannot fail.
        let covered = serde_json::to_string(self).unwrap_or_default();
        Digest::sha256(format!("{VERSION}{covered}"))
    }

    /// The contents of the buckets that are deleted, and of those that the template retains.
    pub fn buckets_by_behavior(&self) -> (Counts, Counts) {
        let is_retained = |bucket: &str| {
            self.resources.iter().any(|resource| {
                resource.physical_id.as_deref() == Some(bucket)
                    && resource.deletion_behavior == DeletionBehavior::Retained
            })
        };
        let (retained, deleted) = self
            .buckets
            .clone()
            .into_iter()
            .partition(|(bucket, _)| is_retained(bucket));
        (deleted, retained)
    }

    pub fn retained(&self) -> impl Iterator<Item = &DeletedResource> {
        let stays =
            |resource: &&DeletedResource| resource.deletion_behavior == DeletionBehavior::Retained;
        self.resources.iter().filter(stays)
    }

    /// Whether a bucket that holds object versions is emptied and deleted.
    pub fn destroys_objects(&self) -> bool {
        self.empties && self.buckets.values().any(|versions| *versions > 0)
    }
}
