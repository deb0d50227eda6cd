//! A parsed CloudFormation template: resources, references, limits.

mod check;
mod cost;
mod document;
mod intrinsic;
mod stateful;

pub use check::check;
pub use cost::billed;
pub use document::{DeletionBehavior, Document, INLINE_BYTES, Resource};
pub use stateful::holds_data;
