//! What a failed rollback left.

use schemars::JsonSchema;
use serde::Serialize;

/// A resource whose rollback failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedRollback {
    /// The key in the template.
    pub logical_id: String,
    /// `None` if CloudFormation names none.
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// CloudFormation's reason; empty if it gave no reason. Values of the config are hidden.
    pub reason: String,
}
