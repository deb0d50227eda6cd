//! A CloudFormation template as text that was read: resources, references, limits.

mod check;
mod document;
mod intrinsic;

pub use check::check;
pub use document::{Document, Fate, Resource};
