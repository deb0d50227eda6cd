//! What CloudFormation says of a change set beside its changes.

use serde::Serialize;

use super::ChangeSet;

/// A finding of CloudFormation's validation before deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Validation {
    /// Name of the validation, such as `NAME_CONFLICT_VALIDATION`.
    pub name: String,
    /// `FAIL` stops the change set, `WARN` does not.
    pub mode: String,
    /// Logical id of the resource.
    pub logical_id: String,
    /// Path to the property, such as `/Resources/Bucket/Properties/BucketName`.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// A hook that will be asked before a change set runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hook {
    /// Its type, such as `AWS::Hooks::…`.
    pub name: String,
    /// `FAIL` or `WARN`.
    pub mode: String,
    /// Logical id of the resource that it looks at.
    pub logical_id: String,
}

/// A change set with everything that was said of it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What it would do.
    pub change_set: ChangeSet,
    /// What was validated before it runs.
    pub validations: Vec<Validation>,
    /// Hooks that will be asked.
    pub hooks: Vec<Hook>,
    /// What could not be read, a sentence each.
    pub unread: Vec<String>,
}
