//! What a change of configs would do to stacks, as far as it can be known without AWS.

mod assess;
mod changes;
mod deletion;
mod digest;
mod drift_impact;
mod findings;
mod impact;
mod key_dependencies;
mod resources;
mod stacks;
mod verdict;

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::diff::Diff;
use crate::model::{Digest, RepoPath};
use crate::product::{Level, Target};
use crate::template::DeletionBehavior;

pub use assess::{Input, assess};
pub use changes::{Assessed, Cause, Changes};
pub use deletion::{BUCKET, DeletedResource, Deletion};
pub use digest::{change_set_digest, combined_digest};
pub use drift_impact::{DriftImpact, DriftedProperty};
pub use findings::{LocatedFinding, locate_findings};
pub use impact::Impact;
pub use key_dependencies::{KeyDependencies, key_dependencies};
pub use verdict::{ResourceVerdict, Verdict, assess_change_set, assess_resource, worst};

/// The plan of a whole change.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Every config concerned, by path.
    pub changes: Vec<Change>,
    /// The highest level of all changes.
    pub level: Level,
    /// Digest over everything that would be deployed. Equal digests mean equal plans.
    pub digest: Digest,
    /// Configs with errors.
    pub invalid: usize,
}

/// What is asked for a config's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// The config cannot be used, so nothing can be said.
    Invalid,
    /// The config goes, and with it the stack.
    Delete,
    /// The template changes.
    Update,
    /// A stack that was not there.
    Create,
    /// The file changed, the template does not.
    Unchanged,
}

/// One config of a change.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The config; for a deletion where it stood.
    pub path: RepoPath,
    /// The other half of a rename: a rename is a removal and a creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed: Option<Renamed>,
    /// Where the config of this same stack stood before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<RepoPath>,
    /// What is asked for.
    pub intent: Intent,
    /// The product's name, as far as it was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The stack's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Where the stack lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The highest level of `impact`.
    pub level: Level,
    /// What each changed key means for a stack that exists.
    pub impact: Vec<Impact>,
    /// Resources that are added, modified or removed.
    pub resources: Vec<TemplateResourceChange>,
    /// The rendered template's diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// SHA-256 of the rendered template at the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<Digest>,
    /// Folders that are added.
    pub folders: Vec<NewFolders>,
    /// What is wrong with the config at the head.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the comparison with the base is incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caveat: Option<String>,
}

/// The other path of a rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Renamed {
    /// This config stood there.
    From(RepoPath),
    /// This config stands there now.
    To(RepoPath),
}

/// What happens to a resource, as the templates say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateResourceChange {
    /// CloudFormation's word.
    pub action: ResourceAction,
    /// Logical id.
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Properties and attributes that differ, for `Modify`.
    pub properties: Vec<String>,
    /// What becomes of the physical resource, for `Remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fate: Option<DeletionBehavior>,
    /// Whether resources of this type hold data.
    pub stateful: bool,
}

/// CloudFormation's words for what happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ResourceAction {
    /// The resource goes.
    Remove,
    /// The resource stays, with other properties.
    Modify,
    /// The resource is new.
    Add,
}

impl ResourceAction {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Remove => "Remove",
            Self::Modify => "Modify",
            Self::Add => "Add",
        }
    }
}

/// Folders below one prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewFolders {
    /// Such as `solutions/fraud/`.
    pub prefix: String,
    /// How many.
    pub count: usize,
}
