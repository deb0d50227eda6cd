//! What CloudFormation reports about a change set beside its changes.

use schemars::JsonSchema;
use serde::Serialize;

use super::ChangeSet;

/// A finding of CloudFormation's validation before deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Validation {
    /// Name of the validation, such as `NAME_CONFLICT_VALIDATION`.
    pub name: String,
    /// `FAIL` stops the change set, `WARN` does not.
    pub mode: String,
    /// The key of the resource in the template.
    pub logical_id: String,
    /// Path to the property, such as `/Resources/Bucket/Properties/BucketName`.
    pub path: String,
    /// What is wrong, in the words of CloudFormation. Values of the config are hidden.
    pub reason: String,
}

/// A hook that runs before the change set is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hook {
    /// Its type, such as `AWS::Hooks::…`.
    pub name: String,
    /// `FAIL` or `WARN`.
    pub mode: String,
    /// Logical id of the resource that the hook checks.
    pub logical_id: String,
}

/// A change set with its validations and hooks.
#[derive(Clone, Debug, Default)]
pub struct DescribedChangeSet {
    pub change_set: ChangeSet,
    pub validations: Vec<Validation>,
    pub hooks: Vec<Hook>,
    /// Failed queries, one sentence each.
    pub unread: Vec<String>,
}
