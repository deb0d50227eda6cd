//! What deleting a stack would take with it. CloudFormation has no change set for that.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Digest;
use crate::stack::StackName;
use crate::template::DeletionBehavior;

/// The type whose resources may have to be emptied first.
pub const BUCKET: &str = "AWS::S3::Bucket";

/// Object versions and delete markers by bucket.
type Counts = BTreeMap<String, u64>;

/// What a deletion would do.
#[derive(Clone, Debug, Serialize)]
pub struct Deletion {
    /// Which stack.
    #[serde(flatten)]
    pub stack: StackName,
    /// Its status; `None` if there is none.
    pub status: Option<String>,
    /// Whether termination protection stands in the way.
    pub protected: bool,
    /// Whether buckets are emptied and deleted, those too that the template would keep.
    pub empties: bool,
    /// Every resource and what becomes of it.
    pub resources: Vec<DeletedResource>,
    /// Stacks that import its outputs.
    pub importers: Vec<String>,
    /// Object versions and delete markers by bucket.
    pub buckets: BTreeMap<String, u64>,
}

/// What becomes of one resource.
#[derive(Clone, Debug, Serialize)]
pub struct DeletedResource {
    /// Logical id.
    pub logical_id: String,
    /// Physical id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What becomes of it.
    pub deletion_behavior: DeletionBehavior,
}

const VERSION: &str = "provisioner-deletion/1\n";

impl Deletion {
    /// The digest of what goes: equal digests mean that the same goes, down to the number of object versions.
    pub fn digest(&self) -> Digest {
        // Serialising plain data cannot fail.
        let covered = serde_json::to_string(self).unwrap_or_default();
        Digest::sha256(format!("{VERSION}{covered}"))
    }

    /// What is in the buckets that go, and in those that the template keeps.
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

    /// What stays behind.
    pub fn retained(&self) -> impl Iterator<Item = &DeletedResource> {
        let stays = |resource: &&DeletedResource| {
            resource.deletion_behavior == DeletionBehavior::Retained
                && !(self.empties && resource.kind == BUCKET)
        };
        self.resources.iter().filter(stays)
    }
}
