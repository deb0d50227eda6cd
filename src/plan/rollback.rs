//! What continuing a failed rollback does.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Digest;
use crate::stack::{FailedRollback, Stack, StackName};

const VERSION: &str = "provisioner-rollback/2\n";

/// The continuation of a failed rollback.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RollbackContinuation {
    #[serde(flatten)]
    pub stack: StackName,
    /// ARN.
    pub stack_id: String,
    /// The stack's status.
    pub status: String,
    /// The resources whose rollback failed.
    pub failed: Vec<FailedRollback>,
    /// Logical ids of the resources that stay as they are. Sorted.
    pub skip: Vec<String>,
    /// Equal digests mean that the same update of the same stack failed with the same resources, and that the same are skipped.
    pub digest: Digest,
}

impl RollbackContinuation {
    pub fn new(
        stack: &StackName,
        existing: &Stack,
        failed: Vec<FailedRollback>,
        skip: &[String],
    ) -> Self {
        let mut skip = skip.to_vec();
        skip.sort();
        skip.dedup();
        // Serializing plain data cannot fail.
        let covered = serde_json::to_string(&(
            &existing.id,
            existing.updated,
            &existing.status,
            &failed,
            &skip,
        ));
        let digest = Digest::sha256(format!("{VERSION}{}", covered.unwrap_or_default()));
        Self {
            stack: stack.clone(),
            stack_id: existing.id.clone(),
            status: existing.status.0.clone(),
            failed,
            skip,
            digest,
        }
    }

    /// Resources to skip whose rollback did not fail.
    pub fn beyond(&self) -> Vec<String> {
        let is_failed = |id: &str| self.failed.iter().any(|failed| failed.logical_id == id);
        let skip = self.skip.iter();
        skip.filter(|id| !is_failed(id)).cloned().collect()
    }
}
