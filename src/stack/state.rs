//! A stack as `DescribeStacks` returns it.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DriftCheck;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The ARN. AWS never reuses it, unlike the name.
    pub id: String,
    pub name: String,
    pub status: StackStatus,
    pub reason: Option<String>,
    /// Whether termination protection is on.
    pub protected: bool,
    pub tags: BTreeMap<String, String>,
    pub outputs: Vec<Output>,
    /// Creation time, in Unix seconds.
    pub created: i64,
    /// The time of the last update, in Unix seconds; `None` if it was never updated.
    #[serde(default)]
    pub updated: Option<i64>,
    /// The last drift detection.
    #[serde(default)]
    pub drift: DriftCheck,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub key: String,
    pub value: String,
    /// The name under which other stacks import the output.
    pub export: Option<String>,
}

/// Such as `CREATE_COMPLETE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct StackStatus(pub String);

/// The status of a stack whose update failed, and whose rollback failed too.
pub const ROLLBACK_FAILED: &str = "UPDATE_ROLLBACK_FAILED";

/// What a stack's status allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// The stack can be changed.
    Stable,
    InProgress,
    /// The last operation failed; the stack cannot be updated.
    Failed,
    /// `REVIEW_IN_PROGRESS`: the stack does not exist yet, and a change set would create it. It holds no resources.
    ReviewInProgress,
    Deleted,
    /// A status that AWS added to the API later.
    Unknown,
}

impl StackStatus {
    /// Source: "Stack status codes" of the CloudFormation User Guide.
    pub fn health(&self) -> Health {
        match self.0.as_str() {
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE" => Health::Stable,
            "REVIEW_IN_PROGRESS" => Health::ReviewInProgress,
            "DELETE_COMPLETE" => Health::Deleted,
            "CREATE_FAILED"
            | "DELETE_FAILED"
            | "ROLLBACK_COMPLETE"
            | "ROLLBACK_FAILED"
            | "UPDATE_FAILED"
            | "UPDATE_ROLLBACK_FAILED"
            | "IMPORT_ROLLBACK_FAILED" => Health::Failed,
            busy if busy.ends_with("_IN_PROGRESS") => Health::InProgress,
            _ => Health::Unknown,
        }
    }

    /// Whether the stack is being created.
    pub fn is_creation(&self) -> bool {
        self.0 == "CREATE_IN_PROGRESS"
    }

    /// Whether the last update or import failed, and its rollback ended.
    pub fn is_rolled_back(&self) -> bool {
        matches!(
            self.0.as_str(),
            "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE"
        )
    }

    /// Whether an import failed. A stack that it should have created is then empty.
    pub fn is_import_rolled_back(&self) -> bool {
        self.0 == "IMPORT_ROLLBACK_COMPLETE"
    }

    /// Whether CloudFormation detects drift of a stable stack in this state. The page about drift does not list `IMPORT_COMPLETE`; the
    /// page about imports detects drift in it.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html>
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>
    pub fn has_drift_detection(&self) -> bool {
        matches!(
            self.0.as_str(),
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_COMPLETE"
        )
    }

    /// Whether it is that of a stack that has imported resources, and perhaps lacks the others.
    pub fn may_lack_resources(&self) -> bool {
        matches!(
            self.0.as_str(),
            "IMPORT_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE"
        )
    }

    /// Whether an operation runs that may belong to an import of a new stack: the import itself, or the update that adds the rest.
    pub fn may_be_import(&self) -> bool {
        matches!(
            self.0.as_str(),
            "IMPORT_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS"
        )
    }

    /// Whether the stack's creation failed. Such a stack was never complete, and can only be deleted.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
    pub fn is_failed_creation(&self) -> bool {
        matches!(
            self.0.as_str(),
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED"
        )
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_map_to_health() {
        let of = |status: &str| StackStatus(status.to_owned()).health();
        assert_eq!(of("UPDATE_ROLLBACK_COMPLETE"), Health::Stable);
        assert_eq!(of("ROLLBACK_COMPLETE"), Health::Failed);
        assert_eq!(
            of("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            Health::InProgress
        );
        assert_eq!(of("REVIEW_IN_PROGRESS"), Health::ReviewInProgress);
        assert_eq!(of("SOMETHING_NEW"), Health::Unknown);
    }

    #[test]
    fn a_stack_that_was_complete_is_no_failed_creation() {
        let of = |status: &str| StackStatus(status.to_owned()).is_failed_creation();
        for status in ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"] {
            assert!(of(status), "{status}");
        }
        for status in [
            "UPDATE_ROLLBACK_COMPLETE",
            "UPDATE_ROLLBACK_FAILED",
            "IMPORT_ROLLBACK_FAILED",
            "DELETE_FAILED",
            "CREATE_COMPLETE",
            "ROLLBACK_IN_PROGRESS",
            "",
        ] {
            assert!(!of(status), "{status}");
        }
    }
}
