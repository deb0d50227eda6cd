//! Texts for the progress of an operation.

use super::Redactor;
use crate::stack::{StackEvent, StackName};

/// A step of an operation, as it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    ChangeSet,
    Creation,
    /// What the former stack retained joins the new stack.
    Import,
    /// A stack whose creation failed is deleted.
    FailedCreationRemoved,
    /// An earlier run started the creation.
    CreationResumed,
    /// Another run is changing the stack.
    OtherRun,
    /// A failed creation is rolled back.
    CreationRolledBack,
    Update,
    /// The stack gets other tags.
    Tags,
    /// The drift of resources is reverted.
    Restoration,
    /// A failed rollback continues.
    RollbackContinued,
    Verification,
    Deletion,
    /// Object versions of the bucket are deleted.
    BucketEmptied {
        bucket: &'a str,
    },
    /// The emptied bucket is deleted; the template retains it.
    BucketDeleted {
        bucket: &'a str,
    },
    /// Stacks that killed tests left are deleted.
    LeftoversRemoved,
    DriftDetection,
    /// Imported resources differ from the template, and the update that follows may overwrite them. Their ids with properties.
    ImportsDiffer {
        resources: &'a str,
    },
    /// The person at the terminal is prompted.
    Confirmation,
}

impl Step<'_> {
    /// The line for a log or a progress bar.
    pub fn words(self) -> String {
        match self {
            Self::ChangeSet => "change set",
            Self::Creation => "creation",
            Self::Import => "import of existing resources",
            Self::FailedCreationRemoved => "deletion of the stack of the failed creation",
            Self::CreationResumed => "creation continues",
            Self::OtherRun => "another run changes the stack",
            Self::CreationRolledBack => "deletion of the created resources",
            Self::Update => "update",
            Self::Tags => "change of tags",
            Self::Restoration => "revert of drift",
            Self::RollbackContinued => "rollback continues",
            Self::Verification => "verification",
            Self::Deletion => "deletion",
            Self::BucketEmptied { bucket } => return format!("emptying bucket {bucket}"),
            Self::BucketDeleted { bucket } => return format!("deleting bucket {bucket}"),
            Self::LeftoversRemoved => "deletion of the stacks of earlier tests",
            Self::DriftDetection => "drift detection",
            Self::ImportsDiffer { resources } => {
                return format!(
                    "imported resources differ from the template, and the update may overwrite them: {resources}"
                );
            }
            Self::Confirmation => "waits for confirmation",
        }
        .to_owned()
    }
}

/// The items that an operation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted<'a> {
    Folders,
    /// Object versions that were deleted.
    Versions {
        bucket: &'a str,
    },
}

impl Counted<'_> {
    /// Such as `40 of 162 folders created`.
    pub fn line(self, done: u64, of: Option<u64>) -> String {
        let whole = of.map(|of| format!(" of {of}")).unwrap_or_default();
        match self {
            Self::Folders => format!("{done}{whole} folders created"),
            Self::Versions { bucket } => {
                format!("{done}{whole} object versions of {bucket} deleted")
            }
        }
    }
}

/// An event of a stack: name, UTC time, status, type, logical id, reason.
pub fn event_line(stack: &StackName, event: &StackEvent, redactor: &Redactor) -> String {
    let time = jiff::Timestamp::from_millisecond(event.time)
        .map(|time| time.strftime("%H:%M:%S").to_string())
        .unwrap_or_default();
    let reason = event.reason.as_deref();
    let reason = reason.map(|reason| format!(": {}", redactor.redact(reason)));
    format!(
        "{}: {time} {} {} {}{}",
        stack.name,
        event.status,
        event.kind,
        event.logical_id,
        reason.unwrap_or_default()
    )
}
