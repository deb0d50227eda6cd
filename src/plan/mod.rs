//! The effect of a change of configs on stacks, without facts of AWS.

mod adoption;
mod assess;
mod cause;
mod changes;
mod claims;
mod config_claims;
mod consumers;
mod contents;
mod deleted_links;
mod deletion;
mod digest;
mod drift_impact;
mod effect;
mod entry;
mod findings;
mod impact;
mod input;
mod key;
mod key_dependencies;
mod moves;
mod name_claims;
mod naming;
mod outline;
mod outline_names;
mod outliner;
mod policy_update;
mod policy_values;
mod protection;
mod rare_places;
mod refusal;
mod removed;
mod renames;
mod render;
mod rendered;
mod resource_verdict;
mod resources;
mod restoration;
mod rollback;
mod stacks;
mod tag_change;
mod unknown_words;
mod verdict;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::diff::Diff;
use crate::entries::{NamedResource, StackEntry};
use crate::model::{Digest, RepoPath};
use crate::product::{Level, Target};
use crate::stack::StackName;
use crate::template::{Costs, DataKind, DeletionBehavior, ExternalReference, RoleBoundary};

pub use adoption::{
    Adoption, AdoptionInput, AdoptionStep, AdoptionTags, AdoptionVerdict, ComparedResource,
    DifferentSide, Obstacle, OutputDifference, ResourceDifference, ResourceMatch, TagClash,
    owner_mark,
};
pub use assess::{assess, assess_each};
pub use cause::Cause;
pub use changes::{Assessed, Changes};
pub use claims::StackClaims;
pub use config_claims::{ConfigClaims, HeadClaims};
pub use consumers::{Consumer, Consumers, LinkNeeds, config_links};
pub use deletion::{BUCKET, DeletedResource, Deletion, ReturningDrift, behavior_on_delete};
pub use digest::{change_set_digest, combined_digest, import_digest};
pub use drift_impact::{DriftImpact, DriftOutcome, DriftedProperty};
pub use effect::{EffectNames, effect_digest};
pub use findings::{LocatedFinding, locate_findings};
pub use impact::{ChangedValue, Impact, declared_level};
pub use input::{EarlierVersions, Input};
pub use key::ChangeKey;
pub use key_dependencies::{KeyDependencies, key_dependencies};
pub use outline::{Outline, WordPlace, WordText};
pub use policy_values::with_policy_values;
pub use rare_places::{MIN_CONFIGS, PlaceKind, RarePlace, RarePlaces, is_few, rare_places};
pub use rendered::{RenderedProblems, size_problem};
pub use resource_verdict::{assess_change_set, assess_resource, worst};
pub use restoration::{Restoration, RestoredProperty};
pub use rollback::RollbackContinuation;
pub use stacks::shared_stack;
pub use tag_change::{BeyondTags, beyond_tags};
pub use verdict::{ResourceVerdict, Verdict};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// By path. A config that names another stack than before has two changes: the creation, then the removal of the former stack.
    pub changes: Vec<Change>,
    /// The highest level of all changes.
    pub level: Level,
    /// Digest of everything that would be deployed. Equal digests mean equal plans.
    pub digest: Digest,
    /// The number of configs with errors.
    pub invalid: usize,
    #[serde(skip)]
    pub claims: HeadClaims,
}

