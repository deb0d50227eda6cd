//! What the rules read: facts about a stack, who requests an effect, and the tags of provisioner's own stacks. Every fact may be missing; a missing fact that matters denies.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ChangeRequest, LockState};
use crate::plan::{BeyondTags, Deletion, Obstacle, Verdict};
use crate::product::Level;
use crate::stack::{Stack, StackPart};
pub use crate::stack::{TEST_TAG, owner_tags};
use crate::template::{ExternalReference, RoleBoundary};

/// Facts about one stack, read in this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The identity and region of AWS requests.
    pub caller: Option<Caller>,
    /// `None`: unknown. `Some(None)`: no stack has the name.
    pub stack: Option<Option<Stack>>,
    /// Tags that a stack must have to be provisioner's own.
    pub owner: BTreeMap<String, String>,
    /// The worst that the change set would do.
    pub verdict: Option<Verdict>,
    /// The worst impact that the product declares for the changed config keys; `Level::None` if no key changed.
    pub declared: Option<Level>,
    /// The digests of the reviewed change set and of the one about to be executed. Those of a creation cover what it imports of a former stack.
    pub digests: Option<[String; 2]>,
    /// Stacks that import an output of this stack.
    pub importers: Option<Vec<String>>,
    /// The digest of the deletion as it would be now.
    pub deletion: Option<String>,
    /// The stack's buckets with their object counts.
    pub buckets: Option<Buckets>,
    /// The stack that is to be adopted or un-adopted.
    pub adoption: Option<AdoptionFacts>,
    /// A repair as it would be now.
    pub repair: Option<Repair>,
    /// What the template refers to outside of it. Empty if no template is sent.
    pub external_references: Option<Vec<ExternalReference>>,
    /// The roles of the template. Empty if no template is sent.
    pub role_boundaries: Option<Vec<RoleBoundary>>,
    /// What the change set imports into a new stack.
    pub imports: Option<Vec<ImportFact>>,
    /// Whether the stack has imported its resources and lacks the others. `Some(false)`: it has imported resources of another version of the
    /// config, or is being created without an import.
    pub unfinished_import: Option<bool>,
    /// Whether the config changes what such a stack has imported. A stack that lacks only the rest is created, and not updated.
    pub changes_imported: Option<bool>,
    /// ARN of the stack that the entry names, if it had the tags of `owner` and is deleted.
    pub replaced: Option<String>,
    /// What differs in the stack from what was shown. Empty for the facts that are shown.
    pub since_shown: Option<Vec<StackPart>>,
    /// Who or what requests the effect.
    pub authority: Authority,
}

impl Facts {
    /// Whether a stack has the tags of a stack that provisioner created for the config.
    pub fn is_owner_of(&self, stack: &Stack) -> bool {
        let mut owner = self.owner.iter();
        !self.owner.is_empty() && owner.all(|(key, value)| stack.tags.get(key) == Some(value))
    }

    /// The config's own stack, if its creation failed. The stack of a test is not.
    pub fn own_failed_creation(&self) -> Option<&Stack> {
        let stack = self.stack.as_ref()?.as_ref()?;
        let is_own = self.is_owner_of(stack) && !stack.tags.contains_key(TEST_TAG);
        (is_own && stack.status.is_failed_creation()).then_some(stack)
    }

    /// Whether no bucket is known that a deletion would have to delete.
    pub fn has_no_buckets(&self) -> bool {
        let buckets = self.buckets.as_ref();
        buckets.is_none_or(|buckets| buckets.deleted.is_empty() && buckets.retained.is_empty())
    }

    /// Adds what a deletion would delete.
    pub fn add_deletion(&mut self, deletion: &Deletion) {
        self.deletion = Some(deletion.digest().to_string());
        self.importers = Some(deletion.importers.clone());
        let (deleted, retained) = deletion.buckets_by_behavior();
        self.buckets = Some(Buckets { deleted, retained });
        self.since_shown = Some(Vec::new());
    }
}

/// A stack that is to be adopted or un-adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AdoptionFacts {
    /// Digest of the stack's id, template, parameters and tags as they are now.
    pub digest: String,
    /// The digest at the beginning of the run, which a person at a terminal saw; `None` at the first look.
    #[serde(default)]
    pub first_digest: Option<String>,
    /// Why the stack cannot be adopted.
    pub obstacles: Vec<Obstacle>,
    pub change_set: TagChangeSet,
    /// The drift of the resources that the change set would update; `None` if it was not detected. In a preview, which has no change
    /// set, that of the last detection.
    #[serde(default)]
    pub drift: Option<TagDrift>,
}

/// Values that were changed outside of CloudFormation, and that a change of tags may overwrite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TagDrift {
    /// Logical ids of resources, prefixed with those of the nested stacks around them.
    pub resources: Vec<String>,
    /// The same for resources that were deleted outside of CloudFormation.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Why the detection did not check every resource.
    pub incomplete: Option<String>,
    /// Why CloudFormation refused to detect drift, such as the state of the stack.
    #[serde(default)]
    pub refused: Option<String>,
}

/// The change set that changes a stack's tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagChangeSet {
    /// The decision is about creating it.
    NotCreated,
    /// This run created it, and it is gone: another run deletes what it takes for a leftover.
    Gone,
    OnlyTags,
    /// It would do something else too.
    Beyond(BeyondTags),
}

/// A resource that a change set imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ImportFact {
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `None` if AWS does not name it.
    pub physical_id: Option<String>,
    /// Whether a deleted stack with the tags of `owner` retained it.
    pub former: bool,
    /// Whether the entry or the command line names it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
}

/// An AWS identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// 12-digit account id.
    pub account: String,
    /// ARN of the user or role.
    pub arn: String,
    /// The region of requests.
    pub region: String,
}

/// A repair of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Digest of what it does.
    pub digest: String,
    /// What it does beyond the repair: changes that revert no drift, or resources to skip whose rollback did not fail.
    pub beyond: Vec<String>,
}

/// The stack's buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets {
    /// Object versions and delete markers, by bucket that the stack's deletion deletes.
    pub deleted: BTreeMap<String, u64>,
    /// Object versions and delete markers, by bucket that the stack's deletion retains.
    pub retained: BTreeMap<String, u64>,
}

/// Who or what requests an effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authority {
    #[default]
    Unknown,
    /// A person at a command line, with their own credentials.
    CommandLine {
        /// `--force`.
        force: bool,
        /// What the person typed at the prompt; `None` without a prompt.
        typed: Option<String>,
        /// The lock of the work tree.
        lock: LockState,
        /// By the clock of the person's machine.
        now: Timestamp,
    },
    /// A pull request, perhaps with a command in a comment.
    Request(Box<ChangeRequest>),
}
