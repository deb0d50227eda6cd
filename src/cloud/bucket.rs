//! Buckets that CloudFormation reports as a stack's own.

use crate::plan::BUCKET;
use crate::stack::StackEvent;

/// CloudFormation's tag of a resource with the ARN of its stack. Nobody else can write it.
pub const STACK_ID_TAG: &str = "aws:cloudformation:stack-id";

/// Statuses of a bucket that the stack has created, imported or updated, and still holds.
pub(super) const HELD: &[&str] = &[
    "CREATE_COMPLETE",
    "IMPORT_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
];

/// Statuses that a bucket may also have if its creation failed, because another owner has its name.
const UNCERTAIN: &[&str] = &[
    "DELETE_FAILED",
    "DELETE_IN_PROGRESS",
    "DELETE_SKIPPED",
    "UPDATE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
];

/// A bucket of a stack. Only reading the stack from CloudFormation creates one: a name in a config is a wish, and the bucket of that
/// name may belong to another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackBucket {
    name: String,
    /// ARN of the stack.
    stack_id: String,
}

/// Whether a stack holds a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    Held,
    /// The stack's events decide.
    Uncertain,
    /// Not a bucket, not created, or deleted. An unknown status counts as this.
    No,
}

impl Holding {
    /// `kind`: type of a resource, such as `AWS::S3::Bucket`.
    pub(super) fn new(kind: &str, status: &str) -> Self {
        match status {
            _ if kind != BUCKET => Self::No,
            _ if HELD.contains(&status) => Self::Held,
            _ if UNCERTAIN.contains(&status) => Self::Uncertain,
            _ => Self::No,
        }
    }
}

impl StackBucket {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// ARN of the stack.
    pub fn stack_id(&self) -> &str {
        &self.stack_id
    }

    /// `physical_id`: of a resource of this stack that holds it.
    pub(super) fn new(stack_id: &str, physical_id: &str) -> Self {
        Self {
            name: physical_id.to_owned(),
            stack_id: stack_id.to_owned(),
        }
    }

    /// Whether the stack's events report that this bucket was created, imported or updated.
    pub(super) fn was_created(&self, events: &[StackEvent]) -> bool {
        events.iter().any(|event| {
            event.physical_id.as_deref() == Some(&self.name)
                && Holding::new(&event.kind, &event.status) == Holding::Held
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_that_may_be_foreign_is_not_held() {
        for (kind, status, expected) in [
            (BUCKET, "CREATE_COMPLETE", Holding::Held),
            (BUCKET, "UPDATE_COMPLETE", Holding::Held),
            (BUCKET, "IMPORT_COMPLETE", Holding::Held),
            (BUCKET, "CREATE_FAILED", Holding::No),
            (BUCKET, "CREATE_IN_PROGRESS", Holding::No),
            (BUCKET, "IMPORT_FAILED", Holding::No),
            (BUCKET, "DELETE_COMPLETE", Holding::No),
            (BUCKET, "SOMETHING_NEW", Holding::No),
            (BUCKET, "DELETE_FAILED", Holding::Uncertain),
            (BUCKET, "UPDATE_FAILED", Holding::Uncertain),
            ("AWS::S3::BucketPolicy", "CREATE_COMPLETE", Holding::No),
        ] {
            assert_eq!(Holding::new(kind, status), expected, "{kind} {status}");
        }
    }
}
