//! Entries: what a pull request asks for a stack that exists, by the stack's full id. An entry counts in the change that adds it; afterwards
//! it is a record.

mod file;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::RepoPath;
use crate::stack::StackArn;

pub use file::{ENTRY_FILES, EntryFile, NewEntry, new_entries};

/// What an entry asks for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The stack becomes provisioner's own.
    Adopt,
    /// The stack stays, and is no longer provisioner's own.
    Unadopt,
    /// The stack is deleted, and created again.
    Replace,
}

impl EntryKind {
    /// The key of the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Unadopt => "unadopt",
            Self::Replace => "replace",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StackEntry {
    pub kind: EntryKind,
    /// The config of the stack.
    pub config: RepoPath,
    /// The full id of the stack, so that a later stack of the same name does not count.
    pub stack: StackArn,
}
