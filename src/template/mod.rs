//! A parsed CloudFormation template: resources, references, limits.

mod assembled;
mod check;
mod cost;
mod document;
mod external;
mod intrinsic;
mod loaded;
mod stateful;

pub use check::check;
pub use cost::billed;
pub use document::{DeletionBehavior, Document, INLINE_BYTES, Resource};
pub use external::{ExternalKind, ExternalReference, external_references};
pub use stateful::{CLUSTER_PROPERTY, has_snapshot_by_default, has_snapshots, holds_data};
