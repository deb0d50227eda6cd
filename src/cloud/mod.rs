//! The cloud as the program needs it. Reading needs no permit. Each change needs one, or a value that a permit gave.
//!
//! There is one cloud, so the port is a type and no trait; foreign types stay in `aws`.

mod aws;
mod bucket;
mod error;
mod former;
mod network;

use crate::stack::{DescribedChangeSet, RollbackTriggers, Stack, StackEvent, StackName};
use crate::template::ImportedResource;

pub use aws::{Cloud, Session, ThrottleCounts};
pub use bucket::{STACK_ID_TAG, StackBucket};
pub use error::{AwsError, AwsErrorKind, CloudError, ConnectionFault, FaultReason, Result};
pub use former::{FormerStack, FormerStacks};
pub use network::{NetworkInterface, Subnet, VpcEndpoint};
pub use tokio_util::sync::CancellationToken;

/// A template to deploy.
#[derive(Clone, Debug)]
pub struct ChangeSetInput {
    /// The template's text, at most 51,200 bytes.
    pub body: String,
    pub tags: std::collections::BTreeMap<String, String>,
    /// What the change set is for, in at most 1,024 characters.
    pub description: String,
    /// Existing resources that become the stack's own. If there are any, the template has no others.
    pub imports: Vec<ResourceImport>,
    /// Alarms that roll back the operation; `None` leaves those of the stack.
    pub rollback: Option<RollbackTriggers>,
}

/// An existing resource that a change set imports.
#[derive(Clone, Debug)]
pub struct ResourceImport {
    pub resource: ImportedResource,
    /// The property that identifies it, and its value.
    pub identifier: (&'static str, String),
}

/// Other tags for a stack, which keeps its template and parameters.
#[derive(Clone, Debug)]
pub struct TagChangeInput {
    /// The stack's ARN, so that a newer stack of the same name does not change.
    pub stack_id: String,
    /// Names of the stack's parameters.
    pub parameters: Vec<String>,
    /// That the stack has, such as `CAPABILITY_NAMED_IAM`.
    pub capabilities: Vec<String>,
    /// All tags that the stack gets.
    pub tags: std::collections::BTreeMap<String, String>,
    /// Whether the template contains stacks.
    pub has_nested_stacks: bool,
    /// What the change set is for, in at most 1,024 characters.
    pub description: String,
}

/// A change set that was created and is neither executed nor deleted yet. It has to become one of the two.
#[derive(Debug)]
#[must_use = "a created change set is executed or discarded"]
pub struct PendingChangeSet {
    stack: StackName,
    stack_id: String,
    /// The stack is there only because of this change set.
    shell: bool,
    /// It imports resources, which are never deleted.
    imports: bool,
    described: DescribedChangeSet,
}

impl PendingChangeSet {
    /// What it would do, and what was said of it.
    pub fn described(&self) -> &DescribedChangeSet {
        &self.described
    }
}

/// An operation on a stack that was started.
#[derive(Debug)]
#[must_use = "an operation that was started is watched to its end"]
pub struct StackOperation {
    stack_id: String,
    /// It creates the stack, so that all its resources came from this operation.
    creates: bool,
    /// It creates the stack, and all its resources existed before.
    imports: bool,
    /// Events from before it started.
    seen: std::collections::HashSet<String>,
}

impl StackOperation {
    /// ARN.
    pub fn stack_id(&self) -> &str {
        &self.stack_id
    }
}

/// The deletion of a stack whose creation was begun.
#[derive(Debug)]
#[must_use = "everything created is deleted"]
pub struct Rollback {
    pub running: StackOperation,
    /// Buckets that it created.
    buckets: Vec<StackBucket>,
}

#[derive(Clone, Debug)]
pub struct OperationResult {
    /// The current stack; `None` if it is gone.
    pub stack: Option<Stack>,
    /// All events of the operation, oldest first.
    pub events: Vec<StackEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StackResource {
    pub logical_id: String,
    /// Physical id, if it has one.
    pub physical_id: Option<String>,
    pub kind: String,
    pub status: String,
    /// `None` if it is no bucket, or a bucket that may belong to another account.
    #[serde(skip)]
    pub bucket: Option<StackBucket>,
}

impl StackResource {
    /// The resource as one that the stack imported.
    pub fn as_imported(&self) -> ImportedResource {
        ImportedResource {
            logical_id: self.logical_id.clone(),
            kind: self.kind.clone(),
            physical_id: self.physical_id.clone().unwrap_or_default(),
        }
    }
}

/// What AWS knows about a resource to import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    Exists,
    Missing,
    /// Cloud Control does not read the type in this region, so CloudFormation does not import it.
    Unsupported,
    /// AWS does not let these credentials read it, or fails to read it.
    Unknown,
}

/// Whether something has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameState {
    Free,
    Taken,
    /// AWS does not let these credentials read it.
    Unknown,
}

/// The name of a resource that an identifier selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveName {
    Missing,
    Named(String),
    /// It exists, and the answer does not have its name.
    Unnamed,
    /// AWS does not let these credentials read it, or reads no resource of the type.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmParameter {
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    /// Encrypted if the kind is `SecureString`.
    pub value: String,
}

/// An existing bucket that may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub versioned: bool,
}
