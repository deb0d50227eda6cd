//! A CloudFormation template as text that was read: resources, references, limits.

mod check;
mod cost;
mod document;
mod intrinsic;
mod stateful;

pub use check::{INLINE_BYTES, check};
pub use cost::billed;
pub use document::{Document, Fate, Resource};
pub use stateful::holds_data;
