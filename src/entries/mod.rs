//! Entries: what a pull request asks for a stack or for resources that exist, by their ids. An entry counts in the change that adds it;
//! afterwards it is a record.

mod file;
mod resource;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::RepoPath;
use crate::stack::StackArn;

pub use file::{ENTRY_FILES, EntryFile, NewEntry, all_entries, new_entries};
pub use resource::NamedResource;

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
    /// Resources of no stack become part of the config's new stack.
    Import,
}

impl EntryKind {
    /// The key of the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Unadopt => "unadopt",
            Self::Replace => "replace",
            Self::Import => "import",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StackEntry {
    pub kind: EntryKind,
    /// The config of the stack.
    pub config: RepoPath,
    /// The full id of the stack, so that a later stack of the same name does not count; absent if the entry names resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackArn>,
    /// The resources to import, which belong to no stack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<NamedResource>,
}
