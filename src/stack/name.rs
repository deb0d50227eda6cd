//! The identity of a stack.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::product::Target;

/// The identity of a stack, which need not exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StackName {
    #[serde(flatten)]
    pub target: Target,
    /// Unique in account and region.
    pub name: String,
}

impl StackName {
    /// The stack that a config asks for.
    pub fn for_config(config: &Config) -> Self {
        Self {
            target: config.target.clone(),
            name: config.stack().to_owned(),
        }
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} in {} {}",
            self.name, self.target.account, self.target.region
        )
    }
}
