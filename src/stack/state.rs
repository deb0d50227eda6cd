//! A stack as `DescribeStacks` shows it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::DriftCheck;
use crate::product::Target;

/// Where a stack is, by name: it need not exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StackName {
    /// Account, region and environment.
    #[serde(flatten)]
    pub target: Target,
    /// The name, unique in account and region.
    pub name: String,
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} in {} {}",
            self.name, self.target.account, self.target.region
        )
    }
}

/// A stack that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// ARN. Unlike the name it is never used again.
    pub id: String,
    /// Name.
    pub name: String,
    /// Status.
    pub status: StackStatus,
    /// Why it is in that status.
    pub reason: Option<String>,
    /// Termination protection.
    pub protected: bool,
    /// Tags of the stack itself.
    pub tags: BTreeMap<String, String>,
    /// Outputs in their order.
    pub outputs: Vec<Output>,
    /// Unix time in seconds at which it was made.
    pub created: i64,
    /// The last look at its drift.
    #[serde(default)]
    pub drift: DriftCheck,
}

/// One output of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// The name under which other stacks import it.
    pub export: Option<String>,
}

/// A stack's status, such as `CREATE_COMPLETE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StackStatus(pub String);

/// What a status means for whoever wants to do something with the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It can be changed.
    Stable,
    /// An operation is under way.
    InProgress,
    /// An operation failed; the stack cannot be updated.
    Failed,
    /// `REVIEW_IN_PROGRESS`: a change set was made for a stack that does not exist yet. It holds nothing.
    ReviewInProgress,
    /// It is gone.
    Deleted,
    /// A status that was not known when this was written.
    Unknown,
}

impl StackStatus {
    /// What it means. Source: "Stack status codes" of the CloudFormation User Guide.
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
    fn every_status_of_the_api_has_a_meaning() {
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
}
