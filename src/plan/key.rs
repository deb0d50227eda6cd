//! The key of a change. Two changes share a path if a config names another stack than before.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::{Change, Intent, StackMove};
use crate::config::Config;
use crate::model::RepoPath;
use crate::stack::StackName;

/// Names one change of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeKey {
    path: RepoPath,
    /// Whether the change removes the stack that the config named before.
    is_former: bool,
}

impl ChangeKey {
    /// The key of the change of the stack that the config names now.
    pub fn for_config(path: &RepoPath) -> Self {
        Self {
            path: path.clone(),
            is_former: false,
        }
    }
}

impl Change {
    pub fn key(&self) -> ChangeKey {
        ChangeKey {
            path: self.path.clone(),
            is_former: self.is_former_stack(),
        }
    }

    /// Whether the change removes the stack that the config named before. Another change of the same path creates the new stack.
    pub fn is_former_stack(&self) -> bool {
        self.intent == Intent::Delete && self.stack_move.is_some()
    }
}

/// The path. A former stack has a suffix that no path has, because a path has no empty parts.
impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.is_former { "//former" } else { "" };
        write!(f, "{}{suffix}", self.path)
    }
}

impl Serialize for ChangeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ChangeKey {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl StackMove {
    /// `None` if both versions name the same stack. A stack is known by account, region and name.
    pub fn find(before: &Config, after: &Config) -> Option<Self> {
        let (former, new) = (StackName::for_config(before), StackName::for_config(after));
        let is_same_place = former.target.account == new.target.account
            && former.target.region == new.target.region
            && former.name == new.name;
        (!is_same_place).then_some(Self { former, new })
    }
}
