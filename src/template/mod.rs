//! A parsed CloudFormation template: resources, references, limits.

mod assembled;
mod bucket_policy;
mod check;
mod cost;
mod create_only;
mod data_kind;
mod document;
mod external;
mod import;
mod import_types;
mod intrinsic;
mod limits;
mod links;
mod loaded;
mod money;
mod name_claim;
mod named_import;
mod naming;
mod references;
mod resolve;
mod resolve_text;
mod role_boundary;
mod source_line;
mod ssm_input;
mod table;
mod tagless;

pub use bucket_policy::{BucketPolicy, PolicyBucket, bucket_policies};
pub use check::check;
pub use cost::{Costs, FixedCost, NeededCost, UsePrice, billed, costs};
pub use create_only::{PropertyEffect, property_effect};
pub use data_kind::{
    CLUSTER_PROPERTY, DataKind, ENGINE_PROPERTY, data_kind, has_snapshot_by_default, has_snapshots,
};
pub use document::{DeletionBehavior, Document, Resource};
pub use external::{ExternalKind, ExternalReference, external_references};
pub use import::{
    ImportedResource, import_template, importable, is_begun_by_import, is_import_template,
};
pub use import_types::{BUCKET_POLICY, import_key, is_importable};
pub use intrinsic::{Reference, walk};
pub use limits::{INLINE_BYTES, MANAGED_POLICY_CHARS, ROLE_INLINE_CHARS, SECTION_LIMITS};
pub use links::{Link, LinkKind, SSM_PARAMETER, StackLinks};
pub use money::Money;
pub use name_claim::{NameClaim, name_claims, policy_claims};
pub use named_import::{NamedProblem, named_imports};
pub use naming::{
    NamePart, NameProblem, NameRule, PhysicalName, STACK_TYPE, Uniqueness, known_types, name_rule,
    physical_names,
};
pub use references::{ResourceReference, resource_references};
pub use resolve::{ResolvedTemplate, TemplateInputs, UNKNOWN, computed_by};
pub use role_boundary::{ROLE, RoleBoundary, role_boundaries};
pub use source_line::{IN_RENDERED, in_own_product, source_line};
pub use ssm_input::{SsmInput, SsmMismatch};
pub use tagless::is_tagless;