/// What a change requests for a config's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// The config has errors, so nothing is known.
    Invalid,
    /// The config is removed, or names another stack now. The stack is to be deleted.
    Delete,
    /// The config is removed and had errors. Its stack stays, if there is one.
    Abandon,
    /// The template changes.
    Update,
    /// The config is new, and with it the stack.
    Create,
    /// The file changes, the template does not.
    Unchanged,
    /// The stack exists, and becomes provisioner's own.
    Adopt,
    /// The config is removed. Its stack stays, and is no longer provisioner's own.
    Unadopt,
    /// The stack is deleted, and created again from the config.
    Replace,
    /// The stack is created with resources that exist and belong to no stack.
    Import,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// The config; of a deletion its former path.
    pub path: RepoPath,
    /// The other path of a rename. A rename is a removal and a creation.
    pub renamed: Option<Renamed>,
    /// The former path of the same stack's config.
    pub moved_from: Option<RepoPath>,
    /// Set if the config names another stack than before: on the creation of the new stack and on the removal of the former one.
    pub stack_move: Option<StackMove>,
    pub intent: Intent,
    /// The entry that asks for something else than the config alone.
    pub entry: Option<StackEntry>,
    /// `None` if the product was not recognized.
    pub product: Option<String>,
    /// The stack's name.
    pub stack: Option<String>,
    /// Account, region and environment of the stack.
    pub target: Option<Target>,
    /// Keys that come from the defaults of the folder and give the stack its target and its names.
    pub identity_from_defaults: Vec<Cause>,
    /// The highest level of `impact`.
    pub level: Level,
    /// The effect of each changed key on a stack that exists.
    pub impact: Vec<Impact>,
    /// Resources whose templates differ.
    pub resources: Vec<TemplateResourceChange>,
    /// The diff of the rendered template.
    pub diff: Option<Diff>,
    /// SHA-256 of the rendered template at the head.
    pub template: Option<Digest>,
    /// What is left of a new template without the names of its config; `None` for other changes.
    #[serde(skip)]
    pub outline: Option<Outline>,
    /// The names that the product derives for a new config and for one whose operator policy changes, each with what stands for it.
    #[serde(skip)]
    pub derived_names: Vec<(String, String)>,
    /// Folders that the change adds to the stack's bucket.
    pub folders: Vec<NewFolders>,
    /// Whether the change requests nothing but folders: neither another key nor the product changed.
    #[serde(skip)]
    pub folders_only: bool,
    /// Set if the operator's IAM policy of the config is new or differs from the base's.
    pub policy_update: Option<PolicyUpdate>,
    /// What the resources of a new stack cost; `null` for other changes, and if nothing has a price.
    pub costs: Option<Costs>,
    /// What the template at the head refers to outside of it.
    #[serde(skip)]
    pub external_references: Vec<ExternalReference>,
    /// The roles of the template at the head.
    #[serde(skip)]
    pub role_boundaries: Vec<RoleBoundary>,
    /// Configs that need what the deletion of the stack takes away; `null` for other changes, and if they are unknown.
    pub consumers: Option<Consumers>,
    /// Problems of the config at the head.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the comparison with the base is incomplete.
    pub caveat: Option<String>,
}

/// The operator's IAM policy changes, and the roles of CI with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyUpdate {
    /// The product's action that writes the policy; `None` if it offers none.
    pub action: Option<String>,
    /// Whether the roles of CI have to be deployed again; `false` if their scope covers the config.
    pub renews_roles: bool,
    /// Whether the config is new.
    pub is_new: bool,
    /// The diff of the rendered policies, with sorted lists.
    pub diff: Diff,
}

impl Change {
    /// The resources that the entry names for an import.
    pub fn imported_resources(&self) -> &[NamedResource] {
        let entry = self.entry.as_ref();
        entry.map_or(&[][..], |entry| &entry.resources)
    }

    /// Whether the operator of a config that exists at the base needs other permissions.
    pub fn changes_operator_policy(&self) -> bool {
        let update = self.policy_update.as_ref();
        update.is_some_and(|update| !update.is_new)
    }

    /// Whether the head has no config of the stack.
    pub fn is_removed(&self) -> bool {
        matches!(
            self.intent,
            Intent::Delete | Intent::Abandon | Intent::Unadopt
        )
    }
}

/// The two stacks of a config that names another stack than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StackMove {
    /// The stack at the base.
    pub former: StackName,
    /// The stack at the head.
    pub new: StackName,
}

/// The other path of a rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Renamed {
    /// The config's former path.
    From(RepoPath),
    /// The config's new path.
    To(RepoPath),
}

/// The effect on a resource, by comparing the templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TemplateResourceChange {
    pub action: ResourceAction,
    /// The key in the template.
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Changed properties and attributes, for `Modify`.
    pub properties: Vec<String>,
    /// What happens to the physical resource, for `Remove`.
    pub deletion_behavior: Option<DeletionBehavior>,
    /// What is lost for good with the resource.
    pub holds: DataKind,
}

/// CloudFormation's words for the effect on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum ResourceAction {
    /// The resource leaves the template.
    Remove,
    /// The resource has other properties or attributes.
    Modify,
    /// The resource is new in the template.
    Add,
}

impl ResourceAction {
    pub fn word(self) -> &'static str {
        match self {
            Self::Remove => "Remove",
            Self::Modify => "Modify",
            Self::Add => "Add",
        }
    }
}

/// New folders below one prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewFolders {
    /// Such as `solutions/fraud/`.
    pub prefix: String,
    /// Number of folders.
    pub count: usize,
}
