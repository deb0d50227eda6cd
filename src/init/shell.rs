//! Arguments in commands that a person copies into a shell.

pub use crate::text::quote_argument;
